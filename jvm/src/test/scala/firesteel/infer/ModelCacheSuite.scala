/* Which models are open in this JVM, and for how long. */
package firesteel.infer

import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.{Callable, CountDownLatch, Executors, TimeUnit}

import scala.jdk.CollectionConverters._

import firesteel.jni.{ErrorCode, Models, NativeException, Predictor, TestModel}
import firesteel.{Bars, SparkSuite}

class ModelCacheSuite extends SparkSuite {
  private val cache = new ModelCache(maxIdleBytes = 0)

  private val files = new AtomicInteger
  private def newFile(): Array[Byte] = Bars.file(seed = files.incrementAndGet().toLong)

  private def lease(file: Array[Byte]): ModelCache.Lease =
    cache.lease(ModelCache.Key(Models.digest(file), None, ScoringOptions.Default), file)

  private def use(file: Array[Byte]): Predictor = {
    val leased = lease(file)
    try leased.predictor
    finally leased.close()
  }

  private def works(predictor: Predictor): Boolean =
    try { predictor.width() == Bars.classes }
    catch { case _: IllegalStateException => false }

  test("many threads that ask at once get one model, opened once from a file that is fetched once") {
    val file = newFile()
    val digest = Models.digest(file)
    val (before, fetched) = (cache.opened, new AtomicInteger)
    val (ready, go) = (new CountDownLatch(8), new CountDownLatch(1))
    val threads = Executors.newFixedThreadPool(8)
    try {
      val asking: Callable[ModelCache.Lease] = () => {
        ready.countDown()
        assert(go.await(10, TimeUnit.SECONDS))
        cache.lease(ModelCache.Key(digest, None, ScoringOptions.Default), { fetched.incrementAndGet(); file })
      }
      val leases = Seq.fill(8)(threads.submit(asking))
      assert(ready.await(10, TimeUnit.SECONDS))
      go.countDown()
      val got = leases.map(_.get(10, TimeUnit.SECONDS))
      assert(got.map(_.predictor).forall(_ eq got.head.predictor))
      assert(cache.opened - before === 1)
      assert(fetched.get === 1)
      got.foreach(_.close())
    } finally {
      threads.shutdown()
      assert(threads.awaitTermination(10, TimeUnit.SECONDS))
    }
  }

  test("a copy of a file is the same model, another file another one") {
    val file = newFile()
    val (before, first, copy, other) = (cache.opened, lease(file), lease(file.clone), lease(newFile()))
    try {
      assert(first.predictor eq copy.predictor)
      assert(first.predictor ne other.predictor)
      assert(cache.opened - before === 2)
    } finally Seq(first, copy, other).foreach(_.close())
  }

  test("of the models that nobody uses the two that were used last stay open") {
    val files = Seq.fill(4)(newFile())
    val predictors = files.map(use)
    assert(predictors.map(works) === Seq(false, false, true, true))
    val opened = cache.opened
    // Using the older one makes the other one the next to go.
    assert(use(files(2)) eq predictors(2))
    assert(cache.opened === opened)
    use(newFile())
    assert(predictors.map(works) === Seq(false, false, true, false))
  }

  test("more than two stay open while their files are small together") {
    val files = Seq.fill(4)(newFile())
    assert(files.map(_.length).distinct.size === 1)
    val roomy = new ModelCache(3L * files.head.length)
    val predictors = files.map { file =>
      val leased = roomy.lease(ModelCache.Key(Models.digest(file), None, ScoringOptions.Default), file)
      try leased.predictor
      finally leased.close()
    }
    assert(predictors.map(works) === Seq(false, true, true, true))
  }

  test("a model that takes long to open keeps nobody from another one") {
    val (slow, quick) = (newFile(), newFile())
    val (opening, go) = (new CountDownLatch(1), new CountDownLatch(1))
    val thread = Executors.newSingleThreadExecutor()
    try {
      val asking: Callable[ModelCache.Lease] = () =>
        cache.lease(
          ModelCache.Key(Models.digest(slow), None, ScoringOptions.Default),
          { opening.countDown(); go.await(10, TimeUnit.SECONDS); slow })
      val asked = thread.submit(asking)
      assert(opening.await(10, TimeUnit.SECONDS))
      assert(works(use(quick)))
      assert(!asked.isDone)
      go.countDown()
      val leased = asked.get(10, TimeUnit.SECONDS)
      assert(works(leased.predictor))
      leased.close()
    } finally {
      thread.shutdown()
      assert(thread.awaitTermination(10, TimeUnit.SECONDS))
    }
  }

  test("a model in use is never closed, however many come after it") {
    val used = lease(newFile())
    val second = lease(newFile())
    try {
      val before = Predictor.live()
      for (_ <- 1 to 5) use(newFile())
      assert(works(used.predictor) && works(second.predictor))
      assert(Predictor.live() <= before + 2)
    } finally {
      used.close()
      second.close()
    }
  }

  test("a model is closed only after all who share it are done") {
    val file = newFile()
    val (one, two) = (lease(file), lease(file))
    one.close()
    one.close() // does nothing the second time
    for (_ <- 1 to 3) use(newFile())
    assert(works(two.predictor))
    two.close()
    for (_ <- 1 to 3) use(newFile())
    assert(!works(two.predictor))
  }

  test("live handles do not grow with the number of models that were used") {
    for (_ <- 1 to 3) use(newFile())
    val before = Predictor.live()
    for (_ <- 1 to 20) use(newFile())
    assert(Predictor.live() === before)
  }

  test("a file that cannot be opened leaves nothing behind, and the next one works") {
    val file = newFile()
    val damaged = file.clone
    damaged(damaged.length - 1) = (damaged.last ^ 1).toByte
    val before = Predictor.live()
    for (_ <- 1 to 2) {
      val error =
        intercept[NativeException](
          cache.lease(ModelCache.Key(Models.digest(file), None, ScoringOptions.Default), damaged))
      assert(error.code === ErrorCode.DIGEST)
      assert(
        error.getMessage.contains(Models.digest(damaged)) && error.getMessage.contains(Models.digest(file)))
    }
    assert(Predictor.live() === before)
    assert(works(use(file)))
  }

  test("threads that use more models than are kept get right scores at any time") {
    val models = Seq.fill(5)(newFile())
    val image = Bars.images(1).head._1
    def scores(predictor: Predictor): Seq[Float] = {
      val (scores, status) = (new Array[Float](Bars.classes), new Array[Byte](1))
      TestModel.score(predictor, Array(image), scores, status)
      scores.toSeq
    }
    val expected = models.map { file =>
      val predictor = Predictor.open(file, Models.digest(file), null)
      try scores(predictor)
      finally predictor.close()
    }
    val threads = Executors.newFixedThreadPool(4)
    try {
      val tasks = Seq.tabulate[Callable[Unit]](4) { t => () =>
        for (i <- 0 until 200) {
          val m = (i * 7 + t) % models.size
          val leased = lease(models(m))
          try assert(scores(leased.predictor) === expected(m))
          finally leased.close()
        }
      }
      threads.invokeAll(tasks.asJava, 60, TimeUnit.SECONDS).forEach(_.get())
    } finally {
      threads.shutdown()
      assert(threads.awaitTermination(10, TimeUnit.SECONDS))
    }
  }
}
