/* Builds the description of a network. */
package firesteel.ml

import scala.language.implicitConversions

import firesteel.infer.NetworkDescription

import org.json4s.{DefaultFormats, JArray, JObject, JValue}
import org.json4s.JsonDSL._
import org.json4s.jackson.JsonMethods.{compact, parse}

/**
 * A network: the shape of its input, and layers one after the other, each named by its kind and number
 * (`conv1`, `relu1`, ...). Immutable: every method gives a new network. Nothing is checked until the network is
 * used or [[summary]] is called.
 *
 * {{{
 *   Network.input(1, 28, 28).conv(20, kernel = 5).relu.maxPool(2).flatten.dense(10)
 * }}}
 */
final class Network private (input: Seq[Int], nodes: Vector[JObject], output: String) extends Serializable {
  import Network._

  /**
   * Two-dimensional convolution: `[c, h, w]` -> `[filters, h', w']`.
   *
   * @param filters number of output channels
   * @param kernel size of the window: a number or a pair (height, width)
   * @param stride step of the window
   * @param padding zeros on each side: a number, a pair, or [[Padding.Same]], which keeps the size (divided by
   *                the stride)
   * @param dilation distance of two taps of the kernel
   * @param groups groups of channels that do not see each other
   * @param bias whether a number per filter is added
   */
  def conv(
      filters: Int,
      kernel: Size,
      stride: Size = 1,
      padding: Padding = 0,
      dilation: Size = 1,
      groups: Int = 1,
      bias: Boolean = true
  ): Network = append(
    "conv",
    "conv2d",
    ("filters" -> filters) ~ ("kernel" -> kernel.json) ~ ("stride" -> stride.json) ~ ("padding" -> padding.json) ~
      ("dilation" -> dilation.json) ~ ("groups" -> groups) ~ ("bias" -> bias)
  )

  /** The largest value of each window: `[c, h, w]` -> `[c, h', w']`. The stride is the kernel if not given. */
  def maxPool(kernel: Size, stride: Size = null, padding: Size = 0): Network =
    append("pool", "max_pool2d", window(kernel, stride, padding))

  /** The mean of each window, padding included: `[c, h, w]` -> `[c, h', w']`. Otherwise as [[maxPool]]. */
  def avgPool(kernel: Size, stride: Size = null, padding: Size = 0): Network =
    append("pool", "avg_pool2d", window(kernel, stride, padding))

  /** The largest value of each map: `[c, h, w]` -> `[c, 1, 1]`. */
  def globalMaxPool: Network = append("pool", "global_max_pool2d")

  /** The mean of each map: `[c, h, w]` -> `[c, 1, 1]`. */
  def globalAvgPool: Network = append("pool", "global_avg_pool2d")

  /** Fully connected layer: `[n]` -> `[units]`. */
  def dense(units: Int, bias: Boolean = true): Network =
    append("dense", "dense", ("units" -> units) ~ ("bias" -> bias))

  /** `max(x, 0)`. */
  def relu: Network = append("relu", "relu")

  /** A map as a vector: `[c, h, w]` -> `[c * h * w]`. */
  def flatten: Network = append("flatten", "flatten")

  /** Probabilities: `[n]` -> `[n]`. At the end of a network it changes nothing, as models apply it anyway. */
  def softmax: Network = append("softmax", "softmax")

  /** The description as JSON, as the parameter `network` takes it. */
  def toJson: String = compact(("input" -> input) ~ ("nodes" -> nodes) ~ ("output" -> output))

  /**
   * A table of the layers with their shapes and numbers of parameters.
   *
   * @throws IllegalArgumentException naming the layer and the shapes that do not fit
   */
  def summary: String = Network.summary(toJson)

  override def toString: String = toJson

  override def equals(other: Any): Boolean = other match {
    case that: Network => that.toJson == toJson
    case _ => false
  }

  override def hashCode: Int = toJson.hashCode

  private def append(kind: String, op: String, options: JObject = JObject()): Network = {
    val name = kind + (1 + nodes.count(node => (node \ "name").extract[String].startsWith(kind)))
    new Network(input, nodes :+ (("name" -> name) ~ ("op" -> op) ~ ("inputs" -> Seq(output)) ~ options), name)
  }

  private def window(kernel: Size, stride: Size, padding: Size): JObject =
    ("kernel" -> kernel.json) ~ ("stride" -> Option(stride)
      .getOrElse(kernel)
      .json) ~ ("padding" -> padding.json)
}

object Network {
  private implicit val formats: DefaultFormats.type = DefaultFormats

  /**
   * Starts a network.
   *
   * @param shape of one input: channels, height, width; or the length of a vector
   */
  def input(shape: Int*): Network = new Network(shape, Vector.empty, "input")

  /** A network by its description, to which more layers may be added. Nothing is checked yet. */
  def fromJson(json: String): Network = {
    val description = parse(json)
    new Network(
      (description \ "input").extract[Seq[Int]],
      (description \ "nodes").extract[Vector[JObject]],
      (description \ "output").extract[String])
  }

  /** A table of the layers of a description in JSON. */
  private[firesteel] def summary(json: String): String = {
    val network = NetworkDescription.of(json)
    val layers =
      network.layers.map(l => Seq(l.name, l.op, l.output.mkString("x"), f"${l.parameters}%,d"))
    val total = Seq("", "", "", f"${network.parameters}%,d")
    val rows = Seq("layer", "operation", "output", "parameters") +: layers :+ total
    val widths = rows.transpose.map(_.map(_.length).max)
    def line(cells: Seq[String]): String = {
      val padded = cells.zip(widths).map { case (cell, width) => cell.padTo(width, ' ') }
      (padded.init :+ cells.last.reverse.padTo(widths.last, ' ').reverse).mkString("  ")
    }
    rows.map(line).mkString("\n")
  }
}

/** A height and a width; a number stands for both, a pair for (height, width). */
final case class Size(height: Int, width: Int) {
  private[ml] def json: JArray = JArray(List(height, width).map(n => n: JValue))
}

object Size {
  implicit def square(side: Int): Size = Size(side, side)
  implicit def pair(size: (Int, Int)): Size = Size(size._1, size._2)
}

/** How a convolution pads its input: numbers of zeros, or [[Padding.Same]]. */
sealed abstract class Padding {
  private[ml] def json: JValue
}

object Padding {

  /** Zeros so that the output is as large as the input, divided by the stride; an odd one goes after. */
  case object Same extends Padding {
    private[ml] override def json: JValue = "same"
  }

  private final case class Explicit(size: Size) extends Padding {
    private[ml] override def json: JValue = size.json
  }

  implicit def square(side: Int): Padding = Explicit(Size(side, side))
  implicit def pair(size: (Int, Int)): Padding = Explicit(Size(size._1, size._2))
}
