/* How well a classifier does: figures of a table of labels and predictions. */
package firesteel.report

import java.nio.charset.StandardCharsets.UTF_8

import scala.jdk.CollectionConverters._
import scala.util.Using

import org.apache.hadoop.fs.Path
import org.apache.spark.sql.{DataFrame, Dataset, Row, SparkSession}
import org.apache.spark.sql.types._

/**
 * The figures of a classifier, each defined as by Spark's `MulticlassMetrics`: a ratio whose denominator is 0 is 0.
 * They are of the rows that have a prediction. Arrays have an entry for each class, in the order of `labels`.
 *
 * @param names the classes' names
 * @param counts the number of rows of a label and a prediction, where it is not 0
 * @param ranks the number of rows whose label has a rank among the probabilities, 0 for none; or why there are none
 * @param missing the number of rows without prediction
 */
final class Evaluation private[report] (
    names: Array[String],
    counts: Map[(Int, Int), Long],
    ranks: Either[String, Map[Int, Long]],
    missing: Long)
    extends Serializable {

  private val total = counts.values.sum
  private val labelled, predicted, right = new Array[Long](names.length)
  for (((label, prediction), rows) <- counts) {
    labelled(label) += rows
    predicted(prediction) += rows
    if (label == prediction) right(label) += rows
  }

  /** The classes' names. */
  def labels: Array[String] = names.clone

  /** The number of rows, with those that have no prediction. */
  def rows: Long = total + missing

  /** The number of rows whose prediction is null or NaN. All other figures leave them out. */
  def rowsWithoutPrediction: Long = missing

  /** The share of rows that are classified as labelled: 0 to 1. */
  def accuracy: Double = ratio(right.sum, total)

  /**
   * The share of rows whose label is among the k most likely classes: 0 to 1. Of equal probabilities the class that
   * comes first is the more likely one. A label without a probability (of a class that the model does not have) is not.
   *
   * @param k 1 or more
   * @throws IllegalStateException if there were no probabilities
   */
  def topKAccuracy(k: Int): Double = {
    require(k >= 1, s"k is $k: it must be 1 or more")
    val found = ranks.fold(reason => throw new IllegalStateException(reason), identity)
    ratio(found.collect { case (rank, rows) if rank != Ranks.Unranked && rank <= k => rows }.sum, total)
  }

  /** Of the rows classified as a class, the share that is labelled so; 0 for a class that is never predicted. */
  def precision: Array[Double] = each(c => ratio(right(c), predicted(c)))

  /** Of the rows labelled as a class, the share that is classified so; 0 for a class without rows. */
  def recall: Array[Double] = each(c => ratio(right(c), labelled(c)))

  /** The harmonic mean of precision and recall; 0 where both are 0. */
  def f1: Array[Double] =
    precision.zip(recall).map { case (p, r) => if (p + r == 0) 0 else 2 * p * r / (p + r) }

  /** The number of rows labelled as each class. */
  def support: Array[Long] = labelled.clone

  /** The mean precision of the classes that are labels or predictions of rows; likewise the other two. */
  def macroPrecision: Double = mean(precision)
  def macroRecall: Double = mean(recall)
  def macroF1: Double = mean(f1)

  /** The mean precision of the classes, each weighing as many as its rows; likewise the other two. */
  def weightedPrecision: Double = weightedMean(precision)
  def weightedRecall: Double = weightedMean(recall)
  def weightedF1: Double = weightedMean(f1)

  /** The numbers of rows: a row for each label, in it a column for each prediction. It takes 8 bytes each. */
  def confusionMatrix: Array[Array[Long]] = {
    val matrix = Array.ofDim[Long](names.length, names.length)
    for (((label, prediction), rows) <- counts) matrix(label)(prediction) = rows
    matrix
  }

  /** A row per class: `class` (its number), `label` (its name), `precision`, `recall`, `f1`, `support`. */
  def byClass(spark: SparkSession): DataFrame = {
    val (p, r, f) = (precision, recall, f1)
    val rows = names.indices.map(c => Row(c, names(c), p(c), r(c), f(c), labelled(c)))
    spark.createDataFrame(rows.asJava, Evaluation.ByClass)
  }

  /** What was taken for something else, the most frequent first: `label` and `prediction` (names), `count`. */
  def confusions(spark: SparkSession): DataFrame = {
    val rows = mistakes.map { case (label, prediction, count) => Row(names(label), names(prediction), count) }
    spark.createDataFrame(rows.asJava, Evaluation.Confusions)
  }

  /** The figures, the most frequent confusions and, of a few classes, the matrix, as text. */
  def stats: String = EvaluationText(this)

  /** A page with the figures, those of each class, and the matrix: HTML that is XML too, and needs nothing else. */
  def html: String = EvaluationHtml(this)

  /** Writes `html`, in UTF-8, to a file of any Hadoop file system, in place of one that is there. */
  def saveHtml(path: String): Unit = {
    val file = new Path(path)
    val fs = file.getFileSystem(SparkSession.active.sessionState.newHadoopConf())
    Using.resource(fs.create(file, true))(_.write(html.getBytes(UTF_8)))
  }

  override def toString: String = stats

  /** Labels, predictions and numbers of the rows that are classified wrongly, the most frequent first. */
  private[report] def mistakes: Seq[(Int, Int, Long)] = counts.toSeq
    .collect { case ((label, prediction), rows) if label != prediction => (label, prediction, rows) }
    .sortBy { case (label, prediction, rows) => (-rows, label, prediction) }

  /** The k for which a top-k accuracy is worth showing: there are probabilities, and more than k classes. */
  private[report] def shownTopK: Option[Int] =
    Some(math.min(5, names.length - 1)).filter(k => k >= 2 && ranks.isRight)

  private def each(figure: Int => Double): Array[Double] = Array.tabulate(names.length)(figure)

  private def ratio(part: Long, whole: Long): Double = if (whole == 0) 0 else part.toDouble / whole

  private def mean(figure: Array[Double]): Double = {
    val occur = names.indices.filter(c => labelled(c) + predicted(c) > 0)
    occur.map(figure).sum / occur.length
  }

  private def weightedMean(figure: Array[Double]): Double =
    names.indices.map(c => figure(c) * labelled(c) / total).sum
}

