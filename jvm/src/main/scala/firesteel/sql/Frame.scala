/* Spark's image type, as bytes that native code knows. */
package firesteel.sql

import java.nio.{ByteBuffer, ByteOrder}

import org.apache.spark.ml.image.ImageSchema
import org.apache.spark.sql.Row
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.types.{DataType, StructType}

/** Pixels that were decoded already: native/image/src/frame.rs has the layout. */
private[firesteel] object Frame {
  private val Signature = Array(0xf5, 'F', 'r', 'a', 'm', 'e', '\r', '\n').map(_.toByte)

  /** Whether a type is that of `spark.read.format("image")`. */
  def isOf(struct: StructType): Boolean = DataType.equalsIgnoreNullability(struct, ImageSchema.columnSchema)

  /** An image, null for null; one that Spark could not read is a frame without pixels. */
  def of(image: InternalRow): Array[Byte] =
    if (image == null) null
    else make(image.getInt(1), image.getInt(2), image.getInt(3), image.getBinary(5))

  /** The same of a row outside of plans. */
  def of(image: Row): Array[Byte] = {
    def number(i: Int): Int = if (image.isNullAt(i)) 0 else image.getInt(i)
    make(number(1), number(2), number(3), image.getAs[Array[Byte]](5))
  }

  private def make(height: Int, width: Int, channels: Int, pixels: Array[Byte]): Array[Byte] = {
    val data = Option(pixels).getOrElse(Array.emptyByteArray)
    val frame = ByteBuffer.allocate(Signature.length + 12 + data.length).order(ByteOrder.LITTLE_ENDIAN)
    frame.put(Signature).putInt(width).putInt(height).putInt(channels).put(data).array()
  }
}
