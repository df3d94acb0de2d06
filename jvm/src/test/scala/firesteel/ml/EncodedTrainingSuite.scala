/* Training from encoded images, and from a model that is there already. */
package firesteel.ml

import java.awt.image.BufferedImage
import java.io.ByteArrayOutputStream
import javax.imageio.ImageIO

import firesteel.jni.Models
import firesteel.{Bars, SparkSuite}

import org.apache.spark.sql.DataFrame
import org.apache.spark.sql.functions.{col, expr, udf}

class EncodedTrainingSuite extends SparkSuite {
  private lazy val table = Bars.table(spark, 120, partitions = 2).cache()

  /** The images as files, each pixel as a square of so many. */
  private def encoded(zoom: Int): DataFrame = {
    val encode = udf(EncodedTrainingSuite.png(_: Array[Byte], zoom))
    table.withColumn("features", encode(col("features")))
  }

  test("encoded images train the model that their pixels train") {
    val raw = Bars.classifier.fit(table)
    val files = encoded(zoom = 1)
    assert(files.head().getAs[Array[Byte]]("features").take(4).toSeq === Seq(0x89.toByte, 'P', 'N', 'G'))
    val model = Bars.classifier.fit(files)
    assert(model.digest === raw.digest)
    assert(Bars.scores(model.transform(files)) === Bars.scores(raw.transform(table)))
  }

  test("images of another size are resized as the parameters say, which the model remembers") {
    val large = encoded(zoom = 3)
    val error = intercept[IllegalArgumentException](Bars.classifier.fit(large))
    assert(
      error.getMessage.contains(
        "column 'features' is an image of another size than the network's input 1x8x8"))
    for (resize <- Seq("crop", "stretch", "pad")) {
      val model = Bars.classifier.setResize(resize).setEpochs(8).fit(large)
      val right = model.transform(large).where("prediction = label").count()
      assert(right > 100, resize)
      withTempDir { folder =>
        model.save(s"$folder/model")
        val loaded = CnnClassificationModel.load(s"$folder/model")
        assert(loaded.transform(large).where("prediction = label").count() === right)
      }
    }
    val vector = intercept[IllegalArgumentException](
      Bars.classifier.setNetwork(Network.input(64).dense(3)).setResize("pad").fit(table))
    assert(vector.getMessage.contains("the network's input 64 is no image"))
    val side =
      intercept[IllegalArgumentException](Bars.classifier.setShortSide(20).setResize("pad").fit(large))
    assert(side.getMessage.contains("shortSide is 20, which only counts where resize is crop"))
  }

  test("a damaged image is an error that names its row and column") {
    val some = encoded(zoom = 1)
      .withColumn("features", expr("IF(id = 7, substring(features, 1, 40), features)"))
    val message = intercept[IllegalArgumentException](Bars.classifier.fit(some)).getMessage
    assert(message.contains("row 7 of partition 0: column 'features' cannot be decoded"), message)
    // An array of bytes, one of which is missing.
    val bytes = "CAST(nums AS ARRAY<TINYINT>)"
    val holed = Bars
      .table(spark, 120, partitions = 1)
      .withColumn("nums", Bars.numbers(col("features"), org.apache.spark.sql.types.IntegerType))
      .withColumn("nums", expr("transform(nums, (n, i) -> IF(id = 5 AND i = 3, NULL, n % 100))"))
      .withColumn("features", expr(bytes))
    val missing = intercept[IllegalArgumentException](Bars.classifier.fit(holed)).getMessage
    assert(missing.contains("row 5 of partition 0: column 'features' has 0 values"), missing)
    // Spark's images whose width is missing.
    val frame = expr(
      "named_struct('origin', '', 'height', 8, 'width', IF(id = 7, NULL, 8), 'nChannels', 1, 'mode', 0, 'data', features)")
    val frames = table.coalesce(1).withColumn("features", frame)
    val bad = intercept[IllegalArgumentException](Bars.classifier.fit(frames)).getMessage
    assert(bad.contains("row 7 of partition 0: column 'features' cannot be decoded"), bad)
    assert(Bars.classifier.setEpochs(1).fit(frames.where("id <> 7")).numClasses === 3)
  }

  /** The weights of a layer, in the file of a model. */
  private def weights(model: CnnClassificationModel, layer: String): Seq[Byte] = {
    val (length, file) =
      (java.nio.ByteBuffer.wrap(model.file).order(java.nio.ByteOrder.LITTLE_ENDIAN).getLong, model.file)
    val header = org.json4s.jackson.JsonMethods.parse(new String(file, 8, length.toInt, "UTF-8"))
    implicit val formats: org.json4s.DefaultFormats.type = org.json4s.DefaultFormats
    val Seq(from, until) = (header \ s"$layer.weight" \ "data_offsets").extract[Seq[Int]]: @unchecked
    file.slice(8 + length.toInt + from, 8 + length.toInt + until).toSeq
  }

