/* What a query reads of IDX files: partitions, columns, limits; and that it closes what it opened. */
package firesteel.read

import java.nio.file.{Files, Path}

import firesteel.SparkSuite
import org.apache.spark.sql.types.StructType
import org.apache.spark.sql.util.CaseInsensitiveStringMap
import org.apache.spark.sql.{DataFrame, SparkSession}

class IdxScanSuite extends SparkSuite {
  import IdxSamples._

  private def load(path: String, session: SparkSession = spark): DataFrame =
    session.read.format("idx").load(path)

  private def session(maxPartitionBytes: String): SparkSession = {
    val session = spark.newSession()
    session.conf.set("spark.sql.files.maxPartitionBytes", maxPartitionBytes)
    session
  }

  private def rows(df: DataFrame): Seq[(Seq[Byte], Int)] =
    df.select("image", "label").collect().toSeq.map(row => (row.getAs[Array[Byte]](0).toSeq, row.getInt(1)))

  private def partitionRows(df: DataFrame): Seq[Int] =
    df.rdd.mapPartitions(rows => Iterator(rows.size)).collect().toSeq

  test("a plain file is split by rows, and reads as unsplit") {
    withTempDir { folder =>
      val path = writePair(folder, 103, 5, 2)
      val whole = load(path)
      // 11 bytes a row with its label: 9 rows in 100 bytes.
      val split = load(path, session("100b"))
      assert(partitionRows(whole) == Seq(103))
      assert(partitionRows(split) == Seq.fill(11)(9) :+ 4)
      assert(rows(split) == rows(whole))
      assert(split.count() == 103)
      // One byte a row if only labels are wanted.
      assert(partitionRows(split.select("label")) == Seq(100, 3))
      assert(split.select("label").collect().toSeq == whole.select("label").collect().toSeq)
      // A partition holds a row at least.
      assert(partitionRows(load(path, session("1b"))) == Seq.fill(103)(1))
      assert(rows(load(path, session("1b"))) == rows(whole))
    }
  }

  test("a gzip file is one partition; gzip labels do not keep plain images together") {
    withTempDir { folder =>
      val path = writePair(folder, 50, 5, 2)
      val whole = rows(load(path))
      val zipped = write(folder.resolve(s"$ImagesName.gz"), gzip(idx(Seq(50, 5, 2))))
      assert(partitionRows(load(zipped, session("100b"))) == Seq(50))
      assert(rows(load(zipped, session("100b"))) == whole)

      write(folder.resolve(LabelsName), gzip(idx(Seq(50))))
      val mixed = load(path, session("100b"))
      assert(partitionRows(mixed) == Seq.fill(5)(9) :+ 5)
      assert(rows(mixed) == whole)
      assert(partitionRows(mixed.select("label")) == Seq(50))
    }
  }

  test("only wanted files are read") {
    withTempDir { folder =>
      val path = writePair(folder, 10, 2, 2)
      val df = load(path)
      val (labels, images) = (df.select("label").collect().toSeq, df.select("image").collect().length)
      Files.delete(Path.of(path))
      assert(df.select("label").collect().toSeq == labels)
      assert(df.groupBy("label").count().collect().nonEmpty)
      assert(intercept[Exception](df.select("image").collect()).getMessage.contains(path))

      writePair(folder, 10, 2, 2)
      Files.delete(folder.resolve(LabelsName))
      assert(df.select("image").collect().length == images)
      assert(intercept[Exception](df.collect()).getMessage.contains(LabelsName))

      Files.delete(Path.of(path))
      assert(df.count() == 10)
      assert(df.selectExpr("label AS unused", "1 AS one").agg("one" -> "sum").head().getLong(0) == 10)
    }
  }

  test("columns come in the order in which they are wanted") {
    withTempDir { folder =>
      val df = load(writePair(folder, 10, 2, 2))
      val swapped = df.select("label", "image").collect().toSeq
      assert(swapped.map(row => (row.getAs[Array[Byte]](1).toSeq, row.getInt(0))) == rows(df))
      assert(
        df.where("label >= 0").select("image").collect().map(_.getAs[Array[Byte]](0).toSeq).toSeq ==
          rows(df).map(_._1))
    }
  }

  test("labels first are split as images first") {
    withTempDir { folder =>
      val zipped = write(folder.resolve(s"$ImagesName.gz"), gzip(idx(Seq(50, 5, 2))))
      write(folder.resolve(LabelsName), idx(Seq(50)))
      val options = new CaseInsensitiveStringMap(java.util.Map.of("path", zipped))
      def partitions(maxBytes: String, columns: String*): Int = {
        val table = session(maxBytes).withActive(new IdxTable(options, None))
        val builder = table.newScanBuilder(options).asInstanceOf[IdxScanBuilder]
        builder.pruneColumns(StructType(columns.map(table.schema()(_))))
        builder.build().toBatch.planInputPartitions().length
      }
      assert(partitions("10b", "label", "image") == 1)
      assert(partitions("10b", "label") == 5)
    }
  }

