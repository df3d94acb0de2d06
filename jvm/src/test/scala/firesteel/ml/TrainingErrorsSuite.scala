/* What a fit refuses, and how it says so. */
package firesteel.ml

import firesteel.jni.{ErrorCode, NativeException, Trainer}
import firesteel.{Bars, SparkSuite}

import org.apache.spark.SparkException
import org.apache.spark.firesteel.Jobs
import org.apache.spark.sql.functions.{col, expr, lit, raise_error, typedLit, udf, when}
import org.apache.spark.sql.types.MetadataBuilder
import org.apache.spark.sql.{Column, DataFrame}

class TrainingErrorsSuite extends SparkSuite {
  private lazy val table = Bars.table(spark, 60).cache()
  private lazy val numbers = table.withColumn("features", Bars.scaled(col("features"))).cache()

  private def learner: CnnClassifier = Bars.classifier.setEpochs(2)

  private def refused(body: => Any): String =
    intercept[IllegalArgumentException](body).getMessage.stripPrefix("requirement failed: ")

  /** A table with another value in the row 40, which is the row 10 of the partition 1. */
  private def changed(column: String, value: Column, table: DataFrame = table): DataFrame =
    table.withColumn(column, when(col("id") === 40, value).otherwise(col(column)))

  // ---- rows ----

  test("a label that is none of the classes is named with its row, partition and column") {
    val where = "row 10 of partition 1: column 'label' is "
    val must = ": labels must be whole numbers from 0 to 2"
    for ((value, shown) <- Seq(-1 -> "-1.0", 3 -> "3.0", 1000000 -> "1000000.0"))
      assert(refused(learner.fit(changed("label", lit(value)))) === where + shown + must)
    val doubles = table.withColumn("label", col("label").cast("double"))
    for (value <- Seq(0.5, -0.5, 2.5, Double.NaN, Double.PositiveInfinity, 1e18))
      assert(refused(learner.fit(changed("label", lit(value), doubles))) === where + value + must)
    assert(refused(learner.fit(changed("label", lit(null)))) === where + "null; filter such rows out")
  }

  test("features that are null or of a wrong size are named with their row, partition and column") {
    val where = "row 10 of partition 1: column 'features' "
    val size = ", the network's input 1x8x8 has 64"
    val noImage = size + ", and it is no image of a known format"
    assert(refused(learner.fit(changed("features", lit(null)))) === where + "is null; filter such rows out")
    assert(refused(
      learner.fit(changed("features", expr("substring(features, 2)")))) === where + "has 63 values" + noImage)
    assert(
      refused(
        learner.fit(changed("features", lit(Array.emptyByteArray)))) === where + "has 0 values" + noImage)
    val longer = changed("features", expr("array_append(features, 1f)"), numbers)
    assert(refused(learner.fit(longer)) === where + "has 65 values" + size)
  }

  test("features that are no numbers stop the first round, which is named with the step") {
    for (bad <- Seq(Float.NaN, Float.PositiveInfinity)) {
      val broken = changed("features", typedLit(Array.fill(64)(bad)), numbers)
      val error = intercept[NativeException](learner.setBatchSize(1).fit(broken))
      assert(error.code === ErrorCode.DIVERGED)
      assert(error.getMessage.matches("(?s).*\\bround 1\\b.*\\bstep \\d+\\b.*"), error.getMessage)
    }
    // A null within an array, and a number that is too large for a float.
    val hole = changed("features", expr("transform(features, (x, i) -> if(i = 3, null, x))"), numbers)
    assert(intercept[NativeException](learner.fit(hole)).code === ErrorCode.DIVERGED)
    val doubles = numbers.withColumn("features", col("features").cast("array<double>"))
    val huge = changed("features", typedLit(Array.fill(64)(1e300)), doubles)
    assert(intercept[NativeException](learner.fit(huge)).code === ErrorCode.DIVERGED)
  }

  test("a learning rate that is far too large stops the fit, naming round and step") {
    val error = intercept[NativeException](learner.setLearningRate(1e20).setEpochs(50).fit(table))
    assert(error.code === ErrorCode.DIVERGED)
    assert(error.getMessage.matches("(?s).*\\bround \\d+\\b.*"), error.getMessage)
  }

  test("the error keeps Spark's own, and a failed fit leaves nothing behind") {
    val cached = spark.sparkContext.getPersistentRDDs.keySet
    val live = Trainer.live()
    val error = intercept[IllegalArgumentException](learner.fit(changed("label", lit(7))))
    assert(error.getSuppressed.exists(_.isInstanceOf[SparkException]))
    assert(error.getSuppressed.head.getMessage.contains("Job aborted"))
    assertThrows[NativeException](learner.setLearningRate(1e20).setEpochs(50).fit(table))
    assert(spark.sparkContext.getPersistentRDDs.keySet === cached)
    assert(Trainer.live() === live)
    assert(learner.fit(table).digest === learner.fit(table).digest)
  }

