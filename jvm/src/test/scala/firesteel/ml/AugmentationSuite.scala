/* Training images that are changed at random: what is learnt from them, and what is refused. */
package firesteel.ml

import firesteel.{Bars, SparkSuite}

import org.apache.spark.firesteel.Jobs
import org.apache.spark.ml.evaluation.MulticlassClassificationEvaluator
import org.apache.spark.ml.tuning.{CrossValidator, ParamGridBuilder}
import org.apache.spark.sql.DataFrame
import org.apache.spark.sql.functions.{col, udf}

class AugmentationSuite extends SparkSuite {
  import Augmentation._

  private lazy val table = Bars.table(spark, 120).cache()

  private def changed(change: Array[Byte] => Array[Byte], table: DataFrame = table): DataFrame =
    table.withColumn("features", udf(change).apply(col("features")))

  /** The images as PNG files, each pixel as a square of so many. */
  private def encoded(zoom: Int): DataFrame = changed(EncodedTrainingSuite.png(_, zoom))

  private def learner(augmentations: Augmentation*): CnnClassifier =
    Bars.classifier.setEpochs(2).setAugmentations(augmentations: _*)

  private def refused(learner: CnnClassifier, table: DataFrame = table): String =
    intercept[IllegalArgumentException](learner.fit(table)).getMessage

  private def flipped: DataFrame = changed(_.grouped(8).flatMap(_.reverse).toArray)

  private val whole = (1.0, 1.0)

  test("the same seed gives the same weights, another seed gives others") {
    val shift = Seq(randomShift(0.2, 0.2), randomRotation(10))
    val first = learner(shift: _*).fit(table).digest
    assert(learner(shift: _*).fit(table).digest === first)
    assert(learner(shift: _*).setSeed(2).fit(table).digest !== first)
    assert(learner().fit(table).digest !== first)
  }

  test("a flip of all images is training on the images flipped by hand, and scoring flips nothing") {
    val (model, byHand) = (learner(randomHorizontalFlip(1.0)).fit(table), learner().fit(flipped))
    // The whole file is the same: no model knows how its images were changed.
    assert(model.file.toSeq === byHand.file.toSeq)
    assert(model.digest !== learner().fit(table).digest)
    val (scores, ofFlipped) = (Bars.scores(model.transform(table)), Bars.scores(model.transform(flipped)))
    assert(scores === Bars.scores(byHand.transform(table)))
    assert(scores !== ofFlipped)
    assert(learner(randomHorizontalFlip(0.0)).fit(table).digest === learner().fit(table).digest)
  }

  test("the first change of the list comes first") {
    val flip = randomHorizontalFlip(1.0)
    // A flip before them is one by hand, as it draws no number; a flip after them mirrors what they did as well.
    for (change <- Seq(randomCrop(8, 8, padding = 2), randomShift(0.2, 0.2), randomRotation(90))) {
      val byHand = learner(change).fit(flipped).digest
      assert(learner(flip, change).fit(table).digest === byHand, change)
      assert(learner(change, flip).fit(table).digest !== byHand, change)
    }
  }

  test("changes come anew in each epoch") {
    val crop = randomCrop(8, 8, padding = 2)
    // With nothing learnt, an epoch's loss tells what it saw.
    val still = learner(crop).setLearningRate(1e-30).setMomentum(0).setBatchSize(120).fit(table)
    assert(still.summary.objectiveHistory.toSet.size === 2)
    val same = learner().setLearningRate(1e-30).setMomentum(0).setBatchSize(120).fit(table)
    assert(math.abs(same.summary.objectiveHistory.reduce(_ - _)) < 1e-6)
  }

  test("what a crop gives is the network's input, out of images that are stored larger") {
    val large = encoded(zoom = 3)
    val cropping = learner(randomCrop(8, 8)).setResize("crop").setShortSide(12)
    // All of the stored image, made as small as the network's input, is what scoring without cropping sees.
    val all = learner(randomResizedCrop(8, 8, whole, whole)).setResize("crop").setShortSide(8).fit(large)
    assert(all.digest === learner().setResize("crop").setShortSide(8).fit(large).digest)
    assert(cropping.fit(large).digest === cropping.fit(large).digest)
    assert(cropping.fit(large).digest !== learner().setResize("crop").setShortSide(12).fit(large).digest)
    // The model crops the middle, whatever was cropped for training.
    withTempDir { folder =>
      cropping.setEpochs(1).setLearningRate(1e-30).fit(large).save(s"$folder/model")
      val scores = Bars.scores(CnnClassificationModel.load(s"$folder/model").transform(large))
      val plain = learner().setResize("crop").setShortSide(12).setEpochs(1).setLearningRate(1e-30).fit(large)
      assert(scores === Bars.scores(plain.transform(large)))
    }
    val raw = refused(cropping)
    assert(
      raw.contains("column 'features' has 64 values, the image before augmentations 1x12x12 has 144"),
      raw)
  }

