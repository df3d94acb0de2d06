/* How rows are cut into native calls, and what comes back. */
package firesteel.infer

import scala.collection.mutable

import firesteel.jni.{Models, Predictor, Scorer}
import firesteel.Bars

import org.apache.spark.TaskKilledException
import org.apache.spark.firesteel.OwnTask
import org.scalatest.funsuite.AnyFunSuite

class BatchIteratorSuite extends AnyFunSuite {
  private val file = Bars.file()
  private def lease() =
    ModelCache.lease(ModelCache.Key(Models.digest(file), None, ScoringOptions.Default), file)
  private val images = Bars.images(100).map(_._1)

  private def scores(result: Result): Array[Float] = result.value.asInstanceOf[Array[Float]]

  /** Notes the rows of each native call. */
  private class Noted extends InputKind[Array[Byte]] {
    val calls = mutable.Buffer.empty[Seq[Array[Byte]]]
    def sizes: Seq[Int] = calls.map(_.size).toSeq
    override def values(value: Array[Byte]): Int = InputKind.Bytes.values(value)
    override def bytes(value: Array[Byte]): Long = InputKind.Bytes.bytes(value)
    override def hash(value: Array[Byte]): Int = InputKind.Bytes.hash(value)
    override def content(value: Array[Byte]): Array[Byte] = InputKind.Bytes.content(value)
    override def same(one: Array[Byte], other: Array[Byte]): Boolean = InputKind.Bytes.same(one, other)
    override def predict(
        p: Scorer,
        rows: Array[Array[Byte]],
        scores: Array[Float],
        status: Array[Byte]): Unit = {
      calls += rows.toSeq
      InputKind.Bytes.predict(p, rows, scores, status)
    }
  }

  /** Adds up what it is told. */
  private class Sums extends BatchMeter {
    var (batches, scored, bytes, known) = (0, 0, 0L, 0)
    override def granted(room: Room): Unit = fail("nothing is granted to rows")
    override def remembered(): Unit = known += 1
    override def prepared(nanos: Long): Unit = assert(nanos >= 0)
    override def called(images: Int, bytes: Long, nanos: Long): Unit = {
      assert(nanos > 0)
      batches += 1
      scored += images
      this.bytes += bytes
    }
  }

  /** Rows that are an image each. */
  private def iterator(
      rows: Iterator[Array[Byte]],
      limits: BatchLimits,
      kind: InputKind[Array[Byte]] = InputKind.Bytes,
      rampUp: Boolean = false,
      cacheBytes: Long = 0,
      meter: BatchMeter = new Sums): Iterator[Scored[Array[Byte]]] =
    new BatchIterator[Array[Byte], Array[Byte], Array[Byte]](
      rows,
      identity,
      Array(_),
      kind,
      ModelWorker.forRows(lease(), kind),
      Batching(limits, rampUp, cacheBytes),
      meter)

  private def score(
      rows: Seq[Array[Byte]],
      limits: BatchLimits,
      kind: InputKind[Array[Byte]] = InputKind.Bytes): Seq[Scored[Array[Byte]]] =
    iterator(rows.iterator, limits, kind).toSeq

  private def statuses(scored: Seq[Scored[Array[Byte]]]): Seq[Int] = scored.map(_.results.head.status.toInt)

  private def bits(scored: Seq[Scored[_]]): Seq[Seq[Int]] =
    scored.flatMap(_.results).map(scores(_).toSeq.map(java.lang.Float.floatToRawIntBits))

  private lazy val oneByOne = bits(score(images, BatchLimits(1, 1L << 20)))

  test("a call has as many rows as the bound says, the last one the rest") {
    for ((rows, sizes) <- Seq(
        0 -> Nil,
        1 -> Seq(1),
        31 -> Seq(31),
        32 -> Seq(32),
        33 -> Seq(32, 1),
        100 -> Seq(32, 32, 32, 4))) {
      val kind = new Noted
      assert(score(images.take(rows), BatchLimits(32, 1L << 20), kind).size === rows)
      assert(kind.sizes === sizes)
    }
  }

  test("a call has at most as many bytes as the bound says") {
    val kind = new Noted
    // Images have 64 bytes.
    score(images.take(8), BatchLimits(100, 3 * 64 + 63), kind)
    assert(kind.sizes === Seq(3, 3, 2))
    val exact = new Noted
    score(images.take(8), BatchLimits(100, 4 * 64), exact)
    assert(exact.sizes === Seq(4, 4))
  }

