/* Which model a call of a function means. */
package firesteel.sql

import firesteel.infer.{ModelCache, ModelDescription, ModelFile, ScoringOptions, SentModel}

import org.apache.spark.SparkContext
import org.apache.spark.broadcast.Broadcast

/**
 * A model as a plan knows it: by what its file says of it, not by its weights. Two references are equal where they
 * mean the same file with the same content.
 */
private[firesteel] sealed trait ModelReference extends Serializable {

  /** What the file says of its model. */
  def description: ModelDescription

  /** The SHA-256 of the model's file. */
  def digest: String

  /** Sends the model's file to the executors, and gives its digest. For the driver alone. */
  def send(sc: SparkContext): (String, Broadcast[Array[Byte]])

  /**
   * The model for the executors. For the driver alone.
   *
   * @param layers see [[firesteel.infer.ModelCache.Key]]
   */
  final def send(sc: SparkContext, layers: Option[String], options: ScoringOptions): SentModel = {
    val (digest, file) = send(sc)
    SentModel(ModelCache.Key(digest, layers, options), file)
  }
}

/** A model in the driver's memory. */
private[firesteel] final case class MemoryModel(override val digest: String)(@transient file: ModelFile)
    extends ModelReference {
  override val description: ModelDescription = file.description

  /** Whether a file has the same content. */
  def isContentOf(stored: StoredModel): Boolean =
    stored.length == file.bytes.length && stored.fingerprint == file.fingerprint && stored.digest == digest

  override def send(sc: SparkContext): (String, Broadcast[Array[Byte]]) =
    digest -> SentModel.of(sc, digest, file.bytes)
  override def toString: String = s"model ${digest.take(12)}"
}

private[firesteel] object MemoryModel {
  def apply(file: ModelFile): MemoryModel = MemoryModel(file.digest)(file)
}

/**
 * A model file on a file system.
 *
 * @param length the file's length in bytes
 * @param modified when it was changed last, in milliseconds since 1970
 * @param fingerprint what else tells its content from that of others: see [[firesteel.infer.ModelExcerpt]]
 */
private[firesteel] final case class StoredModel(
    uri: String,
    length: Long,
    modified: Long,
    fingerprint: String)(override val description: ModelDescription)
    extends ModelReference {
  override def digest: String = StoredModels.digest(this)
  override def send(sc: SparkContext): (String, Broadcast[Array[Byte]]) = StoredModels.send(this, sc)
  override def toString: String = uri
}
