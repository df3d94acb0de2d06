/* What an image can be in a column, and how a value of it becomes inputs of a network. */
package firesteel.sql

import scala.reflect.ClassTag

import firesteel.infer.InputKind

import org.apache.spark.ml.linalg.{SQLDataTypes, Vector}
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.util.ArrayData
import org.apache.spark.sql.types._

/**
 * A type of images.
 *
 * @param kind whether inputs are bytes or numbers
 * @param read the inputs in a value of the type, which are its own: one (null for null), or those of an array
 */
private[firesteel] final case class ImageInput[V <: AnyRef](kind: InputKind[V], read: Any => Array[V])(
    implicit val tag: ClassTag[V])

private[firesteel] object ImageInput {

  /** What an image can be, in words of SQL. */
  val Types = "\"BINARY\", Spark's image, a vector or an array of numbers"

  /** The type of images that values of an SQL type are; none where they are none. */
  def of(dataType: DataType): Option[ImageInput[_ <: AnyRef]] = dataType match {
    case BinaryType => Some(ImageInput(InputKind.Bytes, v => Array(v.asInstanceOf[Array[Byte]])))
    case ArrayType(BinaryType, _) => Some(ImageInput(InputKind.Bytes, images))
    case ArrayType(ByteType, _) =>
      Some(ImageInput(InputKind.Bytes, v => Array(bytes(v.asInstanceOf[ArrayData]))))
    case struct: StructType if Frame.isOf(struct) =>
      Some(ImageInput(InputKind.Bytes, v => Array(Frame.of(v.asInstanceOf[InternalRow]))))
    case SQLDataTypes.VectorType => Some(ImageInput(InputKind.Floats, v => Array(vector(v))))
    case ArrayType(element: NumericType, _) =>
      Some(ImageInput(InputKind.Floats, v => Array(numbers(v.asInstanceOf[ArrayData], element))))
    case _ => None
  }

  /** Whether a value holds several images. */
  def isArray(dataType: DataType): Boolean = dataType match {
    case ArrayType(BinaryType, _) => true
    case _ => false
  }

  /** The numbers of a vector. */
  def floats(vector: Vector): Array[Float] = {
    val out = new Array[Float](vector.size)
    vector.foreachActive((i, value) => out(i) = value.toFloat)
    out
  }

  private def images(value: Any): Array[Array[Byte]] =
    if (value == null) Array.empty
    else {
      val array = value.asInstanceOf[ArrayData]
      Array.tabulate(array.numElements())(i => if (array.isNullAt(i)) null else array.getBinary(i))
    }

  /** Bytes among which there is a null are a bad image: one without any values. */
  private def bytes(array: ArrayData): Array[Byte] =
    if (array == null) null
    else if ((0 until array.numElements()).exists(array.isNullAt)) Array.emptyByteArray
    else array.toByteArray()

  private val vectorType = SQLDataTypes.VectorType.asInstanceOf[UserDefinedType[Vector]]

  private def vector(value: Any): Array[Float] =
    if (value == null) null else floats(vectorType.deserialize(value))

  /** A null within an array is NaN. */
  private def numbers(array: ArrayData, element: NumericType): Array[Float] = {
    def all(number: Int => Float): Array[Float] =
      Array.tabulate(array.numElements())(i => if (array.isNullAt(i)) Float.NaN else number(i))
    if (array == null) null
    else
      element match {
        case FloatType => all(array.getFloat)
        case DoubleType => all(array.getDouble(_).toFloat)
        case ShortType => all(array.getShort(_).toFloat)
        case IntegerType => all(array.getInt(_).toFloat)
        case LongType => all(array.getLong(_).toFloat)
        case d: DecimalType => all(array.getDecimal(_, d.precision, d.scale).toFloat)
        case other => throw new IllegalArgumentException(s"numbers of type ${other.sql} cannot be an image")
      }
  }
}
