/* Which model a call of a function means. */
package firesteel.sql

import firesteel.infer.{ModelDescription, ModelFile, SentModel}

import org.apache.spark.SparkContext

/**
 * A model as a plan knows it: by what its file says of it, not by its weights. Two references are equal where they
 * mean the same file with the same content.
 */
private[firesteel] sealed trait ModelReference extends Serializable {

  /** What the file says of its model. */
  def description: ModelDescription

  /** The SHA-256 of the model's file. */
  def digest: String

  /** Sends the model to the executors. For the driver alone. */
  def send(sc: SparkContext, layer: Option[String]): SentModel
}

/** A model in the driver's memory. */
private[firesteel] final case class MemoryModel(override val digest: String)(@transient file: ModelFile)
    extends ModelReference {
  override val description: ModelDescription = file.description

  /** Whether a file has the same content. */
  def isContentOf(stored: StoredModel): Boolean =
    stored.length == file.bytes.length && stored.fingerprint == file.fingerprint && stored.digest == digest

  override def send(sc: SparkContext, layer: Option[String]): SentModel =
    SentModel.of(sc, digest, layer, file.bytes)
  override def toString: String = s"model ${digest.take(12)}"
}

private[firesteel] object MemoryModel {
  def apply(file: ModelFile): MemoryModel = MemoryModel(file.digest)(file)
}

/**
 * A model file on a file system.
 *
 * @param length the file's length in bytes
 * @param fingerprint what else tells its content from that of others: see [[firesteel.infer.ModelExcerpt]]
 */
private[firesteel] final case class StoredModel(uri: String, length: Long, fingerprint: String)(
    override val description: ModelDescription)
    extends ModelReference {
  override def digest: String = StoredModels.digest(this)
  override def send(sc: SparkContext, layer: Option[String]): SentModel = StoredModels.send(this, sc, layer)
  override def toString: String = uri
}
