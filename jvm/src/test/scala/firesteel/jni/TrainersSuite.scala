/* A trainer belongs to one thread at a time. */
package firesteel.jni

import java.util.concurrent.atomic.AtomicReference
import java.util.concurrent.{CountDownLatch, TimeUnit}

import scala.collection.mutable

import org.scalatest.funsuite.AnyFunSuite

class TrainersSuite extends AnyFunSuite {
  // A step takes much longer than it may take to refuse the second thread.
  private val network =
    """{"input":[1,28,28],"nodes":[
      |{"name":"conv","op":"conv2d","inputs":["input"],"filters":32,"kernel":[5,5]},
      |{"name":"flat","op":"flatten","inputs":["conv"]},
      |{"name":"dense","op":"dense","inputs":["flat"],"units":10}],"output":"dense"}""".stripMargin
  private val settings =
    s"""{"network":$network,"preprocessing":{},"learningRate":0.01,"momentum":0.0,"weightDecay":0.0,
      |"device":"cpu","round":0}""".stripMargin
  private val rows = 256
  private val inputs = Array.tabulate(rows * 784)(_.toByte)
  private val labels = Array.tabulate(rows)(_ % 10)

  private def open() =
    Trainer.open(settings, Models.initialWeights(network, "xavier", 1L), Array.emptyFloatArray)

  test("a second thread on a trainer is refused within 10 ms, and disturbs nothing") {
    val (trainer, alone) = (open(), open())
    val enough = new CountDownLatch(1)
    val (started, failure) = (new CountDownLatch(1), new AtomicReference[Throwable])
    @volatile var steps = 0
    val owner = new Thread(() =>
      try
        while (enough.getCount > 0 && steps < 200) {
          started.countDown()
          // Only while the other thread is inside can this one be refused.
          try { trainer.step(inputs, labels); steps += 1 }
          catch { case busy: NativeException if busy.code == ErrorCode.BUSY => () }
        }
      catch { case e: Throwable => failure.set(e) })
    owner.start()
    assert(started.await(30, TimeUnit.SECONDS))
    val refusals = mutable.Buffer.empty[Double]
    try {
      val limit = System.nanoTime() + 30000000000L
      while (refusals.size < 100) {
        assert(System.nanoTime() < limit && owner.isAlive, s"only ${refusals.size} refusals within 30 s")
        val begin = System.nanoTime()
        try trainer.step(Array.emptyByteArray, Array.emptyIntArray)
        catch {
          case busy: NativeException =>
            refusals += (System.nanoTime() - begin) / 1e6
            assert(busy.code === ErrorCode.BUSY)
            assert(busy.getMessage === "another thread is using this trainer: a trainer belongs to one task")
          case empty: IllegalArgumentException => assert(empty.getMessage.contains("rows"))
        }
      }
    } finally {
      enough.countDown()
      owner.join(30000)
    }
    Option(failure.get).foreach(throw _)
    info(f"refused after ${refusals.sorted.apply(50)}%.3f ms (median), ${refusals.max}%.3f ms (longest)")
    // A busy machine may suspend this thread in between, now and then.
    assert(refusals.count(_ <= 10) >= 95 && steps > 0)
    for (_ <- 1 to steps) alone.step(inputs, labels)
    assert(trainer.weights().sameElements(alone.weights()))
    trainer.close()
    alone.close()
  }
}
