/* Cuts a worker's blocks into the mini-batches of one round, in a random order. */
package firesteel.train

import scala.collection.mutable

import firesteel.jni.RandomOrder

/** A mini-batch: inputs row after row, and their labels. */
private[train] final case class MiniBatch[V](inputs: V, labels: Array[Int])

/**
 * Takes blocks until a window is full, goes through the window's rows in a random order, and so on. Data that
 * fits into one window, which is most, is shuffled as a whole; larger data was put into a random order once
 * before, and is shuffled within windows in each round. The last mini-batch of a window may be smaller.
 *
 * @param windowBytes the size of a window: this much of the data is in memory at a time
 */
private[train] final class MiniBatches[V <: AnyRef](
    blocks: Iterator[Block[V]],
    values: Values[V],
    rowValues: Int,
    batchSize: Int,
    seed: Long,
    round: Int,
    partition: Int,
    windowBytes: Long = MiniBatches.WindowBytes
) extends Iterator[MiniBatch[V]] {

  private var windows = 0
  private var window: Iterator[MiniBatch[V]] = Iterator.empty

  override def hasNext: Boolean = {
    if (!window.hasNext) window = nextWindow()
    window.hasNext
  }

  override def next(): MiniBatch[V] = if (hasNext) window.next() else Iterator.empty.next()

  private def nextWindow(): Iterator[MiniBatch[V]] = {
    val taken = mutable.ArrayBuffer.empty[Block[V]]
    var bytes = 0L
    while (blocks.hasNext && bytes < windowBytes) {
      taken += blocks.next()
      bytes += taken.last.rows.toLong * rowValues * values.width
    }
    // The row r of the window is the row r - starts(b) of its block b.
    val starts = taken.scanLeft(0)(_ + _.rows).toArray
    val order = new Array[Int](starts.last)
    if (order.nonEmpty) RandomOrder.window(seed, round, partition, windows, order)
    windows += 1
    order.iterator.grouped(batchSize).map { rows =>
      val inputs = values.newArray(rows.length * rowValues)
      val labels = new Array[Int](rows.length)
      rows.iterator.zipWithIndex.foreach { case (row, i) =>
        val found = java.util.Arrays.binarySearch(starts, row)
        val b = if (found >= 0) found else -found - 2
        val block = taken(b)
        System.arraycopy(block.inputs, (row - starts(b)) * rowValues, inputs, i * rowValues, rowValues)
        labels(i) = block.labels(row - starts(b))
      }
      MiniBatch(inputs, labels)
    }
  }
}

private[train] object MiniBatches {
  val WindowBytes: Long = 128L << 20
}