object Evaluation {

  /**
   * Evaluates predictions, in one Spark job that collects nothing but numbers of rows.
   *
   * Classes are numbers 0, 1, ... or names, in each column. Both columns may hold names, as SQL's `classify` gives
   * them; where one holds numbers and the other names, `labels` or a column's metadata must tell which is which.
   *
   * @param predictions a table with labels and predictions
   * @param labelCol the column of labels; each row must have one
   * @param predictionCol the column of predictions; rows where it is null or NaN are counted apart
   * @param probabilityCol the column of probabilities, a vector or an array with one for each class, of which
   *                       `topKAccuracy` comes; "", or a table without a column `probability`, leaves it out
   * @param labels the names of all classes, in the order of their numbers; by default those in the metadata of the
   *               label column, else of the prediction column, else what the columns hold
   * @throws IllegalArgumentException if a column is missing or of another type, a label is null, negative or
   *                                  fractional, a class is not among `labels`, there are more than 10,000 classes,
   *                                  or no row has a prediction
   */
  def of(
      predictions: Dataset[_],
      labelCol: String = "label",
      predictionCol: String = "prediction",
      probabilityCol: String = Probability,
      labels: Array[String] = Array.empty): Evaluation = {
    val schema = predictions.schema
    val label = ClassColumn.of(schema, labelCol)
    val prediction = ClassColumn.of(schema, predictionCol)
    val known = Some(labels)
      .filter(_.nonEmpty)
      .orElse(Classes.inMetadata(ClassColumn.field(schema, labelCol)))
      .orElse(Classes.inMetadata(ClassColumn.field(schema, predictionCol)))
      .map(Classes.named)
    val absent = probabilityCol.isEmpty ||
      probabilityCol == Probability && !schema.fieldNames.contains(Probability)
    val probability = if (absent) None else Some(Ranks.column(schema, probabilityCol))

    val kinds = Counts.of(predictions, label, prediction, probability, known).toSeq
    require(kinds.nonEmpty, "the table of predictions has no rows: there is nothing to evaluate")
    label.check(kinds.map { case (kind, rows) => kind.label -> rows })
    prediction.check(kinds.map { case (kind, rows) => kind.prediction -> rows })
    val unlabelled = kinds.collect { case (kind, rows) if kind.label == null => rows }.sum
    require(
      unlabelled == 0,
      s"column '$labelCol' is null or NaN in ${EvaluationText.count(unlabelled, "row")}: leave rows without a label out before"
    )
    val (without, having) = kinds.partition { case (kind, _) => kind.prediction == null }
    val missing = without.map(_._2).sum
    require(
      having.nonEmpty,
      s"no row has a prediction: column '$predictionCol' is null or NaN in all of them")

    val values = kinds.map(_._1.label) ++ having.map(_._1.prediction)
    val classes = known.getOrElse(Classes.found(label, prediction, values))
    def number(column: ClassColumn, value: Any): Int = classes.number(value).getOrElse {
      val names = classes.names.take(5).mkString(", ") + (if (classes.names.length > 5) ", ..." else "")
      throw new IllegalArgumentException(
        s"column '${column.name}' has $value, which is none of the ${classes.names.length} classes ($names): " +
          "give labels the names of all classes, in the order of their numbers"
      )
    }
    for ((kind, _) <- without) number(label, kind.label)
    val numbered = having.map { case (kind, rows) =>
      (number(label, kind.label) -> number(prediction, kind.prediction), kind.rank, rows)
    }
    val ranks =
      if (absent) Left("there were no probabilities: name their column by probabilityCol")
      else if (!label.isNumeric && known.isEmpty)
        Left(
          s"column '$labelCol' holds names: give labels the names of all classes, in the order of probabilities")
      else Right(numbered.groupMapReduce(_._2)(_._3)(_ + _))
    new Evaluation(classes.names, numbered.groupMapReduce(_._1)(_._3)(_ + _), ranks, missing)
  }

  private final val Probability = "probability"

  private val ByClass = new StructType()
    .add("class", IntegerType, nullable = false)
    .add("label", StringType, nullable = false)
    .add("precision", DoubleType, nullable = false)
    .add("recall", DoubleType, nullable = false)
    .add("f1", DoubleType, nullable = false)
    .add("support", LongType, nullable = false)

  private val Confusions = new StructType()
    .add("label", StringType, nullable = false)
    .add("prediction", StringType, nullable = false)
    .add("count", LongType, nullable = false)
}
