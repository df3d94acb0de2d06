/* The functions on streams give what they give on tables. */
package firesteel.sql

import java.nio.file.Path
import java.util.concurrent.atomic.{AtomicBoolean, AtomicInteger}
import java.util.concurrent.{CompletableFuture, TimeUnit}

import scala.collection.mutable

import firesteel.Bars
import firesteel.ml.{ImageFeaturizer, Network}

import org.apache.spark.ml.linalg.Vector
import org.apache.spark.firesteel.Forwards
import org.apache.spark.sql.streaming.{StreamingQuery, StreamingQueryException, Trigger}
import org.apache.spark.sql.{DataFrame, Row}

class SqlStreamingSuite extends SqlSuite {

  /** Writes rows of a table as a file of a folder that is a stream's source. */
  private def add(folder: Path, from: Int, until: Int, table: String = "photos"): Unit =
    session
      .table(table)
      .where(s"id >= $from AND id < $until")
      .coalesce(1)
      .write
      .mode("append")
      .parquet(s"$folder/input")

  /** The files of a folder as a stream, a file a batch. */
  private def stream(folder: Path, table: String = "photos"): DataFrame =
    session.readStream
      .schema(session.table(table).schema)
      .option("maxFilesPerTrigger", "1")
      .parquet(s"$folder/input")

  private def sqlOver(stream: DataFrame, text: String): DataFrame = {
    stream.createOrReplaceTempView("arriving")
    sql(text)
  }

  private def finish(query: StreamingQuery): Int =
    try {
      query.awaitTermination()
      query.recentProgress.count(_.numInputRows > 0)
    } finally query.stop()

  /** Runs a query over all that is there. */
  private def memory(table: DataFrame, name: String, mode: String, checkpoint: Path): (Seq[Row], Int) = {
    val query = table.writeStream
      .format("memory")
      .queryName(name)
      .outputMode(mode)
      .option("checkpointLocation", checkpoint.toString)
      .trigger(Trigger.AvailableNow())
      .start()
    val batches = finish(query)
    session.table(name).collect().toSeq -> batches
  }

  private def threeFiles(folder: Path): Unit = for (i <- 0 until 3) add(folder, i * 100, i * 100 + 100)

  test("append: each image is given to the network once") {
    withTempDir { folder =>
      threeFiles(folder)
      val text =
        "SELECT id, classify(image) AS label, classify_score(image) AS score FROM @table WHERE classify(image) <> 'none'"
      val ((rows, batches), forwards) = Forwards.count(spark.sparkContext)(
        memory(
          sqlOver(stream(folder), text.replace("@table", "arriving")),
          "appended",
          "append",
          folder.resolve("checkpoint")))
      assert(batches === 3 && forwards.images === 300)
      assert(
        rows.toSet === run(text.replace("@table", "photos") + " AND id < 300").rows.toSet && rows.nonEmpty)
    }
  }

  test("headers and resized images, which need no network: of each image once") {
    withTempDir { folder =>
      for (i <- 0 until 4) add(folder, i * 50, i * 50 + 50, "pictures")
      val text =
        """SELECT id, try_image_info(content) AS header, hex(try_image_resize(content, 6, 4)) AS resized,
          |  transform(array(content), c -> try_image_info(c).height)[0] AS height
          |FROM @table WHERE try_image_info(content).format <> 'jpeg' OR id % 10 > 7""".stripMargin
      val ((rows, batches), forwards) = Forwards.count(spark.sparkContext)(
        memory(
          sqlOver(stream(folder, "pictures"), text.replace("@table", "arriving")),
          "pictured",
          "append",
          folder.resolve("checkpoint")))
      val expected = run(text.replace("@table", "pictures"))
      assert(batches === 4 && forwards.images === expected.images && expected.operators === 2)
      assert(rows.size === expected.rows.size && rows.toSet === expected.rows.toSet)
      assert(rows.count(_.isNullAt(1)) === 40 && rows.count(!_.isNullAt(2)) > 100)
      for (row <- rows if !row.isNullAt(1)) assert(row.getStruct(1).getInt(2) === row.getInt(3))
    }
  }

