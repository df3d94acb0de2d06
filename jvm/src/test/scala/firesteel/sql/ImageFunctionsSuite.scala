/* The functions of encoded images that need no network, and encoded images that a network sees. */
package firesteel.sql

import java.awt.Color
import java.awt.image.BufferedImage
import java.io.ByteArrayInputStream
import javax.imageio.ImageIO

import firesteel.Pictures.{encoded, turned, webp}
import firesteel.functions
import firesteel.jni.Models
import firesteel.ml.{CnnClassificationModel, Network}

import org.apache.spark.ml.image.ImageSchema
import org.apache.spark.sql.execution.exchange.ShuffleExchangeExec
import org.apache.spark.sql.types.{StringType, StructType}
import org.apache.spark.sql.{AnalysisException, Column, DataFrame, Row}

class ImageFunctionsSuite extends SqlSuite {

  private def decoded(image: Any): BufferedImage =
    ImageIO.read(new ByteArrayInputStream(image.asInstanceOf[Array[Byte]]))

  private def table(images: (String, Array[Byte])*): DataFrame = {
    val own = session
    import own.implicits._
    val found = images.toDF("name", "content")
    found.createOrReplaceTempView("files")
    found
  }

  test("image_info tells what the header says; try_image_info gives NULL for what is no image") {
    table(
      "a" -> encoded("jpg", 40, 30),
      "b" -> encoded("png", 7, 9, grey = true),
      "c" -> encoded("bmp", 5, 5),
      "d" -> null,
      "e" -> "no image".getBytes)
    val found =
      sql("SELECT name, try_image_info(content) AS info FROM files ORDER BY name").collect().map(_.get(1))
    assert(
      found.toSeq === Seq(
        Row("jpeg", 40, 30, 3, 1),
        Row("png", 7, 9, 1, 1),
        Row("bmp", 5, 5, 3, 1),
        null,
        null))
    assert(sql("SELECT image_info(content).width FROM files WHERE name = 'a'").head().getInt(0) === 40)
    val error = intercept[Exception](sql("SELECT image_info(content) FROM files").collect())
    val message =
      Iterator.iterate[Throwable](error)(_.getCause).takeWhile(_ != null).map(_.getMessage).mkString
    assert(message.contains("FIRESTEEL_BAD_IMAGE") && message.contains("column 'content' cannot be decoded"))
    assert(message.contains("try_image_info gives NULL"), message)
  }

  test("image_resize gives a PNG of the size, under the limits of the session") {
    table("a" -> encoded("jpg", 40, 30))
    val image = decoded(sql("SELECT image_resize(content, 20, 10) FROM files").head().get(0))
    assert((image.getWidth, image.getHeight) === (20 -> 10))
    // A gradient stays one: dark at the upper left, bright at the lower right.
    def light(x: Int, y: Int): Int = {
      val c = image.getRGB(x, y); (c >> 16 & 255) + (c >> 8 & 255) + (c & 255)
    }
    assert(light(1, 1) < 120 && light(18, 8) > 600)
    assert(
      sql("SELECT image_info(image_resize(content, 3, 4)) FROM files")
        .head()
        .get(0) === Row("png", 3, 4, 3, 1))
    session.conf.set("spark.firesteel.image.maxPixels", "1199")
    try {
      assert(sql("SELECT try_image_resize(content, 3, 4) FROM files").head().isNullAt(0))
      sql(
        "CREATE OR REPLACE TEMPORARY VIEW small AS SELECT try_image_resize(content, 3, 4) AS image FROM files")
      assert(sql("SELECT * FROM small").head().isNullAt(0), "a view knows the session's limits")
    } finally session.conf.unset("spark.firesteel.image.maxPixels")
  }

