/* The models that are ready to run in this executor: each is opened once and shared by all tasks. */
package firesteel.infer

import scala.collection.mutable

import firesteel.Settings
import firesteel.jni.Predictor

/** Keeps models by the digest of their files, those in use and a few that were used lately. */
private[firesteel] object ModelCache {

  /** How many models are kept that nobody uses. */
  private val MaxIdle = 2

  private final class Entry(val predictor: Predictor) {
    var users = 0
  }

  // In the order of their last use, the longest ago first.
  private val entries = mutable.LinkedHashMap.empty[String, Entry]
  private var openings = 0L

  /** A model in use. Close it when done: an unused model may be closed at any time after that. */
  final class Lease private[ModelCache] (digest: String, entry: Entry) extends AutoCloseable {
    private var open = true

    /** The model. */
    def predictor: Predictor = entry.predictor

    override def close(): Unit = ModelCache.synchronized {
      if (open) {
        open = false
        entry.users -= 1
        entries.remove(digest)
        entries.put(digest, entry)
        closeIdle()
      }
    }
  }

  /**
   * The model of a file, opened if it is not in the cache.
   *
   * @param digest the file's SHA-256
   * @param file its bytes; asked for only if the model has to be opened
   */
  def lease(digest: String, file: => Array[Byte]): Lease = synchronized {
    val entry = entries.getOrElseUpdate(
      digest, {
        Settings.prepareNative()
        openings += 1
        new Entry(Predictor.open(file, digest))
      }
    )
    entry.users += 1
    new Lease(digest, entry)
  }

  /** How often a model was opened in this JVM. */
  private[firesteel] def opened: Long = synchronized(openings)

  private def closeIdle(): Unit = {
    val idle = entries.iterator.filter(_._2.users == 0).toSeq
    idle.dropRight(MaxIdle).foreach { case (digest, entry) =>
      entries.remove(digest)
      entry.predictor.close()
    }
  }
}
