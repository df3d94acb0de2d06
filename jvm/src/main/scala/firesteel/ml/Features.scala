/* What a features column can hold, and how a row of it becomes the input of a network. */
package firesteel.ml

import firesteel.sql.{Frame, ImageInput}

import org.apache.spark.ml.linalg.{SQLDataTypes, Vector}
import org.apache.spark.sql.Row
import org.apache.spark.sql.types._

/** The kinds of features columns. */
private[firesteel] sealed trait Features[V <: AnyRef] extends Serializable {

  /** The input in a value of the column; null for null. */
  def input(value: Any): V
}

private[firesteel] object Features {

  /** BINARY, ARRAY of TINYINT or Spark's image: an encoded image, or a byte per value; scaled by the preprocessing. */
  case object Bytes extends Features[Array[Byte]] {
    override def input(value: Any): Array[Byte] = value match {
      case bytes: Array[Byte] => bytes
      case image: Row => Frame.of(image)
      case null => null
      case bytes =>
        val values = bytes.asInstanceOf[scala.collection.Seq[Any]]
        // As in a query: an image without any values.
        if (values.contains(null)) Array.emptyByteArray else values.map(_.asInstanceOf[Byte]).toArray
    }
  }

  /** A vector or an array of numbers, taken as they are; a null within an array is NaN. */
  case object Numbers extends Features[Array[Float]] {
    override def input(value: Any): Array[Float] = value match {
      case null => null
      case vector: Vector => ImageInput.floats(vector)
      case numbers => numbers.asInstanceOf[scala.collection.Seq[_]].iterator.map(number).toArray
    }
  }

  /**
   * The kind of a column.
   *
   * @throws IllegalArgumentException for types that cannot be an input
   */
  def of(schema: StructType, column: String): Features[_ <: AnyRef] = field(schema, column).dataType match {
    case BinaryType | ArrayType(ByteType, _) => Bytes
    case struct: StructType if Frame.isOf(struct) => Bytes
    case SQLDataTypes.VectorType => Numbers
    case ArrayType(_: NumericType, _) => Numbers
    case other =>
      throw new IllegalArgumentException(
        s"column '$column' is ${other.sql}: features must be BINARY (an encoded image, or a byte per value), Spark's image, a vector or an array of numbers"
      )
  }

  /** A column of a schema, or an error that lists the columns. */
  def field(schema: StructType, column: String): StructField =
    schema.fields.find(_.name == column).getOrElse {
      throw new IllegalArgumentException(
        s"there is no column '$column': the columns are ${schema.fieldNames.mkString(", ")}"
      )
    }

  /** The shape of each input, where the source of the column has put it into the column's metadata. */
  def shape(schema: StructType, column: String): Option[Seq[Long]] = {
    val metadata = field(schema, column).metadata
    if (metadata.contains("shape")) Some(metadata.getLongArray("shape").toSeq) else None
  }

  private def number(value: Any): Float =
    if (value == null) Float.NaN else value.asInstanceOf[Number].floatValue
}
