/* A model file in memory: what it says of itself, and its model ready to run. */
package firesteel.infer

import java.io.IOException

import scala.util.Using

import firesteel.Settings
import firesteel.jni.{Models, NativeException}

import org.json4s.jackson.JsonMethods.parse

/**
 * What a model file says of its model.
 *
 * @param preprocessing how bytes and encoded images become the network's input, as JSON
 * @param labels the classes' names; empty where they have none
 */
private[firesteel] final case class ModelDescription(
    network: NetworkDescription,
    preprocessing: String,
    labels: Seq[String])

/** What is wrong with a model's file. */
private[firesteel] object ModelProblem {
  def unapply(error: Throwable): Option[String] = error match {
    case native: NativeException => Some(native.getMessage)
    case _: IllegalArgumentException | _: IOException => Some(error.getMessage)
    case _ => None
  }
}

private[firesteel] object ModelDescription {

  /**
   * Reads the beginning of a model file, and checks all but the weights' values.
   *
   * @param header the file's header with the length before it
   * @param fileBytes the length of the whole file
   * @throws firesteel.jni.NativeException listing every problem
   */
  def ofHeader(header: Array[Byte], fileBytes: Long): ModelDescription = {
    Settings.prepareNative()
    ofMetadata(Models.header(header, fileBytes))
  }

  private[infer] def ofMetadata(json: String): ModelDescription = {
    val metadata = parse(json)
    ModelDescription(
      NetworkDescription.of(Json.text(metadata \ "network")),
      Json.text(metadata \ "preprocessing"),
      Json.elements(metadata \ "labels").map(Json.text))
  }
}

/**
 * The bytes of a model file. Nothing is checked until something is asked of it; then all of it is.
 *
 * Every failure is a [[firesteel.jni.NativeException]] that lists all problems.
 */
private[firesteel] final class ModelFile(val bytes: Array[Byte]) {

  /** The SHA-256, as 64 hexadecimal digits. */
  lazy val digest: String = {
    Settings.prepareNative()
    Models.digest(bytes)
  }

  /** What tells it from other files, without a digest of all of it. */
  lazy val fingerprint: String = ModelExcerpt.of(bytes).fingerprint

  /** What the file says of its model. */
  lazy val description: ModelDescription = {
    Settings.prepareNative()
    ModelDescription.ofMetadata(Models.metadata(bytes))
  }

  /** The network. */
  def network: NetworkDescription = description.network

  /** The classes' names; empty where they have none. */
  def labels: Seq[String] = description.labels

  /** How the model is computed on this processor: see [[firesteel.jni.Predictor.explain]]. */
  def plan: String = Using.resource(lease())(_.predictor.explain())

  private def lease() = ModelCache.lease(ModelCache.Key(digest, None, ScoringOptions.current), bytes)

  /**
   * Scores one input.
   *
   * @throws IllegalArgumentException saying what is wrong with it
   */
  def predict(input: Array[Float]): Array[Float] =
    Using.resource(ModelWorker.forRows(lease(), InputKind.Floats)) { worker =>
      val result = worker(Array(input)).head
      require(result.isOk, s"the vector ${result.problem(network)}")
      result.value.asInstanceOf[Array[Float]]
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
