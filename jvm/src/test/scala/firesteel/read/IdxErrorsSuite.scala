/* What is wrong with files, names and options is said clearly, and as early as it can be known. */
package firesteel.read

import java.io.FileNotFoundException
import java.nio.file.{Files, Path}

import scala.reflect.ClassTag

import firesteel.SparkSuite
import org.apache.hadoop.conf.Configuration
import org.apache.hadoop.fs.{Path => HadoopPath}
import org.apache.spark.sql.DataFrame

class IdxErrorsSuite extends SparkSuite {
  import IdxSamples._

  private def load(path: String, options: (String, String)*): DataFrame =
    spark.read.format("idx").options(options.toMap).load(path)

  /** Checks the whole text of an error, and its class. */
  private def assertSays[E <: Throwable: ClassTag](message: String)(body: => Any): Unit = {
    assert(intercept[E](body).getMessage == message)
    ()
  }

  /** Checks that loading fails, before any query, with this message about the file. */
  private def assertBad(path: String, problem: String, options: (String, String)*): Unit =
    assertSays[IdxException](s"file:$path $problem")(load(path, options: _*))

  /** Checks that the query, not the load, fails with this message, which a Spark exception then wraps. */
  private def assertQueryFails(df: DataFrame, message: String): Unit = {
    assert(queryError(df) == message)
    ()
  }

  private def queryError(df: DataFrame): String = {
    val error = intercept[Exception](df.collect())
    val causes = Iterator.iterate[Throwable](error)(_.getCause).takeWhile(_ != null)
    causes.collectFirst { case e: IdxException => e.getMessage }.getOrElse(fail(error))
  }

  /** A folder with labels for 10 images, and an images file of the given bytes. */
  private def withImages(bytes: Array[Byte])(body: String => Unit): Unit = withTempDir { folder =>
    write(folder.resolve(LabelsName), idx(Seq(10)))
    body(write(folder.resolve(ImagesName), bytes))
  }

  test("a foreign file") {
    val png = Array(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a).map(_.toByte)
    withImages(png) {
      assertBad(
        _,
        "is not an IDX file: it starts with the bytes 89 50 4e 47, an IDX file with 00 00 and a type code")
    }
    withImages("label,pixels\n1,0 0 0".getBytes) {
      assertBad(
        _,
        "is not an IDX file: it starts with the bytes 6c 61 62 65, an IDX file with 00 00 and a type code")
    }
    withImages(gzip("some text".getBytes)) {
      assertBad(
        _,
        "is not an IDX file: it starts with the bytes 73 6f 6d 65, an IDX file with 00 00 and a type code")
    }
    withImages(Array[Byte](0, 0, 0x0a, 3, 0, 0, 0, 1)) {
      assertBad(_, "is not an IDX file: 0a is none of its type codes")
    }
  }

  test("a file that ends within its header") {
    val whole = idx(Seq(10, 2, 2))
    val plain = Seq(0, 1, 3, 4, 15).map(whole.take)
    for (bytes <- plain ++ plain.map(gzip) :+ gzip(whole).take(5)) {
      withImages(bytes)(assertBad(_, "is not an IDX file: it ends within the header"))
    }
  }

  test("values that are not unsigned bytes") {
    Seq(
      0x09 -> "signed byte",
      0x0b -> "16-bit integer",
      0x0c -> "32-bit integer",
      0x0d -> "32-bit float",
      0x0e -> "64-bit float").foreach { case (code, name) =>
      withImages(idx(Seq(10, 2, 2), code = code)) {
        assertBad(
          _,
          f"holds values of type $name (code $code%02x): images and labels must be unsigned bytes (code 08)")
      }
    }
  }

  test("labels given as images, images as labels, and other numbers of dimensions") {
    withTempDir { folder =>
      val images = writePair(folder, 10, 2, 2)
      val labels = folder.resolve(LabelsName).toString
      val hint = """load the images, option("labels", path) names the labels"""
      val (imagesFile, labelsFile) =
        ("an images file (3 or 4 dimensions, idx3 or idx4)", "a labels file (1 dimension, idx1)")
      assertBad(labels, s"is $labelsFile, where $imagesFile is needed: $hint")
      assertSays[IdxException](s"file:$images is $imagesFile, where $labelsFile is needed: $hint") {
        load(images, "labels" -> images)
      }
      val matrix = write(folder.resolve("x"), idx(Seq(10, 2)))
      assertBad(matrix, s"has 2 dimensions, where $imagesFile is needed: $hint")
    }
  }

