/* What the operator tells of itself, and how it comes into sessions. */
package firesteel.sql

import java.util.concurrent.{CountDownLatch, Executors, TimeUnit}

import scala.concurrent.duration.Duration
import scala.concurrent.{Await, ExecutionContext, Future}

import firesteel.{Bars, SparkChild}
import firesteel.infer.ModelCache
import firesteel.jni.Scorer

import org.apache.spark.SparkException
import org.apache.spark.firesteel.Replay
import org.apache.spark.sql.{DataFrame, SparkSession}
import org.apache.spark.sql.functions.udf
import org.scalatest.Assertions
import org.scalatest.concurrent.Eventually.{eventually, timeout}
import org.scalatest.time.SpanSugar._

class MetricsSuite extends SqlSuite with SparkChild {

  /** The values of the only operator's metrics. */
  private def metrics(table: DataFrame): Map[String, Long] = {
    table.collect()
    val operators = classifies(table.queryExecution.executedPlan)
    assert(operators.size === 1)
    operators.head.metrics.map { case (name, metric) => name -> metric.value }
  }

  test("metrics are the numbers of rows, images, bad images, bytes and native calls") {
    // NULL, 3 bytes, 64 bytes and 64 other bytes, in turn; the photos differ, the bad ones of a batch are one.
    val table =
      sql("""SELECT id, try_classify(CASE id % 4 WHEN 0 THEN NULL WHEN 1 THEN unhex(lpad(hex(id), 6, '0'))
        |ELSE image END) FROM photos""".stripMargin)
    val found = metrics(table)
    assert(found("numOutputRows") === 1000)
    assert(found("images") === 750 && found("badImages") === 250)
    assert(found("imageBytes") === 500 * 64 + 250 * 3)
    // Partitions have 187 or 188 images.
    assert(found("batches") === 4 * 6)
    assert(found("prepareTime") > 0 && found("forwardTime") > 0)
    assert(
      metrics(sql("SELECT id, classify(NULL) FROM photos"))
        .filter(_._2 != 0)
        .keySet === Set("numOutputRows", "arenaBytes", "weightBytes", "imagesAtOnce", "prepareTime"))
  }

  test("the bounds of batches are read when a query runs") {
    val table = sql("SELECT id, classify(image) FROM photos")
    def batches(key: String, value: String): Long = {
      session.conf.set(key, value)
      try metrics(sql("SELECT id, classify(image) FROM photos"))("batches")
      finally session.conf.unset(key)
    }
    assert(batches("spark.firesteel.batch.rows", "1") === 1000)
    assert(batches("spark.firesteel.batch.rows", "7") === 4 * 36)
    assert(batches("spark.firesteel.batch.rows", "100") === 4 * 3)
    // Images have 64 bytes.
    assert(batches("spark.firesteel.batch.bytes", "1k") === 4 * 16)
    assert(batches("spark.firesteel.batch.bytes", "1") === 1000)
    session.conf.set("spark.firesteel.batch.rows", "100")
    try assert(metrics(table)("batches") === 4 * 3)
    finally session.conf.unset("spark.firesteel.batch.rows")
    assert(metrics(sql("SELECT id, classify(image) FROM photos"))("batches") === 4 * 8)
  }

  test("an event log replays: the history server shows what the Spark UI showed") {
    withTempDir { folder =>
      val conf = Map(
        "spark.master" -> "local[2]",
        "spark.eventLog.enabled" -> "true",
        "spark.eventLog.compress" -> "false",
        "spark.eventLog.dir" -> folder.toUri.toString)
      passSpark(Logged, conf, model)
      val metrics = Replay.operators(folder).collect { case ("Classify", metrics) => metrics }
      assert(metrics.size === 1)
      val found = metrics.head
      assert(found("number of output rows") === "1,000" && found("images scored") === "1,000")
      // Those that stayed 0 are not told.
      assert(found("batches") === "32" && !found.contains("bad images"))
      assert(found("image bytes").contains("KiB") && found("forward time").contains("ms"), found)
      assert(found("arena bytes").contains("KiB (") && found("images at once").contains("(8, 8, 8 ("), found)
      assert(found("weight bytes").contains("KiB ("), found)
    }
  }

  test("EXPLAIN tells the model, the batch and the device") {
    val simple = sql("EXPLAIN SELECT id, classify(image) FROM photos").head().getString(0)
    assert(simple.contains(s"Classify scores(") && simple.contains(s"file:$model/model.safetensors"), simple)
    assert(simple.contains("[batch: 32 rows or 67108864 bytes, device: cpu]"), simple)
    val formatted =
      sql("EXPLAIN FORMATTED SELECT id, image_features(image, '@other') FROM photos LIMIT 3")
        .head()
        .getString(0)
    for (word <- Seq(
        "Classify (",
        s"Model: file:$other/model.safetensors, layer ",
        "Image: ",
        "Kept: [",
        "Settings: batch: 32 rows"))
      assert(formatted.contains(word), formatted)
    val limited =
      sql("EXPLAIN SELECT id FROM photos WHERE classify(image) = 'row' LIMIT 3").head().getString(0)
    assert(limited.contains("bytes, from few rows to many, device"), limited)
  }

  test("DESCRIBE FUNCTION and SHOW FUNCTIONS know the functions") {
    val shown = sql("SHOW FUNCTIONS").collect().map(_.getString(0)).toSet
    for (f <- Functions.all) {
      assert(shown(f.name))
      val described =
        sql(s"DESCRIBE FUNCTION EXTENDED ${f.name}").collect().map(_.getString(0)).mkString("\n")
      for (word <- Seq(s"Function: ${f.name}", s"Usage: ${f.name}(", f.parameters.last))
        assert(described.contains(word))
    }
    assert(Functions.all.size === 15)
    val one = sql("DESCRIBE FUNCTION classify").collect().map(_.getString(0)).mkString("\n")
    assert(
      one.contains("Usage: classify(image, [model]) - the label of the most likely class; a bad image fails"))
  }