  test("complete: counts by label, ordered") {
    withTempDir { folder =>
      threeFiles(folder)
      val counts = sqlOver(
        stream(folder),
        "SELECT classify(image) AS label, count(*) FROM arriving GROUP BY label ORDER BY label")
      val ((rows, batches), forwards) =
        Forwards.count(spark.sparkContext)(
          memory(counts, "completed", "complete", folder.resolve("checkpoint")))
      assert(batches === 3 && forwards.images === 300)
      assert(rows === run(
        "SELECT classify(image) AS label, count(*) FROM photos WHERE id < 300 GROUP BY label ORDER BY label").rows)
    }
  }

  test("update: only the groups that changed") {
    withTempDir { folder =>
      threeFiles(folder)
      val counts = sqlOver(
        stream(folder),
        "SELECT classify(image) AS label, size, count(*) AS n FROM arriving GROUP BY label, size")
      val seen = mutable.Map.empty[(String, Int), Long]
      val sizes = mutable.Buffer.empty[Long]
      val query = counts.writeStream
        .outputMode("update")
        .trigger(Trigger.AvailableNow())
        .option("checkpointLocation", s"$folder/checkpoint")
        .foreachBatch { (batch: DataFrame, _: Long) =>
          val rows = batch.collect()
          sizes += rows.length.toLong
          rows.foreach(row => seen((row.getString(0), row.getInt(1))) = row.getLong(2))
        }
        .start()
      finish(query)
      assert(sizes.filter(_ > 0).toSeq === Seq(100, 100, 100))
      val expected = run(
        "SELECT classify(image) AS label, size, count(*) FROM photos WHERE id < 300 GROUP BY label, size").rows
      assert(seen.toMap === expected.map(row => (row.getString(0), row.getInt(1)) -> row.getLong(2)).toMap)
      assert(seen.values.sum === 300)
    }
  }

  test("a restarted query goes on after the rows that it has seen") {
    withTempDir { folder =>
      val write = () => {
        val query = sqlOver(stream(folder), "SELECT id, classify(image) AS label FROM arriving").writeStream
          .format("parquet")
          .option("path", s"$folder/output")
          .option("checkpointLocation", s"$folder/checkpoint")
          .trigger(Trigger.AvailableNow())
          .start()
        Forwards.count(spark.sparkContext)(finish(query))._2.images
      }
      threeFiles(folder)
      assert(write() === 300)
      assert(write() === 0)
      add(folder, 300, 350)
      assert(write() === 50)
      val rows = session.read.parquet(s"$folder/output").collect().toSeq
      assert(
        rows.size === 350 && rows.toSet === run(
          "SELECT id, classify(image) FROM photos WHERE id < 350").rows.toSet)
    }
  }

  test("foreachBatch: the functions within, and a batch that is used twice") {
    withTempDir { folder =>
      threeFiles(folder)
      val found = mutable.Buffer.empty[Row]
      val query = stream(folder).writeStream
        .trigger(Trigger.AvailableNow())
        .option("checkpointLocation", s"$folder/checkpoint")
        .foreachBatch { (batch: DataFrame, _: Long) =>
          val labels = batch.selectExpr("id", s"classify(image, '$model') AS label").persist()
          try if (labels.count() > 0) found ++= labels.collect()
          finally labels.unpersist()
          ()
        }
        .start()
      val (_, forwards) = Forwards.count(spark.sparkContext)(finish(query))
      assert(forwards.images === 300)
      assert(found.toSet === run("SELECT id, classify(image) FROM photos WHERE id < 300").rows.toSet)
    }
  }