  test("bytes, memory and damage are judged by the session's settings") {
    val photo = encoded("jpg", 400, 300)
    table("whole" -> photo, "half" -> photo.take(photo.length / 2))
    def read(setting: (String, String)*): Seq[String] = {
      val names = setting.map { case (name, value) => s"spark.firesteel.image.$name" -> value }
      names.foreach { case (name, value) => session.conf.set(name, value) }
      try
        sql("SELECT name FROM files WHERE try_image_resize(content, 3, 4) IS NOT NULL ORDER BY name")
          .collect()
          .map(_.getString(0))
          .toSeq
      finally names.foreach { case (name, _) => session.conf.unset(name) }
    }
    assert(read() === Seq("whole"))
    assert(read("strict" -> "false") === Seq("half", "whole"))
    assert(read("maxBytes" -> s"${photo.length}b") === Seq("whole"))
    assert(read("maxBytes" -> s"${photo.length - 1}b") === Nil)
    assert(read("maxBytes" -> s"${photo.length - 1}b", "strict" -> "false") === Seq("half"))
    assert(read("maxAllocation" -> "1m") === Seq("whole"))
    assert(read("maxAllocation" -> "100k") === Nil)
  }

  test("GIF, BMP and TIFF are decoded where a model's preprocessing names them") {
    val network = Network.input(3, 8, 8).conv(4, kernel = 3).flatten.dense(3).toJson
    def model(name: String, formats: String): String = {
      val preprocessing = s"""{"image":{"resize":{"exact":[8,8]}$formats}}"""
      val file = Models.write(network, preprocessing, "[]", Models.initialWeights(network, "uniform", 5L))
      save(name, new CnnClassificationModel(name, file))
    }
    table(Seq("bmp", "gif", "png", "tif").map(format => format -> encoded(format, 20, 10)): _*)
    def accepted(model: String): Seq[String] =
      sql(s"SELECT name FROM files WHERE try_classify(content, '$model') IS NOT NULL ORDER BY name")
        .collect()
        .map(_.getString(0))
        .toSeq
    assert(accepted(model("usual", "")) === Seq("png"))
    assert(accepted(model("more", ""","formats":["gif","bmp","tiff"]""")) === Seq("bmp", "gif", "tif"))
  }

  test("as functions of columns: of a JPEG that is turned by its EXIF block, and of a WebP") {
    val images = table("turned" -> turned(encoded("jpg", 60, 20), 6), "webp" -> webp).orderBy("name")
    def values(column: Column): Seq[Any] = images.select(column).collect().map(_.get(0)).toSeq
    val content = images("content")
    val headers = Seq(Row("jpeg", 60, 20, 3, 6), Row("webp", 7, 4, 3, 1))
    assert(values(functions.image_info(content)) === headers)
    assert(values(functions.try_image_info(content)) === headers)
    val resize = Seq[(Column, Int, Int) => Column](functions.image_resize, functions.try_image_resize)
    for (resized <- resize) {
      assert(values(functions.image_info(resized(content, 9, 24))) === Seq.fill(2)(Row("png", 9, 24, 3, 1)))
      // Upright, and in its own size: what was left is at the top, what was at the bottom is at the left.
      val upright = decoded(values(resized(content, 20, 60)).head)
      val rows = (0 until 60).map(y => new Color(upright.getRGB(10, y)).getRed)
      assert(rows.head < 20 && rows(30) > 100 && rows(30) < 155 && rows.last > 235, rows)
      val columns = (0 until 20).map(x => new Color(upright.getRGB(x, 30)).getGreen)
      assert(columns.head > 220 && columns.last < 35, columns)
      val same = decoded(values(resized(content, 7, 4)).last)
      for (x <- 0 until 7; y <- 0 until 4)
        assert(new Color(same.getRGB(x, y)) === new Color(40 * x, 80 * y, 7), (x, y))
    }
  }

  test("Spark's image and an ARRAY of TINYINT have a header and other sizes, too") {
    val pixels = Array.tabulate(12 * 10 * 3)(_.toByte)
    frames(("frame", 10, 12, 3, pixels), ("null", null, 12, 3, pixels))
    val header = sql("SELECT name, try_image_info(image) FROM frames ORDER BY name").collect().map(_.get(1))
    assert(header.toSeq === Seq(Row("frame", 12, 10, 3, 1), null))
    val resized = "image_info(image_resize(image, 6, 5))"
    assert(sql(s"SELECT $resized FROM frames WHERE name = 'frame'").head().get(0) === Row("png", 6, 5, 3, 1))
    val own = session
    import own.implicits._
    val png = encoded("png", 7, 9)
    Seq(png.toSeq).toDF("bytes").createOrReplaceTempView("arrays")
    assert(sql("SELECT image_info(bytes) FROM arrays").head().get(0) === Row("png", 7, 9, 3, 1))
  }

