/* The SQL functions of encoded images that need no network. */
package firesteel.sql

import firesteel.infer.{EncodedImages, InputKind}

import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.analysis.TypeCheckResult
import org.apache.spark.sql.catalyst.analysis.TypeCheckResult.{DataTypeMismatch, TypeCheckSuccess}
import org.apache.spark.sql.catalyst.expressions.{Expression, UnaryExpression}
import org.apache.spark.sql.catalyst.expressions.codegen.CodegenFallback
import org.apache.spark.sql.types._
import org.apache.spark.unsafe.types.UTF8String

/** What a function makes of an encoded image. */
private[sql] sealed trait ImageWork extends Serializable {
  def dataType: DataType

  /** The value in Spark's internal form, or what is wrong with the image. */
  def apply(image: Array[Byte], limits: String): Either[String, Any]
}

private[sql] object ImageWork {

  /** What the header says. */
  case object Info extends ImageWork {
    override def dataType: DataType = StructType(
      Seq(
        StructField("format", StringType, nullable = false),
        StructField("width", IntegerType, nullable = false),
        StructField("height", IntegerType, nullable = false),
        StructField("channels", IntegerType, nullable = false),
        StructField("orientation", IntegerType, nullable = false)
      ))
    override def apply(image: Array[Byte], limits: String): Either[String, Any] =
      EncodedImages.header(image, limits).map { h =>
        InternalRow(UTF8String.fromString(h.format), h.width, h.height, h.channels, h.orientation)
      }
  }

  /** Another size, as a PNG. */
  final case class Resize(width: Int, height: Int) extends ImageWork {
    override def dataType: DataType = BinaryType
    override def apply(image: Array[Byte], limits: String): Either[String, Any] =
      EncodedImages.resize(image, width, height, limits)
  }
}

/**
 * A function of an encoded image: each row by itself, since a call costs nothing beside the decoding.
 *
 * @param limits of encoded images, as JSON
 * @param tolerant whether a bad image gives NULL instead of failing the query
 * @param column what messages call the image
 */
private[sql] final case class OfImage(image: Expression, work: ImageWork, limits: String, tolerant: Boolean)(
    val function: String,
    val arguments: Seq[String],
    val column: String)
    extends UnaryExpression
    with CodegenFallback {

  override def child: Expression = image
  override protected def withNewChildInternal(child: Expression): OfImage =
    copy(image = child)(function, arguments, column)
  override protected def otherCopyArgs: Seq[AnyRef] = Seq(function, arguments, column)
  override def dataType: DataType = work.dataType
  override def nullable: Boolean = true
  override def prettyName: String = function
  override def sql: String = (image.sql +: arguments).mkString(s"$function(", ", ", ")")

  /** The bytes of one image in a value, null for null. */
  @transient private lazy val read: Option[Any => Array[Byte]] = ImageInput.of(image.dataType).collect {
    case ImageInput(InputKind.Bytes, read) if !ImageInput.isArray(image.dataType) =>
      value => read(value).head.asInstanceOf[Array[Byte]]
  }

  override def checkInputDataTypes(): TypeCheckResult =
    if (read.isDefined) TypeCheckSuccess
    else
      DataTypeMismatch(
        errorSubClass = "UNEXPECTED_INPUT_TYPE",
        messageParameters = Map(
          "paramIndex" -> Errors.ordinal(0),
          "requiredType" -> "\"BINARY\", Spark's image or \"ARRAY<TINYINT>\"",
          "inputSql" -> s"\"${image.sql}\"",
          "inputType" -> s"\"${image.dataType.sql}\""
        )
      )

  override def eval(input: InternalRow): Any = {
    val bytes = read.get(image.eval(input))
    if (bytes == null) null
    else
      work(bytes, limits) match {
        case Right(value) => value
        case Left(_) if tolerant => null
        case Left(problem) =>
          throw new BadImageException(s"column '$column' $problem; try_$function gives NULL for such images")
      }
  }
}
