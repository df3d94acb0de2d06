/* A cancelled fit ends at once, leaves nothing behind, and does not disturb the next. */
package firesteel.ml

import java.util.concurrent.TimeUnit

import scala.concurrent.{Await, Future}
import scala.concurrent.ExecutionContext.Implicits.global
import scala.concurrent.duration._
import scala.util.Try

import firesteel.{Bars, SparkSuite}
import firesteel.jni.Trainer

import org.apache.spark.SparkException
import org.scalatest.concurrent.Eventually
import org.scalatest.time.{Millis, Seconds, Span}

class CancellationSuite extends SparkSuite with Eventually {
  implicit override val patienceConfig: PatienceConfig =
    PatienceConfig(timeout = Span(60, Seconds), interval = Span(10, Millis))

  private lazy val table = Bars.table(spark, 6000).cache()

  /** Enough epochs that a cancellation always comes in the middle. */
  private def endless = Bars.classifier.setEpochs(100000)

  for (interrupt <- Seq(false, true))
    test(
      s"a fit that is cancelled ${if (interrupt) "with" else "without"} an interrupt ends within 2 seconds") {
      val reference = Bars.classifier.fit(table).digest
      val live = Trainer.live()
      val group = s"cancelled-$interrupt"
      val fit = Future {
        spark.sparkContext.setJobGroup(group, "to be cancelled", interruptOnCancel = interrupt)
        try endless.fit(table)
        finally spark.sparkContext.clearJobGroup()
      }
      eventually(assert(Trainer.live() === live + 1, "a round has begun"))
      val started = System.nanoTime()
      spark.sparkContext.cancelJobGroup(group)
      val failure = Try(Await.result(fit, 60.seconds)).failed.get
      eventually(assert(Trainer.live() === live))
      val millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started)
      assert(millis <= 2000, s"the fit ended after $millis ms")
      assert(failure.isInstanceOf[SparkException] && failure.getMessage.contains("cancelled"), failure)
      assert(Bars.classifier.fit(table).digest === reference)
    }
}
