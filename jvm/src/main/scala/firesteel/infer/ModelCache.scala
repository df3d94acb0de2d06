/* The models that are ready to run in this executor: each is opened once and shared by all tasks. */
package firesteel.infer

import scala.collection.mutable

import firesteel.Settings
import firesteel.jni.Predictor

/** Keeps models by the digest of their files and the layer, those in use and a few that were used lately. */
private[firesteel] object ModelCache {

  /** How many models are kept that nobody uses. */
  private val MaxIdle = 2

  private type Key = (String, Option[String])

  private final class Entry(val predictor: Predictor) {
    var users = 0
  }

  // In the order of their last use, the longest ago first.
  private val entries = mutable.LinkedHashMap.empty[Key, Entry]
  private var openings = 0L

  /** A model in use. Close it when done: an unused model may be closed at any time after that. */
  final class Lease private[ModelCache] (key: Key, entry: Entry) extends AutoCloseable {
    private var open = true

    /** The model. */
    def predictor: Predictor = entry.predictor

    override def close(): Unit = ModelCache.synchronized {
      if (open) {
        open = false
        entry.users -= 1
        entries.remove(key)
        entries.put(key, entry)
        closeIdle()
      }
    }
  }

  /**
   * The model of a file, opened if it is not in the cache.
   *
   * @param digest the file's SHA-256
   * @param layer the layer whose output is wanted; none for the scores of the classes
   * @param file its bytes; asked for only if the model has to be opened
   */
  def lease(digest: String, layer: Option[String], file: => Array[Byte]): Lease = synchronized {
    val key = (digest, layer)
    val entry = entries.getOrElseUpdate(
      key, {
        Settings.prepareNative()
        openings += 1
        new Entry(Predictor.open(file, digest, layer.orNull))
      }
    )
    entry.users += 1
    new Lease(key, entry)
  }

  /** How often a model was opened in this JVM. */
  private[firesteel] def opened: Long = synchronized(openings)

  /** The number of leases that are not closed. */
  private[firesteel] def used: Int = synchronized(entries.values.map(_.users).sum)

  private def closeIdle(): Unit = {
    val idle = entries.iterator.filter(_._2.users == 0).toSeq
    idle.dropRight(MaxIdle).foreach { case (key, entry) =>
      entries.remove(key)
      entry.predictor.close()
    }
  }
}
