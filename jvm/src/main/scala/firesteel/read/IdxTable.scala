/* The IDX files of one load as a table: its columns and what it can do. */
package firesteel.read

import java.util

import scala.jdk.CollectionConverters._

import org.apache.hadoop.conf.Configuration
import org.apache.spark.sql.SparkSession
import org.apache.spark.sql.connector.catalog.{SupportsRead, TableCapability}
import org.apache.spark.sql.connector.read.ScanBuilder
import org.apache.spark.sql.types._
import org.apache.spark.sql.util.CaseInsensitiveStringMap
import org.apache.spark.util.SerializableConfiguration

/**
 * A table over the files that `options` name (see [[IdxDataSource]]).
 *
 * It looks at the files only when its schema is asked for, and then once: Spark makes a table also to ask
 * whether it could be written, and must be able to say no whatever the path.
 *
 * @param expected the schema that the user gave, if any
 */
private[read] final class IdxTable(val options: CaseInsensitiveStringMap, expected: Option[StructType])
    extends SupportsRead {

  private val session = SparkSession.active
  private lazy val hadoop = hadoopConfiguration()
  private lazy val files = IdxFiles.find(options, hadoop)
  private lazy val tableSchema = checked(IdxTable.schemaOf(files))

  override def name(): String = s"idx ${IdxFiles.paths(options).mkString(", ")}"

  override def schema(): StructType = tableSchema

  override def capabilities(): util.Set[TableCapability] = util.EnumSet.of(TableCapability.BATCH_READ)

  override def newScanBuilder(scanOptions: CaseInsensitiveStringMap): ScanBuilder = {
    val maxBytes = session.conf.get(IdxTable.MaxPartitionBytes)
    new IdxScanBuilder(files, tableSchema, IdxTable.bytes(maxBytes), new SerializableConfiguration(hadoop))
  }

  /** As for Spark's own file sources: the application's settings, the session's, the options of the load. */
  private def hadoopConfiguration(): Configuration = {
    val conf = new Configuration(session.sparkContext.hadoopConfiguration)
    val settings = session.conf.getAll ++ options.asCaseSensitiveMap().asScala -- Seq("path", "paths")
    settings.foreach { case (key, value) => if (value != null) conf.set(key, value) }
    conf
  }

  private def checked(found: StructType): StructType = {
    def namesAndTypes(schema: StructType) = schema.map(field => (field.name, field.dataType))
    expected.filter(namesAndTypes(_) != namesAndTypes(found)).foreach { asked =>
      throw new IllegalArgumentException(
        s"the given schema (${asked.toDDL}) is not that of $name (${found.toDDL}): leave it out")
    }
    found
  }
}

private[read] object IdxTable {
  private val MaxPartitionBytes = "spark.sql.files.maxPartitionBytes"

  /** Spark's notation of sizes (`128m`, `134217728b`) in bytes. */
  private def bytes(size: String): Long =
    new org.apache.spark.SparkConf(false).set(MaxPartitionBytes, size).getSizeAsBytes(MaxPartitionBytes)

  /** `files` is never empty, and all its images have one shape. */
  private def schemaOf(files: Seq[IdxFiles]): StructType = {
    val metadata = new MetadataBuilder()
      .putLongArray(IdxDataSource.ShapeKey, files.head.images.header.imageShape.map(_.toLong).toArray)
      .build()
    val image = StructField(IdxRole.Images.column, BinaryType, nullable = false, metadata)
    val label = StructField(IdxRole.Labels.column, IntegerType, nullable = false)
    StructType(if (files.head.labels.isDefined) Seq(image, label) else Seq(image))
  }
}
