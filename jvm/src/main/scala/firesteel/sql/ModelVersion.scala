/* Which content a model file has. */
package firesteel.sql

import org.apache.spark.sql.catalyst.expressions.Expression
import org.apache.spark.sql.types.{DataType, StringType}

/** The SHA-256 of a model's file: a constant of each query, and of each batch of a stream, set when it is planned. */
private[sql] final case class ModelVersion(model: ModelReference) extends UnevaluableExpression {
  override def children: Seq[Expression] = Nil
  override protected def withNewChildrenInternal(children: IndexedSeq[Expression]): ModelVersion = this
  override def dataType: DataType = StringType
  override def nullable: Boolean = false
  override def sql: String = s"model_version($model)"
  override def toString: String = sql
}
