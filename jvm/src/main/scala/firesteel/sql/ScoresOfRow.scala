/* Scores a row at a time, where no operator can compute them: within lambdas and outer join conditions. */
package firesteel.sql

import java.io.ObjectOutputStream

import scala.util.Using

import firesteel.infer.{InputKind, ModelCache, Result, SentModel}

import org.apache.spark.{SparkContext, TaskContext}
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions.{Expression, UnaryExpression}
import org.apache.spark.sql.catalyst.expressions.codegen.{CodegenContext, ExprCode}
import org.apache.spark.sql.catalyst.expressions.codegen.Block.BlockHelper
import org.apache.spark.sql.catalyst.util.GenericArrayData
import org.apache.spark.sql.internal.SQLConf
import org.apache.spark.sql.types.DataType

/** What [[Scores]] is, evaluated as any other expression: a native call for each image. */
private[sql] final case class ScoresOfRow(image: Expression, model: ModelReference, layer: Option[String])(
    val column: String,
    val shipment: Shipment)
    extends UnaryExpression {

  override def child: Expression = image
  override protected def withNewChildInternal(child: Expression): ScoresOfRow =
    copy(image = child)(column, shipment)
  override protected def otherCopyArgs: Seq[AnyRef] = Seq(column, shipment)

  private def scores = Scores(image, model, layer)(column)
  override def dataType: DataType = scores.dataType
  override def nullable: Boolean = scores.nullable
  override def toString: String = s"row_$scores"

  @transient private lazy val isArray = scores.isArray
  @transient private lazy val input: Any => Array[Result] = {
    val Some(found) = ImageInput.of(image.dataType): @unchecked
    results(found)
  }

  private def results[V <: AnyRef](input: ImageInput[V])(value: Any): Array[Result] =
    input.read(value).map(one => if (one == null) Result.Null else result(input.kind, one)(input.tag))

  private def result[V: scala.reflect.ClassTag](kind: InputKind[V], value: V): Result = {
    val (scores, status) = shipment.use { lease =>
      val predictor = lease.predictor
      val (scores, status) = (new Array[Float](predictor.width()), new Array[Byte](1))
      kind.predict(predictor, Array(value), scores, status)
      (scores, status)
    }
    new Result(status(0), scores, kind.values(value))
  }

  override def eval(row: InternalRow): Any = score(image.eval(row))

  /** For generated code. */
  def score(value: Any): Any =
    if (isArray && value == null) null
    else {
      val rows = input(value).map { r =>
        Scores.row(r, s"column '$column' ${r.problem(model.description.network)}")
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
    ScoresOfRow(scores.image, scores.model, scores.layer)(
      scores.column,
      new Shipment(scores.model, scores.layer, ScoringSettings.limits(SQLConf.get)))
}

/** A model that is sent to the executors before what holds it goes there. */
private[sql] final class Shipment(
    @transient reference: ModelReference,
    layers: Option[String],
    limits: String)
    extends Serializable {
  private var sent: SentModel = _

  /** Sends the model, unless that was done. */
  def send(): SentModel = synchronized {
    if (sent == null) sent = reference.send(SparkContext.getOrCreate(), layers, limits)
    sent
  }

  private def writeObject(out: ObjectOutputStream): Unit = {
    send()
    out.defaultWriteObject()
  }

  @transient private lazy val ofTask = model.leaseForTask()

  private def model: SentModel = if (sent == null) send() else sent

  /** Uses the model, ready to run here: leased once for a task, and each time where Spark evaluates without one. */
  def use[T](body: ModelCache.Lease => T): T =
    if (TaskContext.get() != null) body(ofTask) else Using.resource(model.lease())(body)
}
