/* Networks that many people know, and models of the weights that others trained. */
package firesteel.infer

import firesteel.Settings
import firesteel.jni.Zoo

import org.json4s.JsonDSL._
import org.json4s.jackson.JsonMethods.{compact, parse}

private[firesteel] object Architectures {

  /** The names of the networks, each with its usual number of classes. */
  def all: Seq[(String, Int)] = {
    Settings.prepareNative()
    Json.elements(parse(Zoo.list())).map(entry => Json.text(entry \ "name") -> Json.number(entry \ "classes"))
  }

  /**
   * The description of a network, as JSON.
   *
   * @throws IllegalArgumentException listing all names where there is no such network
   */
  def network(name: String, classes: Int): String = {
    Settings.prepareNative()
    Zoo.network(name, classes)
  }

  /**
   * A model of weights that were trained elsewhere.
   *
   * @param preprocessing JSON: what differs from the network's own
   * @param weights a file of safetensors, or a state dictionary that PyTorch saved; nothing in it is executed
   * @param labels the classes' names; empty for classes without names, as many as the weights are of
   * @throws firesteel.jni.NativeException listing every weight that does not fit
   */
  def importWeights(
      name: String,
      preprocessing: String,
      weights: Array[Byte],
      labels: Seq[String]): ModelFile = {
    Settings.prepareNative()
    new ModelFile(Zoo.importWeights(name, preprocessing, weights, compact(labels)))
  }
}
