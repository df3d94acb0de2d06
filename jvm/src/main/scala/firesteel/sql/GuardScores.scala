/* Conditions that decide whether an expression evaluates scores at all: they decide for the operator, too. */
package firesteel.sql

import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.plans.{LeftOuter, RightOuter}
import org.apache.spark.sql.catalyst.plans.logical._

/**
 * An operator computes the scores of all rows, but `CASE WHEN size < 10 THEN classify(image) END` needs only some:
 * it becomes `classify(CASE WHEN size < 10 THEN image END)`, and no image is no work.
 */
private[sql] object GuardScores {

  /** @param always the scores that the operators above need of all rows of this one */
  def apply(node: LogicalPlan, always: Seq[Scores]): LogicalPlan =
    if (node.isInstanceOf[Classify] || !node.expressions.exists(hasGuard)) node
    else {
      // A condition is evaluated for more rows than there are above it.
      val above = if (node.isInstanceOf[Filter] || node.isInstanceOf[Join]) Nil else always
      val all = above ++ node.expressions.flatMap(conditions(node, _)).flatMap(unguarded)
      // What is computed anyway, here, above or below, needs no guard, and would be computed twice with it.
      val computed = (scores: Scores) =>
        all.exists(_.semanticEquals(scores)) || node.children.exists(ReuseScores(_, scores).isDefined)
      node.mapExpressions(e => conditions(node, e).map(guard(_, Nil, computed)).reduce(And))
    }

  /**
   * The scores that are needed of all rows of a child.
   *
   * @param always those that are needed of all rows of the node
   */
  def below(node: LogicalPlan, child: LogicalPlan, always: Seq[Scores]): Seq[Scores] = node match {
    case _: Classify => Nil
    case Filter(condition, _) =>
      // Those of the first condition: the others see what it lets through.
      conditions(node, condition) match {
        case all if all.forall(ExtractScores.hasScores) => unguarded(all.head)
        case _ => Nil
      }
    case Join(left, _, LeftOuter, _, _) if child eq left => always
    case Join(_, right, RightOuter, _, _) if child eq right => always
    case _: Join | _: GlobalLimit | _: LocalLimit | _: Offset | _: Sample => Nil
    case _ => always ++ node.expressions.flatMap(unguarded)
  }

  /** The conditions of a filter or a join are handled one by one: those without scores go first anyway. */
  private def conditions(node: LogicalPlan, e: Expression): Seq[Expression] = (node, e) match {
    case (_: Filter | _: Join, And(left, right)) => conditions(node, left) ++ conditions(node, right)
    case _ => Seq(e)
  }

  private def hasGuard(e: Expression): Boolean = e.exists {
    case c @ (_: CaseWhen | _: If | _: Coalesce | _: And | _: Or) => ExtractScores.hasScores(c)
    case _ => false
  }

  /** The scores that are evaluated for each row. */
  private def unguarded(e: Expression): Seq[Scores] = e match {
    case s: Scores => s +: s.children.flatMap(unguarded)
    case other => parts(other).collect { case (child, Nil) => child }.flatMap(unguarded)
  }

  /** The children of an expression, each with the conditions under which it is evaluated. */
  private def parts(e: Expression): Seq[(Expression, Seq[Expression])] = e match {
    case If(predicate, yes, no) =>
      Seq(predicate -> Nil, yes -> Seq(isTrue(predicate)), no -> Seq(isNotTrue(predicate)))
    case CaseWhen(branches, other) =>
      val before = branches.scanLeft(Seq.empty[Expression])((so, branch) => so :+ isNotTrue(branch._1))
      branches.zip(before).flatMap { case ((condition, value), so) =>
        Seq(condition -> so, value -> (so :+ isTrue(condition)))
      } ++ other.map(_ -> before.last)
    case Coalesce(values) =>
      val before = values.scanLeft(Seq.empty[Expression])((so, value) => so :+ IsNull(value))
      values.zip(before)
    case And(left, right) => Seq(left -> Nil, right -> Seq(Not(EqualNullSafe(left, Literal.FalseLiteral))))
    case Or(left, right) => Seq(left -> Nil, right -> Seq(isNotTrue(left)))
    case other => other.children.map(_ -> Nil)
  }

  private def isTrue(e: Expression): Expression = EqualNullSafe(e, Literal.TrueLiteral)
  private def isNotTrue(e: Expression): Expression = Not(isTrue(e))

  private def guard(e: Expression, conditions: Seq[Expression], computed: Scores => Boolean): Expression =
    e match {
      case s: Scores if conditions.nonEmpty && !computed(s) =>
        // A lambda's variable has no value outside of it: a guard with one would make the scores those of single
        // rows, for nothing where the image is a column, which cannot fail.
        val fitting =
          if (s.image.isInstanceOf[Attribute]) conditions.filterNot(Below.hasFreeVariable) else conditions
        fitting.reduceOption(And).fold(s) { condition =>
          // An image may be made of scores.
          val image = guard(s.image, conditions, computed)
          s.copy(image = If(condition, image, Literal(null, image.dataType)))(s.column)
        }
      case s: Scores => s
      case other if ExtractScores.hasScores(other) =>
        val children = parts(other).map { case (child, own) =>
          // What decides by chance must not be asked a second time. A condition has its own conditions, too: the ones
          // before it.
          val all = own.filter(_.deterministic).foldLeft(conditions) { (before, condition) =>
            before :+ guard(condition, before, computed)
          }
          guard(child, all, computed)
        }
        other.withNewChildren(children)
      case other => other
    }
}
