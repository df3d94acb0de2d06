/* The figures of evaluations: by hand, and as Spark's own has them. */
package firesteel.report

import scala.util.Random

import firesteel.SparkSuite

import org.apache.spark.firesteel.Jobs
import org.apache.spark.ml.attribute.NominalAttribute
import org.apache.spark.ml.functions.vector_to_array
import org.apache.spark.ml.linalg.{Vector, Vectors}
import org.apache.spark.mllib.evaluation.MulticlassMetrics
import org.apache.spark.sql.functions.{col, lit, udf, when}
import org.apache.spark.sql.{DataFrame, Row}
import org.apache.spark.sql.types.StructType
import org.scalactic.{Equality, TolerantNumerics}

class EvaluationSuite extends SparkSuite {
  private implicit val near: Equality[Double] = TolerantNumerics.tolerantDoubleEquality(1e-12)

  private def nearly(found: Array[Double], expected: Double*): Unit = {
    assert(found.length === expected.length)
    for ((f, e) <- found.zip(expected)) assert(f === e)
  }

  /** A table of labels and predictions, in three partitions. */
  private def pairs(rows: (Any, Any)*)(types: String): DataFrame =
    spark.createDataFrame(
      spark.sparkContext.parallelize(rows.map { case (label, prediction) => Row(label, prediction) }, 3),
      StructType.fromDDL(types))

  // ---- figures ----

  test("figures of a table that was worked out by hand") {
    val evaluation = Animals.evaluation(spark)
    assert(evaluation.labels === Animals.names)
    assert((evaluation.rows, evaluation.rowsWithoutPrediction) === ((11, 1)))
    assert(evaluation.accuracy === 0.6)
    assert(evaluation.support === Array(5, 3, 2, 0, 0))
    nearly(evaluation.precision, 4.0 / 6, 2.0 / 3, 0, 0, 0)
    nearly(evaluation.recall, 4.0 / 5, 2.0 / 3, 0, 0, 0)
    nearly(evaluation.f1, 8.0 / 11, 2.0 / 3, 0, 0, 0)
    // Four classes occur.
    nearly(
      Array(evaluation.macroPrecision, evaluation.macroRecall, evaluation.macroF1),
      1.0 / 3,
      11.0 / 30,
      23.0 / 66)
    nearly(
      Array(evaluation.weightedPrecision, evaluation.weightedRecall, evaluation.weightedF1),
      8.0 / 15,
      3.0 / 5,
      31.0 / 55)
    assert(
      evaluation.confusionMatrix === Array(
        Array(4, 1, 0, 0, 0),
        Array(0, 2, 0, 1, 0),
        Array(2, 0, 0, 0, 0),
        Array(0, 0, 0, 0, 0),
        Array(0, 0, 0, 0, 0)))
    nearly(Array(1, 2, 3, 4, 99).map(evaluation.topKAccuracy), 0.6, 0.8, 1, 1, 1)
  }

  for (seed <- 1 to 5)
    test(s"figures are those of Spark's MulticlassMetrics, random predictions $seed") {
      val random = new Random(seed)
      // Classes 9 to 11 are never labels, 0 and 1 never predictions, and 12 is neither.
      val rows = Seq.fill(500) {
        val label = random.nextInt(9)
        (label.toDouble, if (random.nextBoolean()) math.max(label, 2).toDouble else 2.0 + random.nextInt(10))
      }
      val table = spark.createDataFrame(spark.sparkContext.parallelize(rows, 3)).toDF("label", "prediction")
      val ours = Evaluation.of(table, labels = Array.tabulate(13)(_.toString))
      val theirs = new MulticlassMetrics(spark.sparkContext.parallelize(rows.map(_.swap)))

      assert(ours.accuracy === theirs.accuracy)
      assert(ours.weightedPrecision === theirs.weightedPrecision)
      assert(ours.weightedRecall === theirs.weightedRecall)
      assert(ours.weightedF1 === theirs.weightedFMeasure)
      val labels = theirs.labels.map(_.toInt)
      assert(labels === Array.range(0, 9))
      nearly(labels.map(ours.precision), labels.map(c => theirs.precision(c.toDouble)).toSeq: _*)
      nearly(labels.map(ours.recall), labels.map(c => theirs.recall(c.toDouble)).toSeq: _*)
      nearly(labels.map(ours.f1), labels.map(c => theirs.fMeasure(c.toDouble)).toSeq: _*)
      for (label <- labels; prediction <- labels)
        assert(ours.confusionMatrix(label)(prediction) === theirs.confusionMatrix(label, prediction).toLong)
      for (c <- 9 to 12)
        assert((ours.precision(c), ours.recall(c), ours.f1(c), ours.support(c)) === ((0.0, 0.0, 0.0, 0L)))
    }

  test("one job counts, and nothing is computed again") {
    val table = spark
      .range(0, 1000, 1, 4)
      .select((col("id") % 5).as("label"), (col("id") % 7 % 5).cast("double").as("prediction"))
    val jobs = Jobs.count(spark.sparkContext) {
      val evaluation = Evaluation.of(table)
      evaluation.stats + evaluation.html
      evaluation.byClass(spark).collect()
      evaluation.confusions(spark).collect()
    }
    assert(jobs === 1)
  }

  // ---- the most likely classes ----

