/* Plans the reading of IDX files: which columns, at most how many rows, in which partitions. */
package firesteel.read

import java.util.OptionalLong

import org.apache.spark.sql.connector.read._
import org.apache.spark.sql.types.StructType
import org.apache.spark.util.SerializableConfiguration

/** Takes what Spark wants of the files; without a call of its methods everything. */
private[read] final class IdxScanBuilder(
    files: Seq[IdxFiles],
    schema: StructType,
    maxPartitionBytes: Long,
    conf: SerializableConfiguration)
    extends SupportsPushDownRequiredColumns
    with SupportsPushDownLimit {

  private var wanted = schema
  private var limit = Long.MaxValue

  override def pruneColumns(requiredSchema: StructType): Unit = wanted = requiredSchema

  /** Partitions behind the limit are left out, the last is cut; Spark's own limit stays, as by default. */
  override def pushLimit(limit: Int): Boolean = {
    this.limit = limit.toLong
    true
  }

  override def build(): Scan = IdxScan(files, wanted, limit, maxPartitionBytes)(conf)
}

/**
 * A planned read. Equal scans read the same, so that Spark may run one of them for both; the configuration,
 * which cannot be compared, stays out of it.
 *
 * @param limit             how many rows are wanted at most
 * @param maxPartitionBytes the most bytes that a partition of a plain file reads
 */
private[read] final case class IdxScan(
    files: Seq[IdxFiles],
    readSchema: StructType,
    limit: Long,
    maxPartitionBytes: Long)(conf: SerializableConfiguration)
    extends Scan
    with Batch
    with SupportsReportStatistics {

  private val columns = readSchema.fieldNames.toSeq

  override def description(): String = {
    val limited = if (limit < Long.MaxValue) s", limit $limit" else ""
    s"idx [${columns.mkString(", ")}] of ${files.map(_.images.path).mkString(", ")}$limited"
  }

  override def toBatch: Batch = this

  override def estimateStatistics(): Statistics = new Statistics {
    override def sizeInBytes(): OptionalLong =
      OptionalLong.of(files.map(file => file.rows * rowBytes(file)).sum)
    override def numRows(): OptionalLong = OptionalLong.of(files.map(_.rows.toLong).sum)
  }

  override def createReaderFactory(): PartitionReaderFactory = new IdxReaderFactory(conf)

  override def planInputPartitions(): Array[InputPartition] = {
    val all = files.flatMap(split)
    val rowsBefore = all.scanLeft(0L)(_ + _.rows)
    all
      .zip(rowsBefore)
      .takeWhile { case (_, before) => before < limit }
      .map { case (partition, before) =>
        partition.copy(rows = math.min(partition.rows, limit - before).toInt)
      }
      .toArray
  }

  /** A gzip file is not split, as each part would unzip all before it; labels beside images do not matter. */
  private def split(file: IdxFiles): Seq[IdxPartition] = {
    val filling = file.filling(columns)
    val plain = filling.find(_.role == IdxRole.Images).orElse(filling.headOption).exists(!_.gzip)
    val rows = if (plain) math.max(1, maxPartitionBytes / rowBytes(file)).min(file.rows).toInt else file.rows
    Seq.range(0, file.rows, math.max(1, rows)).map { first =>
      IdxPartition(filling, first, math.min(rows, file.rows - first), file.rows)
    }
  }

  private def rowBytes(file: IdxFiles): Long = file.filling(columns).map(_.header.rowBytes.toLong).sum
}