  test("a session that many threads use at once has each rule once") {
    val own = newSession()
    val (threads, count) = (Executors.newFixedThreadPool(16), 16)
    implicit val context: ExecutionContext = ExecutionContext.fromExecutor(threads)
    try
      for (_ <- 1 to 50) {
        own.experimental.extraOptimizations = Nil
        own.experimental.extraStrategies = Nil
        val start = new CountDownLatch(count)
        val all = Seq.fill(count)(Future {
          start.countDown()
          start.await(60, TimeUnit.SECONDS)
          FiresteelExtensions.install(own)
        })
        Await.result(Future.sequence(all), Duration(120, "s"))
        assert(own.experimental.extraOptimizations === Seq(ExtractScores))
        assert(own.experimental.extraStrategies === Seq(ClassifyStrategy))
      }
    finally threads.shutdown()
  }

  test("sessions that are made at the same time all plan the operator") {
    val (threads, count) = (Executors.newFixedThreadPool(16), 16)
    implicit val context: ExecutionContext = ExecutionContext.fromExecutor(threads)
    val start = new CountDownLatch(count)
    try {
      val all = Seq.fill(count)(Future {
        start.countDown()
        start.await(60, TimeUnit.SECONDS)
        val own = spark.newSession()
        val table = own.sql(s"SELECT classify(CAST(repeat('a', 64) AS BINARY), '$model')")
        (
          classifies(table.queryExecution.executedPlan).size,
          own.experimental.extraOptimizations.count(_ == ExtractScores))
      })
      assert(Await.result(Future.sequence(all), Duration(120, "s")).toSet === Set((1, 1)))
    } finally threads.shutdown()
  }

  test("a session whose rules were set anew has the operator again") {
    val own = newSession()
    own.experimental.extraOptimizations = Nil
    own.experimental.extraStrategies = Nil
    val table = own.sql("SELECT id, classify(image) FROM photos")
    assert(run(table).operators === 1)
  }

  test("a session that excludes the rule evaluates row by row") {
    val own = newSession()
    own.conf.set("spark.sql.optimizer.excludedRules", "firesteel.sql.ExtractScores")
    val ran =
      run(own.sql("SELECT id, classify(image), model_version() FROM photos WHERE classify(image) = 'row'"))
    assert(ran.operators === 0 && ran.images === 0)
    assert(
      ran.rows === run(
        "SELECT id, classify(image), model_version() FROM photos WHERE classify(image) = 'row'").rows)
    assert(ran.rows.nonEmpty)
  }

  test("a task that is killed within a batch gives its model and its memory back") {
    val (before, scorers) = (ModelCache.used, Scorer.live())
    val (entered, cancelled) = (new CountDownLatch(1), new CountDownLatch(1))
    MetricsSuite.latches = (entered, cancelled)
    val slow = udf { (label: String) =>
      val (entered, cancelled) = MetricsSuite.latches
      entered.countDown()
      cancelled.await(60, TimeUnit.SECONDS)
      label
    }
    session.udf.register("slow", slow)
    val query =
      Future(sql("SELECT slow(classify(image, '@other')) FROM photos").collect())(ExecutionContext.global)
    assert(entered.await(60, TimeUnit.SECONDS))
    assert(ModelCache.used > before && Scorer.live() > scorers)
    spark.sparkContext.cancelAllJobs()
    cancelled.countDown()
    val error = intercept[SparkException](Await.result(query, Duration(60, "s")))
    assert(error.getMessage.contains("cancel"))
    eventually(timeout(20.seconds)) { assert(ModelCache.used === before && Scorer.live() === scorers) }
  }

  test("the extension may be named, too") {
    for (extensions <- Seq(
        "firesteel.sql.FiresteelExtensions",
        "firesteel.sql.FiresteelExtensions,firesteel.sql.FiresteelExtensions"))
      passSpark(
        NamedExtension,
        Map("spark.master" -> "local[2]", "spark.sql.extensions" -> extensions),
        model)
  }
}

object MetricsSuite {
  @volatile private[sql] var latches = (new CountDownLatch(0), new CountDownLatch(0))
}

/** An application whose settings name the extension. */
private object NamedExtension extends Assertions {
  def main(arguments: Array[String]): Unit = {
    val spark = SparkSession.builder().getOrCreate()
    val table = spark.sql(
      s"SELECT classify(CAST(repeat(chr(65 + id), 64) AS BINARY), '${arguments(0)}') FROM range(26)")
    assert(table.collect().map(_.getString(0)).toSet.subsetOf(Set("row", "column", "none")))
    val plan = table.queryExecution.executedPlan.toString
    assert(plan.split("Classify scores").length === 2, plan)
    assert(spark.experimental.extraOptimizations.count(_ == ExtractScores) === 1)
    spark.stop()
  }
}

/** A query of an application of its own. */
private object Logged {
  def main(arguments: Array[String]): Unit = {
    val spark = SparkSession.builder().getOrCreate()
    val photos = Bars.table(spark, 1000, partitions = 4)
    photos
      .selectExpr(s"classify(features, '${arguments(0)}') AS label")
      .write
      .format("noop")
      .mode("overwrite")
      .save()
    spark.stop()
  }
}
