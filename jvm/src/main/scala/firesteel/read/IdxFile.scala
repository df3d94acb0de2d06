/* An IDX file whose header was read, and what is said when the rest does not keep the header's promise. */
package firesteel.read

import org.apache.hadoop.fs.Path

/**
 * A file as its first bytes describe it.
 *
 * @param gzip whether it is compressed
 */
private[read] final case class IdxFile(path: Path, role: IdxRole, gzip: Boolean, header: IdxHeader) {

  /** Checks the length of the stored file, in bytes; that of a gzip file tells nothing. */
  def checkLength(length: Long): Unit = if (!gzip) {
    if (length < header.fileBytes) throw tooShort(length)
    if (length > header.fileBytes) throw tooLong
  }

  /** @param found the bytes that there are, unzipped */
  def tooShort(found: Long, cause: Throwable = null): IdxException = {
    val unzipped = if (gzip) " unzipped" else ""
    val problem =
      if (found >= header.fileBytes) "the end of its gzip data is missing"
      else {
        val row = (found - header.bytes) / header.rowBytes
        s"its header promises ${header.fileBytes} bytes$unzipped, there are $found; " +
          s"it ends in row $row of ${header.rows} (the first is row 0)"
      }
    new IdxException(s"$path is truncated: $problem", cause)
  }

  def tooLong: IdxException =
    new IdxException(s"$path goes on behind the ${header.fileBytes} bytes that its header promises")
}
