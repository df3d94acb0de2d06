/* What one task does in one round. */
package firesteel.train

import scala.util.Using

import firesteel.Settings
import firesteel.jni.Trainer

import org.apache.spark.{TaskContext, TaskKilledException}

/**
 * What a worker gives back after a round.
 *
 * @param rows the number of rows it learnt from
 * @param lossSum the sum of their losses
 * @param correct how many of them were classified as labelled before each update
 */
private[train] final case class WorkerResult(
    rows: Long,
    lossSum: Double,
    correct: Long,
    weights: Array[Float],
    state: Array[Float]
)

private[train] object Worker {

  /**
   * Makes a step for each mini-batch. The result depends on the arguments alone, so a retried task gives the
   * same bits. Stops between two steps when the task is cancelled.
   *
   * @param progress is told the number of rows of each step
   */
  def round[V <: AnyRef](
      plan: Plan[V],
      round: Int,
      blocks: Iterator[Block[V]],
      weights: Array[Float],
      state: Array[Float],
      progress: Long => Unit
  ): WorkerResult = {
    Settings.prepareNative()
    val task = TaskContext.get()
    val batches = new MiniBatches(
      blocks,
      plan.values,
      plan.rowValues,
      plan.batchSize,
      plan.seed,
      round,
      task.partitionId()
    )
    if (!batches.hasNext) WorkerResult(0, 0.0, 0, weights, state)
    else
      Using.resource(Trainer.open(plan.config(round, task.partitionId()), weights, state)) { trainer =>
        var rows = 0L
        var lossSum = 0.0
        var correct = 0L
        while (batches.hasNext) {
          if (task.isInterrupted()) throw new TaskKilledException("training was cancelled")
          val batch = batches.next()
          plan.values.step(trainer, batch.inputs, batch.labels)
          val size = batch.labels.length
          rows += size
          lossSum += trainer.loss() * size
          correct += trainer.correct()
          progress(size.toLong)
        }
        WorkerResult(rows, lossSum, correct, trainer.weights(), trainer.state())
      }
  }
}
