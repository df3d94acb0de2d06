/* Shows on the driver's console how far a fit is. */
package firesteel.train

import scala.collection.concurrent.TrieMap

import firesteel.jni.NativeLibrary

import org.apache.spark.SparkContext
import org.apache.spark.scheduler.{SparkListener, SparkListenerExecutorMetricsUpdate, SparkListenerTaskEnd}
import org.apache.spark.util.LongAccumulator

/**
 * A line for each epoch, and where standard error is a terminal a bar within it, moved by the executors'
 * heartbeats (spark.executor.heartbeatInterval).
 *
 * @param verbose whether anything is shown
 * @param terminal whether standard error is a terminal
 */
private[train] final class Progress(
    sc: SparkContext,
    epochs: Int,
    verbose: Boolean,
    terminal: => Boolean = NativeLibrary.stderrIsTerminal()
) extends AutoCloseable {

  private val animated = verbose && terminal
  @volatile private var bar: Option[Bar] = None

  private[train] val listener: SparkListener = new SparkListener {
    override def onExecutorMetricsUpdate(update: SparkListenerExecutorMetricsUpdate): Unit =
      for {
        current <- bar
        (task, _, _, accumulables) <- update.accumUpdates
        accumulable <- accumulables if accumulable.id == current.counter
        rows <- accumulable.update
      } current.show(task, rows.toString.toLong)

    override def onTaskEnd(end: SparkListenerTaskEnd): Unit =
      for (current <- bar if end.taskInfo != null && !end.taskInfo.successful)
        current.forget(end.taskInfo.taskId)
  }
  if (animated) sc.addSparkListener(listener)

  /** Runs a round with a counter of the rows that its tasks have done. */
  def during[T](round: Int, rows: Long)(body: LongAccumulator => T): T = {
    val counter = sc.longAccumulator
    if (animated) bar = Some(new Bar(round, rows, counter.id))
    try body(counter)
    finally {
      bar.foreach(_.clear())
      bar = None
    }
  }

  /** Writes the line of an epoch. */
  def finished(e: Epoch): Unit = if (verbose) {
    System.err.println(
      f"epoch ${e.epoch}%d/$epochs%d  loss ${e.loss}%.4f  accuracy ${e.accuracy}%.4f  ${e.rows / e.seconds}%,.0f images/s"
    )
  }

  override def close(): Unit = if (animated) sc.removeSparkListener(listener)

  private final class Bar(round: Int, total: Long, val counter: Long) {
    private val width = 40
    private val started = System.nanoTime()
    // By task, since a heartbeat tells the sum of one task so far.
    private val done = TrieMap.empty[Long, Long]

    def forget(task: Long): Unit = done.remove(task)

    def show(task: Long, rows: Long): Unit = synchronized {
      done.update(task, rows)
      val sum = math.min(done.values.sum, total)
      val filled = (width * sum / total).toInt
      val speed = sum / ((System.nanoTime() - started) / 1e9)
      val picture = "=" * filled + " " * (width - filled)
      System.err.print(
        f"\repoch ${round + 1}%d/$epochs%d  [$picture%s] ${100 * sum / total}%3d %%  $speed%,.0f images/s ")
    }

    def clear(): Unit = synchronized(System.err.print("\r" + " " * 100 + "\r"))
  }
}
