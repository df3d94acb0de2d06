/* The process does not grow, whatever is done how often: with FIRESTEEL_SLOW=1 as often as it should, otherwise less. */
package firesteel.jni

import scala.util.Using

import org.scalatest.Assertion
import org.scalatest.funsuite.AnyFunSuite

/** In JVMs whose own memory is all there from the beginning. */
class GrowthSuite extends AnyFunSuite with ChildJvm {
  private val slow = sys.env.get("FIRESTEEL_SLOW").contains("1")

  /** Runs a program: its argument is how often, and it prints the resident memory in KiB at some times. */
  private def resident(program: AnyRef, often: Int, seldom: Int): Seq[Long] = {
    val calm = Seq("-Xms64m", "-Xmx64m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
    val times = (if (slow) often else seldom).toString
    val child = Child(program, Seq(times), calm, environment = Map("MALLOC_ARENA_MAX" -> Some("1")))
    val found = pass(child.copy(seconds = 300)).output.linesIterator.map(_.toLong).toSeq
    info(found.mkString(s"$times times, resident: ", ", ", " KiB"))
    found
  }

  private def growsBy(found: Seq[Long], mebibytes: Int): Assertion = {
    assert(found.size >= 2)
    assert(found.last - found.head <= mebibytes * 1024)
  }

  test("models that are opened, used and closed do not make the process grow") {
    growsBy(resident(OpenProgram, 10000, 1000), 16)
  }

  test("calls of one scorer do not make the process grow") {
    val found = resident(CallProgram, 100000, 10000)
    growsBy(found, 16)
    // 50,000 calls, were each to leave behind the least that can be allocated, would take twice as much; what 5,000 calls
    // take must be told from what the JVM takes.
    assert(found.last - found(found.size / 2) <= (if (slow) 768 else 256))
  }

  test("threads that come and go do not make the process grow") {
    growsBy(resident(ThreadsProgram, 1000, 100), if (slow) 64 else 16)
  }

  test("exceptions do not make the process grow") {
    growsBy(resident(ExceptionsProgram, 10000, 1000), 16)
  }

  test("a scorer that is closed leaves its memory to others") {
    val Seq(before, open, closed, arena) = resident(LargeProgram, 1, 1): @unchecked
    assert(arena > 64 * 1024)
    assert(open - before >= arena * 9 / 10 && closed - before <= arena / 10)
  }
}

/** What the programs of this file share. */
private object Growth extends org.scalatest.Assertions {
  private val network =
    """{"input":[1,16,16],"nodes":[
      |{"name":"conv","op":"conv2d","inputs":["input"],"filters":16,"kernel":[3,3]},
      |{"name":"flat","op":"flatten","inputs":["conv"]},
      |{"name":"dense","op":"dense","inputs":["flat"],"units":8}],"output":"dense"}""".stripMargin

  lazy val file: Array[Byte] = Models.write(network, "{}", "[]", Models.initialWeights(network, "xavier", 1L))
  lazy val digest: String = Models.digest(file)
  val rows: Array[Array[Byte]] = Array.fill(8)(Array.tabulate(256)(_.toByte))

  def open(): Predictor = Predictor.open(file, digest, null)

  /** Scores the rows, which all are good ones. */
  def predict(scorer: Scorer): Unit = {
    val (scores, status) = (new Array[Float](rows.length * 8), new Array[Byte](rows.length))
    scorer.predict(rows, scores, status)
    require(status.forall(_ == Predictor.OK) && scores.forall(!_.isNaN))
  }

  /** Prints the resident memory; nothing but garbage may be left of handles. */
  def print(live: Int): Unit = {
    require(Predictor.live() == live && Scorer.live() == live)
    System.gc()
    println(Processes.residentKiB())
  }
}

/** Argument: how often a model is opened, after a tenth of that to warm up. */
private object OpenProgram {
  def main(arguments: Array[String]): Unit = {
    val times = arguments(0).toInt
    for (rounds <- Seq(times / 10, times)) {
      for (_ <- 1 to rounds)
        Using.resource(Growth.open())(predictor =>
          Using.resource(TestModel.scorer(predictor))(Growth.predict))
      Growth.print(live = 0)
    }
  }
}

/** Argument: the number of calls. Prints a line for the warming up, and one for each tenth of the calls. */
private object CallProgram {
  def main(arguments: Array[String]): Unit =
    Using.resource(Growth.open()) { predictor =>
      Using.resource(TestModel.scorer(predictor)) { scorer =>
        for (_ <- 0 to 10) {
          for (_ <- 1 to arguments(0).toInt / 10) Growth.predict(scorer)
          Growth.print(live = 1)
        }
      }
    }
}

/** Argument: the number of threads, one after the other, after a tenth of that to warm up. Each scores with two more. */
private object ThreadsProgram {
  def main(arguments: Array[String]): Unit = {
    val times = arguments(0).toInt
    for (threads <- Seq(times / 10, times)) {
      for (_ <- 1 to threads) {
        var done = false
        val thread = new Thread(() => {
          Using.resource(Growth.open())(predictor =>
            Using.resource(predictor.scorer(predictor.imagesAtOnce(), 3)) { scorer =>
              for (_ <- 1 to 100) Growth.predict(scorer)
            })
          done = true
        })
        thread.start()
        thread.join(30000)
        require(done)
      }
      Growth.print(live = 0)
    }
  }
}

/** Argument: how often each exception is thrown, after a tenth of that to warm up. */
private object ExceptionsProgram {
  def main(arguments: Array[String]): Unit = {
    val times = arguments(0).toInt
    val damaged = Growth.file.clone
    damaged(damaged.length - 1) = (damaged.last ^ 1).toByte
    for (rounds <- Seq(times / 10, times)) {
      for (_ <- 1 to rounds)
        Using.resource(Growth.open()) { predictor =>
          Using.resource(TestModel.scorer(predictor)) { scorer =>
            Growth.predict(scorer)
            Growth.intercept[IllegalArgumentException](
              scorer.predict(Growth.rows, new Array[Float](7), new Array[Byte](8)))
            Growth.predict(scorer)
            Growth.intercept[NativeException](Predictor.open(damaged, Growth.digest, null))
            scorer.close()
            Growth.intercept[IllegalStateException](Growth.predict(scorer))
          }
        }
      Growth.print(live = 0)
    }
  }
}

/** Prints the resident memory without a large scorer, with it and after it, and how large it is, in KiB. */
private object LargeProgram {
  private val network =
    """{"input":[3,512,512],"nodes":[
      |{"name":"conv","op":"conv2d","inputs":["input"],"filters":64,"kernel":[3,3]},
      |{"name":"mean","op":"global_avg_pool2d","inputs":["conv"]},
      |{"name":"flat","op":"flatten","inputs":["mean"]},
      |{"name":"dense","op":"dense","inputs":["flat"],"units":8}],"output":"dense"}""".stripMargin

  def main(arguments: Array[String]): Unit = {
    val file = Models.write(network, "{}", "[]", Models.initialWeights(network, "xavier", 1L))
    Using.resource(Predictor.open(file, Models.digest(file), null)) { predictor =>
      println(Processes.residentKiB())
      Using.resource(predictor.scorer(1, 1))(_ => println(Processes.residentKiB()))
      println(Processes.residentKiB())
      println(predictor.arenaBytes(1) / 1024)
    }
  }
}
