/* Reading right IDX files: columns, names, compression, globs, and the real MNIST. */
package firesteel.read

import java.nio.file.Path

import scala.jdk.CollectionConverters._

import firesteel.SparkSuite
import org.apache.spark.sql.types._
import org.apache.spark.sql.util.CaseInsensitiveStringMap
import org.apache.spark.sql.{AnalysisException, DataFrame}

class IdxDataSourceSuite extends SparkSuite {
  import IdxSamples._

  private def load(paths: String*): DataFrame = spark.read.format("idx").load(paths: _*)

  /** Images (as signed values) and labels. */
  private def rows(df: DataFrame): Seq[(Seq[Byte], Int)] =
    df.select("image", "label").collect().toSeq.map(row => (row.getAs[Array[Byte]](0).toSeq, row.getInt(1)))

  private def expected(count: Int, imageBytes: Int, dimensions: Int): Seq[(Seq[Byte], Int)] = {
    val images = noise(count * imageBytes, dimensions).toSeq.grouped(imageBytes).toSeq
    images.zip(noise(count, 1).map(_ & 0xff))
  }

  test("an images file and the labels beside it become the columns image and label") {
    withTempDir { folder =>
      val df = load(writePair(folder, 20, 3, 5))
      val shape = new MetadataBuilder().putLongArray(IdxDataSource.ShapeKey, Array(1, 3, 5)).build()
      assert(
        df.schema == StructType(
          Seq(
            StructField("image", BinaryType, nullable = false, shape),
            StructField("label", IntegerType, nullable = false))))
      assert(df.schema("image").metadata.getLongArray("shape").toSeq == Seq(1, 3, 5))
      assert(rows(df) == expected(20, 15, 3))
      assert(rows(df).exists(_._2 > 127), "without a label above 127 nothing shows that labels are unsigned")
      assert(df.count() == 20)
    }
  }

  test("a file of four dimensions holds channels x rows x columns") {
    withTempDir { folder =>
      write(folder.resolve("a-labels-idx1-ubyte"), idx(Seq(7)))
      val df = load(write(folder.resolve("a-images-idx4-ubyte"), idx(Seq(7, 3, 2, 4))))
      assert(df.schema("image").metadata.getLongArray("shape").toSeq == Seq(3, 2, 4))
      assert(rows(df) == expected(7, 24, 4))
    }
  }

  test("plain and gzip files read the same, whatever their names say") {
    withTempDir { folder =>
      val (images, labels) = (idx(Seq(5000, 4, 6)), idx(Seq(5000)))
      val plain = rows(load(writePair(folder, 5000, 4, 6)))
      assert(plain.length == 5000)

      val zipped = folder.resolve("zipped").toFile
      zipped.mkdir()
      write(zipped.toPath.resolve(s"$LabelsName.gz"), gzip(labels))
      assert(rows(load(write(zipped.toPath.resolve(s"$ImagesName.gz"), gzip(images)))) == plain)

      // Wrong names: gzip without .gz, plain with it; and each image's label of the other compression.
      val misnamed = folder.resolve("misnamed").toFile
      misnamed.mkdir()
      write(misnamed.toPath.resolve(s"$LabelsName.gz"), labels)
      assert(rows(load(write(misnamed.toPath.resolve(ImagesName), gzip(images)))) == plain)
    }
  }

  test("labels are found beside images under the names that are in use") {
    Seq(
      "images-idx3-ubyte" -> "labels-idx1-ubyte",
      "t10k-images-idx3-ubyte.gz" -> "t10k-labels-idx1-ubyte",
      "t10k-images-idx3-ubyte" -> "t10k-labels-idx1-ubyte.gz",
      "train-images.idx3-ubyte" -> "train-labels.idx1-ubyte",
      "emnist-letters-test-images-idx3-ubyte.gz" -> "emnist-letters-test-labels-idx1-ubyte.gz"
    ).foreach { case (images, labels) =>
      withTempDir { folder =>
        write(folder.resolve(labels), idx(Seq(3)))
        assert(rows(load(write(folder.resolve(images), idx(Seq(3, 2, 2))))) == expected(3, 4, 3), images)
      }
    }
  }

  test("of two labels files the one compressed as the images is taken") {
    withTempDir { folder =>
      val path = writePair(folder, 3, 2, 2)
      write(folder.resolve(s"$LabelsName.gz"), gzip(idx(Seq(3), Some(Array[Byte](9, 9, 9)))))
      val zipped = write(folder.resolve(s"$ImagesName.gz"), gzip(idx(Seq(3, 2, 2))))
      assert(rows(load(path)) == expected(3, 4, 3))
      assert(rows(load(zipped)).map(_._2) == Seq(9, 9, 9))
    }
  }

  test("the option labels names a file, or none") {
    withTempDir { folder =>
      val images = write(folder.resolve("a.idx"), idx(Seq(4, 2, 2)))
      val labels = write(folder.resolve("b.idx"), idx(Seq(4), Some(Array[Byte](3, 1, 4, -1))))
      val read = spark.read.format("idx")
      assert(rows(read.option("labels", labels).load(images)).map(_._2) == Seq(3, 1, 4, 255))

      val alone = spark.read.format("idx").option("labels", "none").load(images)
      assert(alone.columns.toSeq == Seq("image"))
      assert(alone.collect().map(_.getAs[Array[Byte]](0).toSeq).toSeq == expected(4, 4, 3).map(_._1))
    }
  }