  test("training begins with the weights of a model, and changes the layers that it may") {
    withTempDir { folder =>
      val first = Bars.classifier.fit(table)
      first.save(s"$folder/first")
      val cnn = Bars.classifier.setInitialModel(s"$folder/first")
      val frozen = cnn.setTrainableLayers(Array("dense1")).fit(table)
      assert(weights(frozen, "conv1") === weights(first, "conv1"))
      assert(weights(frozen, "dense1") !== weights(first, "dense1"))
      assert(
        frozen.summary.history.head().getAs[Double]("loss") < first.summary.history
          .head()
          .getAs[Double]("loss"))
      val unknown = intercept[Exception](cnn.setTrainableLayers(Array("conv9")).fit(table))
      assert(unknown.getMessage.contains("conv9"))
      // Other classes: the last layer is drawn, the others are taken over.
      val two = table.where("label < 2")
      val network = Network.input(1, 8, 8).conv(4, kernel = 3).relu.maxPool(2).flatten.dense(2)
      val other = Bars.classifier
        .setNetwork(network)
        .setInitialModel(s"$folder/first")
        .setTrainableLayers(Array("dense1"))
      assert(weights(other.fit(two), "conv1") === weights(first, "conv1"))
      val unlike = Network.input(1, 8, 8).conv(5, kernel = 3).relu.maxPool(2).flatten.dense(3)
      val misfit = intercept[IllegalArgumentException](
        Bars.classifier.setNetwork(unlike).setInitialModel(s"$folder/first").fit(table))
      assert(
        misfit.getMessage.contains("initialModel") && misfit.getMessage.contains("conv1.weight"),
        misfit.getMessage)
    }
  }

  test("the preprocessing of the first model holds unless it is set") {
    withTempDir { folder =>
      val first =
        Bars.classifier.setScale(0.01).setMean(Array(0.5)).setResize("stretch").fit(encoded(zoom = 2))
      first.save(s"$folder/first")
      def header(model: CnnClassificationModel): String = new String(model.file.take(4000), "ISO-8859-1")
      val second = Bars.classifier.setInitialModel(s"$folder/first").setStd(Array(2.0)).fit(encoded(zoom = 2))
      for (words <- Seq("""scale\":0.01""", """mean\":[0.5]""", """std\":[2.0]""", """exact\":[8,8]"""))
        assert(header(second).contains(words), header(second).take(1500))
      // Another size takes nothing else away.
      val json = Bars.network.toJson
      val image = """{"image":{"filter":"bicubic","orient":false,"resize":{"exact":[8,8]}}}"""
      val file = Models.write(json, image, "[]", Models.initialWeights(json, "uniform", 1))
      new CnnClassificationModel("bicubic", file).save(s"$folder/bicubic")
      val third = header(
        Bars.classifier
          .setInitialModel(s"$folder/bicubic")
          .setResize("crop")
          .setShortSide(10)
          .fit(encoded(zoom = 2)))
      for (words <- Seq(
          """filter\":\"bicubic""",
          """orient\":false""",
          """shortSide\":10""",
          """crop\":[8,8]"""))
        assert(third.contains(words), third.take(1500))
      assert(!third.contains("exact"))
      // Nor does leaving the size alone.
      val fourth =
        header(
          Bars.classifier
            .setInitialModel(s"$folder/bicubic")
            .setResize("none")
            .fit(encoded(zoom = 1)))
      for (words <- Seq("""filter\":\"bicubic""", """orient\":false"""))
        assert(fourth.contains(words), fourth.take(1500))
      assert(!fourth.contains("exact"))
      // A network of vectors takes no images: none leaves nothing of them.
      val flat = new CnnClassificationModel(
        "flat", {
          val json = Network.input(1, 8, 8).flatten.dense(3).toJson
          Models.write(json, image, "[]", Models.initialWeights(json, "uniform", 1))
        })
      flat.save(s"$folder/flat")
      val vectors = Bars.classifier
        .setNetwork(Network.input(64).dense(3))
        .setInitialModel(s"$folder/flat")
        .setResize("none")
      assert(!header(vectors.fit(table)).contains("bicubic"))
    }
  }
}

private object EncodedTrainingSuite {
  def png(pixels: Array[Byte], zoom: Int): Array[Byte] = {
    val image = new BufferedImage(8 * zoom, 8 * zoom, BufferedImage.TYPE_BYTE_GRAY)
    for (x <- 0 until 8 * zoom; y <- 0 until 8 * zoom)
      image.getRaster.setSample(x, y, 0, pixels(y / zoom * 8 + x / zoom) & 255)
    val out = new ByteArrayOutputStream
    ImageIO.write(image, "png", out)
    out.toByteArray
  }
}
