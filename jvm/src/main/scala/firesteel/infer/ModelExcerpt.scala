/* The parts of a model file that tell what it holds, without all of it being read. */
package firesteel.infer

import java.nio.{ByteBuffer, ByteOrder}
import java.security.MessageDigest
import java.util.HexFormat

/**
 * What is read of a model file to find out what it holds, and whether it is still the same.
 *
 * @param header the file's header with the length before it; less where the file is too short to be a model
 * @param fingerprint the SHA-256 of the header and of some of the weights: of the first, of those in the middle and of
 *                    the last ones
 */
private[firesteel] final class ModelExcerpt private (val header: Array[Byte], val fingerprint: String)

private[firesteel] object ModelExcerpt {

  /** The number of bytes before the header, which tell its length. */
  private val LengthBytes = 8

  /** The largest header that is read, in bytes: what native code takes at most, and a little more. */
  private val MaxHeader = (8L << 20) + 1

  /** So much is read at once: mostly all of the header. */
  private val First = 64 << 10

  private val Block = 4 << 10

  /**
   * Reads the parts of a file.
   *
   * @param length the file's length in bytes
   * @param read gives so many bytes from a position on
   */
  def of(length: Long, read: (Long, Int) => Array[Byte]): ModelExcerpt = {
    def block(position: Long, bytes: Long): Array[Byte] =
      read(position, math.min(bytes, length - position).toInt)
    val first = block(0, First)
    val bytes = math.min(length, LengthBytes + headerBytes(first))
    val header =
      if (bytes <= first.length) first.take(bytes.toInt)
      else first ++ block(first.length, bytes - first.length)
    val rest = math.max(bytes, first.length)
    val sha = MessageDigest.getInstance("SHA-256")
    Seq(first, header, block((rest + length) / 2, Block), block(math.max(rest, length - Block), Block))
      .foreach(sha.update)
    new ModelExcerpt(header, HexFormat.of().formatHex(sha.digest()))
  }

  /** The parts of a file in memory. */
  def of(file: Array[Byte]): ModelExcerpt =
    of(file.length, (position, bytes) => file.slice(position.toInt, position.toInt + bytes))

  private def headerBytes(first: Array[Byte]): Long =
    if (first.length < LengthBytes) 0
    else {
      val told = ByteBuffer.wrap(first).order(ByteOrder.LITTLE_ENDIAN).getLong
      if (told < 0) MaxHeader else math.min(told, MaxHeader)
    }
}
