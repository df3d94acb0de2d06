/* Counts the rows of a table of predictions, in one job. */
package firesteel.report

import org.apache.spark.sql.{Column, Dataset, Row}
import org.apache.spark.sql.functions.lit

/** What rows have in common: the class that is right and the one that was predicted, each null where there is none. */
private[report] final case class Kind(label: Any, prediction: Any, rank: Int)

private[report] object Kind {

  /** The kind of a row of a label, a prediction and probabilities. */
  def of(row: Row, label: ClassColumn, prediction: ClassColumn, known: Option[Classes]): Kind = {
    val (right, predicted) = (label.value(row.get(0)), prediction.value(row.get(1)))
    val number = if (predicted == null || row.isNullAt(2)) None else place(right, known)
    Kind(right, predicted, number.fold(Ranks.Unranked)(Ranks.of(row.get(2), _)))
  }

  /** Where probabilities have a class. */
  private def place(value: Any, known: Option[Classes]): Option[Int] = value match {
    case null => None
    case number: Int => Some(number).filter(_ >= 0)
    case name => known.flatMap(_.number(name))
  }
}

private[report] object Counts {

  /**
   * The number of rows of each kind.
   *
   * @param probability the column of probabilities, of which ranks are taken
   * @param known the classes by which a name becomes the number of a probability
   */
  def of(
      table: Dataset[_],
      label: ClassColumn,
      prediction: ClassColumn,
      probability: Option[Column],
      known: Option[Classes]): scala.collection.Map[Kind, Long] =
    table
      .select(label.column, prediction.column, probability.getOrElse(lit(null)))
      .rdd // with no shuffle of Spark SQL's, which would be a job by itself
      .map(Kind.of(_, label, prediction, known))
      .countByValue()
}