  test("sizes that cannot be") {
    def header(sizes: Int*) = idx(sizes, Some(Array.empty))
    val huge = "one image would be larger than 256 MiB"
    withImages(header(1, 16385, 16384))(assertBad(_, s"promises 1 x 16385 x 16384 values: $huge"))
    withImages(header(1, 65536, 65536))(assertBad(_, s"promises 1 x 65536 x 65536 values: $huge"))
    withImages(header(1, Int.MaxValue, Int.MaxValue, Int.MaxValue)) {
      assertBad(_, s"promises 1 x 2147483647 x 2147483647 x 2147483647 values: $huge")
    }
    withImages(header(-1, 2, 2)) {
      assertBad(_, "promises 4294967295 x 2 x 2 values: no size may be above 2147483647")
    }
    withImages(header(10, 0, 2))(assertBad(_, "promises 10 x 0 x 2 values: its images have no pixels"))
    // The largest that is allowed is only too short.
    withImages(header(1, 16384, 16384)) {
      assertBad(
        _,
        "is truncated: its header promises 268435472 bytes, there are 16; " +
          "it ends in row 0 of 1 (the first is row 0)")
    }
  }

  test("images and labels of different number") {
    withTempDir { folder =>
      val images = writePair(folder, 10, 2, 2)
      val labels = write(folder.resolve(LabelsName), idx(Seq(9)))
      assertSays[IdxException](s"file:$images holds 10 images, but file:$labels holds 9 labels")(load(images))
    }
  }

  test("a plain file that is too short or too long fails the load") {
    val whole = idx(Seq(10, 2, 2))
    withImages(whole.dropRight(5)) {
      assertBad(
        _,
        "is truncated: its header promises 56 bytes, there are 51; " +
          "it ends in row 8 of 10 (the first is row 0)")
    }
    withImages(whole :+ 0.toByte)(assertBad(_, "goes on behind the 56 bytes that its header promises"))
  }

  test("a gzip file that is too short or too long fails the query") {
    val whole = idx(Seq(10, 2, 2))
    withImages(gzip(whole.dropRight(5))) { path =>
      assertQueryFails(
        load(path),
        s"file:$path is truncated: its header promises 56 bytes unzipped, there are 51; " +
          "it ends in row 8 of 10 (the first is row 0)")
    }
    withImages(gzip(whole :+ 0.toByte)) { path =>
      assertQueryFails(load(path), s"file:$path goes on behind the 56 bytes that its header promises")
    }
    withImages(gzip(whole).dropRight(3)) { path =>
      assertQueryFails(load(path), s"file:$path is truncated: the end of its gzip data is missing")
    }
  }

  test("a gzip file cut in the middle names the row in which it ends") {
    withTempDir { folder =>
      write(folder.resolve(LabelsName), idx(Seq(3000)))
      val zipped = gzip(idx(Seq(3000, 10, 10)))
      val path = write(folder.resolve(ImagesName), zipped.take(zipped.length / 2))
      val Found = s"file:$path is truncated: .* there are (\\d+); it ends in row (\\d+) of 3000 .*".r
      queryError(load(path)) match {
        case Found(bytes, row) =>
          assert(bytes.toLong > 100000 && bytes.toLong < 200000)
          assert(row.toLong == (bytes.toLong - 16) / 100)
        case other => fail(other)
      }
    }
  }

  test("damaged gzip data") {
    val zipped = gzip(idx(Seq(10, 2, 2)))
    val sum = zipped.clone()
    sum(sum.length - 8) = (sum(sum.length - 8) ^ 1).toByte
    withImages(sum)(path => assertQueryFails(load(path), s"file:$path is damaged: Corrupt GZIP trailer"))
    withImages(Array[Byte](0x1f, 0x8b.toByte, 77) ++ zipped.drop(3)) {
      assertBad(_, "is damaged: Unsupported compression method")
    }
  }

  test("files that change after the load fail the query") {
    withTempDir { folder =>
      val path = writePair(folder, 10, 2, 2)
      val df = load(path)
      write(Path.of(path), idx(Seq(10, 2, 2)).dropRight(5))
      assertQueryFails(
        df,
        s"file:$path is truncated: its header promises 56 bytes, there are 51; " +
          "it ends in row 8 of 10 (the first is row 0)")
      write(Path.of(path), idx(Seq(10, 2, 2)) :+ 0.toByte)
      assertQueryFails(df, s"file:$path goes on behind the 56 bytes that its header promises")
      val changed = s"file:$path has changed since it was loaded: load it again"
      write(Path.of(path), idx(Seq(11, 2, 2)))
      assertQueryFails(df, changed)
      write(Path.of(path), gzip(idx(Seq(10, 2, 2))))
      assertQueryFails(df, changed)
    }
  }

