/* An evaluation as text and as HTML. */
package firesteel.report

import java.io.ByteArrayInputStream
import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.Files
import javax.xml.parsers.DocumentBuilderFactory

import firesteel.SparkSuite

import org.apache.spark.sql.functions.lit
import org.w3c.dom.{Document, Element}

class EvaluationPagesSuite extends SparkSuite {

  /** Of so many classes, of which each but the last is taken for the next one, once more for each. */
  private def many(classes: Int): Evaluation = {
    val table =
      spark.range(classes.toLong).selectExpr("id AS label", s"least(id + 1, $classes - 1) AS prediction")
    Evaluation.of(table.selectExpr("label", "prediction", "explode(sequence(0, label))"))
  }

  private def parsed(evaluation: Evaluation): Document =
    DocumentBuilderFactory.newInstance
      .newDocumentBuilder()
      .parse(new ByteArrayInputStream(evaluation.html.getBytes(UTF_8)))

  private def elements(document: Document, tag: String): Seq[Element] = {
    val found = document.getElementsByTagName(tag)
    (0 until found.getLength).map(found.item(_).asInstanceOf[Element])
  }

  private def texts(document: Document, tag: String): Seq[String] =
    elements(document, tag).map(_.getTextContent)

  test("the text") {
    val expected =
      """11 rows in 5 classes; 1 has no prediction and is left out below
        |
        |accuracy        0.6000
        |top-4 accuracy  1.0000
        |
        |            macro  weighted
        |precision  0.3333    0.5333
        |recall     0.3667    0.6000
        |f1         0.3485    0.5636
        |
        |labeled as owl classified as cat: 2 times
        |labeled as cat classified as dog: 1 time
        |labeled as dog classified as emu: 1 time
        |
        |labels are rows, predictions are columns:
        |
        |     cat  dog  owl  emu  yak
        |cat    4    1    0    0    0
        |dog    0    2    0    1    0
        |owl    2    0    0    0    0
        |emu    0    0    0    0    0
        |yak    0    0    0    0    0
        |""".stripMargin
    assert(Animals.evaluation(spark).stats === expected)
    assert(Animals.evaluation(spark).toString === expected)
  }

  test("the text of what is all right, of long names and of names with line breaks") {
    val names = Array("a name of seventeen", "two\nlines")
    val table = Animals.table(spark).where("label = prediction AND label < 2").drop("probability")
    assert(
      Evaluation.of(table, labels = names).stats ===
        """6 rows in 2 classes
          |
          |accuracy  1.0000
          |
          |            macro  weighted
          |precision  1.0000    1.0000
          |recall     1.0000    1.0000
          |f1         1.0000    1.0000
          |
          |every row is classified as labeled
          |
          |labels are rows, predictions are columns:
          |
          |                  a name of sev...  two lines
          |a name of sev...                 4          0
          |two lines                        0          2
          |""".stripMargin)
  }

  test("the text says what it leaves out") {
    val lines = many(60).stats.linesIterator.toSeq
    val confusions = lines.filter(_.startsWith("labeled as"))
    assert(confusions.length === 50)
    assert(confusions.head === "labeled as 58 classified as 59: 59 times")
    assert(lines.contains("and 9 other confusions, of 45 rows")) // those of 0 to 8
    assert(lines.last === "The confusion matrix of 60 classes is left out: at most 40 are printed.")
    assert(many(40).stats.linesIterator.toSeq.last.split(" +").length === 41)
    val two =
      Animals.table(spark).withColumn("prediction", lit(null).cast("double")).union(Animals.table(spark))
    assert(
      Evaluation
        .of(two)
        .stats
        .startsWith("22 rows in 4 classes; 12 have no prediction and are left out below\n"))
  }

  test("the page is XML, with figures, classes and the matrix") {
    val page = parsed(Animals.evaluation(spark))
    assert(texts(page, "p").head === "11 rows in 5 classes; 1 has no prediction and is left out below")
    val rows = texts(page, "tr")
    for (row <- Seq(
        "accuracy0.6000",
        "top-4 accuracy1.0000",
        "precision0.33330.5333",
        "cat0.66670.80000.72735"))
      assert(rows.contains(row))
    assert(rows.contains("cat41"))
    val cells = elements(page, "td").filter(_.hasAttribute("title"))
    assert(
      cells.map(_.getAttribute("title")) === Seq(
        "labeled as cat classified as cat: 4 times, 80.0% of the label",
        "labeled as cat classified as dog: 1 time, 20.0% of the label",
        "labeled as dog classified as dog: 2 times, 66.7% of the label",
        "labeled as dog classified as emu: 1 time, 33.3% of the label",
        "labeled as owl classified as cat: 2 times, 100.0% of the label"
      ))
    assert(
      cells.map(_.getAttribute("style")).take(2) ===
        Seq("background: rgba(46, 134, 222, 0.5760)", "background: rgba(230, 126, 34, 0.2040)"))
  }

  test("the page needs nothing else") {
    val html = Animals.evaluation(spark).html
    for (foreign <- Seq("http", "//", "<script", "<link", "src=", "@import", "url("))
      assert(!html.contains(foreign), foreign)
  }

  test("names on the page stand for themselves") {
    val names = Array("<b>&amp;\"'", "zwei\n|\u0001\uFFFE", "två 猫 😀", "</td>")
    val page = parsed(Evaluation.of(Animals.table(spark), labels = names))
    val shown = names.updated(1, "zwei | \uFFFD")
    for (name <- shown) assert(texts(page, "th").count(_ == name) === 3, name)
    val titles = elements(page, "td").map(_.getAttribute("title"))
    assert(titles.contains(s"labeled as ${shown(2)} classified as ${shown(0)}: 2 times, 100.0% of the label"))
  }

  test("the page of many classes lists confusions in place of a matrix, and says so") {
    assert(elements(parsed(many(100)), "td").count(_.hasAttribute("title")) === 100)
    val page = parsed(many(130))
    assert(elements(page, "td").count(_.hasAttribute("title")) === 0)
    assert(
      texts(page, "p").last ===
        "The matrix of 130 classes is left out: at most 100 are drawn. These are 100 of 129 confusions, the most " +
        "frequent ones.")
    assert(texts(page, "tr").contains("128129129"))
    assert(texts(page, "tr").length === 1 + 4 + 101 + 131)
  }

  test("the page is written to any path") {
    withTempDir { folder =>
      val file = folder.resolve("below/report.html")
      val evaluation = Evaluation.of(Animals.table(spark), labels = Array("猫", "b", "c", "d"))
      Animals.evaluation(spark).saveHtml(file.toString)
      evaluation.saveHtml(file.toUri.toString)
      assert(Files.readString(file) === evaluation.html)
      assert(Files.readString(file).contains("猫"))
    }
  }
}
