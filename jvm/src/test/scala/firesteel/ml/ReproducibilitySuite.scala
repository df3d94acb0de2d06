/* The same seed gives the same weights, bit for bit, whatever happens around a fit. */
package firesteel.ml

import java.util.concurrent.atomic.{AtomicInteger, AtomicReference}

import scala.concurrent.{Await, Future}
import scala.concurrent.ExecutionContext.Implicits.global
import scala.concurrent.duration._

import firesteel.{Bars, SparkSuite}

import org.apache.spark.TaskKilled
import org.apache.spark.scheduler.{
  SparkListener,
  SparkListenerStageSubmitted,
  SparkListenerTaskEnd,
  SparkListenerTaskStart
}
import org.scalatest.concurrent.Eventually
import org.scalatest.time.{Seconds, Span}

class ReproducibilitySuite extends SparkSuite with Eventually {
  implicit override val patienceConfig: PatienceConfig = PatienceConfig(timeout = Span(30, Seconds))

  private lazy val table = Bars.table(spark, 600).cache()
  private lazy val reference = Bars.classifier.fit(table).digest

  test("the same seed gives the same weights, another seed gives others") {
    assert(Bars.classifier.fit(table).digest === reference)
    assert(Bars.classifier.setSeed(2).fit(table).digest !== reference)
  }

  test("fits at the same time in the same JVM do not disturb each other") {
    val seeds = Seq(1L, 2L, 1L, 2L)
    val alone = Map(1L -> reference, 2L -> Bars.classifier.setSeed(2).fit(table).digest)
    val together = Future.traverse(seeds)(seed => Future(Bars.classifier.setSeed(seed).fit(table).digest))
    assert(Await.result(together, 120.seconds) === seeds.map(alone))
  }

  test("a round whose task is killed in the middle and run again gives the same weights") {
    // The first stage of Rounds counts the rows; the second is the first round.
    val stages = new AtomicInteger
    val killed = new AtomicReference[Option[Int]](None)
    val attempts = new AtomicInteger
    val sc = spark.sparkContext
    val large = Bars.table(spark, 12000).cache()
    val learner = Bars.classifier.setEpochs(2)
    val expected = learner.fit(large).digest
    val killer = new SparkListener {
      override def onStageSubmitted(stage: SparkListenerStageSubmitted): Unit =
        if (stage.stageInfo.name.contains("Rounds.scala") && stages.incrementAndGet() == 2) {
          killed.set(Some(stage.stageInfo.stageId))
        }
      override def onTaskStart(start: SparkListenerTaskStart): Unit =
        if (killed.get().contains(start.stageId) && start.taskInfo.attemptNumber == 0) {
          sc.killTaskAttempt(start.taskInfo.taskId, interruptThread = false, "a fault of the test")
        }
      override def onTaskEnd(end: SparkListenerTaskEnd): Unit =
        if (killed.get().contains(end.stageId)) end.reason match {
          case _: TaskKilled => attempts.addAndGet(1)
          case _ if end.taskInfo.successful && end.taskInfo.attemptNumber == 1 => attempts.addAndGet(100)
          case _ =>
        }
    }
    sc.addSparkListener(killer)
    try {
      val digest = learner.fit(large).digest
      eventually(assert(attempts.get() === 101, "one attempt was killed and the next one succeeded"))
      assert(digest === expected)
    } finally sc.removeSparkListener(killer)
  }
}