  test("a join of a stream with a table by label, and duplicates dropped") {
    withTempDir { folder =>
      threeFiles(folder)
      val joined = sqlOver(
        stream(folder),
        "SELECT size, number FROM arriving JOIN (VALUES ('row', 1), ('none', 2)) AS n (label, number) ON classify(image) = label"
      ).dropDuplicates()
      val (rows, _) = memory(joined, "joined", "append", folder.resolve("checkpoint"))
      val expected = run(
        "SELECT DISTINCT size, number FROM photos JOIN (VALUES ('row', 1), ('none', 2)) AS n (label, number) ON classify(image) = label WHERE id < 300")
      assert(rows.toSet === expected.rows.toSet && rows.size === expected.rows.size && rows.nonEmpty)
    }
  }

  test("a model that is replaced between two batches is taken up, and model_version tells which") {
    withTempDir { folder =>
      add(folder, 0, 100)
      val path = save("replaced", 21, """["a","b","c"]""")
      val versions = mutable.Map.empty[Long, Seq[(String, String)]]
      val table = sqlOver(
        stream(folder),
        s"SELECT classify(image, '$path') AS label, model_version('$path') AS version FROM arriving")
      val query = table.writeStream
        .option("checkpointLocation", s"$folder/checkpoint")
        .foreachBatch { (batch: DataFrame, id: Long) =>
          val rows = batch.collect().map(row => row.getString(0) -> row.getString(1)).toSeq
          if (rows.nonEmpty) versions.synchronized(versions(id) = rows)
        }
        .start()
      try {
        query.processAllAvailable()
        val old = session.sql(s"SELECT model_version('$path')").head().getString(0)
        save("replaced", 22, """["d","e","f"]""")
        val now = session.sql(s"SELECT model_version('$path')").head().getString(0)
        assert(old !== now)
        add(folder, 100, 200)
        query.processAllAvailable()
        assert(versions.size === 2)
        val (first, second) = (versions(versions.keys.min), versions(versions.keys.max))
        assert(first.map(_._2).distinct === Seq(old) && second.map(_._2).distinct === Seq(now))
        assert(
          first.map(_._1).toSet.subsetOf(Set("a", "b", "c")) && second
            .map(_._1)
            .toSet
            .subsetOf(Set("d", "e", "f")))
        assert(first.size === 100 && second.size === 100)
        val expected =
          session.sql(s"SELECT classify(image, '$path') FROM photos WHERE id >= 100 AND id < 200").collect()
        assert(second.map(_._1).sorted === expected.map(_.getString(0)).toSeq.sorted)
      } finally query.stop()
    }
  }

  test("features have the width that the model of their batch gives them, those of bad images too") {
    withTempDir { folder =>
      def hidden(units: Int): Network = Network.input(1, 8, 8).flatten.dense(units).relu.dense(Bars.classes)
      val some = session.table("photos").selectExpr("id", "IF(id % 50 = 0, unhex('00'), image) AS image")
      def add(from: Int): Unit =
        some
          .where(s"id >= $from AND id < ${from + 100}")
          .coalesce(1)
          .write
          .mode("append")
          .parquet(s"$folder/input")
      add(0)
      val path = save("widths", 31, "[]", hidden(5))
      val featurizer = new ImageFeaturizer()
        .setModel(path)
        .setLayers(Array("dense1"))
        .setInputCol("image")
        .setOutputCol("vector")
        .setHandleInvalid("keep")
      val arriving = session.readStream.schema(some.schema).parquet(s"$folder/input")
      val found = mutable.Buffer.empty[(Int, Boolean)]
      val query = featurizer
        .transform(arriving)
        .selectExpr("vector", s"image_features(IF(id % 50 = 0, NULL, image), '$path', 'dense1') AS array")
        .writeStream
        .option("checkpointLocation", s"$folder/checkpoint")
        .foreachBatch { (batch: DataFrame, _: Long) =>
          for (row <- batch.collect()) {
            val vector = row.getAs[Vector]("vector").toArray
            if (!row.isNullAt(1)) assert(row.getSeq[Float](1) === vector.map(_.toFloat).toSeq)
            found += vector.length -> vector.forall(_.isNaN)
          }
        }
        .start()
      def batch(): Map[(Int, Boolean), Int] = {
        found.clear()
        query.processAllAvailable()
        found.groupBy(identity).map { case (kind, all) => kind -> all.size }
      }
      try {
        assert(batch() === Map((5, false) -> 98, (5, true) -> 2))
        save("widths", 32, "[]", hidden(7))
        add(100)
        assert(batch() === Map((7, false) -> 98, (7, true) -> 2))
        // A model without the layer ends the stream, and the message tells which layers there are.
        save("widths", 33, "[]", Network.input(1, 8, 8).conv(Bars.classes, kernel = 8).flatten)
        add(200)
        val error = intercept[StreamingQueryException](query.processAllAvailable())
        assert(error.getMessage.contains("FIRESTEEL_NO_SUCH_LAYER") && error.getMessage.contains("conv1"))
      } finally query.stop()
    }
  }

