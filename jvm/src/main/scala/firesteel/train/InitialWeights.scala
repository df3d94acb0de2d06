/* The weights that training begins with. */
package firesteel.train

import firesteel.Settings
import firesteel.jni.Models

import org.json4s.JsonDSL._
import org.json4s.jackson.JsonMethods.compact

private[firesteel] object InitialWeights {

  /** Draws the weights of a network, in the order of its layers: a function of the arguments alone. */
  def draw(network: String, initializer: String, seed: Long): Array[Float] = {
    Settings.prepareNative()
    Models.initialWeights(network, initializer, seed)
  }

  /**
   * The weights of a model, by their names.
   *
   * @param file the model file
   * @param fresh the layers whose weights are drawn
   * @throws IllegalArgumentException listing every weight that does not fit
   */
  def of(
      network: String,
      file: Array[Byte],
      fresh: Seq[String],
      initializer: String,
      seed: Long): Array[Float] = {
    Settings.prepareNative()
    Models.startingWeights(network, file, compact(fresh), initializer, seed)
  }
}
