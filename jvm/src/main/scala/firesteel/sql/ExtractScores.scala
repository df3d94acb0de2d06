/* The optimizer rule that has scores computed by an operator of their own, in batches, and as few as the query needs. */
package firesteel.sql

import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.expressions.aggregate.AggregateExpression
import org.apache.spark.sql.catalyst.planning.ExtractEquiJoinKeys
import org.apache.spark.sql.catalyst.plans.{Cross, Inner}
import org.apache.spark.sql.catalyst.plans.logical._
import org.apache.spark.sql.catalyst.rules.Rule
import org.apache.spark.sql.catalyst.trees.TreePattern.DYNAMIC_PRUNING_SUBQUERY

/**
 * Puts a [[Classify]] below each operator that needs [[Scores]]. It must run after all rules of Spark that move
 * expressions between operators, and does for its own operator what those do for Spark's.
 */
private[sql] object ExtractScores extends Rule[LogicalPlan] {

  override def apply(plan: LogicalPlan): LogicalPlan = plan match {
    // It becomes a join, in which the scores are found later.
    case s: Subquery if s.correlated => plan
    case _ =>
      val pruned = extractInPruning(plan)
      if (!pruned.exists(needsScores)) pruned
      else {
        // Fails here rather than in the middle of the query.
        for (node <- pruned; e <- node.expressions; scores <- e.collect { case scores: Scores => scores })
          ScoringSettings.batching(conf, rampUp = false, scores.work)
        ScoringSettings.options(conf)
        TrimScores(SortsAndLimits(extractAll(CurrentModels(pruned), Nil)))
      }
  }

  /** @param always the scores that are needed of all rows of the plan */
  private def extractAll(plan: LogicalPlan, always: Seq[Scores]): LogicalPlan = {
    val children = plan.children.map(child => extractAll(child, GuardScores.below(plan, child, always)))
    val node = plan.withNewChildren(children).mapExpressions(byRowInLambdas)
    if (needsScores(node)) extract(GuardScores(node, always)) else node
  }

  /** A lambda may be called for no element at all: only images that are there without being computed are scored outside. */
  private def byRowInLambdas(e: Expression): Expression = e.transform { case lambda: LambdaFunction =>
    lambda.transform { case scores: Scores if !isColumn(scores.image) => ScoresOfRow.of(scores) }
  }

  private def isColumn(e: Expression): Boolean = e match {
    case _: Attribute => true
    case GetStructField(inner, _, _) => isColumn(inner)
    case _ => false
  }

  /** What prunes partitions while a query runs is planned with the rest of it. */
  private def extractInPruning(plan: LogicalPlan): LogicalPlan =
    plan.transformAllExpressionsWithPruning(_.containsPattern(DYNAMIC_PRUNING_SUBQUERY)) {
      case pruning: DynamicPruningSubquery if !pruning.buildKeys.exists(hasScores) =>
        pruning.withNewPlan(apply(pruning.buildQuery))
    }

  def needsScores(node: LogicalPlan): Boolean =
    !node.isInstanceOf[Classify] && node.expressions.exists(hasScores)

  def hasScores(e: Expression): Boolean = e.exists {
    case _: Scores | _: ModelVersion => true
    case _ => false
  }

  private def extract(node: LogicalPlan): LogicalPlan = node match {
    case Filter(condition, join: Join) if isInner(join) && !hasKeys(join) => extractProduct(condition, join)
    case filter: Filter => extractFilter(filter)
    case join: Join if isInner(join) => extractInnerJoin(join)
    case aggregate: Aggregate => extractAggregate(aggregate)
    case other => extractAny(other)
  }

  private def extractAny(node: LogicalPlan): LogicalPlan = {
    val below = new Below(node.children)
    val rewritten = node.mapExpressions(below.rewrite)
    sameOutput(node, rewritten.withNewChildren(below.children))
  }

  /** What scores are added for must not show above. */
  private def sameOutput(before: LogicalPlan, after: LogicalPlan): LogicalPlan =
    if (after.output.map(_.exprId) == before.output.map(_.exprId)) after else Project(before.output, after)

  /**
   * Conditions without scores go first, then those that take little work: each one that needs more scores filters what
   * the next one gets.
   */
  private def extractFilter(filter: Filter): LogicalPlan = {
    val conditions = conjuncts(filter.condition)
    val (cheap, costly) =
      if (conditions.forall(_.deterministic)) conditions.sortBy(effort).partition(!hasScores(_))
      else conditions.span(!hasScores(_))
    val start = cheap.reduceOption(And).foldLeft(filter.child)((child, condition) => Filter(condition, child))
    val filtered = costly.foldLeft(start) { (child, condition) =>
      val below = new Below(Seq(child))
      val rewritten = below.rewrite(condition)
      below.children.head match {
        case Filter(other, child) if rewritten.deterministic => Filter(And(other, rewritten), child)
        case child => Filter(rewritten, child)
      }
    }
    sameOutput(filter, filtered)
  }

  private def effort(condition: Expression): Int =
    condition.collect { case scores: Scores => scores.work.effort }.maxOption.getOrElse(0)

  private def isInner(join: Join): Boolean = join.joinType == Inner || join.joinType == Cross

  /** Whether rows of the sides are paired by something else than their scores. */
  private def hasKeys(join: Join): Boolean = ExtractEquiJoinKeys.unapply(join).isDefined

  /**
   * Spark leaves conditions that it cannot evaluate above a join. Where it has no other condition to pair rows by, they
   * do that, or else each pair of rows would be scored.
   */
  private def extractProduct(condition: Expression, join: Join): LogicalPlan = {
    val (within, above) = conjuncts(condition).partition(c => c.deterministic && hasScores(c))
    val joined = (join.condition.toSeq ++ within).reduceOption(And)
    val extracted = extractInnerJoin(join.copy(condition = joined))
    above.reduceOption(And).fold(extracted)(condition => extractFilter(Filter(condition, extracted)))
  }

  /** A condition with scores of an image that is made of both sides is a filter above the join. */
  private def extractInnerJoin(join: Join): LogicalPlan = {
    val (above, rest) = join.condition.toSeq.flatMap(conjuncts).partition { condition =>
      condition.exists {
        case s: Scores => !join.children.exists(child => s.references.subsetOf(child.outputSet))
        case _ => false
      }
    }
    val below = extractAny(join.copy(condition = rest.reduceOption(And)))
    above.reduceOption(And).fold(below)(condition => extractFilter(Filter(condition, below)))
  }

  /** Scores of groups, of aggregates or of what one groups by, are computed once a group: above. */
  private def extractAggregate(aggregate: Aggregate): LogicalPlan = {
    val groups = aggregate.groupingExpressions
    var lower = Vector.empty[NamedExpression]
    def attribute(e: Expression): Attribute = {
      val named = e match {
        case named: NamedExpression => named
        case other =>
          lower
            .find { case a: Alias => a.child.semanticEquals(other); case _ => false }
            .getOrElse(Alias(other, "group")())
      }
      if (!lower.exists(_.exprId == named.exprId)) lower :+= named
      named.toAttribute
    }
    def above(e: Expression): Expression = e match {
      case group if groups.exists(_.semanticEquals(group)) => attribute(group)
      case call: AggregateExpression => attribute(call)
      case other => other.mapChildren(above)
    }
    val upper = aggregate.aggregateExpressions.map {
      case alias: Alias => alias.withNewChildren(Seq(above(alias.child))).asInstanceOf[NamedExpression]
      case other => attribute(other)
    }
    if (upper.exists(hasScores)) {
      extractAny(Project(upper, extractAny(aggregate.copy(aggregateExpressions = lower))))
    } else extractAny(aggregate)
  }

  private def conjuncts(e: Expression): Seq[Expression] = e match {
    case And(left, right) => conjuncts(left) ++ conjuncts(right)
    case other => Seq(other)
  }
}

