/* Models on their way from the driver to the executors. */
package firesteel.infer

import java.util.concurrent.Executors
import java.util.concurrent.atomic.AtomicBoolean

import scala.collection.mutable
import scala.concurrent.{ExecutionContext, Future}

import org.apache.spark.{SparkContext, TaskContext}
import org.apache.spark.broadcast.Broadcast

/**
 * A model that the executors can open: its file goes by broadcast, so that all tasks of a query see the same one,
 * whatever becomes of the file meanwhile.
 *
 * @param key which model, and how it is opened
 */
private[firesteel] final case class SentModel(key: ModelCache.Key, file: Broadcast[Array[Byte]])
    extends SentWork {

  /** The model, ready to run in this executor. */
  def lease(): ModelCache.Lease = ModelCache.lease(key, file.value)

  /** Opens the model, also for a task that turns out to have no row. */
  override def prepare(): AutoCloseable = {
    val wanted = new AtomicBoolean(true)
    val opening = Future(if (wanted.get) SentModel.attempt(lease()) else None)(SentModel.beside)
    () => {
      wanted.set(false)
      // In this thread, unless it is still being opened.
      opening.foreach(_.foreach(_.close()))(ExecutionContext.parasitic)
    }
  }

  override def forTask[V](kind: InputKind[V], rows: Int): Worker[V] = {
    val task = TaskContext.get()
    val worker = ModelWorker.forTask(lease(), kind, rows, task)
    task.addTaskCompletionListener[Unit](_ => worker.close())
    worker
  }

  override def forRows[V](kind: InputKind[V]): Worker[V] = ModelWorker.forRows(lease(), kind)
}

private[firesteel] object SentModel {

  /** Threads beside those of tasks, of which they take over nothing. One that has no work for a minute ends. */
  private val beside = ExecutionContext.fromExecutor(Executors.newCachedThreadPool { work =>
    val thread = new Thread(null, work, "firesteel-open", 0, false)
    thread.setDaemon(true)
    thread.setContextClassLoader(getClass.getClassLoader)
    thread
  })

  /**
   * Nothing where it fails, whatever it is: a task that asks for the same fails by itself, while Spark ends an executor
   * for an error that leaves a thread, as Scala lets linkage errors do.
   */
  private def attempt[T](body: => T): Option[T] =
    try Some(body)
    catch { case _: Throwable => None }

  /** So many files are remembered; others are sent again. */
  private val Remembered = 8

  // In the order of their last use, the longest ago first.
  private val sent = mutable.LinkedHashMap.empty[String, (SparkContext, Broadcast[Array[Byte]])]

  /** A model's file that was sent lately, by its digest. */
  def find(sc: SparkContext, digest: String): Option[Broadcast[Array[Byte]]] = synchronized {
    sent.filterInPlace((_, owned) => !owned._1.isStopped)
    sent.remove(digest).filter(_._1 eq sc).map { owned =>
      sent.put(digest, owned)
      owned._2
    }
  }

  /** Sends a model's file, unless that was done lately. */
  def of(sc: SparkContext, digest: String, file: => Array[Byte]): Broadcast[Array[Byte]] = synchronized {
    find(sc, digest).getOrElse {
      val broadcast = sc.broadcast(file)
      sent.put(digest, sc -> broadcast)
      // The one that was used the longest ago goes, and its broadcast when no query uses it any more.
      if (sent.size > Remembered) sent.remove(sent.head._1)
      broadcast
    }
  }
}
