/* Encoded images as the bytes that are stored for training. */
package firesteel.infer

import firesteel.Settings
import firesteel.jni.Images

/**
 * Decodes, resizes and crops images as they are stored; raw pixels stay as they are.
 *
 * @param limits of encoded images: see [[ModelCache.Key]]
 */
private[firesteel] final class PixelReader(stored: StoredImages, limits: String) extends Serializable {

  /** The bytes of each row, or what is wrong with it, to be put after its name. */
  def read(rows: Array[Array[Byte]]): Seq[Either[String, Array[Byte]]] =
    // A vector's bytes are no image.
    if (stored.shape.length != 3) rows.toSeq.map(Right(_))
    else rows.grouped(math.max(1, PixelReader.BytesAtOnce / stored.values)).flatMap(readSome).toSeq

  private def readSome(rows: Array[Array[Byte]]): Seq[Either[String, Array[Byte]]] = {
    Settings.prepareNative()
    val values = stored.values
    val pixels = new Array[Byte](rows.length * values)
    val status = new Array[Byte](rows.length)
    Images.prepare(rows, stored.preprocessing, stored.shape.toArray, limits, pixels, status)
    rows.indices.map { i =>
      val result =
        new Result(status(i), null, if (rows(i) == null) 0 else rows(i).length, InputKind.Bytes.orElse)
      if (result.isOk) Right(pixels.slice(i * values, (i + 1) * values))
      else Left(result.problem(stored.input, values))
    }
  }
}

private object PixelReader {

  /** As many bytes as one call may give, unless a single image has more. */
  private val BytesAtOnce = 64 << 20
}
