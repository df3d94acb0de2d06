/* The transformer that makes features of images: the output of a network's layer. */
package firesteel.ml

import firesteel.sql.{Invalid, Layers, Reading}

import org.apache.spark.ml.linalg.SQLDataTypes
import org.apache.spark.ml.param.{ParamMap, StringArrayParam}
import org.apache.spark.ml.util.{DefaultParamsReadable, Identifiable}
import org.apache.spark.sql.{DataFrame, Dataset}
import org.apache.spark.sql.types.StructField

/**
 * Appends what a layer of a network makes of each image, as a vector: features from which another stage learns
 * (transfer learning; Donahue et al. 2014, "DeCAF").
 *
 * The input column holds encoded images (BINARY), Spark's `image` structs, or inputs of the network's shape. With
 * `handleInvalid` skip a row whose image cannot be scored is left out, with keep its vector is of NaN.
 *
 * Where the same images are needed again and again, as in a CrossValidator, `spark.firesteel.cache.bytes` lets executors
 * remember what they have computed.
 */
class ImageFeaturizer(override val uid: String) extends ImageStage {

  def this() = this(Identifiable.randomUID("imageFeaturizer"))

  /**
   * The layers whose outputs are put one behind the other; `mean(name)` stands for the mean of each channel of a layer's
   * map. By default the one that the last layer with weights reads: the means where it gives a map.
   * @group param
   */
  final val layers: StringArrayParam = new StringArrayParam(
    this,
    "layers",
    "the layers whose outputs are put one behind the other; mean(name) stands for the mean of each channel of a layer's " +
      "map; if empty, the one that the last layer with weights reads"
  )

  setDefault(layers -> Array.empty[String])

  /** @group getParam */
  final def getLayers: Array[String] = $(layers)

  /** @group setParam */
  def setLayers(value: Array[String]): this.type = set(layers, value)

  override protected def output: StructField =
    StructField($(outputCol), SQLDataTypes.VectorType, nullable = false)

  override def transform(dataset: Dataset[_]): DataFrame = {
    transformSchema(dataset.schema, logging = true)
    val found = storedModel(dataset.sparkSession)
    val named = Layers.of(found, Option($(layers)).filter(_.nonEmpty).map(_.mkString(",")))
    Scoring($(inputCol), found, Some(named), $(handleInvalid), Invalid.Keep(Layers.width(found, named)))
      .append(dataset, Seq($(outputCol) -> Reading.RawVector))
  }

  override def copy(extra: ParamMap): ImageFeaturizer = defaultCopy(extra)
}

object ImageFeaturizer extends DefaultParamsReadable[ImageFeaturizer] {
  override def load(path: String): ImageFeaturizer = super.load(path)
}
