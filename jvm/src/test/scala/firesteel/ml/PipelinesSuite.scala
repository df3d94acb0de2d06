/* The estimator within what Spark ML builds of estimators: pipelines, searches, one versus the rest. */
package firesteel.ml

import firesteel.{Bars, SparkSuite}

import org.apache.spark.ml.Pipeline
import org.apache.spark.ml.classification.OneVsRest
import org.apache.spark.ml.evaluation.{BinaryClassificationEvaluator, MulticlassClassificationEvaluator}
import org.apache.spark.ml.feature.{IndexToString, StringIndexer, VectorAssembler}
import org.apache.spark.ml.functions.array_to_vector
import org.apache.spark.ml.param.ParamMap
import org.apache.spark.ml.tuning.{CrossValidator, ParamGridBuilder, TrainValidationSplit}
import org.apache.spark.sql.functions.{col, concat, lit}

class PipelinesSuite extends SparkSuite {
  private lazy val table = Bars.table(spark, 240).cache()
  private def accuracy = new MulticlassClassificationEvaluator().setMetricName("accuracy")

  /** One rate that learns and one that does not. */
  private def grid(learner: CnnClassifier): Array[ParamMap] =
    new ParamGridBuilder().addGrid(learner.learningRate, Array(1e-6, 0.05)).build()

  test("between an indexer of the labels and their names again") {
    val named = table.withColumn("name", concat(lit("class "), col("label"))).drop("label")
    val indexer = new StringIndexer().setInputCol("name").setOutputCol("label").fit(named)
    val names =
      new IndexToString().setInputCol("prediction").setOutputCol("read").setLabels(indexer.labelsArray(0))
    val fitted = new Pipeline().setStages(Array(indexer, Bars.classifier.setEpochs(8), names)).fit(named)
    val read = fitted.transform(named)
    assert(read.filter(col("read") === col("name")).count() >= 0.9 * 240)
    assert(fitted.stages(1).asInstanceOf[CnnClassificationModel].labels === indexer.labelsArray(0))
  }

  test("after an assembler of columns") {
    val two = table
      .select(col("label"), Bars.scaled(col("features")).as("f"))
      .select(col("label"), col("f")(0).as("a"), col("f")(1).as("b"))
    val assembler = new VectorAssembler().setInputCols(Array("a", "b")).setOutputCol("features")
    val learner = Bars.classifier.setNetwork(Network.input(2).dense(3)).setEpochs(1)
    val fitted = new Pipeline().setStages(Array(assembler, learner)).fit(two)
    assert(fitted.transform(two).count() === 240)
  }

  test("a cross-validation finds the learning rate that learns") {
    val learner = Bars.classifier
    val search = new CrossValidator()
      .setEstimator(learner)
      .setEstimatorParamMaps(grid(learner))
      .setEvaluator(accuracy)
      .setNumFolds(2)
      .setSeed(1)
    val found = search.fit(table)
    assert(found.avgMetrics(1) > found.avgMetrics(0) + 0.2, found.avgMetrics.toSeq)
    val best = found.bestModel.asInstanceOf[CnnClassificationModel]
    assert(best.digest === Bars.classifier.fit(table).digest)
    withTempDir { folder =>
      found.save(folder.resolve("found").toString)
      val loaded = org.apache.spark.ml.tuning.CrossValidatorModel.load(folder.resolve("found").toString)
      assert(loaded.bestModel.asInstanceOf[CnnClassificationModel].digest === best.digest)
    }
  }

  test("a search with several fits at a time finds the same") {
    val learner = Bars.classifier
    val search = new TrainValidationSplit()
      .setEstimator(learner)
      .setEstimatorParamMaps(grid(learner))
      .setEvaluator(accuracy)
      .setSeed(1)
    val one = search.fit(table)
    val two = search.setParallelism(2).fit(table)
    assert(one.validationMetrics(1) > one.validationMetrics(0) + 0.2, one.validationMetrics.toSeq)
    assert(two.validationMetrics === one.validationMetrics)
  }

  test("one versus the rest") {
    val vectors = table.withColumn("features", array_to_vector(Bars.scaled(col("features"))))
    val two = Network.input(1, 8, 8).conv(4, kernel = 3).relu.maxPool(2).flatten.dense(2)
    val model = new OneVsRest().setClassifier(Bars.classifier.setNetwork(two).setEpochs(8)).fit(vectors)
    assert(model.models.length === 3)
    assert(accuracy.evaluate(model.transform(vectors)) >= 0.9)
  }

  test("scores of two classes suit the evaluator of two classes") {
    val two = table.filter("label < 2")
    val network = Network.input(1, 8, 8).conv(4, kernel = 3).relu.maxPool(2).flatten.dense(2)
    val predictions = Bars.classifier.setNetwork(network).setEpochs(8).fit(two).transform(two)
    assert(new BinaryClassificationEvaluator().evaluate(predictions) >= 0.95)
  }
}
