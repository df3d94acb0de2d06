/* A column of classes: numbers from 0 on, or names. */
package firesteel.report

import org.apache.spark.sql.Column
import org.apache.spark.sql.functions.col
import org.apache.spark.sql.types.{DoubleType, NumericType, StringType, StructField, StructType}

/** @param isNumeric whether the column holds numbers; it holds text otherwise */
private[report] final case class ClassColumn(name: String, isNumeric: Boolean) {
  import ClassColumn._
  import EvaluationText.count

  /** What a row is asked for: DOUBLE or STRING. */
  def column: Column = {
    val column = ClassColumn.column(name)
    if (isNumeric) column.cast(DoubleType) else column
  }

  /**
   * The class of a row: an Int, a String, null where there is none. What is no number of a class becomes one of two
   * numbers, however many there are of it.
   */
  def value(cell: Any): Any = cell match {
    case number: Double =>
      if (number.isNaN) null
      else if (number < 0 || number != math.floor(number)) NoClass
      else if (number >= Classes.Max) TooLarge
      else number.toInt
    case text => text
  }

  /** Refuses what is no number of a class. */
  def check(values: Iterable[(Any, Long)]): Unit = {
    def rows(value: Any): Long = values.collect { case (`value`, rows) => rows }.sum
    require(
      rows(NoClass) == 0,
      s"column '$name' has ${count(rows(NoClass), "row")} with a negative or fractional number: classes are 0, 1, ...; " +
        "StringIndexer makes them of other values"
    )
    require(
      rows(TooLarge) == 0,
      s"column '$name' has ${count(rows(TooLarge), "row")} with a number of ${Classes.Max} or more: at most ${Classes.Max} " +
        "classes are told apart; check that it holds classes, or merge rare ones"
    )
  }
}

private[report] object ClassColumn {
  private val NoClass = -1
  private val TooLarge = Classes.Max

  /**
   * A column of a schema.
   *
   * @throws IllegalArgumentException if it is not there, or holds neither numbers nor text
   */
  def of(schema: StructType, name: String): ClassColumn = field(schema, name).dataType match {
    case _: NumericType => ClassColumn(name, isNumeric = true)
    case _: StringType => ClassColumn(name, isNumeric = false)
    case other =>
      throw new IllegalArgumentException(
        s"column '$name' is ${other.sql}: classes must be numbers 0, 1, ... or their names; cast it to INT or STRING"
      )
  }

  def field(schema: StructType, name: String): StructField =
    schema.fields.find(_.name == name).getOrElse {
      throw new IllegalArgumentException(
        s"there is no column '$name': the columns are ${schema.fieldNames.mkString(", ")}")
    }

  /** The column of just this name, whatever characters it has. */
  def column(name: String): Column = col(s"`${name.replace("`", "``")}`")
}
