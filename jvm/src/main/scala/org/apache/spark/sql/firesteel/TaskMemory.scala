/* Memory of a task as Spark counts it. Here, since Spark keeps that to itself. */
package org.apache.spark.sql.firesteel

import org.apache.spark.TaskContext
import org.apache.spark.memory.{MemoryConsumer, MemoryMode, TaskMemoryManager}

/**
 * What a task takes of the memory that Spark shares out among the tasks of an executor: of that off the heap where
 * there is some, otherwise of the heap's, so that Spark uses as much less of it.
 */
final class TaskMemory private (manager: TaskMemoryManager)
    extends MemoryConsumer(manager, manager.getTungstenMemoryMode)
    with AutoCloseable {

  /** Takes bytes, or none where there are not so many. Returns how many there were. */
  def take(bytes: Long): Long = {
    val granted = acquireMemory(bytes)
    if (granted < bytes) freeMemory(granted)
    granted
  }

  /** The setting that says how much there is. */
  def setting: String =
    if (getMode == MemoryMode.OFF_HEAP) "spark.memory.offHeap.size" else "spark.executor.memory"

  /** Frees nothing for others: what is in use cannot be written to a disk. */
  override def spill(size: Long, trigger: MemoryConsumer): Long = 0

  /** Gives all back; does nothing the second time. */
  override def close(): Unit = freeMemory(getUsed)
}

object TaskMemory {
  def of(task: TaskContext): TaskMemory = new TaskMemory(task.taskMemoryManager())
}
