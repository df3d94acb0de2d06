/* Handles: wrong ids, closed ones, ones that are closed while in use, and forgotten ones. */
package firesteel.jni

import java.util.SplittableRandom
import java.util.concurrent.atomic.{AtomicLong, AtomicReference}
import java.util.concurrent.{ConcurrentLinkedQueue, CountDownLatch, CyclicBarrier, TimeUnit}
import java.util.logging.{Handler, LogRecord, Logger}

import org.scalatest.funsuite.AnyFunSuite

class HandlesSuite extends AnyFunSuite with ChildJvm {
  private val rows = Array(Array[Byte](1, 2))
  private val numbers = Array(Array(1f, 2f))

  /** What can be done with the id of a predictor, but to close it. */
  private val predictorUses = Seq[Long => Any](
    NativePredictor.width(_),
    NativePredictor.imagesAtOnce(_),
    NativePredictor.explain(_),
    NativePredictor.weightBytes(_),
    NativePredictor.arenaBytes(_, 1),
    NativeScorer.open(_, 1, 1)
  )

  /** What can be done with the id of a scorer, but to close it. */
  private val scorerUses = Seq[Long => Any](
    NativeScorer.predictBytes(_, rows, new Array[Float](3), new Array[Byte](1)),
    NativeScorer.predictFloats(_, numbers, new Array[Float](3), new Array[Byte](1))
  )

  /** What can be done with the id of a trainer, but to close it. */
  private val trainerUses = Seq[Long => Any](
    NativeTrainer.weights(_),
    NativeTrainer.state(_),
    NativeTrainer.stepBytes(_, rows.head, Array(0), new Array[Double](2)),
    NativeTrainer.stepFloats(_, numbers.head, Array(0), new Array[Double](2))
  )

  test("a closed predictor refuses every use, and closing it again does nothing") {
    val predictor = TestModel.open()
    predictor.close()
    predictor.close()
    for (use <- predictorUses) {
      val refusal = intercept[IllegalStateException](use(predictor.id()))
      assert(
        refusal.getMessage === s"this predictor is closed (id ${predictor.id()}): it cannot be used any more")
    }
    NativePredictor.close(predictor.id())
  }

  test("a closed scorer refuses every use; one that is open outlives its predictor") {
    val predictor = TestModel.open()
    val (scorer, closed) = (predictor.scorer(1, 2), predictor.scorer(1, 1))
    closed.close()
    closed.close()
    for (use <- scorerUses) {
      val refusal = intercept[IllegalStateException](use(closed.id()))
      assert(refusal.getMessage === s"this scorer is closed (id ${closed.id()}): it cannot be used any more")
    }
    predictor.close()
    val (scores, status) = (new Array[Float](6), new Array[Byte](2))
    scorer.predict(Array(Array[Byte](1, 2), Array[Byte](3, 4)), scores, status)
    assert(scores.toSeq === TestModel.scores(1, 2) ++ TestModel.scores(3, 4))
    val live = Scorer.live()
    scorer.close()
    assert(Scorer.live() === live - 1)
  }

  test("a scorer without workers, or of images that cannot be computed at a time, is refused") {
    val predictor = TestModel.open()
    try {
      val most = predictor.imagesAtOnce()
      for ((images, workers, problem) <- Seq(
          (0, 1, s"images: 0 at a time, of 1 to $most"),
          (-1, 1, s"images: 0 at a time, of 1 to $most"),
          (most + 1, 1, s"images: ${most + 1} at a time, of 1 to $most"),
          (1, 0, "workers: 0 threads, but there can be 1 to 4096"),
          (1, -5, "workers: 0 threads, but there can be 1 to 4096"),
          (1, 5000, "workers: 5000 threads, but there can be 1 to 4096")
        ))
        assert(intercept[IllegalArgumentException](predictor.scorer(images, workers)).getMessage === problem)
      val refusal = intercept[IllegalArgumentException](predictor.arenaBytes(most + 1))
      assert(refusal.getMessage === s"images: ${most + 1} at a time, of 1 to $most")
      assert(predictor.arenaBytes(1) > 0)
    } finally predictor.close()
  }