  test("a file without images is an empty table") {
    withTempDir { folder =>
      val df = load(writePair(folder, 0, 28, 28))
      assert(df.schema("image").metadata.getLongArray("shape").toSeq == Seq(1, 28, 28))
      assert(df.collect().isEmpty)
      assert(df.count() == 0)
    }
  }

  test("several paths and globs are read in their order, each with its own labels") {
    withTempDir { folder =>
      val names = Seq("b", "a", "c")
      val paths = names.zipWithIndex.map { case (name, i) =>
        write(folder.resolve(s"$name-labels-idx1-ubyte"), idx(Seq(2), Some(Array.fill(2)(i.toByte))))
        write(folder.resolve(s"$name-images-idx3-ubyte"), idx(Seq(2, 2, 2)))
      }
      def labels(asked: String*) = rows(load(asked: _*)).map(_._2)
      assert(labels(paths: _*) == Seq(0, 0, 1, 1, 2, 2))
      assert(labels(s"$folder/*-images-idx3-ubyte") == Seq(1, 1, 0, 0, 2, 2))
      assert(labels(s"$folder/{c,b}-images-*") == Seq(0, 0, 2, 2))
      assert(labels(paths(2), s"$folder/a-im*") == Seq(2, 2, 1, 1))
      assert(load(paths: _*).count() == 6)
    }
  }

  test("a given schema is accepted if its names and types are those of the files") {
    withTempDir { folder =>
      val path = writePair(folder, 3, 2, 2)
      val df = spark.read.schema("image BINARY, label INT").format("idx").load(path)
      assert(df.schema == load(path).schema)
      assert(rows(df) == expected(3, 4, 3))
      Seq(
        "label INT, image BINARY" -> "label INT,image BINARY",
        "image BINARY" -> "image BINARY",
        "image BINARY, label BIGINT" -> "image BINARY,label BIGINT",
        "img BINARY, label INT" -> "img BINARY,label INT"
      ).foreach { case (schema, said) =>
        val error = intercept[IllegalArgumentException](spark.read.schema(schema).format("idx").load(path))
        assert(
          error.getMessage == s"the given schema ($said) is not that of idx $path " +
            "(image BINARY NOT NULL,label INT NOT NULL): leave it out")
      }
    }
  }

  test("one provider serves several loads") {
    withTempDir { folder =>
      val small = writePair(folder, 3, 2, 2)
      val images = write(folder.resolve("a"), idx(Seq(5, 4, 4)))
      val provider = new IdxDataSource
      val options = new CaseInsensitiveStringMap(java.util.Map.of("path", small))
      val inferred = provider.inferSchema(options)
      def table(schema: StructType, options: (String, String)*) =
        provider.getTable(schema, Array.empty, options.toMap.asJava).asInstanceOf[IdxTable]
      assert(table(inferred, "path" -> small).schema() == inferred)
      assert(
        table(new StructType().add("image", BinaryType), "path" -> images, "labels" -> "none")
          .schema() != inferred)
      intercept[IllegalArgumentException](
        table(new StructType().add("label", IntegerType), "path" -> small).schema())
    }
  }

  test("SQL reads a table or a view that uses idx") {
    withTempDir { folder =>
      val path = writePair(folder, 6, 2, 3)
      val sum = expected(6, 6, 3).map(_._2.toLong).sum
      Seq("TABLE", "TEMPORARY VIEW").foreach { kind =>
        spark.sql(s"CREATE $kind idx_sample USING idx OPTIONS (path '$path')")
        try assert(spark.sql("SELECT sum(label) FROM idx_sample").head().getLong(0) == sum, kind)
        finally spark.sql(s"DROP ${kind.split(' ').last} idx_sample")
      }
      assert(load(path).count() == 6, "dropping the table leaves the files")
    }
  }

  test("writing is refused by Spark, and leaves what is there") {
    withTempDir { folder =>
      val path = writePair(folder, 3, 2, 2)
      val df = load(path)
      for (target <- Seq(path, folder.resolve("new").toString); mode <- Seq("append", "overwrite", "error")) {
        val error = intercept[Exception](df.write.format("idx").mode(mode).save(target))
        // An AnalysisException of Spark 4.3, an internal error of Spark 4.0.
        val internal = error.getMessage.contains("IdxDataSource does not allow create table as select")
        assert(error.isInstanceOf[AnalysisException] || internal, error)
      }
      assert(rows(load(path)) == expected(3, 4, 3))
      assert(!folder.resolve("new").toFile.exists)
    }
  }

  test("MNIST is what it is known to be") {
    assume(data.isDefined, "FIRESTEEL_DATA is not set")
    val mnist: Path = data.get.resolve("mnist")
    val train = load(s"$mnist/train-images-idx3-ubyte.gz")
    val test = load(s"$mnist/t10k-images-idx3-ubyte.gz")
    assert(train.count() == 60000)
    assert(test.count() == 10000)
    assert(train.schema("image").metadata.getLongArray("shape").toSeq == Seq(1, 28, 28))
    val counts = train.groupBy("label").count().collect().map(row => (row.getInt(0), row.getLong(1))).sorted
    assert(counts.map(_._1).toSeq == (0 to 9))
    assert(counts.map(_._2).toSeq == Seq(5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949))
    val first = train.head()
    assert(first.getAs[Array[Byte]]("image").length == 784)
    assert(first.getAs[Array[Byte]]("image").map(_ & 0xff).sum == 27525)
    assert(first.getAs[Int]("label") == 5)
    val both = load(s"$mnist/*-images-idx3-ubyte.gz")
    assert(both.selectExpr("sum(length(image))").head().getLong(0) == 784L * 70000)
  }
}
