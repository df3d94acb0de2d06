/* An evaluation as text. */
package firesteel.report

import java.util.Locale

private[report] object EvaluationText {

  /** The most classes whose matrix is printed. */
  private val MaxMatrix = 40

  /** The most kinds of confusions that are printed. */
  private val MaxConfusions = 50

  /** The longest name of a class in the matrix, in characters. */
  private val MaxName = 16

  def apply(evaluation: Evaluation): String =
    Seq(rows(evaluation), figures(evaluation), confusions(evaluation), matrix(evaluation)).mkString(
      "\n\n") + "\n"

  /** How many rows were evaluated, and how many were not. */
  def rows(evaluation: Evaluation): String = {
    val all = s"${count(evaluation.rows, "row")} in ${count(evaluation.labels.length.toLong, "class")}"
    evaluation.rowsWithoutPrediction match {
      case 0 => all
      case 1 => s"$all; 1 has no prediction and is left out below"
      case missing => s"$all; $missing have no prediction and are left out below"
    }
  }

  /** A name on one line. */
  def line(name: String): String = name.replaceAll("\\p{Cntrl}", " ")

  /** A number of things, such as "1 class" and "2 classes". */
  def count(number: Long, thing: String): String = {
    val plural = if (thing.endsWith("s")) "es" else "s"
    s"$number $thing${if (number == 1) "" else plural}"
  }

  /** A share, 0 to 1, with four digits. */
  def share(figure: Double): String = "%.4f".formatLocal(Locale.ROOT, figure)

  private def figures(evaluation: Evaluation): String = {
    val topK = evaluation.shownTopK.map(k => Seq(s"top-$k accuracy", share(evaluation.topKAccuracy(k))))
    aligned(Seq("accuracy", share(evaluation.accuracy)) +: topK.toSeq) + "\n\n" + aligned(
      Seq(
        Seq("", "macro", "weighted"),
        Seq("precision", share(evaluation.macroPrecision), share(evaluation.weightedPrecision)),
        Seq("recall", share(evaluation.macroRecall), share(evaluation.weightedRecall)),
        Seq("f1", share(evaluation.macroF1), share(evaluation.weightedF1))
      ))
  }

  private def confusions(evaluation: Evaluation): String = {
    val names = evaluation.labels.map(line)
    val (printed, others) = evaluation.mistakes.splitAt(MaxConfusions)
    val lines = printed.map { case (label, prediction, rows) =>
      s"labeled as ${names(label)} classified as ${names(prediction)}: ${count(rows, "time")}"
    }
    val rest =
      if (others.isEmpty) None
      else
        Some(
          s"and ${count(others.length.toLong, "other confusion")}, of ${count(others.map(_._3).sum, "row")}")
    if (lines.isEmpty) "every row is classified as labeled" else (lines ++ rest).mkString("\n")
  }

  private def matrix(evaluation: Evaluation): String = {
    val classes = evaluation.labels.length
    if (classes > MaxMatrix)
      s"The confusion matrix of $classes classes is left out: at most $MaxMatrix are printed."
    else {
      val names = evaluation.labels.map(name => short(line(name)))
      val lines =
        names.zip(evaluation.confusionMatrix).map { case (name, row) => name +: row.map(_.toString).toSeq }
      "labels are rows, predictions are columns:\n\n" + aligned(("" +: names.toSeq) +: lines.toSeq)
    }
  }

  private def short(name: String): String =
    if (name.length <= MaxName) name else name.take(MaxName - 3) + "..."

  /** Lines of a table: the first column to the left, the others to the right. */
  private def aligned(table: Seq[Seq[String]]): String = {
    val widths = table.transpose.map(_.map(_.length).max)
    table
      .map { row =>
        val cells = row.zip(widths).tail.map { case (cell, width) => " " * (width - cell.length) + cell }
        (row.head.padTo(widths.head, ' ') +: cells).mkString("  ")
      }
      .mkString("\n")
  }
}