  test("a closed trainer refuses every use, and closing it again does nothing") {
    val trainer = TestModel.openTrainer()
    trainer.close()
    trainer.close()
    for (use <- trainerUses) {
      val refusal = intercept[IllegalStateException](use(trainer.id()))
      assert(
        refusal.getMessage === s"this trainer is closed (id ${trainer.id()}): it cannot be used any more")
    }
    NativeTrainer.close(trainer.id())
  }

  test("ids that never were, and ids of the other type, are refused by every method") {
    val (predictor, trainer) = (TestModel.open(), TestModel.openTrainer())
    val scorer = TestModel.scorer(predictor)
    try {
      val never =
        Seq(0, -1, 1, predictor.id() + 1000000, trainer.id() + 1000000, Long.MaxValue, Long.MinValue)
      for (id <- never :+ trainer.id(); use <- predictorUses :+ (NativePredictor.close(_: Long))) {
        assert(intercept[IllegalStateException](use(id)).getMessage === s"$id is not the id of a predictor")
      }
      for (id <- never :+ predictor.id() :+ trainer.id();
        use <- scorerUses :+ (NativeScorer.close(_: Long))) {
        assert(intercept[IllegalStateException](use(id)).getMessage === s"$id is not the id of a scorer")
      }
      for (id <- never :+ predictor.id() :+ scorer.id();
        use <- trainerUses :+ (NativeTrainer.close(_: Long))) {
        assert(intercept[IllegalStateException](use(id)).getMessage === s"$id is not the id of a trainer")
      }
      assert(TestModel.predict(predictor, rows.head) === TestModel.scores(1, 2))
      assert(trainer.weights().length === TestModel.weights.length)
    } finally {
      scorer.close()
      predictor.close()
      trainer.close()
    }
  }

  test("1,000,000 random ids are refused") {
    val (predictor, trainer) = (TestModel.open(), TestModel.openTrainer())
    try {
      val closes = Seq[Long => Any](NativePredictor.close(_), NativeScorer.close(_), NativeTrainer.close(_))
      val uses = (predictorUses ++ scorerUses ++ trainerUses ++ closes).toArray
      val random = new SplittableRandom(1)
      var refused = 0
      def refuse(): Unit =
        for (i <- 0 until 1000000) {
          // Any number, or one that looks like an id: some tag, and a counter that no table has reached.
          val counter = 1000000 + random.nextLong(1000000)
          val id = if (random.nextBoolean()) random.nextLong() else (random.nextLong(128) << 56) | counter
          try uses(i % uses.length)(id)
          catch { case _: IllegalStateException => refused += 1 }
        }
      // On a thread of its own, whose short stack makes exceptions cheap.
      val thread = new Thread(() => refuse())
      thread.start()
      thread.join(120000)
      assert(refused === 1000000)
      assert(TestModel.predict(predictor, rows.head) === TestModel.scores(1, 2))
      assert(trainer.weights().length === TestModel.weights.length)
    } finally {
      predictor.close()
      trainer.close()
    }
  }

  test(
    "closing a model while 8 threads predict gives each call its right scores or a refusal, 10,000 times") {
    val ended = pass(Child(CloseProgram, Seq("10000")))
    info(ended.output.linesIterator.toSeq.last)
  }

  test("a handle that was forgotten is closed by the garbage collector, which logs once where it was made") {
    pass(Child(ForgetProgram))
  }
}

/** Argument: the number of rounds. */
private object CloseProgram extends org.scalatest.Assertions {
  private val workers = 8
  private val calls = 4

  // One call takes long enough to be surprised by a close.
  private val network =
    """{"input":[1,16,16],"nodes":[
      |{"name":"conv","op":"conv2d","inputs":["input"],"filters":8,"kernel":[5,5]},
      |{"name":"flat","op":"flatten","inputs":["conv"]},
      |{"name":"dense","op":"dense","inputs":["flat"],"units":4}],"output":"dense"}""".stripMargin
  private val row = Array.tabulate(256)(_.toByte)