  test("a row larger than the bound is a call of its own") {
    val (huge, other) = (new Array[Byte](1000), Array.fill[Byte](1000)(1))
    val kind = new Noted
    val scored =
      score(Seq(images(0), images(1), huge, images(2), images(3), other), BatchLimits(100, 200), kind)
    assert(kind.sizes === Seq(2, 1, 2, 1))
    assert(statuses(scored) === Seq(0, 0, 2, 0, 0, 2))
    assert(bits(Seq(scored(0), scored(1), scored(3), scored(4))) === oneByOne.take(4))
  }

  test("numbers count four bytes each") {
    assert(InputKind.Floats.bytes(new Array[Float](10)) === 40)
    assert(InputKind.Bytes.bytes(new Array[Byte](10)) === 10)
  }

  test("rows keep their order, and each has its own scores whatever the batch") {
    for (rows <- Seq(2, 7, 32, 100)) {
      val scored = score(images, BatchLimits(rows, 1L << 20))
      assert(scored.map(_.row) === images)
      assert(bits(scored) === oneByOne)
    }
    assert(oneByOne.distinct.size === images.size, "equal scores would show nothing")
  }

  test("a null and a row of the wrong size have a status and NaN, and leave their neighbours alone") {
    val rows = Seq(images(0), null, images(1), new Array[Byte](63), images(2))
    val scored = score(rows, BatchLimits(32, 1L << 20))
    assert(
      statuses(scored) === Seq(Predictor.OK, Predictor.NULL, Predictor.OK, Predictor.SIZE, Predictor.OK).map(
        _.toInt))
    assert(scored(1).results.head.value === null)
    assert(scores(scored(3).results.head).forall(_.isNaN) && scored(3).results.head.values === 63)
    assert(bits(Seq(0, 2, 4).map(scored)) === oneByOne.take(3))
  }

  test("nulls alone make no call") {
    val kind = new Noted
    assert(statuses(score(Seq.fill(3)(null), BatchLimits(2, 64), kind)) === Seq.fill(3)(Predictor.NULL.toInt))
    assert(kind.calls.isEmpty)
  }

  test("equal images of a batch are computed once, and each row has the scores") {
    val kind = new Noted
    val rows = Seq(0, 1, 0, 0, 1, 2).map(images(_).clone)
    assert(bits(score(rows, BatchLimits(32, 1L << 20), kind)) === Seq(0, 1, 0, 0, 1, 2).map(oneByOne))
    assert(kind.sizes === Seq(3))
  }

  test("the images of an array are computed together with those of other rows") {
    def score(rows: Seq[Array[Array[Byte]]], limits: BatchLimits, kind: Noted): Seq[Scored[Int]] =
      new BatchIterator[Array[Array[Byte]], Int, Array[Byte]](
        rows.iterator,
        _.length,
        identity,
        kind,
        ModelWorker.forRows(lease(), kind),
        Batching(limits, rampUp = false, cacheBytes = 0),
        new Sums).toSeq
    val rows = Seq(images.take(3), Nil, images.slice(3, 4), images.slice(4, 13)).map(_.toArray)
    for ((limit, sizes) <- Seq(32 -> Seq(13), 4 -> Seq(4, 4, 4, 1), 3 -> Seq(3, 1, 3, 3, 3))) {
      val kind = new Noted
      val scored = score(rows, BatchLimits(limit, 1L << 20), kind)
      assert(scored.map(_.row) === Seq(3, 0, 1, 9) && scored.map(_.results.length) === Seq(3, 0, 1, 9))
      assert(bits(scored) === oneByOne.take(13))
      assert(kind.sizes === sizes, limit)
    }
  }

  test("where few rows may be wanted, batches begin small and grow to the bound") {
    val kind = new Noted
    assert(bits(iterator(images.iterator, BatchLimits(32, 1L << 20), kind, rampUp = true).toSeq) === oneByOne)
    assert(kind.sizes === Seq(8, 16, 32, 32, 12))
    val small = new Noted
    iterator(images.iterator.take(12), BatchLimits(5, 1L << 20), small, rampUp = true).foreach(_ => ())
    assert(small.sizes === Seq(5, 5, 2))
  }

