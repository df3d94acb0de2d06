/* The estimator: trains a convolutional network inside Spark tasks. */
package firesteel.ml

import scala.reflect.ClassTag

import firesteel.Settings
import firesteel.infer.{ModelFile, NetworkDescription, PixelReader, StoredImages}
import firesteel.train.{InitialWeights, Plan, RoundConfiguration, Rounds, Values}

import org.apache.spark.ml.attribute.{Attribute, NominalAttribute}
import org.apache.spark.ml.classification.ProbabilisticClassifier
import org.apache.spark.ml.linalg.Vector
import org.apache.spark.ml.param.ParamMap
import org.apache.spark.ml.util.{DefaultParamsReadable, DefaultParamsWritable, Identifiable}
import org.apache.spark.sql.{Dataset, Row}
import org.apache.spark.sql.types.StructType
import org.json4s.JsonDSL._
import org.json4s.jackson.JsonMethods.compact

/**
 * Trains a network for classification by stochastic gradient descent on cross-entropy, on libtorch, inside Spark
 * tasks.
 *
 * The features column holds encoded images (BINARY), Spark's `image` structs, or inputs of the network's shape,
 * `[channels, height, width]` or `[n]`: BINARY with a byte per value, a vector, or an array of numbers. The label
 * column holds 0 to k - 1 for k classes.
 *
 * The same seed, data and settings give the same weights, bit for bit, on the same build and processor features.
 */
class CnnClassifier(override val uid: String)
    extends ProbabilisticClassifier[Vector, CnnClassifier, CnnClassificationModel]
    with CnnClassifierParams
    with DefaultParamsWritable {

  def this() = this(Identifiable.randomUID("cnnClassifier"))

  /** @group setParam */
  def setNetwork(value: Network): this.type = set(network, value.toJson)

  /** @group setParam */
  def setNetwork(value: String): this.type = set(network, value)

  /** @group setParam */
  def setEpochs(value: Int): this.type = set(epochs, value)

  /** @group setParam */
  def setBatchSize(value: Int): this.type = set(batchSize, value)

  /** @group setParam */
  def setLearningRate(value: Double): this.type = set(learningRate, value)

  /** @group setParam */
  def setMomentum(value: Double): this.type = set(momentum, value)

  /** @group setParam */
  def setWeightDecay(value: Double): this.type = set(weightDecay, value)

  /** @group setParam */
  def setInitializer(value: String): this.type = set(initializer, value)

  /** @group setParam */
  def setLabels(value: Array[String]): this.type = set(labels, value)

  /** @group setParam */
  def setScale(value: Double): this.type = set(scale, value)

  /** @group setParam */
  def setMean(value: Array[Double]): this.type = set(mean, value)

  /** @group setParam */
  def setStd(value: Array[Double]): this.type = set(std, value)

  /** @group setParam */
  def setSeed(value: Long): this.type = set(seed, value)

  /** @group setParam */
  def setHandleInvalid(value: String): this.type = set(handleInvalid, value)

  /** @group setParam */
  def setResize(value: String): this.type = set(resize, value)

  /** @group setParam */
  def setShortSide(value: Int): this.type = set(shortSide, value)

  /** @group setParam */
  def setInitialModel(value: String): this.type = set(initialModel, value)

  /** @group setParam */
  def setTrainableLayers(value: Array[String]): this.type = set(trainableLayers, value)

  /** @group setParam */
  def setAugmentations(value: Augmentation*): this.type = set(augmentations, value.map(_.toJson).toArray)

  /** @group setParam */
  def setAugmentations(value: Array[String]): this.type = set(augmentations, value)

  /** @group setParam */
  def setVerbose(value: Boolean): this.type = set(verbose, value)

  override def copy(extra: ParamMap): CnnClassifier = defaultCopy(extra)

  /** Checks the columns and the network before anything runs. */
  override def transformSchema(schema: StructType): StructType = {
    description.check($(featuresCol), Features.shape(schema, $(featuresCol)))
    require(
      $(augmentations).isEmpty || Features.of(schema, $(featuresCol)) == Features.Bytes,
      s"augmentations change pixels, but column '${$(featuresCol)}' holds numbers: give images, or a byte per value"
    )
    Schema.checkLabel(schema, $(labelCol))
    Schema.checkThresholds(this, description.classes)
    Schema.transform(schema, this)
  }

  override protected def train(dataset: Dataset[_]): CnnClassificationModel =
    Features.of(dataset.schema, $(featuresCol)) match {
      case Features.Bytes =>
        trainOn(dataset, Features.Bytes, Values.Bytes) { stored =>
          val limits = Settings.imageLimits(Settings.of(dataset.sparkSession))
          val reader = new PixelReader(stored, limits)
          reader.read
        }
      case Features.Numbers =>
        trainOn(dataset, Features.Numbers, Values.Floats)(_ => rows => rows.toSeq.map(Right(_)))
    }

  private def trainOn[V <: AnyRef: ClassTag](dataset: Dataset[_], features: Features[V], values: Values[V])(
      reading: StoredImages => Array[V] => Seq[Either[String, V]]
  ): CnnClassificationModel = {
    val net = description
    val names = labelNames(dataset.schema)
    val start = get(initialModel).map(StartingModel.read(_, dataset.sparkSession))
    val preprocessing = Preprocessing.of(this, net, start.map(_.preprocessing))
    val initial = start match {
      case Some(model) => model.weights(net, $(initializer), $(seed))
      case None => InitialWeights.draw(net.json, $(initializer), $(seed))
    }
    // Written once before training, so that settings which do not fit are found now and not at the end.
    ModelFile.write(net.json, preprocessing, names, initial)
    val stored = StoredImages.of($(augmentations).toSeq, preprocessing, net)

    val configuration = RoundConfiguration(
      net.json,
      preprocessing,
      $(learningRate),
      $(momentum),
      $(weightDecay),
      Settings.device(Settings.of(dataset.sparkSession)),
      $(trainableLayers).toSeq,
      stored.augmentations
    )
    val plan = Plan(values, stored.values, configuration, $(batchSize), $(epochs), workers = 1, $(seed))
    val check =
      new TrainingRow($(featuresCol), $(labelCol), features, reading(stored), stored, net.classes)
    val rows = dataset.select($(featuresCol), $(labelCol)).toDF().rdd.mapPartitionsWithIndex(check.all)
    val (weights, history) = Rounds.run(rows, plan, initial, $(verbose))
    new CnnClassificationModel(uid, ModelFile.write(net.json, preprocessing, names, weights).bytes)
      .setSummary(new CnnTrainingSummary(dataset.sparkSession, history))
  }

  private def description: NetworkDescription = {
    require(
      isDefined(network),
      s"the parameter network of $uid is not set: setNetwork(Network.input(...)...)")
    NetworkDescription.of($(network))
  }

  /** The classes' names as a JSON array. */
  private def labelNames(schema: StructType): String = {
    val names: Seq[String] =
      if (isSet(labels)) $(labels).toSeq
      else
        Attribute.fromStructField(schema($(labelCol))) match {
          case nominal: NominalAttribute => nominal.values.fold(Seq.empty[String])(_.toSeq)
          case _ => Seq.empty
        }
    compact(names)
  }
}

