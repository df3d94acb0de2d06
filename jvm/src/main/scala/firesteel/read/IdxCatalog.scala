/* The catalog that lets SQL name an IDX file directly. */
package firesteel.read

import java.util

import org.apache.spark.sql.connector.catalog.{Identifier, Table, TableCatalog, TableChange}
import org.apache.spark.sql.util.CaseInsensitiveStringMap

/**
 * Makes ``SELECT * FROM idx.`path` `` work, with `spark.sql.catalog.idx = firesteel.read.IdxCatalog`.
 *
 * Spark itself allows a path in the place of a table only for its built-in kind of file source; a catalog of
 * that name is the public way to the same. The path may be a glob. The options of [[IdxDataSource]] come from
 * `spark.sql.catalog.idx.*`, for example `spark.sql.catalog.idx.labels = none`. The catalog lists nothing and
 * changes nothing: everything but reading is an `UnsupportedOperationException`.
 */
final class IdxCatalog extends TableCatalog {
  private var catalogName = "idx"
  private var options = CaseInsensitiveStringMap.empty()

  override def initialize(name: String, options: CaseInsensitiveStringMap): Unit = {
    catalogName = name
    this.options = options
  }

  override def name(): String = catalogName

  override def loadTable(ident: Identifier): Table = {
    if (ident.namespace().nonEmpty) {
      throw new IllegalArgumentException(s"an IDX file is named by its path in backticks: $name.`path`")
    }
    val withPath = new util.HashMap[String, String](options.asCaseSensitiveMap())
    withPath.put("path", ident.name())
    new IdxTable(new CaseInsensitiveStringMap(withPath), None)
  }

  override def listTables(namespace: Array[String]): Array[Identifier] = Array.empty

  override def alterTable(ident: Identifier, changes: TableChange*): Table = throw readOnly

  override def dropTable(ident: Identifier): Boolean = throw readOnly

  override def renameTable(oldIdent: Identifier, newIdent: Identifier): Unit = throw readOnly

  private def readOnly = new UnsupportedOperationException(s"IDX files can only be read ($name is read-only)")
}
