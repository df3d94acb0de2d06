/* A checked network, as the Scala side sees it. */
package firesteel.infer

import firesteel.Settings
import firesteel.jni.Models

import org.json4s.jackson.JsonMethods.parse

/**
 * What has to be known of a network.
 *
 * @param json the description in its canonical form
 * @param input the shape of one input
 * @param classes the number of classes
 * @param parameters the number of weights
 * @param layers the layers in their order
 * @param features the layer whose output the last layer with weights reads, if there is one
 */
private[firesteel] final case class NetworkDescription(
    json: String,
    input: Seq[Int],
    classes: Int,
    parameters: Int,
    layers: Seq[LayerDescription],
    features: Option[String]) {

  /** About how many multiplications one input takes: each weight is used once for each pixel of its layer's result. */
  def multiplications: Long =
    layers.map(layer => layer.parameters.toLong * layer.output.drop(1).map(_.toLong).product).sum

  /** The number of values of one input. */
  def inputValues: Int = input.product

  /** The shape as people write it. */
  def shape: String = input.mkString("x")

  /** Refuses a column whose metadata tells another shape. */
  def check(column: String, shape: Option[Seq[Long]]): Unit =
    for (found <- shape if found != input.map(_.toLong)) {
      throw new IllegalArgumentException(
        s"column '$column' holds inputs of shape ${found.mkString("x")}, the network's input is ${this.shape}"
      )
    }
}

/**
 * What has to be known of a layer.
 *
 * @param output the shape of its result
 * @param parameters the number of its weights
 */
private[firesteel] final case class LayerDescription(
    name: String,
    op: String,
    output: Seq[Int],
    parameters: Int)

private[firesteel] object NetworkDescription {

  /**
   * Checks a description.
   *
   * @throws IllegalArgumentException naming the layer and the shapes that do not fit
   */
  def of(network: String): NetworkDescription = {
    import Json._
    Settings.prepareNative()
    val described = parse(Models.describe(network))
    NetworkDescription(
      text(described \ "network"),
      numbers(described \ "input"),
      number(described \ "classes"),
      number(described \ "parameters"),
      elements(described \ "layers").map { layer =>
        LayerDescription(
          text(layer \ "name"),
          text(layer \ "op"),
          numbers(layer \ "output"),
          number(layer \ "parameters"))
      },
      (described \ "features").toOption.map(text)
    )
  }
}
