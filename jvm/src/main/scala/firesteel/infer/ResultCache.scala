/* What networks made of inputs lately, so that the same input need not go through the same network again. */
package firesteel.infer

import java.security.MessageDigest
import java.util

/**
 * Remembers what came of inputs, as much as fits, the longest unused going first. Each executor remembers what its own
 * tasks computed.
 */
private[firesteel] class ResultCache {
  import ResultCache.Key

  private var bytes = 0L
  // In the order of their last use.
  private val entries = new util.LinkedHashMap[Key, Result](16, 0.75f, true)

  /** What came of an input, if that is known. */
  def get(key: Key): Option[Result] = synchronized(Option(entries.get(key)))

  /** @param capacity how many bytes the results may have together */
  def put(key: Key, result: Result, capacity: Long): Unit = synchronized {
    if (entries.put(key, result) == null) bytes += ResultCache.bytes(result)
    val oldest = entries.values.iterator
    while (bytes > capacity && oldest.hasNext) {
      bytes -= ResultCache.bytes(oldest.next())
      oldest.remove()
    }
  }
}

/** The results of this JVM. */
private[firesteel] object ResultCache extends ResultCache {

  /** Whose result, see [[Worker.key]], and of which input, by its SHA-256. */
  final case class Key(worker: Any, kind: InputKind[_], input: String)

  /** An input's SHA-256, as text of a byte a character. */
  def digest(input: Array[Byte]): String =
    new String(
      MessageDigest.getInstance("SHA-256").digest(input),
      java.nio.charset.StandardCharsets.ISO_8859_1)

  /** What an entry takes besides its numbers or bytes: its key, and what holds them. */
  private val Overhead = 250L

  private def bytes(result: Result): Long = Overhead + (result.value match {
    case scores: Array[Float] => 4L * scores.length
    case bytes: Array[Byte] => bytes.length.toLong
    case _ => 0L
  })
}
