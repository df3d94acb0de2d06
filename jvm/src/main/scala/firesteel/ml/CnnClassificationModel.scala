/* The model: a trained network as a transformer. */
package firesteel.ml

import firesteel.infer.ModelFile
import firesteel.sql.{ImageInput, Invalid, MemoryModel, ModelReference, Probabilities, Reading}

import org.apache.spark.ml.classification.ProbabilisticClassificationModel
import org.apache.spark.ml.firesteel.ModelFolder
import org.apache.spark.ml.linalg.{DenseVector, Vector}
import org.apache.spark.ml.param.ParamMap
import org.apache.spark.ml.util.{Identifiable, MLReadable, MLReader, MLWritable, MLWriter}
import org.apache.spark.sql.{DataFrame, Dataset}
import org.apache.spark.sql.types.StructType

/**
 * Classifies images, vectors or arrays with a trained network, by Firesteel's own kernels: libtorch is not needed.
 *
 * The scores of a row depend on nothing but the row: not on its batch, its partition or the plan.
 *
 * @param file the bytes of a model file
 */
class CnnClassificationModel private[firesteel] (
    override val uid: String,
    private[firesteel] val file: Array[Byte])
    extends ProbabilisticClassificationModel[Vector, CnnClassificationModel]
    with CnnModelParams
    with MLWritable {

  /** For Spark Connect, which looks classes up by a constructor without arguments. */
  def this() = this(Identifiable.randomUID("cnnClassificationModel"), Array.emptyByteArray)

  @transient private lazy val modelFile = new ModelFile(file)
  @transient private var trainingSummary: Option[CnnTrainingSummary] = None

  /** The model as plans know it. */
  private[firesteel] def reference: ModelReference = MemoryModel(modelFile)

  /** The file's SHA-256, as 64 hexadecimal digits: what identifies the model. */
  def digest: String = modelFile.digest

  /** The network's description, as JSON. */
  def network: String = modelFile.network.json

  /** The classes' names; empty where they have none. */
  def labels: Array[String] = modelFile.labels.toArray

  override def numClasses: Int = modelFile.network.classes

  override def numFeatures: Int = modelFile.network.inputValues

  /** The number of trained weights. */
  def numParameters: Int = modelFile.network.parameters

  /**
   * How images are scored: a table with a line for each step (the first of its layers, the kernel, the shape of the
   * result, millions of operations, bytes of weights), the sums, and the bytes of memory that a task takes. It is the
   * driver's: executors with other processors may use other kernels.
   */
  def plan: String = modelFile.plan

  /** Prints [[plan]]. Nothing is scored for it. */
  def explain(): Unit = println(plan)

  /** Whether this model comes from a fit in this application. */
  def hasSummary: Boolean = trainingSummary.isDefined

  /** How the training went; an error for a model that was loaded. */
  def summary: CnnTrainingSummary = trainingSummary.getOrElse {
    throw new IllegalStateException(
      s"$uid has no training summary: it was loaded, not trained in this application")
  }

  private[ml] def setSummary(summary: CnnTrainingSummary): this.type = {
    trainingSummary = Some(summary)
    this
  }

  /** @group setParam */
  def setHandleInvalid(value: String): this.type = set(handleInvalid, value)

  override def transformSchema(schema: StructType): StructType = {
    modelFile.network.check($(featuresCol), Features.shape(schema, $(featuresCol)))
    Schema.checkThresholds(this, numClasses)
    Schema.transform(schema, this)
  }

  override def transform(dataset: Dataset[_]): DataFrame = {
    transformSchema(dataset.schema, logging = true)
    val readings = Seq(
      $(rawPredictionCol) -> Reading.RawVector,
      $(probabilityCol) -> Reading.ProbabilityVector,
      $(predictionCol) -> Reading.Prediction(get(thresholds).map(_.toSeq))
    )
    Scoring($(featuresCol), reference, None, $(handleInvalid), Invalid.Keep(numClasses))
      .append(dataset, readings.filter(_._1.nonEmpty))
  }

  /** The scores of one input before softmax, computed here on the driver. */
  override def predictRaw(features: Vector): Vector =
    new DenseVector(modelFile.predict(ImageInput.floats(features)).map(_.toDouble))

  override protected def raw2probabilityInPlace(raw: Vector): Vector = {
    val dense = raw.toDense
    Probabilities.inPlace(dense.values)
    dense
  }

  override def copy(extra: ParamMap): CnnClassificationModel = {
    val copied = copyValues(new CnnClassificationModel(uid, file), extra).setParent(parent)
    trainingSummary.foreach(copied.setSummary)
    copied
  }

  /** Writes a folder with `metadata/` and `model.safetensors`. */
  override def write: MLWriter = new ModelFolder.Writer(this, file, digest)

  override def toString: String = {
    lazy val size = s", numClasses=$numClasses, numFeatures=$numFeatures, numParameters=$numParameters"
    s"CnnClassificationModel: uid=$uid${if (file.isEmpty) "" else size}"
  }
}

object CnnClassificationModel extends MLReadable[CnnClassificationModel] {
  override def read: MLReader[CnnClassificationModel] =
    new ModelFolder.Reader(classOf[CnnClassificationModel].getName, checked)

  /**
   * Loads a model.
   *
   * @param path a folder that [[CnnClassificationModel.write]] wrote, or a `model.safetensors` by itself
   */
  override def load(path: String): CnnClassificationModel = super.load(path)

  /** A model of a file that may have been changed or damaged. */
  private def checked(uid: String, file: Array[Byte], digest: Option[String]): CnnClassificationModel = {
    val model = new CnnClassificationModel(uid, file)
    for (expected <- digest) {
      require(
        model.digest == expected,
        s"the file was changed or damaged: its SHA-256 is ${model.digest}, the model's metadata says $expected"
      )
    }
    model.network
    model
  }
}
