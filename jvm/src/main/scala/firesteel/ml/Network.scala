/* Builds the description of a network. */
package firesteel.ml

import firesteel.infer.{Json, NetworkDescription}

import org.json4s.JsonDSL._
import org.json4s.jackson.JsonMethods.{compact, parse}
import org.json4s.{JDouble, JObject, JString}

/**
 * A network: the shape of its input, and layers, each of which reads the one before it. Immutable: every method gives a
 * new network. Nothing is checked until the network is used or [[summary]] is called.
 *
 * {{{
 *   Network.input(1, 28, 28).conv(20, kernel = 5).relu.maxPool(2).flatten.dense(10)
 * }}}
 *
 * Each layer is named by its kind and number (`conv1`, `relu1`, ...), or by [[named]]. Branches part at a name
 * ([[after]]) and meet at one ([[add]], [[concat]], [[multiply]]); `input` names the network's input:
 *
 * {{{
 *   Network.input(3, 32, 32).conv(16, kernel = 3, padding = 1).batchNorm().relu.named("block")
 *     .conv(16, kernel = 3, padding = 1).batchNorm().relu.conv(16, kernel = 3, padding = 1).batchNorm()
 *     .add("block").relu.globalAvgPool.flatten.dense(10)
 * }}}
 */
final class Network private (input: Seq[Int], nodes: Vector[JObject], output: String)
    extends NetworkLayers
    with Serializable {
  import Network._

  /**
   * Names the layer that was added last. Its weights in a saved model have this prefix.
   *
   * @param name letters, digits, `_`, `-` and `.`
   * @throws IllegalArgumentException if no layer has just been added
   */
  def named(name: String): Network = nodes match {
    case earlier :+ last if nameOf(last) == output =>
      val renamed = last.obj.map {
        case ("name", _) => "name" -> JString(name)
        case field => field
      }
      new Network(input, earlier :+ JObject(renamed), name)
    case _ =>
      throw new IllegalArgumentException(s"named('$name') must follow the layer that it names: there is none")
  }

  /** Begins a branch: the layer that is added next reads `layer`, instead of the one that was added last. */
  def after(layer: String): Network = new Network(input, nodes, layer)

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

  private[ml] override def append(
      kind: String,
      op: String,
      options: JObject,
      others: Seq[String]): Network = {
    val taken = nodes.map(nameOf).toSet
    val name = Iterator.from(1).map(kind + _).find(!taken(_)).get
    // JSON has no other numbers.
    for ((option, JDouble(x)) <- options.obj if x.isNaN || x.isInfinite) {
      throw new IllegalArgumentException(s"layer '$name' ($op): $option is $x: it must be a finite number")
    }
    val node = ("name" -> name) ~ ("op" -> op) ~ ("inputs" -> (output +: others)) ~ options
    new Network(input, nodes :+ node, name)
  }
}

object Network {

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
      Json.numbers(description \ "input"),
      Json.elements(description \ "nodes").map(Json.struct).toVector,
      Json.text(description \ "output"))
  }

  private def nameOf(node: JObject): String = Json.text(node \ "name")

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
