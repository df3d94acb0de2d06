/* The models that are ready to run in this executor: each is opened once and shared by all tasks. */
package firesteel.infer

import scala.collection.mutable

import firesteel.Settings
import firesteel.jni.Predictor

/**
 * Keeps models by their keys: those in use, and of the others those that were used last.
 *
 * @param maxIdleBytes how large the files of models that nobody uses may be together. The last two stay whatever their
 *                     size: a task that ends is mostly followed by one that needs the same models.
 */
private[firesteel] class ModelCache(maxIdleBytes: Long) {
  import ModelCache.Key

  private final class Entry(open: => (Predictor, Long)) {
    // Opened by the first one who asks. Others wait for it; who wants another model does not.
    private lazy val opened = open
    def predictor: Predictor = opened._1
    def bytes: Long = opened._2
    var users = 1
  }

  // In the order of their last use, the longest ago first.
  private val entries = mutable.LinkedHashMap.empty[Key, Entry]
  private var openings = 0L

  private final class Use(override val key: Key, entry: Entry) extends ModelCache.Lease {
    private var open = true

    override def predictor: Predictor = entry.predictor

    override def close(): Unit = ModelCache.this.synchronized {
      if (open) {
        open = false
        entry.users -= 1
        entries.remove(key)
        entries.put(key, entry)
        closeIdle()
      }
    }

    /** Ends the use of a model that could not be opened. */
    def abandon(): Unit = ModelCache.this.synchronized {
      entry.users -= 1
      if (entry.users == 0) entries.remove(key)
    }
  }

  /**
   * The model of a file, opened if it is not in the cache.
   *
   * @param file its bytes; asked for only if the model has to be opened
   */
  def lease(key: Key, file: => Array[Byte]): ModelCache.Lease = {
    val use = synchronized {
      val entry = entries.get(key) match {
        case Some(entry) =>
          entry.users += 1
          entry
        case None =>
          val entry = new Entry(open(key, file))
          entries.put(key, entry)
          entry
      }
      new Use(key, entry)
    }
    try use.predictor
    catch {
      case e: Throwable =>
        use.abandon()
        throw e
    }
    use
  }

  private def open(key: Key, file: Array[Byte]): (Predictor, Long) = {
    Settings.prepareNative()
    synchronized(openings += 1)
    (
      Predictor.open(file, key.digest, key.layers.orNull, key.options.limits, key.options.exact),
      file.length.toLong)
  }

  /** How often a model was opened. */
  private[firesteel] def opened: Long = synchronized(openings)

  /** The number of leases that are not closed. */
  private[firesteel] def used: Int = synchronized(entries.values.map(_.users).sum)

  private def closeIdle(): Unit = {
    val idle = entries.iterator.filter(_._2.users == 0).toSeq.reverse
    val bytes = idle.scanLeft(0L)((sum, entry) => sum + entry._2.bytes).tail
    for (((key, entry), sum) <- idle.zip(bytes).drop(2) if sum > maxIdleBytes) {
      entries.remove(key)
      entry.predictor.close()
    }
  }
}

/** The models of this JVM. */
private[firesteel] object ModelCache extends ModelCache(maxIdleBytes = 256L << 20) {

  /**
   * Which model, and how it is opened.
   *
   * @param digest the SHA-256 of the model's file
   * @param layers the layers whose outputs are wanted, with commas between; none for the scores of the classes
   */
  final case class Key(digest: String, layers: Option[String], options: ScoringOptions)

  /** A model in use. Close it when done: an unused model may be closed at any time after that. */
  trait Lease extends AutoCloseable {

    /** Which model it is. */
    def key: Key

    /** The model. */
    def predictor: Predictor

    override def close(): Unit
  }
}
