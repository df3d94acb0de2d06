/* The SQL functions for the DataFrame API. */
package firesteel

import org.apache.spark.sql.Column
import org.apache.spark.sql.functions.{call_function, lit}

/**
 * The SQL functions as functions of columns. An image is BINARY (an encoded image, or a byte for
 * each value of the network's input), Spark's image, a vector or an array of numbers; `image_info` and `image_resize`
 * refuse vectors and arrays of numbers other than bytes. A model is a path, or a name below
 * `spark.firesteel.models.dir`; without one, that of `spark.firesteel.model`. Each has a twin `try_...`, which gives
 * null for a bad image where the plain one fails.
 */
object functions {

  /** The label of the most likely class: STRING; of an array of BINARY, an array of labels. */
  def classify(image: Column): Column = call("classify", image)
  def classify(image: Column, model: String): Column = call("classify", image, lit(model))
  def try_classify(image: Column): Column = call("try_classify", image)
  def try_classify(image: Column, model: String): Column = call("try_classify", image, lit(model))

  /** The probability of the most likely class: FLOAT. */
  def classify_score(image: Column): Column = call("classify_score", image)
  def classify_score(image: Column, model: String): Column = call("classify_score", image, lit(model))
  def try_classify_score(image: Column): Column = call("try_classify_score", image)
  def try_classify_score(image: Column, model: String): Column = call("try_classify_score", image, lit(model))

  /** The k most likely classes, the most likely first: ARRAY of STRUCT(label STRING, probability FLOAT). */
  def classify_topk(image: Column, k: Int): Column = call("classify_topk", image, lit(k))
  def classify_topk(image: Column, k: Int, model: String): Column =
    call("classify_topk", image, lit(k), lit(model))
  def try_classify_topk(image: Column, k: Int): Column = call("try_classify_topk", image, lit(k))
  def try_classify_topk(image: Column, k: Int, model: String): Column =
    call("try_classify_topk", image, lit(k), lit(model))

  /** The probability of each class: ARRAY of FLOAT. */
  def classify_probabilities(image: Column): Column = call("classify_probabilities", image)
  def classify_probabilities(image: Column, model: String): Column =
    call("classify_probabilities", image, lit(model))
  def try_classify_probabilities(image: Column): Column = call("try_classify_probabilities", image)
  def try_classify_probabilities(image: Column, model: String): Column =
    call("try_classify_probabilities", image, lit(model))

  /**
   * The output of a layer: ARRAY of FLOAT. `mean(layer)` is the mean of each channel of a layer's map; the outputs of
   * several layers, with commas between, are put one behind the other. By default the layer that the last one with
   * weights reads: of a map the means.
   */
  def image_features(image: Column): Column = call("image_features", image)
  def image_features(image: Column, model: String): Column = call("image_features", image, lit(model))
  def image_features(image: Column, model: String, layer: String): Column =
    call("image_features", image, lit(model), lit(layer))
  def try_image_features(image: Column): Column = call("try_image_features", image)
  def try_image_features(image: Column, model: String): Column = call("try_image_features", image, lit(model))
  def try_image_features(image: Column, model: String, layer: String): Column =
    call("try_image_features", image, lit(model), lit(layer))

  /**
   * What the header of an encoded image says: STRUCT(format STRING, width, height, channels, orientation INT). The
   * format is jpeg, png, webp, gif, bmp or tiff, or frame for Spark's image.
   */
  def image_info(image: Column): Column = call("image_info", image)
  def try_image_info(image: Column): Column = call("try_image_info", image)

  /**
   * An encoded image turned upright and resized, bilinearly, as a PNG: BINARY. Takes JPEG, PNG, WebP and Spark's image;
   * GIF, BMP and TIFF, which `image_info` reads, are bad images here. So is one that takes more than
   * `spark.firesteel.image.maxAllocation` together with the resized one.
   */
  def image_resize(image: Column, width: Int, height: Int): Column =
    call("image_resize", image, lit(width), lit(height))
  def try_image_resize(image: Column, width: Int, height: Int): Column =
    call("try_image_resize", image, lit(width), lit(height))

  /** The SHA-256 of a model's file: STRING. */
  def model_version(): Column = call("model_version")
  def model_version(model: String): Column = call("model_version", lit(model))

  private def call(name: String, arguments: Column*): Column = call_function(name, arguments: _*)
}
