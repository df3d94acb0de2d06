/* A panic or an error anywhere in a native method becomes the exception of the contract. */
package firesteel.jni

import java.util.regex.Pattern

import org.scalatest.funsuite.AnyFunSuite

/** In JVMs with the libraries that can be made to fail. */
class PanicsSuite extends AnyFunSuite with ChildJvm {
  private val panics = 10000
  private val errors = 1000

  for ((library, torch) <- Seq("libfiresteel" -> false, "libfiresteel_torch" -> true)) {
    test(s"$panics panics at each point of each method of $library are exceptions, and other handles work") {
      val ended = pass(Child(PanicsProgram, Seq(s"$torch", s"$panics")).withFaults.copy(seconds = 300))
      checkCounts(ended, torch, panics)
    }

    test(s"$errors errors at each point of each method of $library are exceptions with their code and text") {
      val ended = pass(Child(ErrorsProgram, Seq(s"$torch", s"$errors")).withFaults.copy(seconds = 300))
      checkCounts(ended, torch, errors)
    }
  }

  test("a trainer that panicked is poisoned: it refuses everything but close, and other trainers work") {
    pass(Child(PoisonProgram, Seq("1000")).withFaults)
  }

  test("an error while a trainer is in use does not poison it") {
    pass(Child(UnpoisonedProgram).withFaults)
  }

  test("a panic that no guard catches aborts the JVM, so the guard is what the tests above test") {
    val ended = run(Child(UnguardedProgram).withFaults)
    val aborted = 128 + 6
    assert(ended.exitCode === aborted, ended.output)
    assert(ended.output.contains("FIRESTEEL_FAULT without a guard"))
    assert(ended.output.contains("panic in a function that cannot unwind"))
    assert(ended.output.contains("before") && !ended.output.contains("after"))
  }

  /** The program says how often each method threw as it should: none may be missing. */
  private def checkCounts(ended: Ended, torch: Boolean, times: Int): Unit = {
    val expected =
      for (method <- NativeMethods.of(torch); point <- Faults.points)
        yield s"${method.name} $point $times"
    val found = ended.output.linesIterator.filter(_.startsWith("Native")).toSeq
    assert(found === expected)
    info(s"${expected.size * times} in ${NativeMethods.of(torch).size} methods")
  }
}

/** What the programs of this file share. */
private object Faults extends org.scalatest.Assertions {
  val points: Seq[String] = Seq("Arguments", "Body", "Result")
  val locked = 3

  def arm(torch: Boolean, point: Int, panics: Boolean): Unit =
    if (torch) NativeFaults.armTorch(point, panics) else NativeFaults.armFiresteel(point, panics)

  def load(torch: Boolean): Unit = {
    NativeLibrary.configure("off", null)
    if (torch) NativeLibrary.loadTorch() else NativeLibrary.load()
  }

  def code(thrown: Throwable): ErrorCode = thrown match {
    case native: NativeException => native.code
    case other => throw new AssertionError("not a NativeException", other)
  }

  /** Makes every method fail at every point so many times; `check` judges each exception by its place. */
  def everywhere(torch: Boolean, panics: Boolean, times: Int)(
      check: (Throwable, String, String) => Unit): Unit = {
    load(torch)
    val good = new GoodArguments(torch)
    val other = new OtherHandle(torch)
    for (method <- NativeMethods.of(torch); point <- points.indices) {
      val arguments = good(method)
      for (_ <- 1 to times) {
        arm(torch, point, panics)
        check(intercept[RuntimeException](method.call(arguments)), method.name, points(point))
        other.check()
      }
      method.call(arguments)
      println(s"${method.name} ${points(point)} $times")
    }
    // Each `open` that succeeded, and each whose id was lost after its body, which only the hook can do.
    val opened = 1 + 1 + points.size + times
    require((if (torch) Trainer.live() else Predictor.live()) == opened)
  }

  /** A handle that has nothing to do with what fails. */
  private final class OtherHandle(torch: Boolean) {
    private val predictor = NativePredictor.open(TestModel.file, TestModel.digest, null, null, false)
    private val scorer = NativeScorer.open(predictor, 1, 1)
    private val trainer =
      if (torch) NativeTrainer.open(TestModel.round, TestModel.weights, Array.empty[Float]) else 0L
    private val (rows, status) = (Array(Array[Byte](7, 9)), new Array[Byte](1))
    private val expected = TestModel.scores(7, 9)

