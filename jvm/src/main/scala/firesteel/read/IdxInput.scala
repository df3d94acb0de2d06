/* One open IDX file: unzips it, gives its rows in order, and finds out whether it is whole. */
package firesteel.read

import java.io._
import java.util.zip.{GZIPInputStream, ZipException}

import org.apache.hadoop.conf.Configuration
import org.apache.hadoop.fs.{FSDataInputStream, Path}

/** An open file, behind its header. What is wrong with its bytes is an [[IdxException]] of every method. */
private[read] final class IdxInput private (val file: IdxFile, raw: FSDataInputStream, source: CountingStream)
    extends Closeable {

  import IdxInput._

  // Made after skipTo, so that nothing is read ahead before a seek.
  private lazy val in = new DataInputStream(new BufferedInputStream(source, BufferBytes))

  /** Goes to a row, before any is read: by a seek in a plain file, by unzipping all before it in another. */
  def skipTo(row: Int): Unit = {
    val bytes = row.toLong * file.header.rowBytes
    if (file.gzip) reading(in.skipNBytes(bytes))
    else if (row > 0) {
      source.bytes = file.header.bytes + bytes
      raw.seek(source.bytes)
    }
  }

  /** The bytes of the next row, in a new array. */
  def nextRow(): Array[Byte] = {
    val row = new Array[Byte](file.header.rowBytes)
    reading(in.readFully(row))
    row
  }

  /** Checks, behind the last row, that the file ends there, and the check sum of a gzip file. */
  def checkEnd(): Unit = if (reading(in.read()) >= 0) throw file.tooLong

  override def close(): Unit = source.close()

  private def reading[T](read: => T): T =
    try read
    catch {
      case e: EOFException => throw file.tooShort(source.bytes, e)
      case e: ZipException => throw damaged(file.path, e)
    }
}

private[read] object IdxInput {
  private val BufferBytes = 64 << 10

  /** Small, since reading a header fills it once. */
  private val ZipBufferBytes = 8 << 10

  /** Opens a file and reads its header, which must be that of a file of the given role. */
  def open(path: Path, role: IdxRole, conf: Configuration): IdxInput = {
    val raw = path.getFileSystem(conf).open(path)
    try {
      val start = new PushbackInputStream(raw, 2)
      val gzip = startsAsGzip(start)
      val source = new CountingStream(if (gzip) new GZIPInputStream(start, ZipBufferBytes) else start)
      val header = IdxHeader.read(new DataInputStream(source), path, role)
      new IdxInput(IdxFile(path, role, gzip, header), raw, source)
    } catch {
      case e: Throwable =>
        raw.close()
        throw (e match {
          case e: EOFException => new IdxException(s"$path is not an IDX file: it ends within the header", e)
          case e: ZipException => damaged(path, e)
          case other => other
        })
    }
  }

  private def startsAsGzip(start: PushbackInputStream): Boolean = {
    val magic = start.readNBytes(2)
    start.unread(magic)
    magic.sameElements(Array(0x1f.toByte, 0x8b.toByte))
  }

  private def damaged(path: Path, cause: ZipException) =
    new IdxException(s"$path is damaged: ${cause.getMessage}", cause)
}

/**
 * Counts the bytes that it gives. It sits below the buffer, where what a broken gzip file still gave is known
 * to the byte, and skips by reading, the default of `InputStream`, so that the count stays right.
 */
private final class CountingStream(in: InputStream) extends InputStream {
  var bytes = 0L

  override def read(): Int = {
    val byte = in.read()
    if (byte >= 0) bytes += 1
    byte
  }

  override def read(into: Array[Byte], offset: Int, length: Int): Int = {
    val read = in.read(into, offset, length)
    if (read > 0) bytes += read
    read
  }

  override def close(): Unit = in.close()
}
