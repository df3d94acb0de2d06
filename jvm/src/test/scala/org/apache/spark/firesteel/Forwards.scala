/* Counts what operators give to networks, in whatever jobs. Here, since Spark keeps to itself when all events have been told. */
package org.apache.spark.firesteel

import org.apache.spark.SparkContext
import org.apache.spark.scheduler.{SparkListener, SparkListenerTaskEnd}

/** @param images how many images networks saw, in `calls` native calls */
final case class Forwards(images: Long, calls: Long)

object Forwards {

  /** What is computed meanwhile, with the result. */
  def count[T](sc: SparkContext)(body: => T): (T, Forwards) = {
    val sums = scala.collection.mutable.Map.empty[String, Long].withDefaultValue(0L)
    val listener = new SparkListener {
      override def onTaskEnd(task: SparkListenerTaskEnd): Unit =
        for (metric <- task.taskInfo.accumulables; name <- metric.name; update <- metric.update)
          if (Set("images scored", "batches")(name)) sums.synchronized(sums(name) += update.toString.toLong)
    }
    sc.listenerBus.waitUntilEmpty()
    sc.addSparkListener(listener)
    try {
      val result = body
      sc.listenerBus.waitUntilEmpty()
      result -> sums.synchronized(Forwards(sums("images scored"), sums("batches")))
    } finally sc.removeSparkListener(listener)
  }
}
