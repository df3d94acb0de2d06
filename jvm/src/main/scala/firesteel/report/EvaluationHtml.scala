/* An evaluation as a page of HTML. It is XML too, and needs neither scripts nor other files. */
package firesteel.report

import java.util.Locale

import firesteel.report.EvaluationText.{count, share}

private[report] object EvaluationHtml {

  /** The most classes whose matrix is drawn. */
  private val MaxMatrix = 100

  /** The most kinds of confusions that are listed in place of a matrix. */
  private val MaxConfusions = 100

  def apply(evaluation: Evaluation): String =
    s"""<!DOCTYPE html>
      |<html lang="en">
      |<head>
      |<meta charset="utf-8"/>
      |<title>Evaluation</title>
      |<style>
      |$Style
      |</style>
      |</head>
      |<body>
      |<h1>Evaluation</h1>
      |<p>${EvaluationText.rows(evaluation)}</p>
      |${figures(evaluation)}
      |<h2>Confusions</h2>
      |${if (evaluation.labels.length <= MaxMatrix) matrix(evaluation) else confusions(evaluation)}
      |<h2>Classes</h2>
      |${classes(evaluation)}
      |</body>
      |</html>
      |""".stripMargin

  private val Style =
    """body { margin: 2rem auto; padding: 0 1rem; max-width: 70rem; color: #1d2733; background: #fff;
      |  font: 15px/1.45 system-ui, sans-serif; }
      |h1 { font-size: 1.6rem; } h2 { margin-top: 2.2rem; font-size: 1.15rem; }
      |table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
      |th, td { padding: .25rem .7rem; text-align: right; border-bottom: 1px solid #e3e8ee; }
      |th { font-weight: 600; } tbody th, .name { text-align: left; }
      |.scroll { overflow-x: auto; }
      |.matrix th, .matrix td { padding: .2rem .4rem; min-width: 1.6rem; border: 1px solid #eef1f5; }
      |.matrix thead th { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left; }
      |.note { color: #5b6876; }""".stripMargin

  private def figures(evaluation: Evaluation): String = {
    val topK = evaluation.shownTopK.map { k =>
      row(s"top-$k accuracy", Seq(share(evaluation.topKAccuracy(k))))
    }
    val averages = Seq(
      row("precision", Seq(share(evaluation.macroPrecision), share(evaluation.weightedPrecision))),
      row("recall", Seq(share(evaluation.macroRecall), share(evaluation.weightedRecall))),
      row("f1", Seq(share(evaluation.macroF1), share(evaluation.weightedF1)))
    )
    table("", Nil, row("accuracy", Seq(share(evaluation.accuracy))) +: topK.toSeq) + "\n" +
      "<h2>Averages</h2>\n" + table("", Seq("", "macro", "weighted"), averages)
  }

  private def classes(evaluation: Evaluation): String = {
    val figures = Seq(evaluation.precision, evaluation.recall, evaluation.f1)
    val rows = evaluation.labels.zip(evaluation.support).zipWithIndex.map { case ((name, support), c) =>
      row(name, figures.map(figure => share(figure(c))) :+ support.toString)
    }
    table("", Seq("class", "precision", "recall", "f1", "rows"), rows.toSeq)
  }

  private def matrix(evaluation: Evaluation): String = {
    val (names, support) = (evaluation.labels, evaluation.support)
    val rows = evaluation.confusionMatrix.zipWithIndex.map { case (row, label) =>
      val cells = row.zipWithIndex.map { case (rows, prediction) =>
        if (rows == 0) "<td></td>"
        else {
          val part = rows.toDouble / support(label)
          val told =
            s"labeled as ${names(label)} classified as ${names(prediction)}: ${count(rows, "time")}, " +
              "%.1f%% of the label".formatLocal(Locale.ROOT, 100 * part)
          s"""<td title="${escaped(told)}" style="background: ${shade(
              part,
              label == prediction)}">$rows</td>"""
        }
      }
      s"<tr><th>${escaped(names(label))}</th>${cells.mkString}</tr>"
    }
    "<p class=\"note\">A row for each label, a column for each prediction; the darker, the larger the share of the " +
      "label's rows.</p>\n" + table("matrix", "" +: names.toSeq, rows.toSeq)
  }

  private def confusions(evaluation: Evaluation): String = {
    val names = evaluation.labels
    val all = evaluation.mistakes
    val rows = all.take(MaxConfusions).map { case (label, prediction, rows) =>
      s"""<tr><th>${escaped(names(label))}</th><td class="name">${escaped(
          names(prediction))}</td><td>$rows</td></tr>"""
    }
    s"""<p class="note">The matrix of ${names.length} classes is left out: at most $MaxMatrix are drawn. """ +
      s"These are ${rows.length} of ${count(all.length.toLong, "confusion")}, the most frequent ones.</p>\n" +
      table("", Seq("labeled as", "classified as", "times"), rows)
  }

  /** A light colour, so that dark digits can be read on it: blue for what is right, orange for what is wrong. */
  private def shade(part: Double, right: Boolean): String =
    s"rgba(${if (right) "46, 134, 222" else "230, 126, 34"}, ${share(0.08 + 0.62 * part)})"

  private def row(name: String, cells: Seq[String]): String =
    s"<tr><th>${escaped(name)}</th>${cells.map(cell => s"<td>$cell</td>").mkString}</tr>"

  private def table(kind: String, header: Seq[String], rows: Seq[String]): String = {
    val head =
      if (header.isEmpty) ""
      else header.map(name => s"<th>${escaped(name)}</th>").mkString("<thead><tr>", "", "</tr></thead>\n")
    s"""<div class="scroll"><table class="$kind">\n$head<tbody>\n${rows.mkString(
        "\n")}\n</tbody></table></div>"""
  }

  /** Text that stands for itself in HTML and XML, which cannot hold some characters at all. */
  private def escaped(text: String): String = EvaluationText
    .line(text)
    .replaceAll("[\\uD800-\\uDFFF\\uFFFE\\uFFFF]", "\uFFFD")
    .replace("&", "&amp;")
    .replace("<", "&lt;")
    .replace(">", "&gt;")
    .replace("\"", "&quot;")
}
