/* How rows are cut into native calls, and what comes back. */
package firesteel.infer

import scala.collection.mutable

import firesteel.jni.{Models, Predictor}
import firesteel.Bars

import org.apache.spark.TaskKilledException
import org.apache.spark.firesteel.OwnTask
import org.scalatest.BeforeAndAfterAll
import org.scalatest.funsuite.AnyFunSuite

class BatchIteratorSuite extends AnyFunSuite with BeforeAndAfterAll {
  private val file = Bars.file()
  private lazy val predictor = Predictor.open(file, Models.digest(file))
  private val images = Bars.images(100).map(_._1)

  override protected def afterAll(): Unit = predictor.close()

  /** Notes the rows of each native call. */
  private class Noted extends InputKind[Array[Byte]] {
    val calls = mutable.Buffer.empty[Seq[Array[Byte]]]
    def sizes: Seq[Int] = calls.map(_.size).toSeq
    override def bytes(value: Array[Byte]): Long = InputKind.Bytes.bytes(value)
    override def predict(
        p: Predictor,
        rows: Array[Array[Byte]],
        scores: Array[Float],
        status: Array[Byte]): Unit = {
      calls += rows.toSeq
      InputKind.Bytes.predict(p, rows, scores, status)
    }
  }

  private def score(
      rows: Seq[Array[Byte]],
      limits: BatchLimits,
      kind: InputKind[Array[Byte]] = InputKind.Bytes): Seq[Scored[Array[Byte]]] =
    new BatchIterator(rows.iterator, identity[Array[Byte]], kind, predictor, limits).toSeq

  private def bits(scored: Seq[Scored[Array[Byte]]]): Seq[Seq[Int]] =
    scored.map(_.scores.toSeq.map(java.lang.Float.floatToRawIntBits))

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
    val huge = new Array[Byte](1000)
    val kind = new Noted
    val scored =
      score(Seq(images(0), images(1), huge, images(2), images(3), huge), BatchLimits(100, 200), kind)
    assert(kind.sizes === Seq(2, 1, 2, 1))
    assert(scored.map(_.status) === Seq(0, 0, 2, 0, 0, 2))
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
      scored.map(_.status) === Seq(Predictor.OK, Predictor.NULL, Predictor.OK, Predictor.SIZE, Predictor.OK))
    for (bad <- Seq(1, 3)) assert(scored(bad).scores.forall(_.isNaN))
    assert(bits(Seq(0, 2, 4).map(scored)) === oneByOne.take(3))
  }

  test("nulls alone are scored as well") {
    val scored = score(Seq.fill(3)(null), BatchLimits(2, 64))
    assert(scored.map(_.status) === Seq.fill(3)(Predictor.NULL))
    assert(scored.forall(s => s.scores.length == Bars.classes && s.scores.forall(_.isNaN)))
  }

  test("rows are taken when they are needed, a batch at a time") {
    var taken = 0
    val rows = Iterator.tabulate(100) { i => taken += 1; images(i) }
    val scored =
      new BatchIterator(rows, identity[Array[Byte]], InputKind.Bytes, predictor, BatchLimits(8, 1L << 20))
    assert(scored.hasNext && taken === 0)
    for (_ <- 1 to 8) scored.next()
    assert(taken === 8)
    assert(scored.hasNext && taken === 8)
    scored.next()
    assert(taken === 16)
  }

  test("the end stays the end") {
    val scored = new BatchIterator(
      images.iterator.take(1),
      identity[Array[Byte]],
      InputKind.Bytes,
      predictor,
      BatchLimits(8, 64))
    scored.next()
    assert(!scored.hasNext && !scored.hasNext)
    assertThrows[NoSuchElementException](scored.next())
  }

  test("a cancelled task makes no further call") {
    OwnTask.run { kill =>
      val kind = new Noted {
        override def predict(p: Predictor, r: Array[Array[Byte]], s: Array[Float], b: Array[Byte]): Unit = {
          super.predict(p, r, s, b)
          if (calls.size == 3) kill()
        }
      }
      // An endless iterator which does not look at the task: only the batch loop can end this.
      val scored = new BatchIterator(
        Iterator.continually(images(0)),
        identity[Array[Byte]],
        kind,
        predictor,
        BatchLimits(4, 1L << 20))
      val error = intercept[TaskKilledException](scored.take(1000).foreach(_ => ()))
      assert(error.reason === "the task was cancelled")
      assert(kind.sizes === Seq(4, 4, 4))
    }
  }
}