  test("a file that is cut while it is read") {
    withImages(idx(Seq(10, 200, 200))) { path =>
      val input = IdxInput.open(new HadoopPath(path), IdxRole.Images, new Configuration)
      try {
        input.skipTo(5)
        write(Path.of(path), idx(Seq(10, 200, 200)).take(16 + 8 * 40000 + 7))
        val rows = Iterator.continually(input.nextRow()).take(3).toSeq.length
        assert(rows == 3)
        assertSays[IdxException](
          s"$path is truncated: its header promises 400016 bytes, there are 320023; " +
            "it ends in row 8 of 10 (the first is row 0)")(input.nextRow())
      } finally input.close()
    }
  }

  test("every part of a plain file finds out that it was cut") {
    withTempDir { folder =>
      val session = spark.newSession()
      session.conf.set("spark.sql.files.maxPartitionBytes", "15b")
      val path = writePair(folder, 10, 2, 2)
      val df = session.read.format("idx").load(path)
      assert(df.rdd.getNumPartitions == 4)
      write(Path.of(path), idx(Seq(10, 2, 2)).dropRight(5))
      val message = s"file:$path is truncated: its header promises 56 bytes, there are 51; " +
        "it ends in row 8 of 10 (the first is row 0)"
      assertQueryFails(df, message)
      assertQueryFails(df.limit(1), message)
    }
  }

  test("labels that are short are not made up either") {
    withImages(idx(Seq(10, 2, 2))) { path =>
      val labels = write(Path.of(path).resolveSibling(LabelsName), gzip(idx(Seq(10)).dropRight(3)))
      val message = s"file:$labels is truncated: its header promises 18 bytes unzipped, there are 15; " +
        "it ends in row 7 of 10 (the first is row 0)"
      assertQueryFails(load(path), message)
      assertQueryFails(load(path).select("label"), message)
    }
  }

  test("labels that cannot be found") {
    withTempDir { folder =>
      val options = """option("labels", path) names the labels file, """ +
        """option("labels", "none") reads images only"""
      val named = write(folder.resolve(ImagesName), idx(Seq(1, 2, 2)))
      assertSays[FileNotFoundException](
        s"found no labels for file:$named: there is neither file:$folder/$LabelsName nor " +
          s"file:$folder/$LabelsName.gz. $options")(load(named))
      val other = write(folder.resolve("digits.idx"), idx(Seq(1, 2, 2)))
      assertSays[FileNotFoundException](
        s"found no labels for file:$other: its name, not ending in images-idx3-ubyte[.gz], " +
          s"does not tell theirs. $options")(load(other))
      assertSays[FileNotFoundException](s"the labels file $folder/missing does not exist") {
        load(named, "labels" -> s"$folder/missing")
      }
    }
  }

  test("paths that name no file") {
    withTempDir { folder =>
      assertSays[FileNotFoundException](s"$folder/missing does not exist")(load(s"$folder/missing"))
      assertSays[FileNotFoundException](s"no file matches $folder/*.idx")(load(s"$folder/*.idx"))
      val help = "name the file in it, or several images files by a glob such as *images-idx3*"
      assertSays[IllegalArgumentException](s"file:$folder is a directory: $help")(load(folder.toString))
      Files.createDirectory(folder.resolve("sub"))
      assertSays[IllegalArgumentException](s"file:$folder/sub is a directory: $help")(load(s"$folder/*"))
      assertSays[IllegalArgumentException]("idx needs the path of an images file: load(path)") {
        spark.read.format("idx").load()
      }
    }
  }

  test("several images files with one labels file, or with different shapes") {
    withTempDir { folder =>
      val a = write(folder.resolve("a"), idx(Seq(2, 2, 2)))
      val b = write(folder.resolve("b"), idx(Seq(2, 3, 2)))
      assertSays[IllegalArgumentException](
        s"the option labels names one file, $folder/l, for 2 images files: file:$a, file:$b") {
        load(s"$folder/*", "labels" -> s"$folder/l")
      }
      assertSays[IdxException](
        s"images of different shapes (channels x rows x columns) make no table: file:$a (1 x 2 x 2) and " +
          s"file:$b (1 x 3 x 2)")(load(s"$folder/*", "labels" -> "none"))
    }
  }
}
