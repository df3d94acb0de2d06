/* Encoded images that the suites make: of any size and format, turned by their EXIF block, null and bad ones. */
package firesteel

import java.awt.image.BufferedImage
import java.io.ByteArrayOutputStream
import java.nio.{ByteBuffer, ByteOrder}
import java.util.Base64
import javax.imageio.ImageIO

import org.apache.spark.sql.{DataFrame, SparkSession}

object Pictures {

  /** A picture with a gradient, encoded by Java: dark at the upper left, bright at the lower right, red to the right. */
  def encoded(format: String, width: Int, height: Int, grey: Boolean = false): Array[Byte] = {
    val kind = if (grey) BufferedImage.TYPE_BYTE_GRAY else BufferedImage.TYPE_INT_RGB
    val image = new BufferedImage(width, height, kind)
    for (x <- 0 until width; y <- 0 until height) {
      val (a, b) = (x * 255 / width, y * 255 / height)
      image.setRGB(x, y, a << 16 | b << 8 | (a + b) / 2)
    }
    val out = new ByteArrayOutputStream
    require(ImageIO.write(image, format, out), format)
    out.toByteArray
  }

  /** A JPEG with an EXIF block that says how to turn it. */
  def turned(jpeg: Array[Byte], orientation: Int): Array[Byte] = {
    val exif =
      ByteBuffer.allocate(36).putShort(0xffe1.toShort).putShort(34).put("Exif\u0000\u0000II*\u0000".getBytes)
    exif.order(ByteOrder.LITTLE_ENDIAN).putInt(8).putShort(1)
    // Tag, type SHORT, one value, the value; there is no other directory.
    exif.putShort(0x112).putShort(3).putInt(1).putInt(orientation).putInt(0)
    jpeg.take(2) ++ exif.array ++ jpeg.drop(2)
  }

  /** A WebP without loss of 7 x 4 pixels, that in column x and row y is (40 x, 80 y, 7): Java cannot write any. */
  val webp: Array[Byte] =
    Base64.getDecoder.decode("UklGRi4AAABXRUJQVlA4TCEAAAAvBsAAALmM6H/sIgrf/4BCthGgIZ4/z4swKHMQE4Bk1QcA")

  /** How many pictures [[table]] has. */
  val rows = 200

  /**
   * A table with the columns id, content (BINARY), size (0 to 19) and grp (0 to 2) in 4 partitions: pictures that differ,
   * a third of them JPEGs, of which every second is turned, and half of the PNGs grey; of ten rows the ninth is null and
   * the tenth no image.
   */
  def table(spark: SparkSession): DataFrame = {
    import spark.implicits._
    spark.sparkContext.parallelize(all, 4).toDF("id", "content", "size", "grp")
  }

  private lazy val all: Seq[(Int, Array[Byte], Int, Int)] = Seq.tabulate(rows) { id =>
    def made(format: String, grey: Boolean = false): Array[Byte] =
      encoded(format, 4 + id % 13, 3 + id % 11, grey)
    val content = (id % 10, id % 6) match {
      case (8, _) => null
      case (9, _) => s"no image $id".getBytes
      case (_, 0) => turned(made("jpg"), 6)
      case (_, 3) => made("jpg")
      case (_, 1 | 4) => made("png")
      case _ => made("png", grey = true)
    }
    (id, content, id % 20, id % 3)
  }
}
