/* Models that are opened beside a task, before it has read a row. */
package firesteel.infer

import java.util.concurrent.atomic.AtomicReference

import scala.util.Using

import firesteel.jni.{ErrorCode, Models, NativeException}
import firesteel.{Bars, SparkSuite}

import org.apache.spark.firesteel.UnlinkedBroadcast
import org.scalatest.concurrent.Eventually._
import org.scalatest.time.SpanSugar._

class SentModelSuite extends SparkSuite {

  private def sent(seed: Int, digest: Array[Byte] => String = Models.digest): SentModel = {
    val file = Bars.file(seed.toLong)
    SentModel(ModelCache.Key(digest(file), None, ScoringOptions.Default), spark.sparkContext.broadcast(file))
  }

  private def inTask[T: reflect.ClassTag](model: SentModel, task: SentModel => T): T =
    spark.sparkContext.parallelize(Seq(model), 1).map(task).first()

  /** A model that is opened while it is closed is given back a moment later. */
  private def isGivenBack(used: Int): Unit = eventually(timeout(20.seconds)) {
    assert(ModelCache.used === used)
    ()
  }

  test("a task that prepares a model and needs none has it opened, and holds none then") {
    val (opened, used) = (ModelCache.opened, ModelCache.used)
    val model = sent(seed = 71)
    assert(inTask(model, SentModelSuite.held(opened)) === used + 1)
    isGivenBack(used)
  }

  test("a worker takes the model that was prepared, which is then held once") {
    val (opened, used) = (ModelCache.opened, ModelCache.used)
    val model = sent(seed = 72)
    assert(inTask(model, SentModelSuite.work(used + 1)) === Right(model.key))
    assert(ModelCache.opened === opened + 1)
    isGivenBack(used)
  }

  test("a model that cannot be opened fails where a task asks for its worker, and not before") {
    val used = ModelCache.used
    val model = sent(seed = 73, digest = file => Models.digest(file.reverse))
    assert(inTask(model, SentModelSuite.work(used + 1)) === Left(ErrorCode.DIGEST))
    isGivenBack(used)
  }

  test("an error of linking ends no thread, for which Spark would end the executor") {
    val escaped = new AtomicReference[Throwable]
    val before = Thread.getDefaultUncaughtExceptionHandler
    Thread.setDefaultUncaughtExceptionHandler((_, error) => escaped.set(error))
    try {
      val file = new UnlinkedBroadcast
      val model = SentModel(ModelCache.Key("of no file", None, ScoringOptions.Default), file)
      Using.resource(model.prepare()) { _ =>
        // Until the thread that failed has ended, or waits for more work.
        eventually(timeout(20.seconds)) {
          assert(file.asked.get != null)
          assert(SentModelSuite.AtRest.contains(file.asked.get.getState))
        }
      }
      assert(escaped.get === null)
      assertThrows[UnsatisfiedLinkError](model.lease())
    } finally Thread.setDefaultUncaughtExceptionHandler(before)
  }
}

/** What tasks do. */
private object SentModelSuite {

  private val AtRest = Set(Thread.State.TERMINATED, Thread.State.WAITING, Thread.State.TIMED_WAITING)

  /** Waits until another model is open, and gives how many are in use then. */
  def held(opened: Long)(model: SentModel): Int =
    Using.resource(model.prepare()) { _ =>
      eventually(timeout(20.seconds)) { assert(ModelCache.opened == opened + 1) }
      // It is opened a moment after it was counted.
      model.lease().close()
      ModelCache.used
    }

  /** The key of a worker that holds its model alone, or why there is none. */
  def work(used: Int)(model: SentModel): Either[ErrorCode, Any] =
    try {
      val worker = Using.resource(model.prepare())(_ => model.forTask(InputKind.Floats, 1))
      eventually(timeout(20.seconds)) { assert(ModelCache.used == used) }
      Right(worker.key)
    } catch { case e: NativeException => Left(e.code) }
}
