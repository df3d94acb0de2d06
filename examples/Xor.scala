/* What one layer of perceptrons cannot learn, and two can: exclusive or (Minsky and Papert 1969).
 *
 *   spark-submit --jars firesteel-spark_2.13-<version>.jar --class firesteel.examples.Xor \
 *     firesteel-examples_2.13-<version>.jar
 */
package firesteel.examples

import firesteel.ml.{CnnClassifier, Network}

import org.apache.spark.ml.evaluation.MulticlassClassificationEvaluator
import org.apache.spark.ml.linalg.Vectors
import org.apache.spark.sql.SparkSession

object Xor {

  def main(args: Array[String]): Unit = {
    val spark = SparkSession.builder().appName("xor").getOrCreate()
    import spark.implicits._

    val cases = for (a <- Seq(0.0, 1.0); b <- Seq(0.0, 1.0)) yield (Vectors.dense(a, b), if (a == b) 0 else 1)
    // Each case many times, so that one epoch holds many steps.
    val table = Seq.fill(64)(cases).flatten.toDF("features", "label").coalesce(1)

    def accuracy(network: Network): Double = {
      val learner = new CnnClassifier()
        .setNetwork(network)
        .setLearningRate(0.1)
        .setMomentum(0.9)
        .setBatchSize(16)
        .setEpochs(20)
        .setSeed(1)
        .setVerbose(false)
      val predictions = learner.fit(table).transform(cases.toDF("features", "label"))
      predictions.select("features", "label", "prediction").show()
      new MulticlassClassificationEvaluator().setMetricName("accuracy").evaluate(predictions)
    }

    val one = accuracy(Network.input(2).dense(2))
    println(s"one layer: accuracy $one")
    val two = accuracy(Network.input(2).dense(8).relu.dense(2))
    println(s"two layers: accuracy $two")
    require(one <= 0.75, "one layer cannot learn exclusive or")
    require(two == 1.0, "two layers must learn exclusive or")
    spark.stop()
  }
}