/** The children of an operator, to which the scores are added that its expressions need. */
private[sql] final class Below(private var plans: Seq[LogicalPlan]) {

  def children: Seq[LogicalPlan] = plans

  /** An expression with attributes in place of scores. */
  def rewrite(e: Expression): Expression = e.transformUp { case scores: Scores =>
    if (!scores.deterministic || Below.hasFreeVariable(scores)) ScoresOfRow.of(scores)
    else attribute(scores)
  }

  private def attribute(scores: Scores): Expression =
    plans.indexWhere(child => scores.references.subsetOf(child.outputSet)) match {
      case -1 => ScoresOfRow.of(scores)
      case i =>
        val (plan, attribute) = ReuseScores(plans(i), scores).getOrElse {
          val result = AttributeReference("scores", scores.dataType, scores.nullable)()
          Classify(scores, result, plans(i).output, rampUp = false, plans(i)) -> result
        }
        plans = plans.updated(i, plan)
        attribute
    }
}

private[sql] object Below {

  /** Whether an expression depends on the variable of a lambda around it, which is no attribute of the child. */
  def hasFreeVariable(e: Expression): Boolean = {
    val bound = e.collect { case f: LambdaFunction => f.arguments.map(_.exprId) }.flatten.toSet
    e.exists {
      case v: NamedLambdaVariable => !bound(v.exprId)
      case _ => false
    }
  }
}
