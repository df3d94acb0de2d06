/* Rows into batches, one native call a batch, and back into rows: the only loop that does this. */
package firesteel.infer

import java.util.{HashMap => JHashMap}

import scala.collection.mutable
import scala.reflect.ClassTag

import org.apache.spark.{TaskContext, TaskKilledException}

/** What bounds one native call: rows, and bytes of input. */
private[firesteel] final case class BatchLimits(rows: Int, bytes: Long)

/**
 * How a plan's rows are made batches of.
 *
 * @param rampUp whether the first batches are small since few rows may be wanted
 * @param cacheBytes how large a memory of results executors may keep; 0 for none
 */
private[firesteel] final case class Batching(limits: BatchLimits, rampUp: Boolean, cacheBytes: Long)

/** Is told what the batches do. */
private[firesteel] trait BatchMeter {

  /** Memory was granted. */
  def granted(room: Room): Unit

  /** Inputs were read out of a row. */
  def prepared(nanos: Long): Unit

  /** What comes of an input was known. */
  def remembered(): Unit

  /** A native call was made. */
  def called(images: Int, bytes: Long, nanos: Long): Unit
}

/**
 * A row with what came of each of its inputs.
 *
 * @param row what was kept of the row
 * @param number its place among the rows of this iterator
 * @param results one for each input of the row
 */
private[firesteel] final class Scored[A](val row: A, val number: Long, val results: Array[Result])

/**
 * Scores rows in batches, in their order. Equal inputs of a batch are computed once.
 *
 * @param rows the rows; each may be changed by its source after the next one was asked for
 * @param keep what is kept of a row; it must not change with the row
 * @param inputs the network's inputs in a row, null where there is none; they must not change with the row
 * @param kind whether inputs are bytes or numbers
 * @param worker what computes the results; closed when the rows end, as a task may go through several iterators
 */
private[firesteel] final class BatchIterator[R, A, V <: AnyRef: ClassTag](
    rows: Iterator[R],
    keep: R => A,
    inputs: R => Array[V],
    kind: InputKind[V],
    worker: Worker[V],
    batching: Batching,
    meter: BatchMeter
) extends Iterator[Scored[A]] {
  import BatchIterator._

  /** A row of the batch; `places` says where its inputs are among the unequal ones, -1 for no input. */
  private final class Taken(val row: A, val number: Long, val inputs: Array[V], val bytes: Long) {
    val places = new Array[Int](inputs.length)
  }

  private val limits = {
    val BatchLimits(rows, bytes) = batching.limits
    BatchLimits(worker.room.fold(rows)(_.rows(rows)), bytes)
  }
  worker.room.foreach(meter.granted)
  private var most = if (batching.rampUp) math.min(FirstRows, limits.rows) else limits.rows
  private var taken = 0L
  // A row that does not fit into a batch begins the next one.
  private var waiting: Taken = _
  private val batch = mutable.ArrayBuffer.empty[Taken]
  private val unequal = mutable.ArrayBuffer.empty[V]
  private val known = new JHashMap[Content[V], Integer]
  private var results = Array.empty[Result]
  private var at = 0

  override def hasNext: Boolean = {
    val more = at < batch.length || waiting != null || rows.hasNext
    if (!more) worker.close()
    more
  }

  override def next(): Scored[A] = {
    if (!hasNext) Iterator.empty.next()
    if (at == batch.length) {
      stopIfKilled()
      fill()
      compute()
      at = 0
    }
    val row = batch(at)
    at += 1
    new Scored(row.row, row.number, row.places.map(place => if (place < 0) Result.Null else results(place)))
  }

  /** Takes rows until the batch is full. */
  private def fill(): Unit = {
    batch.clear()
    unequal.clear()
    known.clear()
    var bytes = 0L
    var full = false
    while (!full && (waiting != null || rows.hasNext)) {
      if (waiting == null) waiting = take(rows.next())
      if (batch.isEmpty || (unequal.length + waiting.inputs.length <= most && bytes + waiting.bytes <= limits.bytes)) {
        batch += waiting
        bytes += waiting.bytes
        for (i <- waiting.inputs.indices) waiting.places(i) = place(waiting.inputs(i))
        waiting = null
        full = unequal.length >= most || batch.length >= RowsPerImage * most
      } else full = true
    }
    most = math.min(2 * most, limits.rows)
  }

  private def take(row: R): Taken = {
    val kept = keep(row)
    val started = System.nanoTime()
    val own = inputs(row)
    var bytes = 0L
    for (value <- own if value != null) bytes += kind.bytes(value)
    meter.prepared(System.nanoTime() - started)
    taken += 1
    new Taken(kept, taken - 1, own, bytes)
  }

  /** The place of an input among the unequal ones, to which it is added if it is new. */
  private def place(value: V): Int =
    if (value == null) -1
    else {
      val other = known.putIfAbsent(new Content(kind, value), unequal.length)
      if (other == null) unequal += value
      if (other == null) unequal.length - 1 else other
    }

  /** Scores the unequal inputs of the batch that are not remembered. */
  private def compute(): Unit = {
    results = new Array[Result](unequal.length)
    if (batching.cacheBytes == 0) callAll(unequal.indices)
    else {
      val keys =
        unequal.map(value => ResultCache.Key(worker.key, kind, ResultCache.digest(kind.content(value))))
      for (i <- unequal.indices; known <- ResultCache.get(keys(i))) {
        results(i) = known
        meter.remembered()
      }
      val missing = unequal.indices.filter(results(_) == null)
      callAll(missing)
      for (i <- missing if results(i).isOk) ResultCache.put(keys(i), results(i), batching.cacheBytes)
    }
  }

  /** Scores inputs in one call, unless a single row has more than a batch may hold. */
  private def callAll(places: IndexedSeq[Int]): Unit = {
    var start = 0
    while (start < places.length) {
      stopIfKilled()
      var end = start
      var bytes = 0L
      while (end < places.length && end - start < limits.rows &&
        (end == start || bytes + kind.bytes(unequal(places(end))) <= limits.bytes)) {
        bytes += kind.bytes(unequal(places(end)))
        end += 1
      }
      call(places.slice(start, end), bytes)
      start = end
    }
  }

  private def call(places: IndexedSeq[Int], bytes: Long): Unit = {
    val inputs = places.map(unequal).toArray
    val started = System.nanoTime()
    val found = worker(inputs)
    meter.called(inputs.length, bytes, System.nanoTime() - started)
    for (i <- inputs.indices) results(places(i)) = found(i)
  }

  private def stopIfKilled(): Unit = {
    val task = TaskContext.get()
    if (task != null && task.isInterrupted()) throw new TaskKilledException("the task was cancelled")
  }
}

private[firesteel] object BatchIterator {

  /** A batch may hold so many times more rows than images: rows without an image, or with an equal one. */
  private val RowsPerImage = 8

  /** The number of rows of the first batch where few rows may be wanted; each next one has twice as many. */
  private val FirstRows = 8

  /** An input as a key: equal where all its values are. */
  private final class Content[V](kind: InputKind[V], private val value: V) {
    private val hash = kind.hash(value)
    override def hashCode: Int = hash
    override def equals(other: Any): Boolean = other match {
      case that: Content[_] => hash == that.hashCode && kind.same(value, that.value.asInstanceOf[V])
      case _ => false
    }
  }
}
