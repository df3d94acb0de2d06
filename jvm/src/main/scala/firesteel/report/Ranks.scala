/* At which place the probabilities of a row have the class that is right. */
package firesteel.report

import org.apache.spark.ml.linalg.{SQLDataTypes, Vector}
import org.apache.spark.sql.Column
import org.apache.spark.sql.types.{ArrayType, DoubleType, NumericType, StructType}

private[report] object Ranks {

  /** Of a class without a probability. */
  val Unranked = 0

  /**
   * The column of probabilities, as a vector or ARRAY of DOUBLE.
   *
   * @throws IllegalArgumentException if it holds something else
   */
  def column(schema: StructType, name: String): Column = ClassColumn.field(schema, name).dataType match {
    case SQLDataTypes.VectorType => ClassColumn.column(name)
    case ArrayType(_: NumericType, _) => ClassColumn.column(name).cast(ArrayType(DoubleType))
    case other =>
      throw new IllegalArgumentException(
        s"column '$name' is ${other.sql}: probabilities must be a vector or an array of numbers, one for each class; " +
          "name another column by probabilityCol, or none by \"\""
      )
  }

  /** The place of a class, 1 for the most likely one; of equal probabilities the first comes first. */
  def of(probabilities: Any, number: Int): Int = {
    val values: Array[Double] = probabilities match {
      case vector: Vector => vector.toArray
      case numbers => numbers.asInstanceOf[scala.collection.Seq[Any]].iterator.map(double).toArray
    }
    if (number >= values.length || values(number).isNaN) Unranked
    else {
      val own = values(number)
      1 + values.indices.count(other => values(other) > own || values(other) == own && other < number)
    }
  }

  private def double(value: Any): Double = value match {
    case number: Double => number
    case _ => Double.NaN
  }
}
