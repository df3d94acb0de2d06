/* How images for training are stored: as the network sees them, or larger, for random changes to cut from. */
package firesteel.infer

import firesteel.Settings
import firesteel.jni.Images

import org.json4s.JsonDSL._
import org.json4s.jackson.JsonMethods.{compact, parse, render}

/**
 * @param shape of a stored image, or of a vector
 * @param name what messages call it, without its shape
 * @param preprocessing what makes a stored image of an encoded one, as JSON
 * @param augmentations the random changes that make the network's input of it, as a JSON array
 */
private[firesteel] final case class StoredImages(
    shape: Seq[Int],
    name: String,
    preprocessing: String,
    augmentations: String) {

  /** The number of values of one image. */
  def values: Int = shape.product

  /** The shape, after what it is of. */
  def input: String = s"$name ${shape.mkString("x")}"
}

private[firesteel] object StoredImages {

  /**
   * Checks changes against a network and its preprocessing.
   *
   * @param augmentations the changes, each as JSON; images are stored as the network sees them where there are none
   * @throws IllegalArgumentException naming the change that is wrong, or the sizes that do not fit
   */
  def of(augmentations: Seq[String], preprocessing: String, network: NetworkDescription): StoredImages =
    if (augmentations.isEmpty) StoredImages(network.input, "the network's input", preprocessing, "[]")
    else {
      Settings.prepareNative()
      val found = parse(Images.stored(compact(augmentations), preprocessing, network.input.toArray))
      StoredImages(
        Json.numbers(found \ "shape"),
        "the image before augmentations",
        compact(render(found \ "preprocessing")),
        compact(render(found \ "augmentations")))
    }
}
