/* What cannot be evaluated: the errors name the column and say what to do. */
package firesteel.report

import firesteel.SparkSuite

import org.apache.spark.sql.DataFrame
import org.apache.spark.sql.functions.{col, expr, lit}

class EvaluationErrorsSuite extends SparkSuite {
  private def table: DataFrame = Animals.table(spark)

  private def refusal(body: => Any): String =
    intercept[IllegalArgumentException](body).getMessage.stripPrefix("requirement failed: ")

  test("columns that are not there") {
    val columns = "the columns are label, prediction, probability"
    assert(refusal(Evaluation.of(table, labelCol = "l")) === s"there is no column 'l': $columns")
    assert(refusal(Evaluation.of(table, predictionCol = "p")) === s"there is no column 'p': $columns")
    assert(refusal(Evaluation.of(table, probabilityCol = "q")) === s"there is no column 'q': $columns")
  }

  test("columns of other types") {
    def replaced(column: String, sql: String): DataFrame =
      table.withColumn(column, expr(sql))
    for (column <- Seq("label", "prediction"))
      assert(refusal(Evaluation.of(replaced(column, "true"))) ===
        s"column '$column' is BOOLEAN: classes must be numbers 0, 1, ... or their names; cast it to INT or STRING")
    assert(
      refusal(Evaluation.of(replaced("probability", "0.5D"))) ===
        "column 'probability' is DOUBLE: probabilities must be a vector or an array of numbers, one for each class; " +
        "name another column by probabilityCol, or none by \"\"")
  }

  test("numbers that are no classes") {
    for (column <- Seq("label", "prediction"); shift <- Seq(0.5, -4))
      assert(
        refusal(Evaluation.of(table.where("prediction = 0").withColumn(column, col(column) + shift))) ===
          s"column '$column' has 6 rows with a negative or fractional number: classes are 0, 1, ...; " +
          "StringIndexer makes them of other values")
  }

  test("rows without a label") {
    for (value <- Seq("'NaN'", "NULL"))
      assert(
        refusal(Evaluation.of(table.withColumn("label", expr(s"double($value)")))) ===
          "column 'label' is null or NaN in 11 rows: leave rows without a label out before")
  }

  test("no rows, and no row with a prediction") {
    assert(
      refusal(Evaluation.of(table.limit(0))) ===
        "the table of predictions has no rows: there is nothing to evaluate")
    assert(
      refusal(Evaluation.of(table.where("isnan(prediction)"))) ===
        "no row has a prediction: column 'prediction' is null or NaN in all of them")
  }

  test("classes that labels do not name") {
    val advice = "give labels the names of all classes, in the order of their numbers"
    assert(
      refusal(Evaluation.of(table, labels = Animals.names.take(3))) ===
        s"column 'prediction' has 3, which is none of the 3 classes (cat, dog, owl): $advice")
    assert(refusal(
      Evaluation.of(table.withColumn("prediction", lit("gnu")), labels = Animals.names :+ "ant")) ===
      s"column 'prediction' has gnu, which is none of the 6 classes (cat, dog, owl, emu, yak, ...): $advice")
    assert(
      refusal(Evaluation.of(table.withColumn("prediction", lit("gnu")))) ===
        s"column 'prediction' has gnu, which is none of the 3 classes (0, 1, 2): $advice")
    // Also of a row without prediction.
    val unknown = table.where("isnan(prediction)").withColumn("label", lit(7)).union(table)
    assert(
      refusal(Evaluation.of(unknown, labels = Animals.names)) ===
        s"column 'label' has 7, which is none of the 5 classes (cat, dog, owl, emu, yak): $advice")
    assert(
      refusal(Evaluation.of(table, labels = Array("cat", "dog", "cat"))) ===
        "labels has 'cat' more than once: name each class once")
  }

  test("more classes than can be told apart") {
    val many = spark.range(10001).select(col("id").as("label"), col("id").as("prediction"))
    assert(Evaluation.of(many.where("label < 10000")).labels.length === 10000)
    assert(
      refusal(Evaluation.of(many)) ===
        "column 'label' has 1 row with a number of 10000 or more: at most 10000 classes are told apart; check that " +
        "it holds classes, or merge rare ones")
    val names = many.selectExpr("concat('c', label) AS label", "concat('c', prediction) AS prediction")
    assert(Evaluation.of(names.where("label <> 'c7'")).labels.length === 10000)
    val advice = "at most 10000 are told apart: check that they hold classes, or merge rare ones"
    assert(
      refusal(Evaluation.of(names)) ===
        s"columns 'label' and 'prediction' have 10001 classes, $advice")
    assert(
      refusal(Evaluation.of(many.limit(1).withColumn("prediction", lit("90210")))) ===
        s"columns 'label' and 'prediction' have 90211 classes, $advice")
    assert(
      refusal(Evaluation.of(table, labels = Array.tabulate(10001)(_.toString))) ===
        "labels has 10001 names: an evaluation has at most 10000 classes; merge the rare ones")
  }

  test("a k below 1") {
    assert(refusal(Animals.evaluation(spark).topKAccuracy(0)) === "k is 0: it must be 1 or more")
  }
}
