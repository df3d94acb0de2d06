/* Learns new classes from few photos: what a network trained on ImageNet sees, and a logistic regression. */
package firesteel.examples

import firesteel.ml.ImageFeaturizer
import firesteel.read.Images
import firesteel.report.Evaluation

import org.apache.spark.ml.classification.LogisticRegression
import org.apache.spark.ml.evaluation.MulticlassClassificationEvaluator
import org.apache.spark.ml.feature.StringIndexer
import org.apache.spark.ml.tuning.{CrossValidator, ParamGridBuilder}
import org.apache.spark.ml.{Pipeline, PipelineStage}
import org.apache.spark.sql.SparkSession

/**
 * {{{
 * spark-submit --class firesteel.examples.Transfer --jars firesteel.jar firesteel-examples.jar \
 *   <folder with a folder per class> <the same to be tested on> <model> [<model> ...]
 * }}}
 */
object Transfer {
  def main(arguments: Array[String]): Unit = {
    val Array(train, test, models @ _*) = arguments: @unchecked
    val spark = SparkSession
      .builder()
      .appName("transfer")
      // Each photo goes through each network once: executors remember what came of it.
      .config("spark.firesteel.cache.bytes", "256m")
      .getOrCreate()

    val photos = Images.read(spark, train).withColumnRenamed("label", "name")
    val classes =
      new StringIndexer().setInputCol("name").setOutputCol("label").setStringOrderType("alphabetAsc")
    val features = new ImageFeaturizer().setInputCol("content").setOutputCol("features")
    val regression = new LogisticRegression()
    val pipeline = new Pipeline().setStages(Array[PipelineStage](classes, features, regression))

    val grid = new ParamGridBuilder()
      .addGrid(features.model, models.toArray)
      .addGrid(regression.regParam, Array(0.01, 0.1))
      .build()
    val best = new CrossValidator()
      .setEstimator(pipeline)
      .setEvaluator(new MulticlassClassificationEvaluator().setMetricName("accuracy"))
      .setEstimatorParamMaps(grid)
      .setNumFolds(3)
      .setSeed(1)
      .fit(photos)
    for ((parameters, accuracy) <- grid.zip(best.avgMetrics)) {
      val (model, strength) = (parameters(features.model), parameters(regression.regParam))
      println(f"${model.split('/').last}, regularisation $strength: $accuracy%.3f in cross-validation")
    }

    val unseen = Images.read(spark, test).withColumnRenamed("label", "name")
    val evaluation = Evaluation.of(best.transform(unseen))
    println(f"accuracy on unseen photos: ${evaluation.accuracy}%.3f")
    println(evaluation)
    spark.stop()
  }
}
