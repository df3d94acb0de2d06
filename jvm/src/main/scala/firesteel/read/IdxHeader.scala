/* The header of an IDX file: 00 00, a type code, the number of dimensions, and each dimension's size. */
package firesteel.read

import java.io.DataInputStream

import org.apache.hadoop.fs.Path

/**
 * What a file is read as.
 *
 * @param column     the column that it fills
 * @param dimensions the numbers of dimensions that it may have
 * @param what       how messages call such a file, with its article
 */
private[read] sealed abstract class IdxRole(val column: String, val dimensions: Set[Int], val what: String)

private[read] object IdxRole {
  case object Images extends IdxRole("image", Set(3, 4), "an images file (3 or 4 dimensions, idx3 or idx4)")
  case object Labels extends IdxRole("label", Set(1), "a labels file (1 dimension, idx1)")

  val all: Seq[IdxRole] = Seq(Images, Labels)
}

/**
 * A valid header.
 *
 * @param sizes the sizes of all dimensions; the first counts the rows
 */
private[read] final case class IdxHeader(sizes: Seq[Int]) {

  /** How many images or labels the file holds. */
  def rows: Int = sizes.head

  /** The bytes of one image; 1 for a label. */
  def rowBytes: Int = sizes.tail.product

  /** The bytes of this header. */
  def bytes: Int = 4 + 4 * sizes.length

  /** The bytes of the whole file, unzipped. */
  def fileBytes: Long = bytes + rows.toLong * rowBytes

  /** Channels, rows, columns; for images. */
  def imageShape: Seq[Int] = (1 +: sizes.tail).takeRight(3)
}

private[read] object IdxHeader {

  /** The largest image, in bytes: a larger one is taken for a damaged header. */
  val MaxImageBytes: Long = 256L << 20

  private val UnsignedByte = 0x08
  private val types = Map(
    UnsignedByte -> "unsigned byte",
    0x09 -> "signed byte",
    0x0b -> "16-bit integer",
    0x0c -> "32-bit integer",
    0x0d -> "32-bit float",
    0x0e -> "64-bit float"
  )

  /**
   * Reads and checks a header, and not a byte more.
   *
   * @throws IdxException         if it is not the header of a file of this role
   * @throws java.io.EOFException if the file ends within it
   */
  def read(in: DataInputStream, path: Path, role: IdxRole): IdxHeader = {
    def bad(problem: String): Nothing = throw new IdxException(s"$path $problem")
    val magic = in.readInt()
    checkType(magic, bad)
    checkDimensions(magic & 0xff, role, bad)
    val sizes = Seq.fill(magic & 0xff)(in.readInt())
    checkSizes(sizes, bad)
    IdxHeader(sizes)
  }

  private def checkType(magic: Int, bad: String => Nothing): Unit = {
    val code = magic >>> 8
    if (code > 0xff) {
      val start = Seq(24, 16, 8, 0).map(shift => f"${magic >>> shift & 0xff}%02x").mkString(" ")
      bad(s"is not an IDX file: it starts with the bytes $start, an IDX file with 00 00 and a type code")
    }
    val name = types.getOrElse(code, bad(f"is not an IDX file: $code%02x is none of its type codes"))
    if (code != UnsignedByte) {
      bad(f"holds values of type $name (code $code%02x): images and labels must be unsigned bytes (code 08)")
    }
  }

  private def checkDimensions(found: Int, role: IdxRole, bad: String => Nothing): Unit =
    if (!role.dimensions(found)) {
      val other = IdxRole.all.find(_.dimensions(found))
      val is = other.fold(s"has $found dimensions")(role => s"is ${role.what}")
      bad(s"""$is, where ${role.what} is needed: load the images, option("labels", path) names the labels""")
    }

  private def checkSizes(sizes: Seq[Int], bad: String => Nothing): Unit = {
    val promise = s"promises ${sizes.map(Integer.toUnsignedString).mkString(" x ")} values"
    if (sizes.exists(_ < 0)) bad(s"$promise: no size may be above ${Int.MaxValue}")
    // A product that stops growing at the limit cannot overflow.
    val rowBytes = sizes.tail.foldLeft(1L) { (bytes, size) =>
      if (bytes > MaxImageBytes) bytes else bytes * size
    }
    if (rowBytes > MaxImageBytes) bad(s"$promise: one image would be larger than ${MaxImageBytes >> 20} MiB")
    if (rowBytes == 0 && sizes.head > 0) bad(s"$promise: its images have no pixels")
  }
}
