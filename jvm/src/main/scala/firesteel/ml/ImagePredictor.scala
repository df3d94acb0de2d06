/* The transformer that labels images: the most likely classes with their probabilities. */
package firesteel.ml

import firesteel.sql.{Invalid, Labels, Reading}

import org.apache.spark.ml.param.{IntParam, ParamMap, ParamValidators}
import org.apache.spark.ml.util.{DefaultParamsReadable, Identifiable}
import org.apache.spark.sql.{DataFrame, Dataset}
import org.apache.spark.sql.types.StructField

/**
 * Appends the most likely classes of each image with their probabilities, the most likely first:
 * ARRAY of STRUCT(label STRING, probability FLOAT).
 *
 * The input column holds encoded images (BINARY), Spark's `image` structs, or inputs of the network's shape. With
 * `handleInvalid` skip a row whose image cannot be scored is left out, with keep its output is null.
 */
class ImagePredictor(override val uid: String) extends ImageStage {

  def this() = this(Identifiable.randomUID("imagePredictor"))

  /**
   * How many classes are told of each image; 1 or more. 5 by default.
   * @group param
   */
  final val topK: IntParam =
    new IntParam(this, "topK", "how many classes are told of each image", ParamValidators.gtEq(1))

  setDefault(topK -> 5)

  /** @group getParam */
  final def getTopK: Int = $(topK)

  /** @group setParam */
  def setTopK(value: Int): this.type = set(topK, value)

  private def reading(labels: Seq[String]): Reading = Reading.TopK($(topK), Labels(labels))

  override protected def output: StructField =
    StructField($(outputCol), reading(Nil).dataType, nullable = $(handleInvalid) != "error")

  override def transform(dataset: Dataset[_]): DataFrame = {
    transformSchema(dataset.schema, logging = true)
    val found = storedModel(dataset.sparkSession)
    Scoring($(inputCol), found, None, $(handleInvalid), Invalid.Null)
      .append(dataset, Seq($(outputCol) -> reading(found.description.labels)))
  }

  override def copy(extra: ParamMap): ImagePredictor = defaultCopy(extra)
}

object ImagePredictor extends DefaultParamsReadable[ImagePredictor] {
  override def load(path: String): ImagePredictor = super.load(path)
}