  /** A hundred encoded images that differ, in a partition; every tenth is none. */
  private def hundred(): Unit = {
    val own = session
    import own.implicits._
    val images = (0 until 100).map { i =>
      (i, if (i % 10 == 9) s"no image $i".getBytes else encoded("png", 3 + i, 5))
    }
    images.toDF("id", "content").repartition(1).sortWithinPartitions("id").createOrReplaceTempView("hundred")
  }

  test("they run in the operator: in batches, each image once, as few as are needed") {
    hundred()
    val info = "try_image_info(content)"
    def costs(text: String): (Long, Long, Int) = {
      val ran = run(text)
      (ran.images, ran.calls, ran.operators)
    }
    val twice = run(s"SELECT id, $info.width, $info.height FROM hundred WHERE $info.format = 'png'")
    assert((twice.images, twice.calls, twice.operators) === (100, 4, 1))
    assert(twice.rows === (0 until 100).filter(_ % 10 != 9).map(i => Row(i, 3 + i, 5)))
    assert(costs(s"SELECT $info FROM hundred WHERE id < 10") === (10, 1, 1))
    assert(costs(s"SELECT $info FROM hundred LIMIT 5") === (5, 1, 1))
    assert(costs(s"SELECT CASE WHEN id < 20 THEN $info END FROM hundred") === (20, 1, 1))
    assert(costs(s"SELECT count(*) FROM (SELECT $info FROM hundred)") === (0, 0, 0))
    // What is made of what was made is work of its own, less where results are equal; of no image there is none.
    val nested = run("SELECT image_info(try_image_resize(content, 4, 4)) FROM hundred")
    assert(nested.operators === 2 && nested.images > 100 && nested.images < 190)
    assert(
      nested.rows.count(_.get(0) == Row("png", 4, 4, 3, 1)) === 90 && nested.rows.count(_.isNullAt(0)) === 10)
    assert(costs("SELECT transform(array(content), i -> try_image_info(i)) FROM hundred") === (0, 0, 0))
    session.conf.set("spark.firesteel.device", "gpu")
    try assert(costs(s"SELECT $info FROM hundred") === (100, 4, 1))
    finally session.conf.unset("spark.firesteel.device")
  }

  test("a batch holds only as many images as the results of which fit together") {
    hundred()
    session.conf.set("spark.firesteel.batch.bytes", "1m")
    try {
      // 300 kB each, if they are not compressed.
      val ran = run("SELECT length(image_resize(content, 500, 200)) > 0 FROM hundred WHERE id < 9")
      assert((ran.images, ran.calls) === (9, 3) && ran.rows === Seq.fill(9)(Row(true)))
    } finally session.conf.unset("spark.firesteel.batch.bytes")
  }

  test("a bad image is told with its row, and EXPLAIN tells the work") {
    hundred()
    val error = intercept[Exception](sql("SELECT image_resize(content, 4, 5) FROM hundred").collect())
    assert(error.getMessage.contains("row 9 of partition 0: column 'content' cannot be decoded"))
    assert(error.getMessage.contains("try_image_resize gives NULL"))
    val plan = sql("EXPLAIN FORMATTED SELECT image_resize(content, 4, 5), image_info(content) FROM hundred")
    val text = plan.head().getString(0)
    assert(text.contains("Work: 4 x 5") && text.contains("Work: header"), text)
  }

  test("wrong arguments are told when the query is analysed") {
    table("a" -> encoded("png", 4, 4))
    for ((call, words) <- Seq(
        "image_resize(content, 0, 5)" -> "argument width of image_resize is 0: it must be from 1 to 16384",
        "try_image_resize(content, 10000, 10000)" -> "makes 100000000 pixels: at most 40000000",
        "image_resize(content, 5)" -> "image_resize",
        "image_info(name)" -> "BINARY"
      ))
      assert(intercept[AnalysisException](sql(s"SELECT $call FROM files")).getMessage.contains(words), call)
  }

