/* How many images a task computes at a time, as Spark grants memory. */
package firesteel.infer

import scala.annotation.tailrec

import firesteel.jni.Predictor

import org.apache.spark.memory.SparkOutOfMemoryError
import org.apache.spark.sql.firesteel.TaskMemory

/**
 * What a task computes in.
 *
 * @param images how many are computed at a time, by each of the task's threads
 * @param wanted how many would pay
 * @param bytes of all threads
 * @param weights bytes of the model, which all tasks of an executor share
 */
private[firesteel] final case class Room(images: Int, wanted: Int, bytes: Long, weights: Long) {

  /** How many rows a call has where settings allow so many: a fraction of the images leaves a fraction of the rows. */
  def rows(allowed: Int): Int = math.max(1L, allowed.toLong * images / wanted).toInt
}

private[firesteel] object Room {

  /**
   * Takes memory for as many images as it pays to compute at a time, or for half of them, and so on.
   *
   * @param rows how many a call may have
   * @param threads how many threads compute images
   * @throws SparkOutOfMemoryError where there is not enough for one image
   */
  def take(memory: TaskMemory, predictor: Predictor, rows: Int, threads: Int): Room = {
    val ofEach = (rows - 1) / threads + 1
    val wanted = math.min(predictor.imagesAtOnce(), ofEach)
    @tailrec def halve(images: Int): Room = {
      val room = Room(images, wanted, threads * predictor.arenaBytes(images), predictor.weightBytes())
      val granted = memory.take(room.bytes)
      if (granted == room.bytes) room
      else if (images > 1) halve(images / 2)
      else throw outOfMemory(room.bytes, granted, threads, memory.setting)
    }
    halve(wanted)
  }

  /** Spark's own error, whose text says what it can: Spark takes no other. */
  private def outOfMemory(
      needed: Long,
      granted: Long,
      threads: Int,
      setting: String): SparkOutOfMemoryError = {
    val each = if (threads == 1) "" else s" on each of $threads threads (spark.task.cpus)"
    new SparkOutOfMemoryError(
      "UNABLE_TO_ACQUIRE_MEMORY",
      java.util.Map.of(
        "requestedBytes",
        needed.toString,
        "receivedBytes",
        s"$granted: that much it takes to score an image at a time$each. Raise $setting, or run fewer tasks at a " +
          "time in an executor (spark.executor.cores)"
      )
    )
  }
}