  test("what fails in the user's own code stays the user's own failure") {
    val failing = udf((bytes: Array[Byte]) => {
      if (bytes.length == 64) throw new ArithmeticException("mine"); bytes
    })
    val error = intercept[SparkException](learner.fit(table.withColumn("features", failing(col("features")))))
    assert(Iterator.iterate[Throwable](error)(_.getCause).takeWhile(_ != null).exists(_.getMessage == "mine"))
    val raised =
      table.withColumn("features", when(col("id") < 0, col("features")).otherwise(raise_error(lit("mine"))))
    val other = intercept[Exception](learner.fit(raised))
    assert(
      Iterator
        .iterate[Throwable](other)(_.getCause)
        .takeWhile(_ != null)
        .exists(_.getMessage.contains("mine")))
  }

  test("a table without rows is refused") {
    assert(refused(learner.fit(table.limit(0))) === "there are no rows to train on")
    assert(refused(learner.fit(table.filter("id < 0"))) === "there are no rows to train on")
  }

  // ---- columns ----

  test("a column that is missing, of a wrong type or taken is refused before anything runs") {
    val jobs = Jobs.count(spark.sparkContext) {
      assert(
        refused(learner.setFeaturesCol("pixels").fit(table)) ===
          "there is no column 'pixels': the columns are id, features, label")
      assert(
        refused(learner.setLabelCol("digit").fit(table)) ===
          "there is no column 'digit': the columns are id, features, label")
      assert(refused(learner.setFeaturesCol("id").fit(table)) ===
        "column 'id' is INT: features must be BINARY (an encoded image, or a byte per value), Spark's image, a vector or an array of numbers")
      assert(
        refused(learner.fit(table.withColumn("label", lit("one")))) ===
          "column 'label' is STRING: labels must be numbers 0, 1, ...; StringIndexer makes them of text")
      assert(
        refused(learner.fit(table.withColumn("prediction", lit(1)))) ===
          "column 'prediction' exists already: drop it or set another output column")
      val metadata = new MetadataBuilder().putLongArray("shape", Array(1, 28, 28)).build()
      assert(
        refused(learner.fit(table.withColumn("features", col("features").as("features", metadata)))) ===
          "column 'features' holds inputs of shape 1x28x28, the network's input is 1x8x8")
    }
    assert(jobs === 0)
  }

  // ---- settings ----

  test("a network that is missing or does not fit together is refused, naming the layer") {
    val jobs = Jobs.count(spark.sparkContext) {
      val none = new CnnClassifier("nameless")
      assert(refused(none.fit(table)).startsWith("the parameter network of nameless is not set: setNetwork("))
      val large =
        refused(learner.setNetwork(Network.input(1, 8, 8).conv(4, kernel = 9).flatten.dense(3)).fit(table))
      assert(large.startsWith("layer 'conv1' (conv2d): "), large)
      val flat = refused(learner.setNetwork(Network.input(1, 8, 8).conv(4, kernel = 3).dense(3)).fit(table))
      assert(flat.startsWith("layer 'dense1' (dense): "), flat)
      for (text <- Seq("", "no JSON", "{}", """{"input":[2]}"""))
        assert(refused(learner.setNetwork(text).fit(table)).contains("network"), text)
      val odd = """{"input":[64],"nodes":[{"name":"a","op":"magic","inputs":["input"]}],"output":"a"}"""
      assert(refused(learner.setNetwork(odd).fit(table)).contains("magic"))
    }
    assert(jobs === 0)
  }

  test("thresholds that are not one for each class are refused before training") {
    val jobs = Jobs.count(spark.sparkContext) {
      assert(
        refused(learner.setThresholds(Array(0.5, 0.5)).fit(table)) ===
          "thresholds has 2 values, the network has 3 classes")
    }
    assert(jobs === 0)
  }

  test("settings out of their range are refused when they are set") {
    val wrong = Seq[(String, CnnClassifier => Any)](
      "epochs" -> (_.setEpochs(0)),
      "batchSize" -> (_.setBatchSize(0)),
      "learningRate" -> (_.setLearningRate(0)),
      "learningRate" -> (_.setLearningRate(Double.NaN)),
      "learningRate" -> (_.setLearningRate(Double.PositiveInfinity)),
      "momentum" -> (_.setMomentum(1)),
      "momentum" -> (_.setMomentum(-0.1)),
      "weightDecay" -> (_.setWeightDecay(-1)),
      "weightDecay" -> (_.setWeightDecay(Double.PositiveInfinity)),
      "scale" -> (_.setScale(0)),
      "scale" -> (_.setScale(Double.NaN)),
      "mean" -> (_.setMean(Array(0, Double.NaN))),
      "std" -> (_.setStd(Array(1, 0))),
      "std" -> (_.setStd(Array(Double.PositiveInfinity))),
      "initializer" -> (_.setInitializer("ones")),
      "handleInvalid" -> (_.setHandleInvalid("drop"))
    )
    for ((name, set) <- wrong)
      assert(refused(set(learner)).contains(s"parameter $name given invalid value"), name)
  }

}
