/* The memory of the current task as Spark counts it. Here, since Spark keeps that to itself. */
package org.apache.spark.firesteel

import org.apache.spark.TaskContext
import org.apache.spark.memory.{MemoryConsumer, TaskMemoryManager}

object OwnMemory {

  /** What the last task that called [[leave]] had taken when it ended, beside what that took; -1 before. */
  @volatile var leftTaken: Long = -1

  /** The bytes that the task has taken. */
  def taken: Long = manager.getMemoryConsumptionForThisTask()

  /**
   * Takes all that the task can get but so many bytes, until the task ends: exactly where memory is off the heap, of which
   * Spark's cached blocks may otherwise take and free a part meanwhile.
   */
  def leave(bytes: Long): Unit = {
    val hoard = new Hoard(manager)
    leftTaken = -1
    // Listeners that come later are called before.
    TaskContext.get().addTaskCompletionListener[Unit] { _ =>
      hoard.freeMemory(hoard.getUsed)
      leftTaken = taken
    }
    require(hoard.acquireMemory(Long.MaxValue / 2) > bytes, s"there are no $bytes bytes")
    hoard.freeMemory(bytes)
  }

  private def manager: TaskMemoryManager = TaskContext.get().taskMemoryManager()

  private final class Hoard(manager: TaskMemoryManager)
      extends MemoryConsumer(manager, manager.getTungstenMemoryMode) {
    override def spill(size: Long, trigger: MemoryConsumer): Long = 0
  }
}
