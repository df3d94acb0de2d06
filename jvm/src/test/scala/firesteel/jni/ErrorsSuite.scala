/* Errors as they happen, each with its code and a message that says what is wrong. */
package firesteel.jni

import java.nio.file.{Files, Path}

import org.scalatest.Assertion
import org.scalatest.funsuite.AnyFunSuite

/** Contract 8. That no place swallows an error is PanicsSuite's part. */
class ErrorsSuite extends AnyFunSuite {
  import TestModel._

  private def fails(code: ErrorCode, parts: String*)(body: => Any): Assertion = {
    val error = intercept[NativeException](body)
    assert(error.code === code)
    parts.foreach(part => assert(error.getMessage.contains(part)))
    succeed
  }

  test("a model file that is not the expected one is refused with both digests") {
    val other = "0" * 64
    fails(ErrorCode.DIGEST, digest, other)(Predictor.open(file, other, null))
  }

  test("bytes that are no model file are refused, and told what they are") {
    for ((bytes, what) <- Seq("" -> "it is empty", "PK\u0003\u0004" -> "zip archive")) {
      val content = bytes.getBytes("ISO-8859-1")
      fails(ErrorCode.MODEL_FILE, what)(Models.metadata(content))
      fails(ErrorCode.MODEL_FILE, what)(Predictor.open(content, Models.digest(content), null))
    }
  }

  test("every prefix of a model file is refused") {
    for (length <- file.indices) {
      fails(ErrorCode.MODEL_FILE)(Models.metadata(file.take(length)))
    }
    assert(Models.metadata(file).contains("dense"))
  }

  test("the header of a model file is read from its beginning, or refused with what it takes") {
    val end = file.length - weights.length * 4
    assert(Models.header(file.take(end), file.length) === Models.metadata(file))
    for (length <- 0 until end) {
      val needed = if (length <= 8) 9 else end
      val refusal = intercept[IllegalArgumentException](Models.header(file.take(length), file.length))
      assert(refusal.getMessage.endsWith(s"takes the first $needed bytes, $length are given"))
    }
    fails(ErrorCode.MODEL_FILE, "its tensors have 36 bytes, 37 follow")(
      Models.header(file.take(end), file.length + 1))
    val refusal = intercept[IllegalArgumentException](Models.header(file, -1))
    assert(refusal.getMessage === "fileBytes is -1")
  }

  test("training whose loss is not finite stops, and says in which step of which round") {
    val trainer = openTrainer()
    try {
      trainer.step(Array(1f, 2f), Array(0))
      fails(ErrorCode.DIVERGED, "round 1, step 2", "learningRate")(
        trainer.step(Array(Float.NaN, 2f), Array(0)))
    } finally trainer.close()
  }

  test("a GPU that is not there is an error, never the CPU") {
    val onGpu = round.replace(""""device":"cpu"""", """"device":"gpu"""")
    assume(!Files.exists(Path.of("/dev/nvidiactl")), "this machine has a GPU")
    fails(ErrorCode.DEVICE, "spark.firesteel.device")(Trainer.open(onGpu, weights, Array.emptyFloatArray))
  }

  test("settings that are none are refused by their names") {
    for ((from, to, part) <- Seq(
        (""""learningRate":0.01""", """"learningRate":0""", "learningRate is 0"),
        (""""momentum":0.9""", """"momentum":1""", "momentum is 1"),
        (""""round":0""", """"round":0,"rate":1""", "rate"),
        (""""device":"cpu"""", """"device":"tpu"""", "tpu")
      )) {
      val refusal = intercept[IllegalArgumentException](
        Trainer.open(round.replace(from, to), weights, Array.emptyFloatArray))
      assert(refusal.getMessage.contains(part))
    }
    intercept[IllegalArgumentException](Models.initialWeights(network, "magic", 1L))
  }

  test("text comes through as it was, in results and in messages") {
    val labels = "[\"Feuerstahl\",\"火打ち石\",\"🔥\",\"a\\u0000b\"]"
    val network = TestModel.network.replace("\"units\":3", "\"units\":4")
    val file = Models.write(network, "{}", labels, new Array[Float](12))
    assert(Models.metadata(file).contains(s""""labels":$labels"""))
    for (name <- Seq("火🔥", "a\u0000b", "")) {
      val refusal = intercept[IllegalArgumentException](Models.initialWeights(network, name, 1L))
      assert(refusal.getMessage.contains(s"'$name'"))
    }
  }

  test("text that is not valid Unicode is refused or replaced, but harms nothing") {
    for (half <- Seq(0xd800, 0xdc00).map(_.toChar.toString)) {
      intercept[IllegalArgumentException](Models.describe(half))
      intercept[IllegalArgumentException](Models.initialWeights(network, half, 1L))
    }
  }
}
