/* Random changes of training images. */
package firesteel.ml

import org.json4s.JObject
import org.json4s.JsonDSL._
import org.json4s.jackson.JsonMethods.compact

/**
 * A random change of training images, named after torchvision's transform where it has one, and computed as Pillow
 * computes it. Nothing is checked until a [[CnnClassifier]] is fitted.
 *
 * {{{
 *   cnn.setAugmentations(Augmentation.randomResizedCrop(224, 224), Augmentation.randomHorizontalFlip())
 * }}}
 */
final class Augmentation private (name: String, options: JObject) extends Serializable {

  /** The change as JSON, as the parameter `augmentations` takes it. */
  val toJson: String = compact(JObject(name -> options))

  override def toString: String = toJson

  override def equals(other: Any): Boolean = other match {
    case that: Augmentation => that.toJson == toJson
    case _ => false
  }

  override def hashCode: Int = toJson.hashCode
}

object Augmentation {

  /**
   * A part of that size, anywhere: torchvision's `RandomCrop`.
   *
   * @param rows of the part, in pixels
   * @param columns of the part, in pixels
   * @param padding zeros that are put on each side of the image before
   */
  def randomCrop(rows: Int, columns: Int, padding: Int = 0): Augmentation =
    new Augmentation("randomCrop", ("size" -> Seq(rows, columns)) ~ ("padding" -> padding))

  /**
   * A part of random area and proportion, resized bilinearly: torchvision's `RandomResizedCrop`.
   *
   * @param rows of the result, in pixels
   * @param columns of the result, in pixels
   * @param scale least and largest share of the image's area, above 0 to 1
   * @param ratio least and largest width / height of the part, above 0
   */
  def randomResizedCrop(
      rows: Int,
      columns: Int,
      scale: (Double, Double) = (0.08, 1.0),
      ratio: (Double, Double) = (3.0 / 4.0, 4.0 / 3.0)): Augmentation =
    new Augmentation(
      "randomResizedCrop",
      ("size" -> Seq(rows, columns)) ~ ("scale" -> Seq(scale._1, scale._2)) ~ ("ratio" -> Seq(
        ratio._1,
        ratio._2)))

  /**
   * Left and right exchanged: torchvision's `RandomHorizontalFlip`.
   *
   * @param probability how often, 0 to 1
   */
  def randomHorizontalFlip(probability: Double = 0.5): Augmentation =
    new Augmentation("randomHorizontalFlip", "probability" -> probability)

  /**
   * Moved by whole pixels, zeros moving in: the `translate` of torchvision's `RandomAffine`.
   *
   * @param rows how far up or down at most, as a share of the height, 0 to 1
   * @param columns how far left or right at most, as a share of the width, 0 to 1
   */
  def randomShift(rows: Double, columns: Double): Augmentation =
    new Augmentation("randomShift", ("rows" -> rows) ~ ("columns" -> columns))

  /**
   * Turned about its centre, by the nearest pixel, zeros in the corners: torchvision's `RandomRotation`.
   *
   * @param degrees the largest angle either way, 0 to 180
   */
  def randomRotation(degrees: Double): Augmentation =
    new Augmentation("randomRotation", "degrees" -> degrees)

  /**
   * Brightness, contrast, saturation and hue changed in a random order: torchvision's `ColorJitter`. Grey images have
   * neither saturation nor hue.
   *
   * @param brightness how far its factor may be from 1; at least 0
   * @param contrast how far its factor may be from 1; at least 0
   * @param saturation how far its factor may be from 1; at least 0
   * @param hue how far it may be moved, as a share of the circle of hues, 0 to 0.5
   */
  def colorJitter(
      brightness: Double = 0.0,
      contrast: Double = 0.0,
      saturation: Double = 0.0,
      hue: Double = 0.0): Augmentation =
    new Augmentation(
      "colorJitter",
      ("brightness" -> brightness) ~ ("contrast" -> contrast) ~ ("saturation" -> saturation) ~ ("hue" -> hue))
}
