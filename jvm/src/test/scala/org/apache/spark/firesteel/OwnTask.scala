/* A Spark task on the thread of a test. Here, since Spark keeps tasks to itself. */
package org.apache.spark.firesteel

import org.apache.spark.TaskContext

object OwnTask {

  /** Runs `body` as a task, of partition 0; `kill` marks the task as killed, as an executor does. */
  def run[T](body: (() => Unit) => T): T = {
    val task = TaskContext.empty()
    TaskContext.setTaskContext(task)
    try body(() => task.markInterrupted("for the test"))
    finally TaskContext.unset()
  }
}