  test("an encoded image of the network's size is scored as its pixels are; one of another size is bad") {
    // The network's input is 1x8x8.
    val png = encoded("png", 8, 8, grey = true)
    val raster = ImageIO.read(new ByteArrayInputStream(png)).getRaster
    val pixels = Array.tabulate(64)(i => raster.getSample(i % 8, i / 8, 0).toByte)
    table(
      "encoded" -> png,
      "raw" -> pixels,
      "large" -> encoded("png", 9, 8, grey = true),
      "cut" -> png.dropRight(20))
    val scores = sql("SELECT name, try_classify_probabilities(content) FROM files")
      .collect()
      .map(row => row.getString(0) -> Option(row.getSeq[Float](1)))
      .toMap
    assert(scores("encoded").isDefined && scores("encoded") === scores("raw"))
    assert(scores("large").isEmpty && scores("cut").isEmpty)
    def problem(name: String): String = {
      val error =
        intercept[Exception](sql(s"SELECT classify(content) FROM files WHERE name = '$name'").collect())
      Iterator.iterate[Throwable](error)(_.getCause).takeWhile(_ != null).map(_.getMessage).mkString
    }
    assert(problem("large").contains("another size than the network's input 1x8x8"))
    assert(problem("cut").contains("cannot be decoded: it is damaged"))
  }

  /** A model for images of any size, which are resized to 8 x 8. */
  private def resizing: String = {
    val network = Network.input(3, 8, 8).conv(4, kernel = 3).relu.maxPool(2).flatten.dense(3).toJson
    val preprocessing = """{"image":{"resize":{"exact":[8,8]}}}"""
    val file = Models.write(network, preprocessing, "[]", Models.initialWeights(network, "uniform", 5L))
    save("resizing", new CnnClassificationModel("resizing", file))
  }

  /** Rows of Spark's image type; a name and the fields height, width, nChannels and data of each. */
  private def frames(images: (String, Any, Any, Any, Array[Byte])*): Unit = {
    val schema = new StructType()
      .add("name", StringType)
      .add("image", StructType(ImageSchema.columnSchema.map(_.copy(nullable = true))))
    val rows = images.map { case (name, height, width, channels, data) =>
      Row(name, Row("made", height, width, channels, 16, data))
    }
    session.createDataFrame(java.util.Arrays.asList(rows: _*), schema).createOrReplaceTempView("frames")
  }

  test("decoded pixels may be more bytes than a file: a photo of 12 million pixels is scored as its PNG is") {
    val (width, height) = (4000, 3000)
    val png = encoded("png", width, height)
    val raster = ImageIO.read(new ByteArrayInputStream(png)).getRaster
    val rgb = raster.getPixels(0, 0, width, height, null: Array[Int])
    val bgr = Array.tabulate(rgb.length)(i => rgb(i - i % 3 + 2 - i % 3).toByte)
    assert(bgr.length > (32 << 20))
    frames(("photo", height, width, 3, bgr))
    table("photo" -> png)
    val path = resizing
    def scores(column: String, from: String): Seq[Float] =
      sql(s"SELECT classify_probabilities($column, '$path') FROM $from").head().getSeq[Float](0)
    assert(scores("image", "frames") === scores("content", "files"))
  }

  test("an image struct with fields that are null is a bad image, whatever way the rows take") {
    val grey = Array.fill(64)(9.toByte)
    frames(
      ("whole", 8, 8, 1, grey),
      ("no height", null, 8, 1, grey),
      ("no width", 8, null, 1, grey),
      ("no channels", 8, 8, null, grey),
      ("no pixels", 8, 8, 1, null))
    val text = "SELECT name, try_classify(image) FROM frames"
    val rowByRow = newSession()
    rowByRow.conf.set("spark.sql.optimizer.excludedRules", "firesteel.sql.ExtractScores")
    session.table("frames").createOrReplaceGlobalTempView("frames")
    for (found <- Seq(sql(text), rowByRow.sql(text.replace("FROM frames", "FROM global_temp.frames")))) {
      val bad = found.collect().filter(_.isNullAt(1)).map(_.getString(0))
      assert(bad.toSet === Set("no height", "no width", "no channels", "no pixels"))
    }
  }

