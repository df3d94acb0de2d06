/* Writes the IDX files of the tests, right ones and broken ones. */
package firesteel.read

import java.io.{ByteArrayOutputStream, DataOutputStream}
import java.nio.file.{Files, Path}
import java.util.zip.GZIPOutputStream

object IdxSamples {
  val ImagesName = "train-images-idx3-ubyte"
  val LabelsName = "train-labels-idx1-ubyte"

  /** The bytes of an IDX file; its values are pseudo-random unless given. */
  def idx(sizes: Seq[Int], values: Option[Array[Byte]] = None, code: Int = 0x08): Array[Byte] = {
    val bytes = new ByteArrayOutputStream
    val out = new DataOutputStream(bytes)
    out.write(Array[Byte](0, 0, code.toByte, sizes.length.toByte))
    sizes.foreach(out.writeInt)
    out.write(values.getOrElse(noise(sizes.product, sizes.length)))
    bytes.toByteArray
  }

  def noise(count: Int, seed: Int): Array[Byte] = {
    val bytes = new Array[Byte](count)
    new scala.util.Random(seed).nextBytes(bytes)
    bytes
  }

  def gzip(bytes: Array[Byte]): Array[Byte] = {
    val zipped = new ByteArrayOutputStream
    val out = new GZIPOutputStream(zipped)
    out.write(bytes)
    out.close()
    zipped.toByteArray
  }

  def write(path: Path, bytes: Array[Byte]): String = Files.write(path, bytes).toString

  /** Writes an images file of `sizes` and its labels, under MNIST's names; returns the images' path. */
  def writePair(folder: Path, sizes: Int*): String = {
    write(folder.resolve(LabelsName), idx(Seq(sizes.head)))
    write(folder.resolve(ImagesName), idx(sizes))
  }
}
