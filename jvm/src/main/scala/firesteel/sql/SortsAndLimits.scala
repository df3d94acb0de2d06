/* Sorting and limiting around scores: first the limit, then the work. */
package firesteel.sql

import org.apache.spark.sql.catalyst.expressions.{AttributeSet, Expression, NamedExpression, SortOrder}
import org.apache.spark.sql.catalyst.plans.logical._
import org.apache.spark.sql.internal.SQLConf

private[sql] object SortsAndLimits {

  def apply(plan: LogicalPlan): LogicalPlan = {
    val filtered = plan.transformDown { case node => filterFirst(node) }
    // Of a stream, operators with a state must see all rows of a batch: what stops early would lose the state.
    spread(if (plan.isStreaming) filtered else limit(filtered), limited = false)
  }

  private def limit(plan: LogicalPlan): LogicalPlan = {
    val sunk = plan.transformDown {
      case limit @ GlobalLimit(n, LocalLimit(_, below)) => topRows(n, below).getOrElse(limit)
      // Here the limit counts the rows that are left out, too.
      case offset @ Offset(_, LocalLimit(n, below)) =>
        topRows(n, below).fold[LogicalPlan](offset)(below => offset.withNewChildren(Seq(below)))
    }
    sunk.transformUp { case LocalLimit(n, below) => limitBelow(n, below) }
  }

  /** Conditions that need no scores go below them. */
  private def filterFirst(plan: LogicalPlan): LogicalPlan = plan match {
    case filter @ Filter(condition, classify: Classify)
        if condition.deterministic && !classify.isUsedBy(condition.references) &&
          condition.references.subsetOf(classify.child.outputSet) =>
      classify.withNewChildren(Seq(Filter(condition, classify.child)))
    case other => other
  }

  /** ORDER BY something else LIMIT n: the n rows first. */
  private def topRows(n: Expression, plan: LogicalPlan): Option[LogicalPlan] = plan match {
    case Project(list, child) if list.forall(_.deterministic) => topRows(n, child).map(Project(list, _))
    case sort: Sort if sort.global => sink(n, sort, sort.order, sort.child)
    case _ => None
  }

  /** Sorts and limits below as many projections and scores as possible; none where there are no scores to pass. */
  private def sink(n: Expression, sort: Sort, order: Seq[SortOrder], plan: LogicalPlan): Option[LogicalPlan] =
    plan match {
      // What depends on a row's place in its partition, or on chance, has to stay below.
      case Project(list, child) if list.forall(_.deterministic) =>
        val inner = order.map(ReuseScores.substitute(_, list).asInstanceOf[SortOrder])
        sink(n, sort, inner, child).map(Project(list, _))
      case top: Classify =>
        val (all, base) = stack(top)
        val (ordering, others) = neededFor(AttributeSet(order.flatMap(_.references)), all)
        base match {
          case _ if others.nonEmpty =>
            val sorted = pile(ordering, base)
            val limited = sink(n, sort, order, sorted).getOrElse(
              GlobalLimit(n, LocalLimit(n, sort.copy(order = order, child = sorted))))
            Some(pile(others, limited))
          case Project(list, child) if list.forall(_.deterministic) =>
            val lower = pile(ordering.map(throughProjection(_, list)), child)
            sink(n, sort, order, Project(list ++ ordering.map(_.result), lower))
          case _ => None
        }
      case _ => None
    }

  /** Scores that stand upon each other, the uppermost first, and what is below them. */
  private def stack(plan: LogicalPlan): (List[Classify], LogicalPlan) = plan match {
    case classify: Classify =>
      val (others, base) = stack(classify.child)
      (classify :: others, base)
    case base => (Nil, base)
  }

  /** Those scores that some columns are made of, and the rest. */
  private def neededFor(columns: AttributeSet, stack: List[Classify]): (List[Classify], List[Classify]) =
    stack match {
      case Nil => (Nil, Nil)
      case classify :: below if classify.isUsedBy(columns) =>
        val (needed, others) = neededFor(columns ++ classify.call.references, below)
        (classify :: needed, others)
      case classify :: below =>
        val (needed, others) = neededFor(columns, below)
        (needed, classify :: others)
    }

  private def throughProjection(classify: Classify, list: Seq[NamedExpression]): Classify =
    classify.copy(call = ReuseScores.substitute(classify.call, list).asInstanceOf[Scores])

  /** Scores upon a plan; each keeps all that is below, of which what is not used is left out later. */
  private def pile(scores: List[Classify], base: LogicalPlan): LogicalPlan =
    scores.foldRight(base)((classify, below) => classify.copy(keep = below.output, child = below))

  /** No partition scores more rows than the limit; behind a filter it begins with few. */
  private def limitBelow(n: Expression, plan: LogicalPlan): LogicalPlan = {
    def below(plan: LogicalPlan): LogicalPlan = plan match {
      case Project(list, child) => Project(list, below(child))
      case classify: Classify => classify.copy(child = below(classify.child))
      case filter: Filter => LocalLimit(n, filter.copy(child = rampUp(filter.child)))
      case limit: LocalLimit => limit
      case other => LocalLimit(n, other)
    }
    def hasScores(plan: LogicalPlan): Boolean = plan match {
      case Project(_, child) => hasScores(child)
      case _: Classify => true
      case _ => false
    }
    def rampUp(plan: LogicalPlan): LogicalPlan = plan match {
      case classify: Classify => classify.copy(rampUp = true, child = rampUp(classify.child))
      case node @ (_: Project | _: Filter) => node.withNewChildren(node.children.map(rampUp))
      case other => other
    }
    plan match {
      case scored if hasScores(scored) => LocalLimit(n, below(scored))
      case other => LocalLimit(n, rampUp(other))
    }
  }

  /**
   * A global sort looks at a sample of its rows before it sorts them: with scores among them they would be computed
   * twice. A shuffle between keeps them.
   */
  private def spread(plan: LogicalPlan, limited: Boolean): LogicalPlan = plan match {
    case sort: Sort if sort.global && !limited && computes(sort.child) =>
      sort.copy(child = shuffle(spread(sort.child, limited = false)))
    case ranges: RepartitionByExpression
        if ranges.partitionExpressions.exists(_.isInstanceOf[SortOrder]) && computes(ranges.child) =>
      ranges.copy(child = shuffle(spread(ranges.child, limited = false)))
    // Spark takes the first rows of each partition, with the sort below, in one operator.
    case GlobalLimit(_, _: LocalLimit) | Offset(_, _: LocalLimit) =>
      plan.mapChildren(_.mapChildren(spread(_, limited = true)))
    case project: Project => project.mapChildren(spread(_, limited))
    case other => other.mapChildren(spread(_, limited = false))
  }

  private def shuffle(plan: LogicalPlan): LogicalPlan =
    Repartition(SQLConf.get.numShufflePartitions, shuffle = true, plan)

  /** Whether rows are dealt to partitions by some columns. */
  private def partitions(plan: LogicalPlan): Boolean = plan match {
    case _: RepartitionByExpression | _: Join | _: Aggregate | _: Window | _: Distinct | _: Deduplicate =>
      true
    case _ => false
  }

  /** Whether scores are computed by the tasks that would be run for the sample: there is no shuffle between. */
  private def computes(plan: LogicalPlan): Boolean = plan match {
    // A header is sooner read twice than its file is sent around.
    case classify: Classify => classify.call.work != Header || computes(classify.child)
    // These shuffle, unless something below has done it in a way that serves them.
    case _: Aggregate | _: Window | _: Distinct | _: Deduplicate =>
      plan.children.exists(child => computes(child) && child.exists(partitions))
    case _: GlobalLimit | _: RepartitionByExpression => false
    case repartition: Repartition => !repartition.shuffle && computes(repartition.child)
    case sort: Sort => !sort.global && computes(sort.child)
    case other => other.children.exists(computes)
  }
}