  test("an ARRAY of TINYINT is the bytes") {
    val bytes = session.table("photos").limit(3).collect().map(row => row.getAs[Array[Byte]]("image").toSeq)
    val own = session
    import own.implicits._
    bytes.toSeq.map(b => (b, b.toArray)).toDF("array", "binary").createOrReplaceTempView("both")
    val found =
      sql("SELECT classify_probabilities(array), classify_probabilities(binary) FROM both").collect()
    assert(found.length === 3 && found.forall(row => row.get(0) == row.get(1)))
    val holed = "transform(array, (b, i) -> IF(i = 3, NULL, b))"
    assert(
      sql(s"SELECT try_classify($holed), try_classify(array) FROM both")
        .collect()
        .forall(row => row.isNullAt(0) && !row.isNullAt(1)))
    val error = intercept[Exception](sql(s"SELECT classify($holed) FROM both").collect())
    assert(error.getMessage.contains("has 0 values, the network's input 1x8x8 has 64"))
  }

  test("headers are read before images are scored: of conditions, of guards, of an order with a limit") {
    hundred()
    val label = s"try_classify(content, '$resizing')"
    val width = "try_image_info(content).width"
    // Each time the 100 headers, and the images that are left.
    val wide = s"SELECT id FROM hundred WHERE $label IS NOT NULL AND $width > 95"
    assert(run(wide).images === 100 + 6)
    assert(run(wide.replace("id FROM", s"id, $label FROM")).images === 100 + 6)
    assert(
      run(s"SELECT id FROM hundred WHERE classify(content, '$resizing') <> '' AND $width > 0").images === 190)
    val widest = run(s"SELECT id, $label FROM hundred ORDER BY $width DESC LIMIT 5")
    assert(widest.rows.map(_.getInt(0)) === Seq(98, 97, 96, 95, 94) && !widest.rows.exists(_.isNullAt(1)))
    assert(widest.images === 100 + 5)
    // Whatever is needed for the order comes before.
    assert(run(s"SELECT id, $width, $label FROM hundred ORDER BY $label, $width LIMIT 5").images === 200)
  }

  test("a sort by what headers say does not send the files around before it") {
    def exchanges(order: String): Int = {
      val text = s"SELECT content FROM (SELECT encode(id, 'utf-8') AS content FROM photos) ORDER BY $order"
      collect(sql(text).queryExecution.executedPlan) { case exchange: ShuffleExchangeExec => exchange }.size
    }
    assert(exchanges("try_image_info(content).width") === 1)
    assert(exchanges(s"try_classify(content, '$resizing')") === 2)
  }

  test(
    "what headers tell is not remembered, and images of another size are under the limits of when they are made") {
    hundred()
    session.conf.set("spark.firesteel.cache.bytes", "64m")
    try {
      val text = "SELECT try_image_info(content) FROM hundred WHERE id < 20"
      assert(Seq.fill(2)(run(text).images) === Seq(20, 20))
      val scored = s"SELECT try_classify(content, '$resizing') FROM hundred WHERE id < 9"
      assert(Seq.fill(2)(run(scored).images) === Seq(9, 0))
    } finally session.conf.unset("spark.firesteel.cache.bytes")
    val large = sql("SELECT try_image_resize(content, 100, 100) FROM hundred")
    session.conf.set("spark.firesteel.image.maxSide", "99")
    try {
      val error = intercept[AnalysisException](large.collect())
      assert(error.getMessage.contains("images of 100 x 100 pixels are asked for"), error.getMessage)
    } finally session.conf.unset("spark.firesteel.image.maxSide")
  }

  test("a call is short where a network or its results are large") {
    // 2.4 thousand million multiplications an image, and 6.4 million values of the first layer.
    val network = Network
      .input(3, 400, 400)
      .conv(40, kernel = 3, padding = 1)
      .conv(40, kernel = 3, padding = 1)
      .globalAvgPool
      .flatten
      .dense(2)
    val path = save("large", 1, "[]", network)
    def rows(call: String): String = {
      val plan = sql(s"EXPLAIN SELECT $call FROM hundred").head().getString(0)
      "batch: (\\d+) rows".r.findFirstMatchIn(plan).fold(plan)(_.group(1))
    }
    hundred()
    assert(rows(s"classify(content, '$path')") === "16")
    assert(rows(s"image_features(content, '$path', 'conv1')") === "2")
    assert(rows(s"classify(content, '$resizing')") === "32")
  }
}