  test("the meter is told of each call") {
    val meter = new Sums
    iterator((images.take(10) :+ images(3)).iterator, BatchLimits(4, 1L << 20), meter = meter).foreach(_ =>
      ())
    assert((meter.batches, meter.scored, meter.bytes) === ((3, 11, 11 * 64L)))
  }

  test("what is remembered is not computed again, and is the same") {
    val (kind, meter) = (new Noted, new Sums)
    def all(rows: Seq[Array[Byte]], cacheBytes: Long = 1L << 20): Seq[Scored[Array[Byte]]] =
      iterator(rows.iterator, BatchLimits(8, 1L << 20), kind, cacheBytes = cacheBytes, meter = meter).toSeq
    assert(bits(all(images.take(20))) === oneByOne.take(20))
    assert(kind.sizes === Seq(8, 8, 4) && meter.known === 0)
    assert(bits(all(images.take(24))) === oneByOne.take(24))
    assert(kind.sizes === Seq(8, 8, 4, 4) && meter.known === 20)
    // A bad input, which tells what is wrong with it, is computed each time; and there is room for so much.
    for (_ <- 1 to 2) assert(statuses(all(Seq(Array[Byte](1)))) === Seq(Predictor.SIZE.toInt))
    assert(kind.sizes.takeRight(2) === Seq(1, 1))
    // The next new one leaves room for three.
    all(images.slice(24, 25), cacheBytes = 3 * 300)
    assert(meter.known === 20)
    all(images.take(25).reverse, cacheBytes = 3 * 300)
    assert(meter.known > 20 && meter.known <= 23)
  }

  test("rows have their numbers") {
    assert(score(images.take(10), BatchLimits(4, 1L << 20)).map(_.number) === (0L until 10L))
  }

  test("rows are taken when they are needed, a batch at a time") {
    var taken = 0
    val rows = Iterator.tabulate(100) { i => taken += 1; images(i) }
    val scored = iterator(rows, BatchLimits(8, 1L << 20))
    assert(scored.hasNext && taken === 0)
    for (_ <- 1 to 8) scored.next()
    assert(taken === 8)
    assert(scored.hasNext && taken === 8)
    scored.next()
    assert(taken === 16)
  }

  test("the worker is closed when the rows end, not before") {
    val before = (ModelCache.used, Scorer.live())
    val scored = iterator(images.iterator.take(9), BatchLimits(8, 1L << 20))
    for (_ <- 1 to 9) {
      assert(scored.hasNext)
      scored.next()
      assert((ModelCache.used, Scorer.live()) === (before._1 + 1, before._2 + 1))
    }
    assert(!scored.hasNext && !scored.hasNext)
    assert((ModelCache.used, Scorer.live()) === before)
  }

  test("where less memory is granted, a call has as many rows less, and at least one") {
    for ((images, rows) <- Seq(8 -> 32, 4 -> 16, 2 -> 8, 1 -> 4))
      assert(Room(images, 8, 0, 0).rows(32) === rows)
    assert(
      Room(1, 8, 0, 0).rows(3) === 1 && Room(3, 7, 0, 0).rows(10) === 4 && Room(1, 1, 0, 0).rows(7) === 7)
    assert(Room(8, 8, 0, 0).rows(Int.MaxValue) === Int.MaxValue)
  }

  test("the end stays the end") {
    val scored = iterator(images.iterator.take(1), BatchLimits(8, 64))
    scored.next()
    assert(!scored.hasNext && !scored.hasNext)
    assertThrows[NoSuchElementException](scored.next())
  }

  test("a cancelled task makes no further call") {
    OwnTask.run { kill =>
      val kind = new Noted {
        override def predict(p: Scorer, r: Array[Array[Byte]], s: Array[Float], b: Array[Byte]): Unit = {
          super.predict(p, r, s, b)
          if (calls.size == 3) kill()
        }
      }
      // An endless iterator which does not look at the task: only the batch loop can end this.
      val scored =
        iterator(Iterator.from(0).map(i => images(i % images.size)), BatchLimits(4, 1L << 20), kind)
      val error = intercept[TaskKilledException](scored.take(1000).foreach(_ => ()))
      assert(error.reason === "the task was cancelled")
      assert(kind.sizes === Seq(4, 4, 4))
    }
  }
}
