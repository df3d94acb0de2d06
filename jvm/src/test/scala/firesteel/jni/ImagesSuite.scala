/* Encoded images by themselves: headers, resizing, preparing. */
package firesteel.jni

import java.awt.image.BufferedImage
import java.io.{ByteArrayInputStream, ByteArrayOutputStream}
import javax.imageio.ImageIO

import org.scalatest.funsuite.AnyFunSuite

class ImagesSuite extends AnyFunSuite {

  /** A PNG whose pixel in column x and row y is (x, y, 7). */
  private def png(width: Int, height: Int): Array[Byte] = {
    val image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB)
    for (y <- 0 until height; x <- 0 until width) image.setRGB(x, y, x << 16 | y << 8 | 7)
    val out = new ByteArrayOutputStream
    assert(ImageIO.write(image, "png", out))
    out.toByteArray
  }

  private val rows = Array(png(4, 3), null, png(2, 2).dropRight(1), Array[Byte](1, 2))

  test("info tells format, size, channels and orientation, or a status") {
    val (out, status) = (Array.fill(20)(77), new Array[Byte](4))
    Images.info(rows, null, out, status)
    assert(status.toSeq === Seq(Predictor.OK, Predictor.NULL, Predictor.OK, Predictor.UNDECODABLE))
    assert(out.toSeq === Seq(2, 4, 3, 3, 1) ++ Seq.fill(5)(0) ++ Seq(2, 2, 2, 3, 1) ++ Seq.fill(5)(0))
  }

  test("resize gives PNGs of that size, and leaves bad rows alone") {
    val (out, status) = (new Array[Array[Byte]](4), new Array[Byte](4))
    Images.resize(rows, 8, 6, null, out, status)
    assert(status.toSeq === Seq(Predictor.OK, Predictor.NULL, Predictor.UNDECODABLE, Predictor.UNDECODABLE))
    val image = ImageIO.read(new ByteArrayInputStream(out(0)))
    assert((image.getWidth, image.getHeight, out.drop(1).toSeq) === ((8, 6, Seq(null, null, null))))
    val refusal = intercept[IllegalArgumentException](Images.resize(rows, 0, 6, null, out, status))
    assert(refusal.getMessage === "width is 0, it must be within 1 to 16384")
  }

  test("prepare gives planes of encoded and of raw rows") {
    val raw = Array.tabulate[Byte](12)(_.toByte)
    val (pixels, status) = (new Array[Byte](24), new Array[Byte](2))
    Images.prepare(Array(png(2, 2), raw), "{}", Array(3, 2, 2), null, pixels, status)
    assert(status.toSeq === Seq(Predictor.OK, Predictor.OK))
    assert(pixels.toSeq === Seq[Byte](0, 1, 0, 1, 0, 0, 1, 1, 7, 7, 7, 7) ++ raw)
  }

  test("stored tells how images are kept for random changes, and how they are made so") {
    val crop = """["{\"randomCrop\":{\"size\":[2,2]}}"]"""
    val cropping = """{"image":{"resize":{"shortSide":4},"crop":[2,2]}}"""
    val stored = Images.stored(crop, cropping, Array(3, 2, 2))
    assert(
      stored.startsWith("""{"augmentations":[{"randomCrop":{"size":[2,2],"padding":0}}],"shape":[3,4,4],"""))
    assert(stored.contains(""""crop":[4,4]"""), stored)
    val refusal = intercept[IllegalArgumentException](Images.stored(crop, "{}", Array(3, 3, 3)))
    assert(
      refusal.getMessage ===
        "augmentations: they make 2 rows and 2 columns, the network's input has 3 and 3")
  }

  test("limits are those that are given") {
    val status = new Array[Byte](1)
    Images.info(Array(png(4, 3)), """{"maxPixels":11}""", new Array[Int](5), status)
    assert(status.toSeq === Seq(Predictor.TOO_LARGE))
    val refusal = intercept[IllegalArgumentException](
      Images.info(Array(png(4, 3)), """{"maxPixel":11}""", new Array[Int](5), status))
    assert(refusal.getMessage.startsWith("limits: unknown field `maxPixel`"))
    // The resized pixels count, too: 3 MB of them.
    val out = new Array[Array[Byte]](1)
    Images.resize(Array(png(4, 3)), 1000, 1000, """{"maxAllocation":2900000}""", out, status)
    assert(status.toSeq === Seq(Predictor.TOO_LARGE) && out(0) === null)
    Images.resize(Array(png(4, 3)), 1000, 1000, """{"maxAllocation":3900000}""", out, status)
    assert(status.toSeq === Seq(Predictor.OK))
  }
}
