/* Learns to read handwritten digits: IDX files -> DataFrame -> CNN -> saved model -> accuracy, all inside Spark.
 *
 *   spark-submit --jars firesteel-spark_2.13-<version>.jar --class firesteel.examples.Digits \
 *     firesteel-examples_2.13-<version>.jar <folder with MNIST's four files> [<folder for the model>]
 */
package firesteel.examples

import java.nio.file.Files

import firesteel.ml.{CnnClassificationModel, CnnClassifier, Network}
import firesteel.report.Evaluation

import org.apache.spark.sql.{DataFrame, SparkSession}

object Digits {

  def main(args: Array[String]): Unit = {
    val data = args(0)
    val path = if (args.length > 1) args(1) else Files.createTempDirectory("digits").resolve("model").toString
    val spark = SparkSession.builder().appName("digits").getOrCreate()

    val train = spark.read.format("idx").load(s"$data/train-images-idx3-ubyte.gz")
    val test = spark.read.format("idx").load(s"$data/t10k-images-idx3-ubyte.gz")
    val shape = train.schema("image").metadata.getLongArray("shape")
    println(
      s"${train.count()} digits of ${shape.mkString("x")} to learn from, ${test.count()} to be tested on")

    val input = Network.input(shape.map(_.toInt).toSeq: _*)
    val network =
      if (shape.last >= 28)
        input
          .conv(20, kernel = 5)
          .relu
          .maxPool(2)
          .conv(50, kernel = 5)
          .relu
          .maxPool(2)
          .flatten
          .dense(500)
          .relu
          .dense(10)
      else // smaller pictures
        input
          .conv(32, kernel = 3, padding = 1)
          .relu
          .maxPool(2)
          .conv(64, kernel = 3, padding = 1)
          .relu
          .maxPool(2)
          .flatten
          .dense(128)
          .relu
          .dense(10)
    println(network.summary)

    // Small sets need more passes over the data to see as many digits.
    val epochs = if (train.count() < 10000) 30 else 3
    val cnn = new CnnClassifier()
      .setFeaturesCol("image")
      .setLabelCol("label")
      .setNetwork(network)
      .setLearningRate(if (epochs > 3) 0.05 else 0.01)
      .setMomentum(0.9)
      .setBatchSize(64)
      .setEpochs(epochs)
      .setSeed(1)
    val trained = cnn.fit(train)
    trained.summary.history.show(epochs)
    trained.write.overwrite().save(path)
    println(s"saved to $path")

    // From here on nothing needs libtorch.
    val model = CnnClassificationModel.load(path)
    val predictions = model.transform(test).cache()
    val evaluation = Evaluation.of(predictions)
    println(f"test accuracy: ${evaluation.accuracy}%.4f")
    println(evaluation)

    predictions.createOrReplaceTempView("predictions")
    println("How often each digit was read right, and what it was taken for otherwise:")
    spark
      .sql(
        """SELECT label, count(*) AS digits, sum(int(prediction = label)) AS right,
          |       array_join(sort_array(collect_set(CASE WHEN prediction <> label THEN int(prediction) END)), ' ')
          |         AS taken_for
          |FROM predictions GROUP BY label ORDER BY label""".stripMargin
      )
      .show()
    draw(predictions, shape(2).toInt)
    spark.stop()
  }

  /** Draws the first ten digits as text, with what they are and what the model reads. */
  private def draw(predictions: DataFrame, width: Int): Unit = {
    val shades = " .:-=+*#%@"
    val pictures =
      predictions.select("image", "label", "prediction", "probability").limit(10).collect().map { row =>
        val rows = row.getAs[Array[Byte]]("image").grouped(width).map { line =>
          line.map(pixel => shades((pixel & 0xff) * (shades.length - 1) / 255)).mkString
        }
        val prediction = row.getAs[Double]("prediction").toInt
        val probability = row.getAs[org.apache.spark.ml.linalg.Vector]("probability")(prediction)
        val title = f"${row.getAs[Int]("label")}%d read as $prediction%d, ${100 * probability}%.0f %%"
        val column = math.max(width, title.length)
        (title +: rows.toSeq).map(_.padTo(column, ' '))
      }
    for (line <- pictures.grouped(5))
      println(line.toSeq.transpose.map(_.mkString("  ")).mkString("\n") + "\n")
  }
}
