/* The weights that training begins with. */
package firesteel.train

import firesteel.Settings
import firesteel.jni.Models

private[firesteel] object InitialWeights {

  /** Draws the weights of a network, in the order of its layers: a function of the arguments alone. */
  def draw(network: String, initializer: String, seed: Long): Array[Float] = {
    Settings.prepareNative()
    Models.initialWeights(network, initializer, seed)
  }
}
