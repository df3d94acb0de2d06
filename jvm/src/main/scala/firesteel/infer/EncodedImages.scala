/* What is made of encoded images without a network: what their headers say, and other sizes of them. */
package firesteel.infer

import firesteel.Settings
import firesteel.jni.Images

import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.unsafe.types.UTF8String

/** Reads headers: each result is a row of format, width, height, channels and EXIF orientation. */
private[firesteel] final case class HeaderReader(limits: String) extends ImageWorker {
  override def apply(images: Array[Array[Byte]]): Array[Result] = {
    val (found, status) =
      (new Array[Int](Images.INFO_VALUES * images.length), new Array[Byte](images.length))
    Images.info(images, limits, found, status)
    results(images, status) { i =>
      val Array(format, width, height, channels, orientation) =
        found.slice(Images.INFO_VALUES * i, Images.INFO_VALUES * (i + 1)): @unchecked
      InternalRow(
        UTF8String.fromString(HeaderReader.Formats(format - 1)),
        width,
        height,
        channels,
        orientation)
    }
  }
}

private[firesteel] object HeaderReader {
  // In the order of their numbers, from 1: firesteel.jni.Images.
  private val Formats = Seq("jpeg", "png", "webp", "gif", "bmp", "tiff", "frame")
}

/** Turns images upright and resizes them, bilinearly: each result is a PNG. */
private[firesteel] final case class Resizer(width: Int, height: Int, limits: String) extends ImageWorker {
  override def apply(images: Array[Array[Byte]]): Array[Result] = {
    val (found, status) = (new Array[Array[Byte]](images.length), new Array[Byte](images.length))
    Images.resize(images, width, height, limits, found, status)
    results(images, status)(found(_))
  }
}

/** A worker that needs nothing but the images, under some limits: see [[ModelCache.Key]]. */
private[firesteel] sealed trait ImageWorker extends Worker[Array[Byte]] with SentWork {
  override def key: Any = this

  override def forTask[V](kind: InputKind[V], rows: Int): Worker[V] = forRows(kind)

  /** It is asked for bytes alone: no other type of images is encoded. */
  override def forRows[V](kind: InputKind[V]): Worker[V] = {
    Settings.prepareNative()
    asInstanceOf[Worker[V]]
  }

  protected def results(images: Array[Array[Byte]], status: Array[Byte])(value: Int => Any): Array[Result] =
    Array.tabulate(images.length) { i =>
      val isOk = status(i) == Result.Ok
      new Result(status(i), if (isOk) value(i) else null, images(i).length)
    }
}
