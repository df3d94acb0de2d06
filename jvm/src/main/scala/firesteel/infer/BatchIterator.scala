/* Rows into batches, one native call a batch, and back into rows: the only loop that does this. */
package firesteel.infer

import scala.collection.mutable
import scala.reflect.ClassTag

import firesteel.jni.Predictor

import org.apache.spark.{TaskContext, TaskKilledException}

/**
 * A row with what came of it.
 *
 * @param row the row as it came
 * @param status [[firesteel.jni.Predictor.OK]] or what is wrong with the row
 * @param scores a score per class, before softmax; NaN where the row is not OK
 */
private[firesteel] final case class Scored[A](row: A, status: Byte, scores: Array[Float]) {

  /** Whether the scores are valid. */
  def isOk: Boolean = status == Predictor.OK

  /**
   * What is wrong with the row, to be put after its name.
   *
   * @param values the number of values in the row's input
   */
  def problem(network: NetworkDescription, values: Int): String = status match {
    case Predictor.NULL => "is null"
    case Predictor.SIZE =>
      s"has $values values, the network's input ${network.shape} has ${network.inputValues}"
    case Predictor.NOT_FINITE =>
      "gives scores that are not finite: it holds NaN, infinite or very large numbers"
    case _ => "could not be scored because of a mistake in Firesteel: the executor's log tells more"
  }
}

/** What bounds one native call: rows, and bytes of input. */
private[firesteel] final case class BatchLimits(rows: Int, bytes: Long)

/** The two kinds of input that a native call takes. */
private[firesteel] trait InputKind[V] extends Serializable {
  def bytes(value: V): Long
  def predict(predictor: Predictor, rows: Array[V], scores: Array[Float], status: Array[Byte]): Unit
}

private[firesteel] object InputKind {

  /** A byte per value, to be preprocessed. */
  object Bytes extends InputKind[Array[Byte]] {
    override def bytes(value: Array[Byte]): Long = value.length.toLong
    override def predict(
        p: Predictor,
        rows: Array[Array[Byte]],
        scores: Array[Float],
        status: Array[Byte]): Unit =
      p.predict(rows, scores, status)
  }

  /** Numbers, taken as they are. */
  object Floats extends InputKind[Array[Float]] {
    override def bytes(value: Array[Float]): Long = 4L * value.length
    override def predict(
        p: Predictor,
        rows: Array[Array[Float]],
        scores: Array[Float],
        status: Array[Byte]): Unit =
      p.predict(rows, scores, status)
  }
}

/**
 * Scores rows in batches, in their order.
 *
 * @param rows the rows
 * @param input the network's input in a row, or null
 * @param kind whether inputs are bytes or numbers
 * @param predictor the model
 * @param limits what no batch exceeds, except by a single row with more bytes
 */
private[firesteel] final class BatchIterator[A, V <: AnyRef: ClassTag](
    rows: Iterator[A],
    input: A => V,
    kind: InputKind[V],
    predictor: Predictor,
    limits: BatchLimits
) extends Iterator[Scored[A]] {

  private val classes = predictor.classes()
  // A row that does not fit into a batch begins the next one, with the input that was made of it.
  private val waiting = rows.map(row => (row, input(row))).buffered
  private val batch = mutable.ArrayBuffer.empty[A]
  private val inputs = mutable.ArrayBuffer.empty[V]
  private var scored: Iterator[Scored[A]] = Iterator.empty

  override def hasNext: Boolean = scored.hasNext || waiting.hasNext

  override def next(): Scored[A] = {
    if (!scored.hasNext) scored = nextBatch()
    scored.next()
  }

  private def nextBatch(): Iterator[Scored[A]] = {
    stopIfKilled()
    batch.clear()
    inputs.clear()
    var bytes = 0L
    while (waiting.hasNext && batch.length < limits.rows && fits(bytes)) {
      val (row, value) = waiting.next()
      batch += row
      inputs += value
      bytes += size(value)
    }
    val scores = new Array[Float](batch.length * classes)
    val status = new Array[Byte](batch.length)
    kind.predict(predictor, inputs.toArray, scores, status)
    // The buffers are reused for the next batch, which begins when all rows of this one have been taken.
    batch.iterator.zipWithIndex.map { case (row, i) =>
      Scored(row, status(i), scores.slice(i * classes, (i + 1) * classes))
    }
  }

  private def fits(bytes: Long): Boolean = batch.isEmpty || bytes + size(waiting.head._2) <= limits.bytes

  private def size(value: V): Long = if (value == null) 0 else kind.bytes(value)

  private def stopIfKilled(): Unit = {
    val task = TaskContext.get()
    if (task != null && task.isInterrupted()) throw new TaskKilledException("the task was cancelled")
  }
}

private[firesteel] object BatchIterator {

  /**
   * Scores the rows of this task with a model of the executor's cache, which stays there until the task has ended.
   *
   * @param digest the SHA-256 of the model's file
   * @param file its bytes; asked for only where the model is not in the cache
   */
  def ofTask[A, V <: AnyRef: ClassTag](
      rows: Iterator[A],
      input: A => V,
      kind: InputKind[V],
      digest: String,
      file: => Array[Byte],
      limits: BatchLimits
  ): Iterator[Scored[A]] =
    if (rows.isEmpty) Iterator.empty
    else {
      val lease = ModelCache.lease(digest, file)
      TaskContext.get().addTaskCompletionListener[Unit](_ => lease.close())
      new BatchIterator(rows, input, kind, lease.predictor, limits)
    }
}
