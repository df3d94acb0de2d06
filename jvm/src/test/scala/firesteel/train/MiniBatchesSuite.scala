/* How a worker's rows are cut into mini-batches. */
package firesteel.train

import org.scalatest.funsuite.AnyFunSuite

class MiniBatchesSuite extends AnyFunSuite {

  /** Rows of two numbers, in blocks of the given sizes; the label is the row's number. */
  private def blocks(sizes: Int*): Seq[Block[Array[Float]]] = {
    val starts = sizes.scanLeft(0)(_ + _)
    sizes.zip(starts).map { case (size, start) =>
      val labels = Array.range(start, start + size)
      Block(labels.flatMap(i => Array(i.toFloat, -i.toFloat)), labels)
    }
  }

  private def batches(
      blocks: Seq[Block[Array[Float]]],
      batchSize: Int = 10,
      round: Int = 0,
      seed: Long = 1,
      partition: Int = 0,
      windowBytes: Long = 1L << 20): Seq[Seq[Int]] =
    new MiniBatches(blocks.iterator, Values.Floats, 2, batchSize, seed, round, partition, windowBytes).map {
      batch =>
        assert(batch.inputs.toSeq === batch.labels.toSeq.flatMap(i => Seq(i.toFloat, -i.toFloat)))
        batch.labels.toSeq
    }.toSeq

  private val some = blocks(30, 1, 44, 25)

  test("each round has each row once, in mini-batches of the given size, the last one smaller") {
    for (round <- 0 until 3) {
      val cut = batches(some, batchSize = 32, round = round)
      assert(cut.map(_.size) === Seq(32, 32, 32, 4))
      assert(cut.flatten.sorted === (0 until 100))
    }
    assert(batches(some, batchSize = 100).map(_.size) === Seq(100))
    assert(batches(some, batchSize = 1000).map(_.size) === Seq(100))
    assert(batches(some, batchSize = 1).map(_.size) === Seq.fill(100)(1))
  }

  test("each round, seed and partition has an order of its own, and always the same") {
    val orders = for (round <- 0 until 3; seed <- Seq(1L, 2L); partition <- Seq(0, 1)) yield {
      val order = batches(some, round = round, seed = seed, partition = partition).flatten
      assert(batches(some, round = round, seed = seed, partition = partition).flatten === order)
      order
    }
    assert(orders.distinct.size === 12)
    for (order <- orders) assert(order.zipWithIndex.count { case (row, i) => row == i } < 10)
  }

  test("how rows are cut into blocks makes no difference") {
    val order = batches(some).flatten
    for (sizes <- Seq(Seq(100), Seq.fill(100)(1), Seq(99, 1), Seq(1, 99)))
      assert(batches(blocks(sizes: _*)).flatten === order)
  }

  test("with small windows rows mix only within their windows, and each still comes once") {
    // A row has 8 bytes: the first window is full after 30 + 1 + 44 rows, the second one is the rest.
    val cut = batches(some, batchSize = 32, windowBytes = 32 * 8)
    assert(cut.map(_.size) === Seq(32, 32, 11, 25))
    val (first, second) = cut.flatten.splitAt(75)
    assert(first.sorted === (0 until 75) && second.sorted === (75 until 100))
    assert(first != first.sorted && second != second.sorted)
  }

  test("a window of exactly all bytes is all rows; one byte more or less than a block makes the next one") {
    assert(batches(some, batchSize = 100, windowBytes = 100 * 8).map(_.size) === Seq(100))
    assert(batches(some, batchSize = 100, windowBytes = 30 * 8).map(_.size) === Seq(30, 45, 25))
    assert(batches(some, batchSize = 100, windowBytes = 30 * 8 + 1).map(_.size) === Seq(31, 44, 25))
    assert(batches(some, batchSize = 100, windowBytes = 1).map(_.size) === Seq(30, 1, 44, 25))
  }

  test("windows of equal size have different orders") {
    val cut = batches(blocks(50, 50), batchSize = 50, windowBytes = 1)
    assert(cut(0) !== cut(1).map(_ - 50))
  }

  test("blocks are taken window by window") {
    var taken = 0
    val counted = blocks(Seq.fill(10)(10): _*).iterator.map { block => taken += 1; block }
    val cut = new MiniBatches(counted, Values.Floats, 2, 4, 1, 0, 0, windowBytes = 160)
    cut.next()
    assert(taken === 2)
    for (_ <- 1 to 4) cut.next()
    assert(taken === 2)
    cut.next()
    assert(taken === 4)
  }

  test("no rows make no mini-batch") {
    for (none <- Seq(blocks(), blocks(0), blocks(0, 0))) assert(batches(none).isEmpty)
    assertThrows[NoSuchElementException](new MiniBatches(Iterator.empty, Values.Floats, 2, 4, 1, 0, 0).next())
  }

  test("bytes are cut like numbers") {
    val labels = Array.range(0, 100)
    val block = Block(labels.map(_.toByte), labels)
    val cut = new MiniBatches(Iterator(block), Values.Bytes, 1, 32, 1, 0, 0).toSeq
    assert(cut.flatMap(_.inputs) === cut.flatMap(_.labels.map(_.toByte)))
    assert(cut.flatMap(_.labels) === batches(some).flatten)
  }
}
