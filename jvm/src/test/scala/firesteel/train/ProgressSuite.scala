/* What a fit shows on the console. */
package firesteel.train

import java.io.{ByteArrayOutputStream, PrintStream}

import scala.util.Using

import firesteel.SparkSuite

import org.apache.spark.executor.ExecutorMetrics
import org.apache.spark.scheduler._
import org.apache.spark.util.LongAccumulator
import org.apache.spark.{Success, TaskKilled}

class ProgressSuite extends SparkSuite {
  import BarsPlan._

  /** What is written to standard error meanwhile. */
  private def shown(body: => Any): String = {
    val (before, written) = (System.err, new ByteArrayOutputStream)
    System.setErr(new PrintStream(written, true))
    try body
    finally System.setErr(before)
    written.toString
  }

  /** What a heartbeat tells of some tasks: their numbers, the counter's id and its value in each. */
  private def heartbeat(
      counter: LongAccumulator,
      tasks: (Long, Long)*): SparkListenerExecutorMetricsUpdate = {
    // Its constructor is Spark's own.
    val info = classOf[AccumulableInfo].getConstructors.head
    def counted(id: Long, rows: Long) = info
      .newInstance(
        Long.box(id),
        None,
        Some(Long.box(rows)),
        None,
        Boolean.box(false),
        Boolean.box(false),
        None)
      .asInstanceOf[AccumulableInfo]
    val updates = tasks.map { case (task, rows) =>
      (task, 0, 0, Seq(counted(counter.id + 1000000, 99), counted(counter.id, rows)))
    }
    SparkListenerExecutorMetricsUpdate("driver", updates, Map.empty[(Int, Int), ExecutorMetrics])
  }

  private def taskEnd(task: Long, failed: Boolean): SparkListenerTaskEnd = {
    val info = new TaskInfo(task, 0, 0, 0, 0, "driver", "localhost", TaskLocality.ANY, false)
    val finished = info.getClass.getMethods.find(_.getName == "markFinished").get
    val state = Class.forName("org.apache.spark.TaskState")
    val value = state.getMethod(if (failed) "FAILED" else "FINISHED").invoke(null)
    finished.invoke(info, value, Long.box(1L))
    SparkListenerTaskEnd(0, 0, "", if (failed) TaskKilled("") else Success, info, null, null)
  }

  private def bar(text: String): String = text.split('\r').last

  private def terminal[T](body: Progress => T): T =
    Using.resource(new Progress(spark.sparkContext, 5, verbose = true, terminal = true))(body)

  test("with verbose off nothing is shown") {
    assert(shown(Rounds.run(rows(spark, 50), plan(epochs = 2), initial, verbose = false)) === "")
    val quiet = new Progress(spark.sparkContext, 5, verbose = false, terminal = true)
    val text = shown {
      quiet.during(0, 100)(counter => quiet.listener.onExecutorMetricsUpdate(heartbeat(counter, 1L -> 50L)))
      quiet.finished(Epoch(1, 0.5, 0.5, 100, 1))
      quiet.close()
    }
    assert(text === "")
  }

  test("a fit shows a line for each epoch, and no bar where standard error is no terminal") {
    val text = shown(Rounds.run(rows(spark, 50), plan(epochs = 2), initial, verbose = true))
    val lines = text.linesIterator.toSeq
    assert(lines.size === 2)
    for ((line, i) <- lines.zipWithIndex)
      assert(
        line.matches(s"epoch ${i + 1}/2  loss \\d\\.\\d{4}  accuracy [01]\\.\\d{4}  [\\d,]+ images/s"),
        line)
  }

  test("a line tells loss, accuracy and speed") {
    val text = shown(terminal(_.finished(Epoch(3, 0.12345, 0.98765, 60000, 12))))
    assert(text === s"epoch 3/5  loss 0.1235  accuracy 0.9877  5,000 images/s${System.lineSeparator}")
  }

  test("the bar shows the rows that the tasks have told so far, and is wiped out at the end") {
    terminal { progress =>
      val text = shown(progress.during(1, 200) { counter =>
        def tell(tasks: (Long, Long)*): String =
          bar(shown(progress.listener.onExecutorMetricsUpdate(heartbeat(counter, tasks: _*))))
        assert(tell(7L -> 50L).startsWith(s"epoch 2/5  [${"=" * 10}${" " * 30}]  25 %  "))
        // A heartbeat tells the sum of a task so far, not what was added.
        assert(tell(7L -> 60L, 8L -> 40L).startsWith(s"epoch 2/5  [${"=" * 20}${" " * 20}]  50 %  "))
        assert(tell(7L -> 160L).startsWith(s"epoch 2/5  [${"=" * 40}] 100 %  "))
        // A speculative copy counts as well, but there is no more than all.
        assert(tell(9L -> 160L).startsWith(s"epoch 2/5  [${"=" * 40}] 100 %  "))
        progress.listener.onExecutorMetricsUpdate(heartbeat(counter, 7L -> 20L))
      })
      assert(text.endsWith("\r" + " " * 100 + "\r"))
    }
  }

  test("what a failed task has done does not count, what a finished one has done does") {
    terminal { progress =>
      shown(progress.during(0, 100) { counter =>
        progress.listener.onExecutorMetricsUpdate(heartbeat(counter, 1L -> 20L, 2L -> 40L))
        progress.listener.onTaskEnd(taskEnd(1, failed = false))
        progress.listener.onTaskEnd(taskEnd(2, failed = true))
        val text = bar(shown(progress.listener.onExecutorMetricsUpdate(heartbeat(counter, 3L -> 10L))))
        assert(text.contains(" 30 %"), text)
      })
    }
  }

  test("heartbeats outside of a round, and of other jobs, show nothing") {
    terminal { progress =>
      val other = spark.sparkContext.longAccumulator
      var last = Option.empty[LongAccumulator]
      val within = shown(progress.during(0, 100) { counter =>
        last = Some(counter)
        progress.listener.onExecutorMetricsUpdate(heartbeat(other, 1L -> 20L))
      })
      assert(!within.contains("epoch"))
      assert(shown(progress.listener.onExecutorMetricsUpdate(heartbeat(last.get, 1L -> 20L))) === "")
    }
  }

  test("the bar is wiped out where a round fails, too") {
    terminal { progress =>
      val text = shown(intercept[IllegalStateException](progress.during(0, 100) { counter =>
        progress.listener.onExecutorMetricsUpdate(heartbeat(counter, 1L -> 20L))
        throw new IllegalStateException("for the test")
      }))
      assert(text.endsWith("\r" + " " * 100 + "\r"))
    }
  }
}