  test("the rank among vectors and arrays is that of sorting") {
    val random = new Random(7)
    val classes = 6
    // Of eighths, so that many are equal.
    val rows =
      Seq.fill(300)((random.nextInt(classes), Vectors.dense(Array.fill(classes)(random.nextInt(8) / 8.0))))
    val vectors = spark
      .createDataFrame(rows)
      .toDF("label", "probability")
      .withColumn("prediction", udf((v: Vector) => v.argmax.toDouble).apply(col("probability")))
    val sparse = udf((v: Vector) => v.toSparse: Vector)
    val tables = Seq(
      vectors,
      vectors.withColumn("probability", sparse(col("probability"))),
      vectors.withColumn("probability", vector_to_array(col("probability"))),
      vectors.withColumn("probability", vector_to_array(col("probability"), "float32"))
    )
    for (evaluation <- tables.map(Evaluation.of(_)); k <- 1 to classes) {
      val found = rows.count { case (label, probabilities) =>
        probabilities.toArray.zipWithIndex.sortBy { case (p, c) => (-p, c) }.take(k).exists(_._2 == label)
      }
      assert(evaluation.topKAccuracy(k) === found / 300.0)
      assert(evaluation.topKAccuracy(1) === evaluation.accuracy)
    }
  }

  test("a label without a probability is not among the most likely") {
    val table = Animals.table(spark)
    val none = table.withColumn("probability", when(col("label") =!= 1, col("probability")))
    assert(Evaluation.of(none).topKAccuracy(4) === 0.7)
    val unseen = table.withColumn("label", lit(4))
    assert(Evaluation.of(unseen).topKAccuracy(5) === 0.0)
  }

  test("the column of probabilities can have another name, or be left out") {
    val renamed = Animals.table(spark).withColumnRenamed("probability", "odd name`s")
    assert(Evaluation.of(renamed, probabilityCol = "odd name`s").topKAccuracy(2) === 0.8)
    for (evaluation <- Seq(
        Evaluation.of(renamed),
        Evaluation.of(Animals.table(spark), probabilityCol = ""))) {
      val error = intercept[IllegalStateException](evaluation.topKAccuracy(2))
      assert(error.getMessage === "there were no probabilities: name their column by probabilityCol")
      assert(evaluation.accuracy === 0.6)
    }
  }

  // ---- classes ----

  test("classes without names are the numbers up to the largest one") {
    assert(Evaluation.of(Animals.table(spark)).labels === Array("0", "1", "2", "3"))
    for (number <- Seq("BYTE", "SHORT", "INT", "LONG", "FLOAT", "DOUBLE", "DECIMAL(12,2)")) {
      val table = Animals.table(spark).withColumn("label", col("label").cast(number))
      assert(Evaluation.of(table).accuracy === 0.6, number)
    }
  }

  test("names come from the metadata of a column") {
    val metadata = NominalAttribute.defaultAttr.withValues(Animals.names).toMetadata()
    for (column <- Seq("label", "prediction")) {
      val named = Animals.table(spark).withColumn(column, col(column).as(column, metadata))
      assert(Evaluation.of(named).labels === Animals.names)
      assert(Evaluation.of(named, labels = Array("a", "b", "c", "d")).labels === Array("a", "b", "c", "d"))
    }
  }

  test("names and numbers can meet") {
    val name = udf((c: Double) => if (c.isNaN) null else Animals.names(c.toInt))
    val numbers = Animals.table(spark)
    val read = numbers.withColumn("prediction", name(col("prediction")))
    val both = read.withColumn("label", name(col("label")))
    for (table <- Seq(read, both)) {
      val evaluation = Evaluation.of(table, labels = Animals.names)
      assert(evaluation.confusionMatrix === Animals.evaluation(spark).confusionMatrix)
      assert(evaluation.rowsWithoutPrediction === 1)
      assert(evaluation.topKAccuracy(2) === 0.8)
    }
    val found = Evaluation.of(both)
    assert(found.labels === Array("cat", "dog", "emu", "owl"))
    assert(found.accuracy === 0.6)
    val error = intercept[IllegalStateException](found.topKAccuracy(2))
    assert(
      error.getMessage === "column 'label' holds names: give labels the names of all classes, in the order of probabilities")
  }

  test("a model without labels gives the numbers as text") {
    val read = pairs((3, "3"), (1, "10"), (2, "2"), (1, null))("label INT, prediction STRING")
    val evaluation = Evaluation.of(read)
    assert(evaluation.labels === Array.tabulate(11)(_.toString))
    assert((evaluation.accuracy, evaluation.rowsWithoutPrediction) === ((2.0 / 3, 1)))
    val texts = Evaluation.of(pairs(("3", "3"), ("1", "10"), ("2", "2"))("label STRING, prediction STRING"))
    assert(texts.labels === Array("1", "2", "3", "10"))
    assert(texts.accuracy === 2.0 / 3)
  }

  test("columns can have any names") {
    val renamed = Animals.table(spark).toDF("the.label", "a`b", "p")
    assert(Evaluation.of(renamed, "the.label", "a`b", "p").topKAccuracy(2) === 0.8)
  }

  // ---- tables ----

  test("a table of classes and one of confusions") {
    val evaluation = Animals.evaluation(spark)
    val classes = evaluation.byClass(spark)
    assert(
      classes.schema.simpleString ===
        "struct<class:int,label:string,precision:double,recall:double,f1:double,support:bigint>")
    assert(classes.collect().toSeq === Animals.names.toSeq.zipWithIndex.map { case (name, c) =>
      Row(c, name, evaluation.precision(c), evaluation.recall(c), evaluation.f1(c), evaluation.support(c))
    })
    val confusions = evaluation.confusions(spark)
    assert(confusions.schema.simpleString === "struct<label:string,prediction:string,count:bigint>")
    assert(
      confusions.collect().toSeq === Seq(Row("owl", "cat", 2L), Row("cat", "dog", 1L), Row("dog", "emu", 1L)))
  }
}
