/* Runs a model on batches of inputs. */
package firesteel.infer

import firesteel.jni.Scorer

import org.apache.spark.TaskContext
import org.apache.spark.sql.firesteel.TaskMemory

/**
 * Runs a model. Closing it gives back its model and its memory.
 *
 * @param scorer runs the leased model
 * @param granted what Spark counts as the task's: given back when the memory is free
 */
private[firesteel] final class ModelWorker[V] private (
    model: ModelCache.Lease,
    kind: InputKind[V],
    scorer: Scorer,
    override val room: Option[Room],
    granted: AutoCloseable)
    extends Worker[V] {
  private val width = model.predictor.width()

  override def key: Any = model.key

  override def apply(inputs: Array[V]): Array[Result] = {
    val scores = new Array[Float](inputs.length * width)
    val status = new Array[Byte](inputs.length)
    kind.predict(scorer, inputs, scores, status)
    Array.tabulate(inputs.length) { i =>
      val own = java.util.Arrays.copyOfRange(scores, i * width, (i + 1) * width)
      new Result(status(i), own, kind.values(inputs(i)), kind.orElse)
    }
  }

  override def close(): Unit = {
    scorer.close()
    granted.close()
    model.close()
  }
}

private[firesteel] object ModelWorker {

  /** Runs a model in the memory of a task, with as many threads as the task has CPUs. */
  def forTask[V](model: ModelCache.Lease, kind: InputKind[V], rows: Int, task: TaskContext): Worker[V] = {
    val memory = TaskMemory.of(task)
    orClosed(memory, model) {
      val room = Room.take(memory, model.predictor, rows, task.cpus())
      new ModelWorker(model, kind, model.predictor.scorer(room.images, task.cpus()), Some(room), memory)
    }
  }

  /** Runs a model on one input at a time. */
  def forRows[V](model: ModelCache.Lease, kind: InputKind[V]): Worker[V] =
    orClosed(model)(new ModelWorker(model, kind, model.predictor.scorer(1, 1), None, () => ()))

  private def orClosed[T](held: AutoCloseable*)(body: => T): T =
    try body
    catch {
      case e: Throwable =>
        held.foreach(_.close())
        throw e
    }
}
