/* A local file system, `counted:`, that knows which files are open and how much was read of each. */
package firesteel.read

import java.net.URI
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.{AtomicInteger, AtomicLong}

import org.apache.hadoop.fs.{FSDataInputStream, FSInputStream, Path, RawLocalFileSystem}

class CountedFileSystem extends RawLocalFileSystem {
  import CountedFileSystem._

  override def getScheme: String = "counted"
  override def getUri: URI = URI.create("counted:///")

  override def open(path: Path, bufferBytes: Int): FSDataInputStream = {
    val in = super.open(path, bufferBytes)
    openStreams.incrementAndGet()
    val total = bytesRead.computeIfAbsent(path.getName, _ => new AtomicLong)
    new FSDataInputStream(new FSInputStream {
      private var closed = false
      override def seek(position: Long): Unit = in.seek(position)
      override def getPos: Long = in.getPos
      override def seekToNewSource(position: Long): Boolean = in.seekToNewSource(position)
      override def read(): Int = {
        val byte = in.read()
        if (byte >= 0) total.incrementAndGet()
        byte
      }
      override def read(into: Array[Byte], offset: Int, length: Int): Int = {
        val count = in.read(into, offset, length)
        if (count > 0) total.addAndGet(count.toLong)
        count
      }
      override def close(): Unit = {
        if (!closed) openStreams.decrementAndGet()
        closed = true
        in.close()
      }
    })
  }
}

object CountedFileSystem {
  val openStreams = new AtomicInteger

  /** Bytes read since the last [[reset]], by file name; a file that was never opened is not there. */
  val bytesRead = new ConcurrentHashMap[String, AtomicLong]

  def reset(): Unit = {
    openStreams.set(0)
    bytesRead.clear()
  }
}
