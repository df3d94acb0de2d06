/* Networks that many people know. */
package firesteel.ml

import firesteel.infer.Architectures

/**
 * Networks by their names, those of torchvision where it has them: descriptions without weights, to be trained or to be
 * given the weights that others trained ([[firesteel.Firesteel.importModel]]).
 */
object Zoo {

  /** All names. */
  def list: Array[String] = Architectures.all.map(_._1).toArray

  /**
   * A network with its usual number of classes.
   *
   * @throws IllegalArgumentException listing all names where there is no such network
   */
  def network(name: String): Network = {
    val usual = Architectures.all.toMap
    network(name, usual.getOrElse(name, 1))
  }

  /**
   * A network.
   *
   * @param classes the number of classes, at least 1
   * @throws IllegalArgumentException listing all names where there is no such network
   */
  def network(name: String, classes: Int): Network = Network.fromJson(Architectures.network(name, classes))
}
