/* What is made of an image: the scores of a network, or what its file tells by itself. */
package firesteel.sql

import firesteel.infer.{HeaderReader, InputKind, Resizer, Result, ScoringOptions, SentWork}

import org.apache.spark.SparkContext
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData
import org.apache.spark.sql.types._

/** What is made of an image. Equal work of the same image is done once. */
private[firesteel] sealed trait Work extends Serializable {

  /** What comes of a good image. */
  def valueType: DataType

  /** That in Spark's internal form. */
  def internal(value: Any): Any = value

  /** How much work it is beside others: what is little goes first. */
  def effort: Int

  /** How many multiplications an image takes at most, where these are what takes the time. */
  def multiplications: Long = 0

  /** How large a value may be, in bytes. */
  def valueBytes: Long

  /** Which types of images it takes, in words of SQL. */
  def types: String

  def takes(input: ImageInput[_]): Boolean

  /** What is wrong with an image, to be put after its name. */
  def problem(result: Result): String

  /**
   * What the executors need for it. For the driver alone.
   */
  def send(sc: SparkContext, options: ScoringOptions): SentWork
}

/** @param layer the layers whose output is wanted, with commas between; none for the scores of the classes */
private[firesteel] final case class Forward(model: ModelReference, layer: Option[String]) extends Work {
  override def valueType: DataType = ArrayType(FloatType, containsNull = false)
  override def internal(value: Any): Any =
    UnsafeArrayData.fromPrimitiveArray(value.asInstanceOf[Array[Float]])
  override def effort: Int = 2
  override def multiplications: Long = model.description.network.multiplications
  override def valueBytes: Long =
    4L * layer.fold(model.description.network.classes)(Layers.width(model, _))
  override def types: String = ImageInput.Types
  override def takes(input: ImageInput[_]): Boolean = true
  override def problem(result: Result): String = result.problem(model.description.network)
  override def send(sc: SparkContext, options: ScoringOptions): SentWork = model.send(sc, layer, options)
  override def toString: String = s"$model${layer.map(", " + _).getOrElse("")}"
}

/** What needs no network takes encoded images alone. */
private[firesteel] sealed trait FileWork extends Work {
  override def types: String = "\"BINARY\", Spark's image or \"ARRAY<TINYINT>\""
  override def takes(input: ImageInput[_]): Boolean = input.kind == InputKind.Bytes
  override def problem(result: Result): String = result.imageProblem
}

private[firesteel] case object Header extends FileWork {
  override def effort: Int = 0
  override def valueBytes: Long = 64
  override def valueType: DataType = StructType(
    Seq(
      StructField("format", StringType, nullable = false),
      StructField("width", IntegerType, nullable = false),
      StructField("height", IntegerType, nullable = false),
      StructField("channels", IntegerType, nullable = false),
      StructField("orientation", IntegerType, nullable = false)
    ))
  override def send(sc: SparkContext, options: ScoringOptions): SentWork = HeaderReader(options.limits)
  override def toString: String = "header"
}

/** Another size, as a PNG. */
private[firesteel] final case class Resized(width: Int, height: Int) extends FileWork {
  override def valueType: DataType = BinaryType
  override def effort: Int = 1
  override def valueBytes: Long = 3L * width * height
  override def send(sc: SparkContext, options: ScoringOptions): SentWork =
    Resizer(width, height, options.limits)
  override def toString: String = s"$width x $height"
}