  test("a limit above an operator with a state: it keeps the state") {
    withTempDir { folder =>
      threeFiles(folder)
      val limited =
        stream(folder).dropDuplicates("id").selectExpr("id", "classify(image) AS label").limit(205)
      val (rows, batches) = memory(limited, "limited", "append", folder.resolve("checkpoint"))
      assert(batches === 3 && rows.size === 205)
      val expected = run("SELECT id, classify(image) FROM photos WHERE id < 300").rows.toSet
      assert(rows.toSet.subsetOf(expected) && rows.toSet.size === 205)
    }
  }

  test("a watermark between two uses of the scores") {
    withTempDir { folder =>
      threeFiles(folder)
      val marked = stream(folder)
        .selectExpr("id", "image", "timestamp_seconds(id) AS at")
        .where("classify(image) <> 'none'")
        .withWatermark("at", "1 minute")
        .selectExpr("id", "classify(image) AS label")
      val ((rows, _), forwards) =
        Forwards.count(spark.sparkContext)(memory(marked, "marked", "append", folder.resolve("checkpoint")))
      assert(forwards.images === 300)
      val text = "SELECT id, classify(image) FROM photos WHERE classify(image) <> 'none' AND id < 300"
      assert(rows.toSet === run(text).rows.toSet && rows.nonEmpty)
    }
  }

  test("a stream goes on while its model is overwritten again and again, a batch of one model") {
    withTempDir { folder =>
      for (i <- 0 until 8) add(folder, i * 10, i * 10 + 10)
      val labels = Seq("""["a","b","c"]""", """["d","e","f"]""")
      def write(i: Int): String = save("busy", 21L + i % 2, labels(i % 2))
      val path = write(0)
      val versions = Seq(1, 0).map { i =>
        write(i); session.sql(s"SELECT model_version('$path')").head().getString(0)
      }
      val done = new AtomicBoolean
      val written = new AtomicInteger
      val writing = CompletableFuture.runAsync(() => while (!done.get) write(written.incrementAndGet()))
      try {
        val found = mutable.Map.empty[Long, Seq[(String, String)]]
        val query = sqlOver(
          stream(folder),
          s"SELECT classify(image, '$path') AS label, model_version('$path') AS version FROM arriving").writeStream
          .option("checkpointLocation", s"$folder/checkpoint")
          .trigger(Trigger.AvailableNow())
          .foreachBatch { (batch: DataFrame, id: Long) =>
            found(id) = batch.collect().map(row => row.getString(0) -> row.getString(1)).toSeq
          }
          .start()
        assert(finish(query) === 8)
        assert(found.values.map(_.size).sum === 80)
        for (rows <- found.values) {
          val Seq(version) = rows.map(_._2).distinct: @unchecked
          val letters = if (version == versions(1)) "abc" else { assert(version === versions(0)); "def" }
          assert(rows.forall { case (label, _) => letters.contains(label) }, rows)
        }
        assert(written.get > 8, "the model was not overwritten meanwhile")
      } finally {
        done.set(true)
        writing.get(30, TimeUnit.SECONDS)
      }
    }
  }
}
