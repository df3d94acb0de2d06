/* What is made of an image, as an expression: for a network the one forward pass that all functions of an image share. */
package firesteel.sql

import firesteel.infer.Result

import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions.{Expression, GenericInternalRow}
import org.apache.spark.sql.catalyst.trees.TreePattern.{SCALA_UDF, TreePattern}
import org.apache.spark.sql.types._
import org.apache.spark.unsafe.types.UTF8String

/**
 * The scores of an image, or what else is made of it, or of each image of an array. [[ExtractScores]] has it computed by
 * [[ClassifyExec]], in batches, or by [[ScoresOfRow]] where that cannot be.
 *
 * @param column what messages call the image
 */
private[firesteel] final case class Scores(image: Expression, work: Work)(val column: String)
    extends UnevaluableExpression {

  override def children: Seq[Expression] = Seq(image)
  override protected def withNewChildrenInternal(children: IndexedSeq[Expression]): Scores =
    copy(image = children.head)(column)
  override protected def otherCopyArgs: Seq[AnyRef] = Seq(column)

  /** Whether the image is an array of images. */
  def isArray: Boolean = ImageInput.isArray(image.dataType)

  override def dataType: DataType = {
    val one = Scores.typeOf(work)
    if (isArray) ArrayType(one, containsNull = false) else one
  }
  override def nullable: Boolean = isArray && image.nullable

  // Rules that avoid evaluating user-defined functions avoid this one, too.
  override val nodePatterns: Seq[TreePattern] = Seq(SCALA_UDF)

  // On the driver Spark asks conditions over the columns by which a table is partitioned which partitions to read.
  @transient private lazy val ofRow = ScoresOfRow.of(this)
  override def eval(row: InternalRow): Any = ofRow.eval(row)

  /** Tells Spark 4.2 and later not to evaluate it twice. */
  def expensive: Boolean = true

  /** Other work on the same image. */
  def withWork(work: Work): Scores = copy(work = work)(column)

  override def toString: String = s"scores($image, $work)"
}

private[firesteel] object Scores {

  /**
   * status: that of [[firesteel.infer.Result]]; value: the network's output before softmax, NaN where the image is not
   * OK, or what else comes of it; null for no image; problem: what is wrong with the image, null where it is OK.
   */
  def typeOf(work: Work): StructType = StructType(
    Seq(
      StructField("status", ByteType, nullable = false),
      StructField("value", work.valueType),
      StructField("problem", StringType)))

  val StatusField = 0
  val ValueField = 1
  val ProblemField = 2

  val Fields = 3

  /** @param problem words for what is wrong, asked for only where something is */
  def row(work: Work, result: Result, problem: => String): InternalRow = {
    val values = new Array[Any](Fields)
    values(StatusField) = result.status
    if (result.value != null) values(ValueField) = work.internal(result.value)
    if (!result.isOk) values(ProblemField) = UTF8String.fromString(problem)
    new GenericInternalRow(values)
  }

  def isOk(row: InternalRow): Boolean = row.getByte(StatusField) == Result.Ok

  def isNull(row: InternalRow): Boolean = row.getByte(StatusField) == Result.NoInput
}
