/* What is learnt, and from what. */
package firesteel.ml

import java.nio.{ByteBuffer, ByteOrder}

import scala.util.Random

import firesteel.jni.{ErrorCode, NativeException}
import firesteel.{Bars, SparkSuite}

import org.apache.spark.ml.evaluation.MulticlassClassificationEvaluator
import org.apache.spark.ml.feature.StringIndexer
import org.apache.spark.ml.functions.array_to_vector
import org.apache.spark.ml.linalg.{Vector, Vectors}
import org.apache.spark.ml.param.ParamMap
import org.apache.spark.sql.{Column, DataFrame}
import org.apache.spark.sql.functions.{col, concat, lit, transform, udf}

class CnnClassifierSuite extends SparkSuite {
  private lazy val table = Bars.table(spark, 600).cache()
  private lazy val others = Bars.table(spark, 300, seed = 2).cache()
  private def trained = Bars.trained(spark)

  /** One epoch, for what does not need more. */
  private def brief: CnnClassifier = Bars.classifier.setEpochs(1)

  private def having(features: Column)(table: DataFrame): DataFrame = table.withColumn("features", features)

  // ---- what it learns ----

  test("learns to tell images apart that it has not seen") {
    val history = trained.summary.objectiveHistory
    assert(history.last < 0.3 * history.head, history.toSeq)
    val predictions = trained.transform(others).cache()
    val accuracy = Bars.accuracy(predictions)
    assert(accuracy >= 0.95)
    assert(
      new MulticlassClassificationEvaluator().setMetricName("accuracy").evaluate(predictions) === accuracy)
    assert(new MulticlassClassificationEvaluator().setMetricName("logLoss").evaluate(predictions) < 0.3)
  }

  test("numbers that bytes stand for train the same weights as the bytes, in whatever type they come") {
    val expected = Bars.weights(brief.fit(table))
    val floats = Bars.scaled(col("features"))
    val sparse = udf((v: Vector) => v.toSparse)
    val kinds =
      Seq(floats, floats.cast("array<double>"), array_to_vector(floats), sparse(array_to_vector(floats)))
    for (kind <- kinds) assert(Bars.weights(brief.fit(having(kind)(table))) === expected, kind)
  }

  test("learns from arrays of whole numbers, taken as they are") {
    val whole = transform(Bars.scaled(col("features")), x => (x * 10).cast("int"))
    assert(having(whole)(table).schema("features").dataType.sql === "ARRAY<INT>")
    val model = Bars.classifier.setLearningRate(0.005).setEpochs(10).fit(having(whole)(table))
    assert(Bars.accuracy(model.transform(having(whole)(others))) >= 0.9)
  }

  test("learns from vectors without an image's shape") {
    val random = new Random(1)
    val points = Seq.fill(400)(Vectors.dense(random.nextGaussian(), random.nextGaussian()))
    val rows = points.map(p => (p, if (p(0) * p(1) > 0) 1L else 0L))
    val xor = spark.createDataFrame(rows).toDF("features", "label").cache()
    val model = Bars.classifier.setNetwork(Network.input(2).dense(16).relu.dense(2)).setEpochs(20).fit(xor)
    assert(Bars.accuracy(model.transform(xor)) >= 0.95)
  }

  test("one image is learnt by heart") {
    val one = table.filter("id = 4")
    val model = Bars.classifier.setEpochs(60).fit(one)
    val row = model.transform(one).select("label", "probability", "prediction").head()
    assert(row.getInt(0) === 1 && row.getDouble(2) === 1.0)
    assert(row.getAs[Vector](1)(1) > 0.99)
  }

  test("a batch of all rows and a batch of one row train as well") {
    assert(
      Bars.accuracy(Bars.classifier.setBatchSize(1000).setEpochs(60).fit(table).transform(others)) >= 0.9)
    val single = Bars.classifier.setBatchSize(1).setMomentum(0).setLearningRate(0.02).fit(table)
    assert(Bars.accuracy(single.transform(others)) >= 0.9)
  }

  test("a softmax at the end changes nothing") {
    val model = Bars.classifier.setNetwork(Bars.network.softmax).fit(table)
    assert(Bars.weights(model) === Bars.weights(trained))
    assert(Bars.scores(model.transform(others)) === Bars.scores(trained.transform(others)))
    assert(model.summary.objectiveHistory === trained.summary.objectiveHistory)
  }

