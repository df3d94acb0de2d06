/* Appends what a model makes of a column: the one way for all stages. */
package firesteel.ml

import firesteel.sql.{
  FiresteelExtensions,
  Forward,
  Invalid,
  IsScored,
  ModelReference,
  ReadScores,
  Reading,
  Scores
}

import org.apache.spark.sql.{DataFrame, Dataset}
import org.apache.spark.sql.firesteel.Columns
import org.apache.spark.sql.functions.col

/**
 * How a stage scores a column.
 *
 * @param column the column of images
 * @param layer the layers whose output is wanted, as [[Scores]] has them; none for the scores of the classes
 * @param handleInvalid error, skip or keep
 * @param keep what becomes of images that cannot be scored, unless they are errors
 */
private[ml] final case class Scoring(
    column: String,
    model: ModelReference,
    layer: Option[String],
    handleInvalid: String,
    keep: Invalid) {

  /** The rows with a column for each reading of the scores. */
  def append(dataset: Dataset[_], readings: Seq[(String, Reading)]): DataFrame = {
    FiresteelExtensions.install(dataset.sparkSession)
    val image = Columns.expression(dataset.col(s"`${column.replace("`", "``")}`"))
    val scores = Scores(image, Forward(model, layer))(column)
    val invalid =
      if (handleInvalid == "error")
        Invalid.FailAll("set handleInvalid to skip or keep to go on without such rows")
      else keep
    val rows =
      if (handleInvalid == "skip") dataset.toDF().where(Columns.column(IsScored(scores)))
      else dataset.toDF()
    val columns = readings.map { case (name, reading) =>
      Columns.column(ReadScores(scores, reading, invalid)(name, Nil)).as(name)
    }
    rows.select(col("*") +: columns: _*)
  }
}
