/* The logical operator that adds the scores of an image to each row. */
package firesteel.sql

import org.apache.spark.sql.catalyst.expressions.{Attribute, AttributeSet}
import org.apache.spark.sql.catalyst.plans.logical.{LogicalPlan, UnaryNode}
import org.apache.spark.sql.execution.{SparkPlan, SparkStrategy}

/**
 * Adds scores to each row.
 *
 * @param result the attribute that holds them
 * @param keep the columns of the child that are needed above
 * @param rampUp whether few of the rows may be wanted, so that the first batches should be small
 */
private[sql] final case class Classify(
    call: Scores,
    result: Attribute,
    keep: Seq[Attribute],
    rampUp: Boolean,
    child: LogicalPlan)
    extends UnaryNode {
  override def output: Seq[Attribute] = keep :+ result
  override def producedAttributes: AttributeSet = AttributeSet(result :: Nil)
  override def maxRows: Option[Long] = child.maxRows
  override protected def withNewChildInternal(child: LogicalPlan): Classify = copy(child = child)

  /** Whether something needs the scores. */
  def isUsedBy(references: AttributeSet): Boolean = references.contains(result)
}

/** Plans [[Classify]]. */
private[sql] object ClassifyStrategy extends SparkStrategy {
  override def apply(plan: LogicalPlan): Seq[SparkPlan] = plan match {
    case Classify(call, result, keep, rampUp, child) =>
      ClassifyExec(call, result, keep, rampUp, planLater(child)) :: Nil
    case _ => Nil
  }
}
