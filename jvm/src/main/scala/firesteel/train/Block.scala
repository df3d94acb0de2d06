/* Rows of training data in few large arrays: what is cached, shuffled and cut into mini-batches. */
package firesteel.train

import firesteel.jni.Trainer

/**
 * Rows packed one after the other.
 *
 * @param inputs the values of all rows
 * @param labels the class of each row
 */
private[firesteel] final case class Block[V](inputs: V, labels: Array[Int]) {

  /** The number of rows. */
  def rows: Int = labels.length
}

/** The two kinds of input: bytes stay bytes until a step turns them into numbers. */
private[firesteel] trait Values[V <: AnyRef] extends Serializable {

  /** The size of one value in bytes. */
  def width: Int

  /** An array of so many values. */
  def newArray(values: Int): V

  /** Learns from a mini-batch. */
  def step(trainer: Trainer, inputs: V, labels: Array[Int]): Unit

  /** Packs rows of `rowValues` values into blocks of about [[Values.BlockBytes]]. */
  final def pack(rows: Iterator[(V, Int)], rowValues: Int): Iterator[Block[V]] = {
    val rowsPerBlock = math.max(1, Values.BlockBytes / (width.toLong * rowValues)).toInt
    rows.grouped(rowsPerBlock).map { group =>
      val inputs = newArray(group.length * rowValues)
      group.iterator.zipWithIndex.foreach { case ((values, _), i) =>
        System.arraycopy(values, 0, inputs, i * rowValues, rowValues)
      }
      Block(inputs, group.map(_._2).toArray)
    }
  }
}

private[firesteel] object Values {

  /** The size of a block: large enough for few of them, small enough to move about. */
  private val BlockBytes = 4L << 20

  /** A byte per value. */
  object Bytes extends Values[Array[Byte]] {
    override def width: Int = 1
    override def newArray(values: Int): Array[Byte] = new Array(values)
    override def step(trainer: Trainer, inputs: Array[Byte], labels: Array[Int]): Unit =
      trainer.step(inputs, labels)
  }

  /** Numbers. */
  object Floats extends Values[Array[Float]] {
    override def width: Int = 4
    override def newArray(values: Int): Array[Float] = new Array(values)
    override def step(trainer: Trainer, inputs: Array[Float], labels: Array[Int]): Unit =
      trainer.step(inputs, labels)
  }
}
