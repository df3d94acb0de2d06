/* How rows come to the workers. */
package firesteel.train

import scala.util.Random

import firesteel.SparkSuite

import org.apache.spark.rdd.RDD

class PackingSuite extends SparkSuite {

  /** Rows of two bytes, which tell the number of the row, as the label does. */
  private def rows(numbers: Range): Seq[(Array[Byte], Int)] =
    numbers.map(i => Array((i >> 8).toByte, i.toByte) -> i)

  private def table(partitions: Seq[(Array[Byte], Int)]*): RDD[(Array[Byte], Int)] =
    spark.sparkContext.parallelize(partitions, partitions.size).flatMap(identity)

  /** The labels of each worker, in their order. */
  private def pack(rows: RDD[(Array[Byte], Int)], workers: Int, seed: Long): Seq[Seq[Int]] = {
    val packed = Packing.pack(rows, Values.Bytes, 2, workers, seed)
    assert(packed.getNumPartitions === workers)
    packed
      .glom()
      .collect()
      .toSeq
      .map(_.toSeq.flatMap { block =>
        val numbers = block.inputs.grouped(2).map(row => (row(0) & 0xff) << 8 | row(1) & 0xff).toSeq
        assert(numbers === block.labels.toSeq, "an input has the label of another one")
        numbers
      })
  }

  private val uneven = Seq(rows(0 until 500), Nil, rows(500 until 501), rows(501 until 2600), Nil)
  private lazy val all = table(uneven: _*)

  test("each row goes to exactly one worker, exactly once") {
    for (workers <- Seq(1, 2, 3, 7)) assert(pack(all, workers, 1).flatten.sorted === (0 until 2600), workers)
  }

  test("the workers' shares differ by at most a row for each partition of the input") {
    for (workers <- Seq(2, 3, 7)) {
      val shares = pack(all, workers, 1).map(_.size)
      assert(shares.max - shares.min <= uneven.count(_.nonEmpty), shares)
    }
    val skewed = table(Seq.tabulate(10)(i => rows(i until i + 1)): _*)
    val shares = pack(skewed, 3, 1).map(_.size)
    assert(shares.sorted === Seq(3, 3, 4), "the one row of each partition goes to another worker")
  }

  test("the order is that of the seed, not that of the input") {
    val first = pack(all, 1, seed = 1).head
    assert(pack(all, 1, seed = 1).head === first)
    val second = pack(all, 1, seed = 2).head
    assert(second !== first)
    // In a random order a row stays in its place now and then, and half of the pairs are the wrong way round.
    for (order <- Seq(first, second)) {
      assert(order.zipWithIndex.count { case (row, i) => row == i } < 10)
      val falling = order.zip(order.tail).count { case (a, b) => a > b } / 2600.0
      assert(falling > 0.45 && falling < 0.55)
    }
    assert(first.zip(second).count { case (a, b) => a == b } < 10)
    // Rows beyond the first 1,024 of a partition have random numbers of their own.
    val places = first.zipWithIndex.toMap
    val drawn = (501 until 501 + 1024).map(places)
    val later = (501 + 1024 until 501 + 2048).map(places)
    assert(drawn.zip(drawn.tail).map { case (a, b) => a < b } !== later.zip(later.tail).map { case (a, b) =>
      a < b
    })
  }

  test("each worker gets rows of all the input") {
    for (share <- pack(all, 3, 1)) {
      assert(share.count(_ < 1300) / share.size.toDouble > 0.4)
      assert(share.count(_ >= 1300) / share.size.toDouble > 0.4)
    }
  }

  test("a second computation gives the same blocks") {
    for (workers <- Seq(1, 3)) assert(pack(all, workers, 5) === pack(table(uneven: _*), workers, 5))
  }

  test("no rows and empty partitions give workers without blocks") {
    assert(pack(table(Nil), 2, 1) === Seq(Nil, Nil))
    assert(pack(table(Nil, Nil, Nil), 1, 1) === Seq(Nil))
    assert(pack(spark.sparkContext.emptyRDD[(Array[Byte], Int)], 1, 1) === Seq(Nil))
    assert(pack(table(rows(7 until 8)), 3, 1).map(_.size).sorted === Seq(0, 0, 1))
  }

  test("the order of two rows depends on neither the order of their arrival nor the worker's share") {
    val random = new Random(1)
    // Many have equal random numbers, and then their origin decides.
    val keys = Seq.tabulate(300)(i => RowKey(0, i % 7 - 3L, i % 4, i))
    val sorted = keys.sorted(RowKey.ordering)
    for (_ <- 1 to 50) assert(random.shuffle(keys).sorted(RowKey.ordering) === sorted)
    assert(sorted.map(_.random) === sorted.map(_.random).sorted)
    for (a <- keys; b <- keys if a != b) assert(RowKey.ordering.compare(a, b) !== 0)
  }

  test("rows are sent to the worker that their key names") {
    val partitioner = new ByWorker(3)
    assert((0 until 3).map(w => partitioner.getPartition(RowKey(w, 9L, 1, 2))) === Seq(0, 1, 2))
    assert(partitioner == new ByWorker(3) && partitioner != new ByWorker(2))
    assert(partitioner.hashCode === new ByWorker(3).hashCode)
  }
}