object CnnClassifier extends DefaultParamsReadable[CnnClassifier] {
  override def load(path: String): CnnClassifier = super.load(path)
}

/** Turns rows of (features, label) into checked training rows. */
private[ml] final class TrainingRow[V <: AnyRef](
    featuresCol: String,
    labelCol: String,
    features: Features[V],
    read: Array[V] => Seq[Either[String, V]],
    stored: StoredImages,
    classes: Int)(implicit tag: ClassTag[V])
    extends Serializable {

  /** The rows of a partition; an error names the partition, the row in it and the column. */
  def all(partition: Int, rows: Iterator[Row]): Iterator[(V, Int)] =
    rows.zipWithIndex.grouped(TrainingRow.AtOnce).flatMap { some =>
      val inputs = read(some.map { case (row, _) => features.input(row.get(0)) }.toArray)
      some.zip(inputs).map { case ((row, i), input) =>
        checked(row, input, s"row $i of partition $partition")
      }
    }

  private def checked(row: Row, read: Either[String, V], place: String): (V, Int) = {
    def bad(column: String, problem: String) =
      throw new IllegalArgumentException(s"$place: column '$column' $problem")
    if (row.isNullAt(0)) bad(featuresCol, "is null; filter such rows out")
    val input = read.fold(bad(featuresCol, _), identity)
    val found = java.lang.reflect.Array.getLength(input)
    if (found != stored.values)
      bad(featuresCol, s"has $found values, ${stored.input} has ${stored.values}")
    if (row.isNullAt(1)) bad(labelCol, "is null; filter such rows out")
    val label = row.getDouble(1)
    if (label != label.toInt || label < 0 || label >= classes)
      bad(labelCol, s"is $label: labels must be whole numbers from 0 to ${classes - 1}")
    (input, label.toInt)
  }
}

private[ml] object TrainingRow {

  /** So many images are decoded by one native call. */
  private val AtOnce = 32
}