    def check(): Unit =
      if (torch) {
        require(NativeTrainer.weights(trainer).sameElements(TestModel.weights))
      } else {
        val scores = new Array[Float](3)
        NativeScorer.predictBytes(scorer, rows, scores, status)
        require(scores.sameElements(expected), scores.toSeq)
      }
  }
}

/** Arguments: which library, and how often. */
private object PanicsProgram {
  def main(arguments: Array[String]): Unit = {
    val (torch, times) = (arguments(0), arguments(1))
    val patterns = scala.collection.mutable.Map.empty[(String, String), Pattern]
    Faults.everywhere(torch.toBoolean, panics = true, times.toInt) { (thrown, method, point) =>
      val said = Pattern.quote(
        s"$method panicked: FIRESTEEL_FAULT at $point of $method at ") + ".*faults\\.rs:\\d+:\\d+"
      val pattern = patterns.getOrElseUpdate((method, point), Pattern.compile(said))
      require(Faults.code(thrown) == ErrorCode.PANIC && pattern.matcher(thrown.getMessage).matches(), thrown)
    }
  }
}

/** Arguments: which library, and how often. */
private object ErrorsProgram {
  def main(arguments: Array[String]): Unit = {
    val (torch, times) = (arguments(0), arguments(1))
    Faults.everywhere(torch.toBoolean, panics = false, times.toInt) { (thrown, method, point) =>
      val said = s"FIRESTEEL_FAULT at $point of $method"
      require(Faults.code(thrown) == ErrorCode.INTERNAL && thrown.getMessage == said, thrown)
    }
  }
}

/** Trainers that panic in the middle of each of the methods that use them, so many times. */
private object PoisonProgram {
  def main(arguments: Array[String]): Unit = {
    Faults.load(torch = true)
    val other = TestModel.openTrainer()
    val before = other.weights().toSeq
    for (_ <- 1 to arguments(0).toInt; (name, use) <- Trainers.uses) {
      val trainer = TestModel.openTrainer()
      use(trainer)
      NativeFaults.armTorch(Faults.locked, true)
      val panic = Faults.intercept[NativeException](use(trainer))
      require(panic.code == ErrorCode.PANIC && panic.getMessage.contains("FIRESTEEL_FAULT at Locked"), panic)
      for ((_, again) <- Trainers.uses) {
        val refusal = Faults.intercept[NativeException](again(trainer))
        require(refusal.code == ErrorCode.POISONED, refusal)
        require(
          refusal.getMessage == "this trainer panicked before: close it and begin the round anew",
          refusal)
      }
      trainer.close()
      require(other.weights().toSeq == before, name)
    }
    require(Trainer.live() == 1, Trainer.live())
  }
}

/** An error in the middle of each of the methods that use a trainer. */
private object UnpoisonedProgram {
  def main(arguments: Array[String]): Unit = {
    Faults.load(torch = true)
    val trainer = TestModel.openTrainer()
    for ((name, use) <- Trainers.uses) {
      NativeFaults.armTorch(Faults.locked, false)
      val error = Faults.intercept[NativeException](use(trainer))
      require(
        error.code == ErrorCode.INTERNAL && error.getMessage.contains("FIRESTEEL_FAULT at Locked"),
        name)
      use(trainer)
    }
  }
}

private object Trainers {

  /** All that can be done with a trainer but to close it. */
  val uses: Seq[(String, Trainer => Unit)] = Seq(
    "step of bytes" -> (_.step(Array[Byte](1, 2), Array(0))),
    "step of numbers" -> (_.step(Array(1f, 2f), Array(0))),
    "weights" -> (_.weights()),
    "state" -> (_.state()))
}

/** Panics where no guard is. */
private object UnguardedProgram {
  def main(arguments: Array[String]): Unit = {
    NativeLibrary.configure("error", null)
    NativeLibrary.load()
    println("before")
    NativeFaults.panicUnguarded()
    println("after")
  }
}
