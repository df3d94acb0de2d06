/* A saved model with which training begins. */
package firesteel.ml

import firesteel.infer.{ModelFile, NetworkDescription}
import firesteel.sql.StoredModels
import firesteel.train.InitialWeights

import org.apache.spark.sql.SparkSession

/** @param path what errors call it */
private[ml] final class StartingModel(path: String, file: ModelFile) {

  /** How its images become inputs, as JSON. */
  def preprocessing: String = file.description.preprocessing

  /**
   * Its weights for a network, by their names; where the number of classes differs, those of the last layer with weights
   * are drawn.
   *
   * @throws IllegalArgumentException naming the model, with every weight that does not fit
   */
  def weights(network: NetworkDescription, initializer: String, seed: Long): Array[Float] = {
    val last = network.layers.filter(_.parameters > 0).map(_.name).lastOption
    val fresh = if (file.network.classes == network.classes) Nil else last.toSeq
    try InitialWeights.of(network.json, file.bytes, fresh, initializer, seed)
    catch {
      case e: IllegalArgumentException =>
        throw new IllegalArgumentException(s"initialModel $path: ${e.getMessage}", e)
    }
  }
}

private[ml] object StartingModel {

  /** @param name a path, or a bare name below `spark.firesteel.models.dir` */
  def read(name: String, session: SparkSession): StartingModel = {
    val found = StoredModels.find(name, session)
    new StartingModel(found.uri, StoredModels.read(found, session))
  }
}
