/* A model on a stream gives what it gives on a table. */
package firesteel.ml

import java.nio.file.Path

import firesteel.{Bars, SparkSuite}

import org.apache.spark.ml.linalg.Vector
import org.apache.spark.sql.functions.{col, lit, when}
import org.apache.spark.sql.streaming.{StreamingQueryException, Trigger}
import org.apache.spark.sql.{DataFrame, Row}

class StreamingSuite extends SparkSuite {
  private def model = Bars.untrained(seed = 11)

  /** All rows of a folder of files that have not come before, through a query that ends with them. */
  private def stream(folder: Path, input: Path, transform: DataFrame => DataFrame): Seq[Row] = {
    val table = spark.read.parquet(input.toString)
    val name = s"streaming_${folder.getFileName.toString.filter(_.isLetterOrDigit)}"
    val query = transform(
      spark.readStream
        .schema(table.schema)
        .option("maxFilesPerTrigger", "1")
        .parquet(input.toString)).writeStream
      .format("memory")
      .queryName(name)
      .trigger(Trigger.AvailableNow())
      .start()
    try {
      query.awaitTermination()
      assert(query.recentProgress.length > 1, "one batch alone would be a table")
      spark.table(name).collect().toSeq
    } finally query.stop()
  }

  private def content(rows: Seq[Row]): Set[Seq[Any]] = rows
    .map(_.toSeq.map {
      case bytes: Array[Byte] => bytes.toSeq
      case vector: Vector => vector.toArray.toSeq.map(java.lang.Double.doubleToLongBits)
      case number: Double => java.lang.Double.doubleToLongBits(number)
      case other => other
    })
    .toSet

  private def check(table: DataFrame, model: CnnClassificationModel): Unit = withTempDir { folder =>
    val input = folder.resolve("input")
    table.repartition(3).write.parquet(input.toString)
    val batch = model.transform(spark.read.parquet(input.toString))
    val streamed = stream(folder, input, model.transform(_))
    assert(streamed.nonEmpty && streamed.size === batch.count())
    assert(content(streamed) === content(batch.collect().toSeq))
    assert(
      streamed.head.schema.map(f => (f.name, f.dataType)) === batch.schema.map(f => (f.name, f.dataType)))
  }

  private lazy val bad =
    Bars.table(spark, 30).withColumn("features", when(col("id") % 4 =!= 0, col("features")))

  test("bytes, numbers and other column names") {
    check(Bars.table(spark, 50), model)
    check(Bars.table(spark, 50).withColumn("features", Bars.scaled(col("features"))), model)
    check(
      Bars.table(spark, 20),
      model.setPredictionCol("p").setProbabilityCol("").setThresholds(Array(0.2, 0.5, 0.9)))
  }

  test("rows that cannot be scored are left out or kept") {
    check(bad, model.setHandleInvalid("skip"))
    check(bad, model.setHandleInvalid("keep"))
  }

  test("a row that cannot be scored ends the query with its error") {
    withTempDir { folder =>
      bad.repartition(2).write.parquet(folder.resolve("input").toString)
      val error =
        intercept[StreamingQueryException](stream(folder, folder.resolve("input"), model.transform(_)))
      val chain = Iterator.iterate[Throwable](error)(_.getCause).takeWhile(_ != null).toSeq
      assert(
        chain.exists(_.getMessage.contains("column 'features' is null; set handleInvalid to skip or keep")))
    }
  }

  test("what follows a model in a query sees its columns") {
    withTempDir { folder =>
      Bars.table(spark, 40).repartition(2).write.parquet(folder.resolve("input").toString)
      val rows = stream(
        folder,
        folder.resolve("input"),
        t => model.transform(t).filter("prediction = 0").select("id", "prediction").withColumn("one", lit(1)))
      val expected = model
        .transform(Bars.table(spark, 40))
        .filter("prediction = 0")
        .select("id")
        .collect()
        .map(_.getInt(0))
      assert(rows.map(_.getInt(0)).toSet === expected.toSet && rows.nonEmpty)
    }
  }
}
