/* The training loop on the driver: a Spark job for each round. */
package firesteel.train

import scala.reflect.ClassTag

import org.apache.spark.{SparkException, TaskContext}
import org.apache.spark.rdd.RDD
import org.apache.spark.storage.StorageLevel

/**
 * All that a fit needs beside rows.
 *
 * @param values whether inputs are bytes or numbers
 * @param rowValues the number of values of one input
 * @param configuration what native code is told of each round
 */
private[firesteel] final case class Plan[V <: AnyRef](
    values: Values[V],
    rowValues: Int,
    configuration: RoundConfiguration,
    batchSize: Int,
    epochs: Int,
    workers: Int,
    seed: Long
) {
  private[train] def config(round: Int, worker: Int): String = configuration.json(round, worker, seed)
}

/**
 * The history of a fit: an entry for each epoch.
 *
 * @param epoch counted from 1
 * @param loss the mean cross-entropy of the epoch's rows, each before the update that it caused
 * @param accuracy the share of rows that were classified as labelled, each before the update that it caused
 * @param rows the number of rows
 * @param seconds how long the epoch took
 */
final case class Epoch(epoch: Int, loss: Double, accuracy: Double, rows: Long, seconds: Double)

private[firesteel] object Rounds {

  /**
   * Trains: packs the rows into cached blocks, then makes a round over all of them for each epoch, and averages
   * what the workers give back.
   *
   * @return the weights after the last epoch, and the history
   * @throws IllegalArgumentException if there are no rows, or for what the rows' iterator throws
   */
  def run[V <: AnyRef: ClassTag](
      rows: RDD[(V, Int)],
      plan: Plan[V],
      initial: Array[Float],
      verbose: Boolean
  ): (Array[Float], Seq[Epoch]) = {
    val sc = rows.sparkContext
    val blocks = Packing
      .pack(rows, plan.values, plan.rowValues, plan.workers, plan.seed)
      .persist(StorageLevel.MEMORY_AND_DISK)
    val progress = new Progress(sc, plan.epochs, verbose)
    try {
      val total = sc.runJob(blocks, (it: Iterator[Block[V]]) => it.map(_.rows.toLong).sum).sum
      require(total > 0, "there are no rows to train on")
      var weights = initial
      var state = Array.empty[Float]
      val history = (0 until plan.epochs).map { round =>
        val started = System.nanoTime()
        val results = progress.during(round, total) { counter =>
          val before = sc.broadcast((weights, state))
          try
            sc.runJob(
              blocks,
              (_: TaskContext, it: Iterator[Block[V]]) =>
                Worker.round(plan, round, it, before.value._1, before.value._2, counter.add(_: Long))
            ).toSeq
          finally before.destroy()
        }
        weights = Averaging.average(results.map(r => r.rows -> r.weights))
        state = Averaging.average(results.map(r => r.rows -> r.state))
        val seconds = (System.nanoTime() - started) / 1e9
        val n = results.map(_.rows).sum
        val epoch =
          Epoch(
            round + 1,
            results.map(_.lossSum).sum / n,
            results.map(_.correct).sum.toDouble / n,
            n,
            seconds)
        progress.finished(epoch)
        epoch
      }
      (weights, history)
    } catch {
      case e: SparkException => throw Failures.reason(e)
    } finally {
      progress.close()
      blocks.unpersist()
    }
  }
}