  test("what does not fit is refused before anything runs, and the parameter named") {
    val numbers = table.withColumn("features", Bars.scaled(col("features")))
    val jobs = Jobs.count(spark.sparkContext) {
      for ((change, problem) <- Seq(
          randomCrop(7, 8) -> "they make 7 rows and 8 columns, the network's input has 8 and 8",
          randomCrop(
            9,
            9) -> "randomCrop: size: [9, 9] rows and columns cannot be cut out of [8, 8]: use padding",
          randomHorizontalFlip(1.5) -> "randomHorizontalFlip: probability: 1.5 is not within 0 to 1",
          randomShift(-0.5, 0) -> "randomShift: rows: -0.5 is not within 0 to 1",
          randomRotation(270) -> "randomRotation: degrees: 270 is not within 0 to 180",
          colorJitter(hue = 0.75) -> "colorJitter: hue: 0.75 is not within 0 to 0.5",
          randomResizedCrop(8, 8, (0.5, 0.25)) -> "randomResizedCrop: scale: 0.5 is not within"
        )) {
        val message = refused(learner(change))
        assert(message.startsWith(s"augmentations: $problem"), message)
      }
      for ((json, problem) <- Seq(
          """{"randomBlur":{}}""" -> "unknown variant `randomBlur`, expected one of `randomCrop`, ",
          """{"randomShift":{"rows":0.5}}""" -> "missing field `columns`",
          """{"randomRotation":{"angle":3}}""" -> "unknown field `angle`",
          "flip" -> "expected value"
        )) {
        val message = refused(learner().setAugmentations(Array(json)))
        assert(message.startsWith(s"augmentations: $json: ") && message.contains(problem), message)
      }
      val ofNumbers = refused(learner(randomHorizontalFlip()), numbers)
      assert(
        ofNumbers.endsWith("augmentations change pixels, but column 'features' holds numbers: " +
          "give images, or a byte per value"))
      val vector = learner(randomHorizontalFlip()).setNetwork(Network.input(64).dense(3))
      assert(refused(vector).contains("the network's input is 64"))
    }
    assert(jobs === 0)
  }

  test("images are stored once, however many epochs change them") {
    val read = spark.sparkContext.longAccumulator
    val counted = changed { bytes => read.add(1); bytes }
    learner(randomShift(0.2, 0.2)).setEpochs(4).fit(counted)
    assert(read.value === 120)
  }

  test("a CrossValidator chooses between lists of changes") {
    val cnn = Bars.classifier.setEpochs(6)
    // Bars of both directions look alike after a turn of up to half a circle; a flip does no harm.
    val lists =
      Seq(randomRotation(180), randomHorizontalFlip()).map(change => Array(change.toJson))
    val fitted = new CrossValidator()
      .setEstimator(cnn)
      .setEvaluator(new MulticlassClassificationEvaluator().setMetricName("accuracy"))
      .setEstimatorParamMaps(new ParamGridBuilder().addGrid(cnn.augmentations, lists).build())
      .setNumFolds(2)
      .setSeed(1)
      .fit(table)
    assert(fitted.avgMetrics(0) < fitted.avgMetrics(1))
  }

  test("changes are values, and the estimator keeps them") {
    val changes = Seq(randomCrop(8, 8, 1), randomHorizontalFlip(0.25))
    assert(randomCrop(8, 8, padding = 1) === changes.head)
    assert(changes.head !== changes.last)
    assert(Set(changes.head, randomCrop(8, 8, 1)).size === 1 && changes.head.toString === changes.head.toJson)
    withTempDir { folder =>
      learner(changes: _*).save(s"$folder/estimator")
      val loaded = CnnClassifier.load(s"$folder/estimator")
      assert(loaded.getAugmentations.toSeq === changes.map(_.toJson))
      assert(loaded.setVerbose(false).fit(table).digest === learner(changes: _*).fit(table).digest)
    }
  }
}