  test("each initialiser begins elsewhere, and all but zeros learn") {
    val names = Seq("uniform", "xavier", "he", "normal", "zeros")
    val models = names.map(name => Bars.classifier.setInitializer(name).fit(table))
    assert(models.map(Bars.weights).distinct.size === 5)
    assert(Bars.weights(models.head) === Bars.weights(trained), "uniform is the default")
    for ((name, model) <- names.init.zip(models)) assert(Bars.accuracy(model.transform(others)) >= 0.9, name)
    // From zeros all maps of a layer stay alike.
    assert(models.last.summary.objectiveHistory.last > 0.5)
  }

  test("each setting of the optimiser makes a difference") {
    val settings = Seq[CnnClassifier => CnnClassifier](
      identity,
      _.setLearningRate(0.02),
      _.setMomentum(0.5),
      _.setWeightDecay(0.01),
      _.setBatchSize(15),
      _.setSeed(9))
    val models = settings.map(change => change(brief).fit(table))
    assert(models.map(Bars.weights).distinct.size === settings.size)
    // The norm of the weights falls where they decay.
    def norm(model: CnnClassificationModel): Double = floats(model).map(w => w.toDouble * w).sum
    assert(norm(brief.setWeightDecay(0.5).fit(table)) < 0.5 * norm(models.head))
  }

  // ---- from bytes to numbers ----

  test("bytes become (byte * scale - mean) / std in training and in scoring") {
    val byHand = udf((image: Array[Byte]) => image.map(b => (((b & 0xff) * 0.02 - 0.5) / 0.25).toFloat))
    val learner = brief.setScale(0.02).setMean(Array(0.5)).setStd(Array(0.25))
    val (bytes, numbers) = (learner.fit(table), brief.fit(having(byHand(col("features")))(table)))
    assert(Bars.weights(bytes) === Bars.weights(numbers))
    assert(Bars.weights(bytes) !== Bars.weights(brief.fit(table)))
    val scores = Bars.scores(bytes.transform(others))
    assert(scores === Bars.scores(numbers.transform(having(byHand(col("features")))(others))))
  }

  test("mean and std of each channel go to its values") {
    val two = Network.input(2, 4, 8).conv(2, kernel = 3).relu.flatten.dense(3)
    val byHand = udf((image: Array[Byte]) =>
      image.zipWithIndex.map { case (b, i) =>
        (if (i < 32) ((b & 0xff) / 255.0 - 0.5) / 0.25 else ((b & 0xff) / 255.0 - 0.1) / 2.0).toFloat
      })
    val learner = brief.setNetwork(two)
    val (bytes, numbers) = (
      learner.copy(ParamMap.empty).setMean(Array(0.5, 0.1)).setStd(Array(0.25, 2)).fit(table),
      learner.fit(having(byHand(col("features")))(table)))
    val (a, b) = (floats(bytes), floats(numbers))
    // 1/255 as a factor and as a divisor may differ in the last bit.
    for ((x, y) <- a.zip(b)) assert(math.abs(x - y) < 1e-5)
    assert(a !== floats(learner.fit(table)))
  }

  private def floats(model: CnnClassificationModel): Seq[Float] = {
    val values = ByteBuffer.wrap(Bars.weights(model).toArray).order(ByteOrder.LITTLE_ENDIAN)
    Seq.fill(model.numParameters)(values.getFloat)
  }

  test("numbers are taken as they are, whatever scale, mean and std say") {
    val numbers = having(Bars.scaled(col("features")))(table)
    val learner = brief.setScale(7).setMean(Array(3)).setStd(Array(9))
    assert(Bars.weights(learner.fit(numbers)) === Bars.weights(brief.fit(table)))
  }

  test("mean and std of a wrong length are named before training") {
    def problem(learner: CnnClassifier): String =
      intercept[IllegalArgumentException](learner.fit(table)).getMessage
    assert(
      problem(brief.setMean(Array(1, 2, 3)))
        .startsWith("mean: has 3 values, the network's input 1x8x8 needs"))
    assert(
      problem(brief.setStd(Array(1, 2))).startsWith("std: has 2 values, the network's input 1x8x8 needs"))
  }

  // ---- labels ----

