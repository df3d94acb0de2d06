/* What most suites learn and score: small images of bars, and a network that tells them apart. */
package firesteel

import java.nio.{ByteBuffer, ByteOrder}

import scala.util.Random

import firesteel.jni.Models
import firesteel.ml.{CnnClassificationModel, CnnClassifier, Network}

import org.apache.spark.ml.linalg.Vector
import org.apache.spark.sql.functions.{col, udf}
import org.apache.spark.sql.types.{ArrayType, DataType, DoubleType, FloatType, IntegerType}
import org.apache.spark.sql.{Column, DataFrame, SparkSession}

/** Images of 1x8x8 bytes with some noise: class 0 has a bright row, class 1 a bright column, class 2 neither. */
object Bars {
  val values = 64
  val classes = 3

  val network: Network = Network.input(1, 8, 8).conv(4, kernel = 3).relu.maxPool(2).flatten.dense(classes)

  /** Images with their labels: a function of the arguments. */
  def images(rows: Int, seed: Int = 1): Seq[(Array[Byte], Int)] = {
    val random = new Random(seed)
    Seq.tabulate(rows) { i =>
      val label = i % classes
      val image = Array.fill(values)(random.nextInt(64).toByte)
      val place = random.nextInt(8)
      for (j <- 0 until 8) label match {
        case 0 => image(place * 8 + j) = 220.toByte
        case 1 => image(j * 8 + place) = 220.toByte
        case _ =>
      }
      image -> label
    }
  }

  /** A table with the columns id, features (BINARY) and label. */
  def table(spark: SparkSession, rows: Int, seed: Int = 1, partitions: Int = 2): DataFrame = {
    import spark.implicits._
    val all = images(rows, seed).zipWithIndex.map { case ((image, label), id) => (id, image, label) }
    spark.sparkContext.parallelize(all, partitions).toDF("id", "features", "label")
  }

  /** The bytes of a column as numbers, exactly as the default preprocessing makes them. */
  def scaled(bytes: Column): Column =
    udf((image: Array[Byte]) => image.map(b => (b & 0xff) / 255f)).apply(bytes)

  /** The bytes of a column as an array of numbers 0 to 255. */
  def numbers(bytes: Column, element: DataType): Column =
    udf((image: Array[Byte]) => image.map(_ & 0xff)).apply(bytes).cast(ArrayType(element))

  val numberTypes: Seq[DataType] = Seq(FloatType, DoubleType, IntegerType)

  /** Learns [[table]] in a few seconds. */
  def classifier: CnnClassifier =
    new CnnClassifier()
      .setNetwork(network)
      .setLearningRate(0.05)
      .setMomentum(0.9)
      .setBatchSize(16)
      .setEpochs(4)
      .setSeed(1)
      .setVerbose(false)

  /** A model that has learnt, made once. */
  def trained(spark: SparkSession): CnnClassificationModel = synchronized {
    if (fitted.isEmpty) fitted = Some(classifier.fit(table(spark, 600)))
    fitted.get
  }
  private var fitted: Option[CnnClassificationModel] = None

  /** A model file with random weights, which takes no training. */
  def file(seed: Long = 1, network: Network = network, labels: String = "[]"): Array[Byte] =
    Models.write(network.toJson, "{}", labels, Models.initialWeights(network.toJson, "uniform", seed))

  /** A model with random weights. */
  def untrained(seed: Long = 1, network: Network = network): CnnClassificationModel =
    new CnnClassificationModel(s"untrained_$seed", file(seed, network))

  /** The share of rows whose prediction is their label. */
  def accuracy(predictions: DataFrame): Double =
    predictions.filter(col("prediction") === col("label")).count().toDouble / predictions.count()

  /** The bits of the scores of each row, by its id. */
  def scores(predictions: DataFrame): Map[Int, Seq[Long]] = {
    val rows = predictions.select("id", "rawPrediction").collect().toSeq
    val scores = rows.map { row =>
      row.getInt(0) -> row.getAs[Vector](1).toArray.toSeq.map(java.lang.Double.doubleToRawLongBits)
    }
    require(scores.map(_._1).distinct.size == scores.size, "a row came twice")
    scores.toMap
  }

  /** The bytes of a model's weights: its file without the header. */
  def weights(model: CnnClassificationModel): Seq[Byte] = {
    val header = ByteBuffer.wrap(model.file).order(ByteOrder.LITTLE_ENDIAN).getLong
    model.file.drop(8 + header.toInt).toSeq
  }
}
