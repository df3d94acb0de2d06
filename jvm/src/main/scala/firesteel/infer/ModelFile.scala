/* A model file in memory: what it says of itself, and its model ready to run. */
package firesteel.infer

import firesteel.Settings
import firesteel.jni.Models

import org.json4s.DefaultFormats
import org.json4s.jackson.JsonMethods.{compact, parse, render}

/**
 * The bytes of a model file. Nothing is checked until something is asked of it; then all of it is.
 *
 * Every failure is a [[firesteel.jni.NativeException]] that lists all problems.
 */
private[firesteel] final class ModelFile(val bytes: Array[Byte]) {
  private implicit def formats: DefaultFormats.type = DefaultFormats

  /** The SHA-256, as 64 hexadecimal digits. */
  lazy val digest: String = {
    Settings.prepareNative()
    Models.digest(bytes)
  }

  private lazy val metadata = {
    Settings.prepareNative()
    parse(Models.metadata(bytes))
  }

  /** The network. */
  lazy val network: NetworkDescription = NetworkDescription.of(compact(render(metadata \ "network")))

  /** The classes' names; empty where they have none. */
  def labels: Seq[String] = (metadata \ "labels").extract[Seq[String]]

  /**
   * Scores one input.
   *
   * @throws IllegalArgumentException saying what is wrong with it
   */
  def predict(input: Array[Float]): Array[Float] = {
    val lease = ModelCache.lease(digest, bytes)
    try {
      val (scores, status) = (new Array[Float](lease.predictor.classes()), new Array[Byte](1))
      lease.predictor.predict(Array(input), scores, status)
      val scored = Scored(input, status.head, scores)
      require(scored.isOk, s"the vector ${scored.problem(network, input.length)}")
      scores
    } finally lease.close()
  }
}

private[firesteel] object ModelFile {

  /**
   * Writes a model file. The same model gives the same bytes.
   *
   * @param preprocessing scale, mean and std, as JSON
   * @param labels the classes' names as a JSON array, empty where they have none
   * @param weights in the order of the layers
   * @throws IllegalArgumentException if the parts do not fit together
   */
  def write(network: String, preprocessing: String, labels: String, weights: Array[Float]): ModelFile = {
    Settings.prepareNative()
    new ModelFile(Models.write(network, preprocessing, labels, weights))
  }
}
