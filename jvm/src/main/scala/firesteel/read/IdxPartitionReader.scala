/* Reads one partition of IDX files on an executor. */
package firesteel.read

import org.apache.hadoop.conf.Configuration
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.connector.read.{InputPartition, PartitionReader, PartitionReaderFactory}
import org.apache.spark.util.SerializableConfiguration

/**
 * Consecutive rows of files that belong together.
 *
 * @param files    a file for each wanted column, in their order; none if only rows are counted
 * @param firstRow the first row, from 0
 * @param rows     how many rows
 * @param fileRows how many rows the files hold
 */
private[read] final case class IdxPartition(files: Seq[IdxFile], firstRow: Int, rows: Int, fileRows: Int)
    extends InputPartition

private[read] final class IdxReaderFactory(conf: SerializableConfiguration) extends PartitionReaderFactory {
  override def createReader(partition: InputPartition): PartitionReader[InternalRow] =
    new IdxPartitionReader(partition.asInstanceOf[IdxPartition], conf.value)
}

private[read] final class IdxPartitionReader(partition: IdxPartition, conf: Configuration)
    extends PartitionReader[InternalRow] {

  private var inputs = Vector.empty[IdxInput]
  private var rowsRead = 0
  private var row: InternalRow = _

  // Spark closes only a reader that it got.
  try partition.files.foreach(open)
  catch {
    case e: Throwable =>
      close()
      throw e
  }

  override def next(): Boolean =
    if (rowsRead < partition.rows) {
      row = InternalRow.fromSeq(inputs.map(cell))
      rowsRead += 1
      true
    } else {
      if (partition.firstRow + partition.rows == partition.fileRows) inputs.foreach(_.checkEnd())
      false
    }

  override def get(): InternalRow = row

  /** Closes each input, whatever the closing of another throws: there are at most two. */
  override def close(): Unit =
    try inputs.take(1).foreach(_.close())
    finally inputs.drop(1).foreach(_.close())

  private def open(file: IdxFile): Unit = {
    val input = IdxInput.open(file.path, file.role, conf)
    inputs :+= input
    if (input.file != file) {
      throw new IdxException(s"${file.path} has changed since it was loaded: load it again")
    }
    // Also so that all parts of a file say the same of it, and none seeks behind its end.
    file.checkLength(file.path.getFileSystem(conf).getFileStatus(file.path).getLen)
    input.skipTo(partition.firstRow)
  }

  private def cell(input: IdxInput): Any = input.file.role match {
    case IdxRole.Images => input.nextRow()
    case IdxRole.Labels => input.nextRow()(0) & 0xff
  }
}
