/* The classes of an evaluation: their names, in the order of their numbers. */
package firesteel.report

import org.apache.spark.ml.attribute.{Attribute, NominalAttribute}
import org.apache.spark.sql.types.{NumericType, StructField}

private[report] final class Classes(val names: Array[String]) extends Serializable {
  private val numbers = names.zipWithIndex.toMap

  /** The number of a class that a row tells by its number or by its name. */
  def number(value: Any): Option[Int] = value match {
    case number: Int => Some(number).filter(_ < names.length)
    case name => numbers.get(name.toString)
  }
}

private[report] object Classes {

  /** The most classes that are told apart. */
  val Max = 10000

  /** Classes whose names are given. */
  def named(names: Array[String]): Classes = {
    require(
      names.length <= Max,
      s"labels has ${names.length} names: an evaluation has at most $Max classes; merge the rare ones")
    val twice = names.diff(names.distinct).distinct
    require(
      twice.isEmpty,
      s"labels has ${twice.mkString("'", "', '", "'")} more than once: name each class once")
    new Classes(names)
  }

  /** The names that StringIndexer and others leave in the metadata of a column of numbers. */
  def inMetadata(column: StructField): Option[Array[String]] = column.dataType match {
    case _: NumericType =>
      Some(Attribute.fromStructField(column)).collect { case nominal: NominalAttribute =>
        nominal.values
      }.flatten
    case _ => None
  }

  /**
   * The classes that occur: the numbers from 0 to the largest one; or, where both columns hold text, its values in
   * their order.
   */
  def found(label: ClassColumn, prediction: ClassColumn, values: Iterable[Any]): Classes = {
    val columns = s"columns '${label.name}' and '${prediction.name}'"
    val numbers = values.collect { case number: Int => number } ++
      values.collect { case text: String => text.toIntOption }.flatten
    if (label.isNumeric || prediction.isNumeric) {
      val largest = numbers.maxOption.getOrElse(0)
      require(largest < Max, tooMany(columns, largest + 1L))
      new Classes(Array.tabulate(largest + 1)(_.toString))
    } else {
      val texts = values.map(_.toString).toArray.distinct
      require(texts.length <= Max, tooMany(columns, texts.length.toLong))
      new Classes(if (numbers.size == values.size) texts.sortBy(_.toInt) else texts.sorted)
    }
  }

  private def tooMany(columns: String, classes: Long): String =
    s"$columns have $classes classes, at most $Max are told apart: check that they hold classes, or merge rare ones"
}
