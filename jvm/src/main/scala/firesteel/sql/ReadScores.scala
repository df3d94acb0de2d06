/* A function of the scores of an image, as an expression. */
package firesteel.sql

import firesteel.infer.Result

import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.analysis.TypeCheckResult
import org.apache.spark.sql.catalyst.analysis.TypeCheckResult.{DataTypeMismatch, TypeCheckSuccess}
import org.apache.spark.sql.catalyst.expressions.{Expression, UnaryExpression}
import org.apache.spark.sql.catalyst.expressions.codegen.{CodeGenerator, CodegenContext, ExprCode}
import org.apache.spark.sql.catalyst.expressions.codegen.Block.BlockHelper
import org.apache.spark.sql.catalyst.util.{ArrayData, GenericArrayData}
import org.apache.spark.sql.types.{ArrayType, DataType}

/** What to do with an image that cannot be scored. */
private[firesteel] sealed trait Invalid extends Serializable

private[firesteel] object Invalid {

  /** No image gives NULL, a bad one fails the query. */
  final case class Fail(hint: String) extends Invalid

  /** Both give NULL. */
  case object Null extends Invalid

  /** Both fail the query. */
  final case class FailAll(hint: String) extends Invalid

  /** Both are read as scores of NaN. */
  final case class Keep(classes: Int) extends Invalid
}

/**
 * Reads the scores of an image, or of each image of an array.
 *
 * @param scores [[Scores]], or the attribute that holds them
 * @param function the name of the SQL function
 * @param arguments those of its arguments that are no children, for its text
 */
private[firesteel] final case class ReadScores(scores: Expression, reading: Reading, invalid: Invalid)(
    val function: String,
    val arguments: Seq[String])
    extends UnaryExpression {

  override def child: Expression = scores
  override protected def withNewChildInternal(child: Expression): ReadScores =
    copy(scores = child)(function, arguments)
  override protected def otherCopyArgs: Seq[AnyRef] = Seq(function, arguments)

  private lazy val isArray = scores.dataType.isInstanceOf[ArrayType]

  override def dataType: DataType =
    if (isArray) ArrayType(reading.dataType, containsNull = true) else reading.dataType
  override def nullable: Boolean = invalid match {
    case _: Invalid.Keep | _: Invalid.FailAll => false
    case _ => true
  }

  override def checkInputDataTypes(): TypeCheckResult = scores match {
    case Scores(image, work) if !accepts(image.dataType, work) =>
      val arrays = if (takesArrays) s", \"ARRAY<BINARY>\"" else ""
      DataTypeMismatch(
        errorSubClass = "UNEXPECTED_INPUT_TYPE",
        messageParameters = Map(
          "paramIndex" -> Errors.ordinal(0),
          "requiredType" -> s"${work.types}$arrays",
          "inputSql" -> s"\"${image.sql}\"",
          "inputType" -> s"\"${image.dataType.sql}\""
        )
      )
    case _ => TypeCheckSuccess
  }

  private def accepts(dataType: DataType, work: Work): Boolean =
    ImageInput.of(dataType).exists(work.takes(_)) && (takesArrays || !ImageInput.isArray(dataType))

  private def takesArrays: Boolean = reading.isInstanceOf[Reading.Label]

  override def prettyName: String = function

  override def sql: String = scores match {
    case Scores(image, _) => (image.sql +: arguments).mkString(s"$function(", ", ", ")")
    case other => s"$function(${other.sql})"
  }

  override def toString: String = s"$function($scores)"

  override def eval(input: InternalRow): Any = {
    val value = scores.eval(input)
    if (value == null) null else read(value)
  }

  /** For generated code: the value of scores that are not null. */
  def read(value: Any): Any = value match {
    case array: ArrayData =>
      val values = Array.tabulate(array.numElements())(i => readOne(array.getStruct(i, Scores.Fields)))
      new GenericArrayData(values)
    case row => readOne(row.asInstanceOf[InternalRow])
  }

  private def readOne(row: InternalRow): Any =
    if (Scores.isOk(row)) reading.of(row, Scores.ValueField)
    else
      invalid match {
        case Invalid.Null => null
        case Invalid.Fail(_) if Scores.isNull(row) => null
        case Invalid.Fail(hint) => fail(row, hint)
        case Invalid.FailAll(hint) => fail(row, hint)
        case Invalid.Keep(classes) => reading(Array.fill(classes)(Float.NaN))
      }

  private def fail(row: InternalRow, hint: String): Nothing =
    throw new BadImageException(s"${row.getUTF8String(Scores.ProblemField)}; $hint")

  override protected def doGenCode(ctx: CodegenContext, ev: ExprCode): ExprCode = {
    val reader = ctx.addReferenceObj("reader", this)
    val code = scores.genCode(ctx)
    val boxed = CodeGenerator.boxedType(dataType)
    val value = ctx.freshName("value")
    ev.copy(code = code"""
      |${code.code}
      |$boxed $value = ${code.isNull} ? null : ($boxed) $reader.read(${code.value});
      |boolean ${ev.isNull} = $value == null;
      |${CodeGenerator.javaType(dataType)} ${ev.value} = ${ev.isNull} ?
      |  ${CodeGenerator.defaultValue(dataType)} : $value;
    """.stripMargin)
  }
}

/** Whether an image could be scored. */
private[firesteel] final case class IsScored(scores: Expression) extends UnaryExpression {
  override def child: Expression = scores
  override protected def withNewChildInternal(child: Expression): IsScored = copy(scores = child)
  override def dataType: DataType = org.apache.spark.sql.types.BooleanType
  override def nullable: Boolean = false
  override def eval(input: InternalRow): Any = Scores.isOk(scores.eval(input).asInstanceOf[InternalRow])
  override protected def doGenCode(ctx: CodegenContext, ev: ExprCode): ExprCode =
    defineCodeGen(ctx, ev, row => s"$row.getByte(${Scores.StatusField}) == ${Result.Ok}")
}