  test("labels may be of any number type") {
    val expected = brief.fit(table).digest
    for (kind <- Seq("tinyint", "bigint", "float", "double", "decimal(3,1)"))
      assert(brief.fit(table.withColumn("label", col("label").cast(kind))).digest === expected, kind)
  }

  test("the names of an indexer's labels go into the model, those that are set go before them") {
    val named = table.withColumn("name", concat(lit("class "), col("label"))).drop("label")
    val indexer =
      new StringIndexer().setInputCol("name").setOutputCol("label").setStringOrderType("alphabetDesc")
    val indexed = indexer.fit(named).transform(named)
    assert(brief.fit(indexed).labels === Array("class 2", "class 1", "class 0"))
    assert(brief.setLabels(Array("x", "y", "z")).fit(indexed).labels === Array("x", "y", "z"))
    assert(brief.fit(table).labels === Array.empty[String])
  }

  test("names of another number than the classes are refused before training") {
    val problem = intercept[IllegalArgumentException](brief.setLabels(Array("a", "b")).fit(table)).getMessage
    assert(problem.contains("labels") && problem.contains("2") && problem.contains("3"), problem)
  }

  // ---- what a fit gives ----

  test("the summary has an entry for each epoch") {
    val history = trained.summary.history
    assert(history.columns === Array("epoch", "loss", "accuracy", "rows", "seconds"))
    val rows = history.collect()
    assert(rows.map(_.getInt(0)) === Array(1, 2, 3, 4))
    assert(rows.map(_.getDouble(1)) === trained.summary.objectiveHistory)
    assert(
      rows.map(_.getDouble(2)).forall(a => a > 0.3 && a <= 1) && rows.last.getDouble(2) > rows.head.getDouble(
        2))
    assert(rows.forall(_.getLong(3) == 600) && rows.forall(_.getDouble(4) > 0))
    assert(trained.summary.totalIterations === 4)
    assert(trained.hasSummary && trained.copy(ParamMap.empty).hasSummary)
  }

  test("the model takes its parameters from the estimator") {
    val learner = brief
      .setPredictionCol("p")
      .setProbabilityCol("q")
      .setRawPredictionCol("r")
      .setThresholds(Array(0.5, 0.6, 0.7))
      .setHandleInvalid("keep")
    val model = learner.fit(table)
    assert(model.parent === learner && model.uid === learner.uid)
    assert(
      model.getPredictionCol === "p" && model.getProbabilityCol === "q" && model.getRawPredictionCol === "r")
    assert(model.getThresholds === Array(0.5, 0.6, 0.7) && model.getHandleInvalid === "keep")
    assert(learner.transformSchema(table.schema) === model.transformSchema(table.schema))
  }

  test("parameters given to fit count for that fit alone") {
    val learner = brief
    val model = learner.fit(table, ParamMap(learner.seed -> 5L))
    assert(model.digest === brief.setSeed(5).fit(table).digest)
    assert(learner.getSeed === 1)
    val grid = Seq(ParamMap(learner.seed -> 5L), ParamMap(learner.epochs -> 2))
    val models = learner.fit(table, grid)
    assert(models.map(_.summary.totalIterations) === Seq(1, 2))
  }

  test("other columns of the table make no difference") {
    val renamed = table.select(lit("x").as("other"), col("label").as("y"), col("features").as("x"), col("id"))
    assert(brief.setFeaturesCol("x").setLabelCol("y").fit(renamed).digest === brief.fit(table).digest)
  }

  // ---- where it trains ----

  test("a GPU that is not there is an error, and never the CPU") {
    val session = spark.newSession()
    val table = Bars.table(session, 30)
    session.conf.set("spark.firesteel.device", "cpu")
    val expected = brief.fit(table).digest
    session.conf.set("spark.firesteel.device", "gpu")
    val error = intercept[NativeException](brief.fit(table))
    assert(error.code === ErrorCode.DEVICE && error.getMessage.contains("GPU"))
    session.conf.set("spark.firesteel.device", "tpu")
    val message = intercept[IllegalArgumentException](brief.fit(table)).getMessage
    assert(message.endsWith("spark.firesteel.device is 'tpu': it must be auto, cpu or gpu"))
    session.conf.unset("spark.firesteel.device")
    assert(brief.fit(table).digest === expected)
  }
}