  test("a limit reads no more partitions than it needs") {
    withTempDir { folder =>
      val path = writePair(folder, 100, 5, 2)
      val df = load(path, session("110b"))
      val all = rows(df)
      for (limit <- Seq(0, 1, 10, 11, 25, 100, 1000)) {
        assert(rows(df.limit(limit)) == all.take(limit), limit)
        assert(df.limit(limit).count() == math.min(limit, 100), limit)
      }
      val scan = df.limit(11).queryExecution.executedPlan.collectLeaves().head
      assert(scan.execute().getNumPartitions == 2 && scan.toString.contains("limit 11"))
      assert(rows(df.offset(7).limit(5)) == all.slice(7, 12))
      assert(rows(df.where("label > 200").limit(3)) == all.filter(_._2 > 200).take(3))
      assert(df.orderBy("label").limit(4).collect().map(_.getInt(1)).toSeq == all.map(_._2).sorted.take(4))
    }
  }

  test("the size of the wanted columns is known to the optimizer") {
    withTempDir { folder =>
      val df = load(writePair(folder, 100, 5, 2))
      def bytes(df: DataFrame) = df.queryExecution.optimizedPlan.stats.sizeInBytes
      assert(bytes(df) == 1100)
      assert(bytes(df.select("label")) == 100)
    }
  }

  test("a join of a file with itself reads it once") {
    withTempDir { folder =>
      val session = spark.newSession()
      session.conf.set("spark.sql.autoBroadcastJoinThreshold", "-1")
      session.conf.set("spark.sql.adaptive.enabled", "false")
      val path = writePair(folder, 10, 2, 2)
      val joined = load(path, session).join(load(path, session), "label")
      assert(joined.queryExecution.executedPlan.toString.contains("ReusedExchange"))
    }
  }

  /** Runs `body` with a folder and a session that reads it through the counting file system. */
  private def withCounted(body: (Path, SparkSession) => Unit): Unit = withTempDir { folder =>
    val session = spark.newSession()
    session.conf.set("fs.counted.impl", classOf[CountedFileSystem].getName)
    CountedFileSystem.reset()
    body(folder, session)
    assert(CountedFileSystem.openStreams.get == 0, "streams were left open")
  }

  private def bytesRead(name: String): Long = Option(CountedFileSystem.bytesRead.get(name)).fold(0L)(_.get)

  test("a load reads headers only, a query its columns, and both close what they open") {
    withCounted { (folder, session) =>
      writePair(folder, 3000, 20, 20)
      val df = load(s"counted://$folder/$ImagesName", session)
      assert(bytesRead(ImagesName) == 16 && bytesRead(LabelsName) == 8)

      CountedFileSystem.reset()
      assert(df.count() == 3000)
      assert(bytesRead(ImagesName) == 0 && bytesRead(LabelsName) == 0)

      assert(df.select("label").collect().length == 3000)
      assert(bytesRead(ImagesName) == 0 && bytesRead(LabelsName) == 3008)

      CountedFileSystem.reset()
      assert(df.collect().length == 3000)
      assert(bytesRead(ImagesName) == 16 + 3000 * 400 && bytesRead(LabelsName) == 3008)

      CountedFileSystem.reset()
      assert(df.limit(5).collect().length == 5)
      assert(bytesRead(ImagesName) < 200000)
    }
  }

  test("a partition seeks to its rows") {
    withCounted { (folder, session) =>
      session.conf.set("spark.sql.files.maxPartitionBytes", "240600b")
      writePair(folder, 3000, 20, 20)
      val df = load(s"counted://$folder/$ImagesName", session)
      CountedFileSystem.reset()
      assert(rows(df).length == 3000)
      // Five partitions, each of which reads the header and at most one buffer too much.
      assert(bytesRead(ImagesName) <= 3000 * 400 + 5 * (16 + (64 << 10)))
    }
  }

  test("streams are closed when files are broken, and when a query ends early") {
    withCounted { (folder, session) =>
      val path = s"counted://$folder/$ImagesName"
      writePair(folder, 3000, 20, 20)
      val df = load(path, session)
      assert(df.rdd.mapPartitions(_.take(1)).collect().length == 1)

      // The second file of a reader fails to open, then to be read.
      Files.delete(folder.resolve(LabelsName))
      intercept[Exception](df.collect())
      write(folder.resolve(LabelsName), idx(Seq(3000)).dropRight(1))
      intercept[Exception](df.collect())

      for (bytes <- Seq("text".getBytes, gzip("text".getBytes), gzip(idx(Seq(3000, 20, 20))).take(5))) {
        write(folder.resolve(ImagesName), bytes)
        intercept[IdxException](load(path, session))
      }
      write(folder.resolve(ImagesName), gzip(idx(Seq(2999, 20, 20))))
      intercept[IdxException](load(path, session))
    }
  }

  test("an option of the load reaches the file system") {
    withTempDir { folder =>
      CountedFileSystem.reset()
      writePair(folder, 4, 2, 2)
      val read = spark.read.format("idx").option("fs.counted.impl", classOf[CountedFileSystem].getName)
      assert(read.load(s"counted://$folder/$ImagesName").collect().length == 4)
      assert(CountedFileSystem.openStreams.get == 0)
    }
  }
}