  def main(arguments: Array[String]): Unit = {
    val rounds = arguments(0).toInt
    val file = Models.write(network, "{}", "[]", Models.initialWeights(network, "xavier", 1L))
    val digest = Models.digest(file)
    val expected = {
      val predictor = Predictor.open(file, digest, null)
      try predict(predictor)
      finally predictor.close()
    }
    val (start, end) = (new CyclicBarrier(workers + 1), new CyclicBarrier(workers + 1))
    val (right, refused) = (new AtomicLong, new AtomicLong)
    val failure = new AtomicReference[Throwable]
    @volatile var predictor: Predictor = null
    @volatile var first: CountDownLatch = null
    def work(): Unit =
      for (_ <- 1 to rounds) {
        start.await(30, TimeUnit.SECONDS)
        try
          for (_ <- 1 to calls) {
            assert(predict(predictor) === expected)
            right.incrementAndGet()
            first.countDown()
          }
        catch {
          case refusal: IllegalStateException if refusal.getMessage.contains("is closed") =>
            refused.incrementAndGet()
          case other: Throwable => failure.set(other)
        }
        first.countDown()
        end.await(30, TimeUnit.SECONDS)
      }
    val threads = Seq.fill(workers)(new Thread(() => work()))
    threads.foreach(_.setDaemon(true))
    threads.foreach(_.start())
    for (round <- 1 to rounds) {
      predictor = Predictor.open(file, digest, null)
      first = new CountDownLatch(1)
      start.await(30, TimeUnit.SECONDS)
      // Closed before the first call, or when calls are under way.
      if (round % 2 == 0) assert(first.await(30, TimeUnit.SECONDS))
      predictor.close()
      end.await(30, TimeUnit.SECONDS)
      Option(failure.get).foreach(throw _)
    }
    threads.foreach(_.join(30000))
    // Both must have happened often for this to mean anything.
    assert(refused.get >= rounds && right.get >= rounds && Predictor.live() === 0 && Scorer.live() === 0)
    println(s"${right.get} right, ${refused.get} refused")
  }

  private def predict(predictor: Predictor): Seq[Float] = {
    val (scores, status) = (new Array[Float](4), new Array[Byte](1))
    TestModel.score(predictor, Array(row), scores, status)
    assert(status(0) === Predictor.OK)
    scores.toSeq
  }
}

/** Forgets one predictor and closes another. */
private object ForgetProgram extends org.scalatest.Assertions {
  private val seen = new ConcurrentLinkedQueue[LogRecord]

  def main(arguments: Array[String]): Unit = {
    val logger = Logger.getLogger("firesteel.jni.Handle")
    logger.addHandler(new Handler {
      override def publish(record: LogRecord): Unit = seen.add(record)
      override def flush(): Unit = ()
      override def close(): Unit = ()
    })
    remember()
    forget()
    assert(Predictor.live() === 1)
    val limit = System.nanoTime() + 30000000000L
    while (Predictor.live() > 0) {
      assert(System.nanoTime() < limit, "the forgotten predictor was not closed within 30 s")
      System.gc()
      Thread.onSpinWait()
    }
    System.gc()
    assert(seen.size === 1)
    val record = seen.peek()
    assert(record.getMessage === "a native object was not closed")
    assert(record.getThrown.getMessage === "this Predictor was made here and never closed")
    assert(record.getThrown.getStackTrace.exists(_.getMethodName == "forget"))
    // A predictor that is made later cannot be taken for the one that is gone.
    assert(TestModel.open().width() === 3)
    logger.getHandlers.toSeq.foreach(logger.removeHandler)
  }

  private def remember(): Unit = TestModel.open().close()

  private def forget(): Unit = {
    val predictor = TestModel.open()
    assert(predictor.width() === 3)
  }
}
