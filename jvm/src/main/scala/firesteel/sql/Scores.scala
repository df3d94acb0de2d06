/* What a network makes of an image, as an expression: the one forward pass that all functions of an image share. */
package firesteel.sql

import firesteel.infer.Result

import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions.{Expression, GenericInternalRow, UnsafeArrayData}
import org.apache.spark.sql.catalyst.trees.TreePattern.{SCALA_UDF, TreePattern}
import org.apache.spark.sql.types._
import org.apache.spark.unsafe.types.UTF8String

/**
 * The scores of an image, or of each image of an array. [[ExtractScores]] has it computed by [[ClassifyExec]], in
 * batches, or by [[ScoresOfRow]] where that cannot be.
 *
 * @param layer the layer whose output is wanted; none for the scores of the classes
 * @param column what messages call the image
 */
private[firesteel] final case class Scores(image: Expression, model: ModelReference, layer: Option[String])(
    val column: String)
    extends UnevaluableExpression {

  override def children: Seq[Expression] = Seq(image)
  override protected def withNewChildrenInternal(children: IndexedSeq[Expression]): Scores =
    copy(image = children.head)(column)
  override protected def otherCopyArgs: Seq[AnyRef] = Seq(column)

  /** Whether the image is an array of images. */
  def isArray: Boolean = ImageInput.isArray(image.dataType)

  override def dataType: DataType = if (isArray) ArrayType(Scores.Type, containsNull = false) else Scores.Type
  override def nullable: Boolean = isArray && image.nullable

  // Rules that avoid evaluating user-defined functions avoid this one, too.
  override val nodePatterns: Seq[TreePattern] = Seq(SCALA_UDF)

  // On the driver Spark asks conditions over the columns by which a table is partitioned which partitions to read.
  @transient private lazy val ofRow = ScoresOfRow.of(this)
  override def eval(row: InternalRow): Any = ofRow.eval(row)

  /** Tells Spark 4.2 and later not to evaluate it twice. */
  def expensive: Boolean = true

  /** The same of another model. */
  def withModel(model: ModelReference): Scores = copy(model = model)(column)

  override def toString: String = s"scores($image, $model${layer.map(", " + _).getOrElse("")})"
}

private[firesteel] object Scores {

  /**
   * status: that of [[firesteel.infer.Result]]; scores: the network's output before softmax, NaN where the image is not
   * OK, null for no image; problem: what is wrong with the image, null where it is OK.
   */
  val Type: StructType = StructType(
    Seq(
      StructField("status", ByteType, nullable = false),
      StructField("scores", ArrayType(FloatType, containsNull = false)),
      StructField("problem", StringType)))

  val StatusField = 0
  val ScoresField = 1
  val ProblemField = 2

  /** @param problem words for what is wrong, asked for only where something is */
  def row(result: Result, problem: => String): InternalRow = {
    val values = new Array[Any](3)
    values(StatusField) = result.status
    if (result.scores != null) values(ScoresField) = UnsafeArrayData.fromPrimitiveArray(result.scores)
    if (!result.isOk) values(ProblemField) = UTF8String.fromString(problem)
    new GenericInternalRow(values)
  }

  def isOk(row: InternalRow): Boolean = row.getByte(StatusField) == Result.Ok

  def isNull(row: InternalRow): Boolean = row.getByte(StatusField) == Result.NoInput
}
