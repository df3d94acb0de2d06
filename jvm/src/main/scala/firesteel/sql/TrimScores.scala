/* Lets through only what is needed above. */
package firesteel.sql

import org.apache.spark.sql.catalyst.expressions.AttributeSet
import org.apache.spark.sql.catalyst.optimizer.{
  CollapseProject,
  ColumnPruning,
  CombineFilters,
  RemoveNoopOperators
}
import org.apache.spark.sql.catalyst.plans.logical._

/** The rows that wait for their batch must not hold columns that nobody needs, above all not the images. */
private[sql] object TrimScores {

  /** More than ever needed: each pass removes a level of nesting. */
  private val MaxPasses = 20

  def apply(plan: LogicalPlan): LogicalPlan = {
    val passes = Iterator.iterate(plan) { plan =>
      RemoveNoopOperators(CollapseProject(ColumnPruning(CombineFilters(trim(plan, plan.outputSet)))))
    }
    passes.take(MaxPasses).sliding(2).collectFirst { case Seq(a, b) if a.fastEquals(b) => b }.getOrElse(plan)
  }

  /** Files, too, are read by columns: those that a projection right above them names. */
  private def narrow(plan: LogicalPlan, needed: AttributeSet): LogicalPlan = {
    val columns = plan.output.filter(needed.contains)
    if (columns.size < plan.output.size) Project(columns, plan) else plan
  }

  private def trim(plan: LogicalPlan, needed: AttributeSet): LogicalPlan = plan match {
    case classify: Classify if !classify.isUsedBy(needed) =>
      Project(classify.child.output.filter(needed.contains), trim(classify.child, needed))
    case classify: Classify =>
      val keep = classify.child.output.filter(needed.contains)
      val below = AttributeSet(keep) ++ classify.call.references
      classify.copy(keep = keep, child = trim(classify.child, below))
    case project: Project =>
      project.withNewChildren(
        Seq(trim(project.child, AttributeSet.fromAttributeSets(project.projectList.map(_.references)))))
    case _: Filter | _: LocalLimit | _: GlobalLimit | _: Repartition =>
      plan.withNewChildren(plan.children.map(trim(_, needed ++ plan.references)))
    case sort: Sort => sort.withNewChildren(Seq(trim(sort.child, needed ++ sort.references)))
    case other => narrow(other.mapChildren(child => trim(child, child.outputSet)), needed)
  }
}
