/* The entry of the IDX data source: what `format("idx")` names. */
package firesteel.read

import java.util

import org.apache.spark.sql.connector.catalog.{Table, TableProvider}
import org.apache.spark.sql.connector.expressions.Transform
import org.apache.spark.sql.sources.DataSourceRegister
import org.apache.spark.sql.types.StructType
import org.apache.spark.sql.util.CaseInsensitiveStringMap

/**
 * Reads IDX files, the format of MNIST and its relatives: `spark.read.format("idx").load(path)`.
 *
 * `load` takes the images file, several of them, or globs; local files or any Hadoop file system; plain or
 * gzip, which is recognised by content.
 *
 *  - Columns: `image` BINARY not null, the unsigned bytes of one image in the order of the file (rows x
 *    columns, or channels x rows x columns); `label` INT not null, 0 to 255. The shape of an image
 *    (`[channels, rows, columns]`, longs) stands in the metadata of the field `image` under
 *    [[IdxDataSource.ShapeKey]].
 *  - Option `labels`: the path of the labels file, or `none` to read images only. Without it the labels file
 *    is found beside the images file by MNIST's names: `…images-idx3-ubyte[.gz]`, `…labels-idx1-ubyte[.gz]`.
 *  - Options that start with `fs.` and the like reach the Hadoop configuration, as with Spark's own files.
 *  - A plain file is split by rows into partitions of at most `spark.sql.files.maxPartitionBytes`; a gzip
 *    file is one partition.
 *  - Only wanted columns are read: `select("label")` does not open the images, `count()` believes the header.
 *  - A given schema must have the same names and types.
 *
 * `load` fails with an [[IdxException]] for a file whose header (or, plain, whose length) is wrong, with a
 * `FileNotFoundException` for a file that is missing and with an `IllegalArgumentException` for options that
 * do not fit; a file that turns out too short, too long or damaged while it is read fails the query with an
 * [[IdxException]]. Nothing can be written.
 *
 * In SQL: `CREATE TEMPORARY VIEW digits USING idx OPTIONS (path '…')`, likewise `CREATE TABLE`; and with
 * [[IdxCatalog]] ``SELECT * FROM idx.`path` ``.
 */
final class IdxDataSource extends TableProvider with DataSourceRegister {

  override def shortName(): String = "idx"

  /** Lets `schema(…)` through to [[getTable]], which checks it. */
  override def supportsExternalMetadata(): Boolean = true

  // Spark asks for the schema, and at once for the table with it: the headers need to be read only once.
  private var inferred: Option[IdxTable] = None

  override def inferSchema(options: CaseInsensitiveStringMap): StructType = {
    val table = new IdxTable(options, None)
    inferred = Some(table)
    table.schema()
  }

  override def getTable(
      schema: StructType,
      partitioning: Array[Transform],
      properties: util.Map[String, String]): Table = {
    val options = new CaseInsensitiveStringMap(properties)
    inferred
      .filter(table => table.options == options && table.schema() == schema)
      .getOrElse(new IdxTable(options, Some(schema)))
  }
}

object IdxDataSource {

  /** The key of the shape in the metadata of the field `image`: an array of three longs, channels first. */
  val ShapeKey = "shape"
}
