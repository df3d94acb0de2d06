/* Encoded images by themselves: what their headers say, and other sizes of them. */
package firesteel.infer

import firesteel.Settings
import firesteel.jni.Images

/**
 * What a header says.
 *
 * @param width columns as stored
 * @param height rows as stored
 * @param channels values of a stored pixel
 * @param orientation that of EXIF, 1 to 8; 1 is upright
 */
private[firesteel] final case class ImageHeader(
    format: String,
    width: Int,
    height: Int,
    channels: Int,
    orientation: Int)

private[firesteel] object EncodedImages {
  // In the order of their numbers, from 1: firesteel.jni.Images.
  private val Formats = Seq("jpeg", "png", "webp", "gif", "bmp", "tiff", "frame")

  /**
   * Reads a header; an error is what is wrong with the image, to be put after its name.
   *
   * @param limits of encoded images: see [[ModelCache.Key]]
   */
  def header(image: Array[Byte], limits: String): Either[String, ImageHeader] = {
    Settings.prepareNative()
    val (found, status) = (new Array[Int](Images.INFO_VALUES), new Array[Byte](1))
    Images.info(Array(image), limits, found, status)
    result(status(0), image) {
      val Array(format, width, height, channels, orientation) = found: @unchecked
      ImageHeader(Formats(format - 1), width, height, channels, orientation)
    }
  }

  /** Turns an image upright and resizes it, bilinearly: a PNG. */
  def resize(image: Array[Byte], width: Int, height: Int, limits: String): Either[String, Array[Byte]] = {
    Settings.prepareNative()
    val (found, status) = (new Array[Array[Byte]](1), new Array[Byte](1))
    Images.resize(Array(image), width, height, limits, found, status)
    result(status(0), image)(found(0))
  }

  private def result[T](status: Byte, image: Array[Byte])(value: => T): Either[String, T] = {
    val result = new Result(status, null, image.length)
    if (result.isOk) Right(value) else Left(result.imageProblem)
  }
}
