/* Finds scores that are computed further down already, and brings them up. */
package firesteel.sql

import org.apache.spark.sql.catalyst.expressions.{Alias, Attribute, AttributeMap, Expression}
import org.apache.spark.sql.catalyst.plans.{Cross, Inner, JoinType, LeftAnti, LeftOuter, LeftSemi, RightOuter}
import org.apache.spark.sql.catalyst.plans.logical._

private[sql] object ReuseScores {

  /**
   * @param scores what is needed above `plan`
   * @return the plan that gives these scores as well, and their attribute; none where nothing below computes them
   */
  def apply(plan: LogicalPlan, scores: Scores): Option[(LogicalPlan, Attribute)] = plan match {
    case found: Classify if found.call.semanticEquals(scores) => Some(found -> found.result)
    case project @ Project(list, child) =>
      val inner = substitute(scores, list)
      through(project, child, inner.asInstanceOf[Scores]).map { case (below, attribute) =>
        val whole = if (list.exists(_.exprId == attribute.exprId)) list else list :+ attribute
        Project(whole, below) -> attribute
      }
    case classify: Classify =>
      through(classify, classify.child, scores).map { case (below, attribute) =>
        val keep =
          if (classify.keep.exists(_.exprId == attribute.exprId)) classify.keep
          else classify.keep :+ attribute
        classify.copy(child = below, keep = keep) -> attribute
      }
    case join: Join if scores.references.subsetOf(join.left.outputSet) && keepsLeft(join.joinType) =>
      through(join, join.left, scores).map { case (below, attribute) => join.copy(left = below) -> attribute }
    case join: Join if scores.references.subsetOf(join.right.outputSet) && keepsRight(join.joinType) =>
      through(join, join.right, scores).map { case (below, attribute) =>
        join.copy(right = below) -> attribute
      }
    case generate: Generate =>
      through(generate, generate.child, scores).map { case (below, attribute) =>
        // Behind the other columns, of which the generator knows by their places those that it leaves out.
        val columns = generate.child.output
        val added = if (columns.exists(_.exprId == attribute.exprId)) columns else columns :+ attribute
        generate.withNewChildren(Seq(Project(added, below))) -> attribute
      }
    case _: Filter | _: Sort | _: GlobalLimit | _: LocalLimit | _: Offset | _: Sample | _: Repartition |
        _: RepartitionByExpression | _: CollectMetrics | _: Window | _: WindowGroupLimit |
        _: EventTimeWatermark | _: BaseEvalPython =>
      through(plan, plan.children.head, scores).map { case (below, attribute) =>
        plan.withNewChildren(Seq(below)) -> attribute
      }
    case _ => None
  }

  private def through(
      plan: LogicalPlan,
      child: LogicalPlan,
      scores: Scores): Option[(LogicalPlan, Attribute)] =
    if (scores.references.subsetOf(child.outputSet)) apply(child, scores) else None

  /** An expression over the columns of a projection, as one over those below. */
  def substitute(e: Expression, list: Seq[Expression]): Expression = {
    val aliases = AttributeMap(list.collect { case a: Alias => a.toAttribute -> a.child })
    e.transform { case a: Attribute => aliases.getOrElse(a, a) }
  }

  // A side whose rows may be filled up with nulls has no scores there, and a null image has.
  private def keepsLeft(join: JoinType): Boolean = join match {
    case Inner | Cross | LeftOuter | LeftSemi | LeftAnti => true
    case _ => false
  }

  private def keepsRight(join: JoinType): Boolean = join match {
    case Inner | Cross | RightOuter => true
    case _ => false
  }
}
