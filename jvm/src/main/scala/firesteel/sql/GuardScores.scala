/* Conditions that decide whether an expression evaluates scores at all: they decide for the operator, too. */
package firesteel.sql

import scala.collection.mutable

import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.expressions.aggregate.AggregateExpression
import org.apache.spark.sql.catalyst.plans.{LeftOuter, RightOuter}
import org.apache.spark.sql.catalyst.plans.logical._

/**
 * An operator computes the scores of all rows, but `CASE WHEN size < 10 THEN classify(image) END` needs only some:
 * it becomes `classify(CASE WHEN size < 10 THEN image END)`, and no image is no work. Scores that stand in several places
 * are computed where one of them needs them.
 */
private[sql] object GuardScores {

  /** A place where scores are evaluated, and the conditions under which that is reached, the outermost first. */
  private[sql] final case class Place(scores: Scores, conditions: Seq[Expression])

  /** @param always the scores that the operators above need of all rows of this one */
  def apply(node: LogicalPlan, always: Seq[Scores]): LogicalPlan = {
    val places = node.expressions.flatMap(conditions(node, _)).flatMap(placesIn(_))
    if (node.isInstanceOf[Classify] || places.forall(_.conditions.isEmpty)) node
    else {
      // A condition is evaluated for more rows than there are above it.
      val above = if (node.isInstanceOf[Filter] || node.isInstanceOf[Join]) Nil else always
      // What is computed anyway, above or below, needs no guard, and would be computed twice with it.
      val guards = new Guards(
        places,
        scores =>
          above.exists(_.semanticEquals(scores)) || node.children.exists(ReuseScores(_, scores).isDefined),
        scores => node.children.map(_.outputSet).find(scores.references.subsetOf(_))
      )
      node.mapExpressions(e => conditions(node, e).map(guards.rewrite(_)).reduce(And))
    }
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
    case _: Join => Nil
    // What is needed above these is found below them: see ReuseScores.
    case _: Project | _: Sort | _: Repartition | _: RepartitionByExpression | _: CollectMetrics | _: Window |
        _: Generate | _: BaseEvalPython =>
      always ++ node.expressions.flatMap(unguarded)
    case _ => node.expressions.flatMap(unguarded)
  }

  /** The conditions of a filter or a join are handled one by one: those without scores go first anyway. */
  private def conditions(node: LogicalPlan, e: Expression): Seq[Expression] = (node, e) match {
    case (_: Filter | _: Join, And(left, right)) => conditions(node, left) ++ conditions(node, right)
    case _ => Seq(e)
  }

  /** The scores that are evaluated for each row. */
  private def unguarded(e: Expression): Seq[Scores] = placesIn(e).collect { case Place(scores, Nil) =>
    scores
  }

  private def placesIn(e: Expression, so: Seq[Expression] = Nil): Seq[Place] = e match {
    case scores: Scores => Place(scores, so) +: placesIn(scores.image, so)
    // Conditions within it may hold its variables.
    case lambda: LambdaFunction => placesIn(lambda.function, Nil).map(place => Place(place.scores, so))
    case other if ExtractScores.hasScores(other) =>
      parts(other).flatMap { case (child, own) => placesIn(child, so ++ own) }
    case _ => Nil
  }

  /** The parts of an expression, each with the conditions under which it is evaluated. */
  private def parts(e: Expression): Seq[(Expression, Seq[Expression])] = e match {
    case If(predicate, yes, no) =>
      Seq(predicate -> Nil, yes -> Seq(isTrue(predicate)), no -> Seq(isNotTrue(predicate)))
    case CaseWhen(branches, other) =>
      val before = branches.scanLeft(Seq.empty[Expression])((so, branch) => so :+ isNotTrue(branch._1))
      branches.zip(before).flatMap { case ((condition, value), so) =>
        Seq(condition -> so, value -> (so :+ isTrue(condition)))
      } ++ other.map(_ -> before.last)
    case Coalesce(values) => after(values)(IsNull(_))
    case and: And =>
      after(all(and) { case And(a, b) => Seq(a, b) })(e => Not(EqualNullSafe(e, Literal.FalseLiteral)))
    case or: Or => after(all(or) { case Or(a, b) => Seq(a, b) })(isNotTrue)
    case AggregateExpression(function, _, _, Some(filter), _) =>
      Seq(filter -> Nil, function -> Seq(isTrue(filter)))
    case other => other.children.map(_ -> Nil)
  }

  /** Each of some expressions is evaluated if those before it did not decide. */
  private def after(values: Seq[Expression])(
      undecided: Expression => Expression): Seq[(Expression, Seq[Expression])] =
    values.zip(values.scanLeft(Seq.empty[Expression])((so, value) => so :+ undecided(value)))

  /** The operands of a chain of the same operation. */
  private def all(e: Expression)(split: PartialFunction[Expression, Seq[Expression]]): Seq[Expression] =
    split.lift(e).fold(Seq(e))(_.flatMap(all(_)(split)))

  private def isTrue(e: Expression): Expression = EqualNullSafe(e, Literal.TrueLiteral)
  private def isNotTrue(e: Expression): Expression = Not(isTrue(e))

  /**
   * @param computed whether scores are computed anyway
   * @param side the columns of the child in which they are computed, if that is one
   */
  private final class Guards(
      places: Seq[Place],
      computed: Scores => Boolean,
      side: Scores => Option[AttributeSet]) {
    private val known = mutable.Map.empty[Expression, Scores]

    /** @param within the scores whose guards are being made: theirs cannot depend on themselves */
    def rewrite(e: Expression, within: Seq[Scores] = Nil): Expression = e match {
      case scores: Scores =>
        known.getOrElse(
          scores.canonicalized, {
            val guarded = guard(scores, within :+ scores)
            known.put(scores.canonicalized, guarded)
            guarded
          })
      case other => other.mapChildren(rewrite(_, within))
    }

    private def guard(scores: Scores, within: Seq[Scores]): Scores =
      if (computed(scores)) scores
      else {
        val columns = side(scores)
        // What decides by chance must not be asked a second time, nor must what comes after it. A condition over the
        // other side of a join would take the scores above it.
        def usable(e: Expression): Boolean =
          e.deterministic && columns.forall(e.references.subsetOf(_)) && !e.exists {
            case s: Scores => within.exists(_.semanticEquals(s))
            case _ => false
          }
        val reached = places.filter(_.scores.semanticEquals(scores)).map(_.conditions.takeWhile(usable))
        val image = rewrite(scores.image, within)
        val guarded =
          if (reached.exists(_.isEmpty)) image
          else {
            // Not AND and OR: Spark evaluates what occurs twice below these, even where their left side decides.
            val paths =
              reached.distinct.map(_.map(rewrite(_, within)).reduceRight(If(_, _, Literal.FalseLiteral)))
            If(paths.reduceRight(If(_, Literal.TrueLiteral, _)), image, Literal(null, image.dataType))
          }
        scores.copy(image = guarded)(scores.column)
      }
  }
}
