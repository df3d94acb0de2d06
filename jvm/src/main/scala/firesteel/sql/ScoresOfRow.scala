/* Scores a row at a time, where no operator can compute them: within lambdas and outer join conditions. */
package firesteel.sql

import java.io.ObjectOutputStream

import scala.reflect.ClassTag
import scala.util.Using

import firesteel.infer.{InputKind, Result, ScoringOptions, SentWork, Worker}

import org.apache.spark.{SparkContext, TaskContext}
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions.{Expression, UnaryExpression}
import org.apache.spark.sql.catalyst.expressions.codegen.{CodegenContext, ExprCode}
import org.apache.spark.sql.catalyst.expressions.codegen.Block.BlockHelper
import org.apache.spark.sql.catalyst.util.GenericArrayData
import org.apache.spark.sql.internal.SQLConf
import org.apache.spark.sql.types.DataType

/** What [[Scores]] is, evaluated as any other expression: a native call for each image. */
private[sql] final case class ScoresOfRow(image: Expression, work: Work)(
    val column: String,
    val shipment: Shipment)
    extends UnaryExpression {

  override def child: Expression = image
  override protected def withNewChildInternal(child: Expression): ScoresOfRow =
    copy(image = child)(column, shipment)
  override protected def otherCopyArgs: Seq[AnyRef] = Seq(column, shipment)

  private def scores = Scores(image, work)(column)
  override def dataType: DataType = scores.dataType
  override def nullable: Boolean = scores.nullable
  override def toString: String = s"row_$scores"

  @transient private lazy val isArray = scores.isArray
  @transient private lazy val input: Any => Array[Result] = {
    val Some(found) = ImageInput.of(image.dataType): @unchecked
    results(found)
  }

  private def results[V <: AnyRef](input: ImageInput[V])(value: Any): Array[Result] =
    input
      .read(value)
      .map(one => if (one == null) Result.Null else shipment.result(input.kind, one)(input.tag))

  override def eval(row: InternalRow): Any = score(image.eval(row))

  /** For generated code. */
  def score(value: Any): Any =
    if (isArray && value == null) null
    else {
      val rows = input(value).map { r =>
        Scores.row(work, r, s"column '$column' ${work.problem(r)}")
      }
      if (isArray) new GenericArrayData(rows.toArray[Any]) else rows.head
    }

  override protected def doGenCode(ctx: CodegenContext, ev: ExprCode): ExprCode = {
    val scorer = ctx.addReferenceObj("scorer", this)
    val code = image.genCode(ctx)
    val javaType = if (isArray) "ArrayData" else "InternalRow"
    ev.copy(code = code"""
      |${code.code}
      |$javaType ${ev.value} = ($javaType) $scorer.score(${code.isNull} ? null : ${code.value});
      |boolean ${ev.isNull} = ${ev.value} == null;
    """.stripMargin)
  }
}

private[sql] object ScoresOfRow {
  def of(scores: Scores): ScoresOfRow =
    ScoresOfRow(scores.image, scores.work)(
      scores.column,
      new Shipment(scores.work, ScoringSettings.options(SQLConf.get)))
}

/** What work needs, as a model, sent to the executors before what holds it goes there. */
private[sql] final class Shipment(@transient work: Work, options: ScoringOptions) extends Serializable {
  private var sent: SentWork = _

  /** Sends it, unless that was done. */
  def send(): SentWork = synchronized {
    if (sent == null) sent = work.send(SparkContext.getOrCreate(), options)
    sent
  }

  private def writeObject(out: ObjectOutputStream): Unit = {
    send()
    out.defaultWriteObject()
  }

  @transient private var ofTask: Worker[_] = _

  /** What comes of an image: by one worker for a task, and by another one each time where Spark evaluates without one. */
  def result[V: ClassTag](kind: InputKind[V], image: V): Result = {
    val work = if (sent == null) send() else sent
    val task = TaskContext.get()
    if (task == null) Using.resource(work.forRows(kind))(_.apply(Array(image)).head)
    else {
      if (ofTask == null) {
        val worker = work.forRows(kind)
        task.addTaskCompletionListener[Unit](_ => worker.close())
        ofTask = worker
      }
      ofTask.asInstanceOf[Worker[V]].apply(Array(image)).head
    }
  }
}
