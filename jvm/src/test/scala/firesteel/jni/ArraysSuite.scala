/* Arguments that are null, too short, too long, huge or many. */
package firesteel.jni

import org.scalatest.Assertion
import org.scalatest.funsuite.AnyFunSuite

class ArraysSuite extends AnyFunSuite with ChildJvm {
  private val mark = 77

  private def refused(message: String)(body: => Any): Assertion =
    assert(intercept[IllegalArgumentException](body).getMessage === message)

  /** Asserts that a prediction is refused and writes nothing. */
  private def predictionRefused(rows: Array[Array[Byte]], scores: Int, status: Int)(
      message: String): Assertion = {
    val (outScores, outStatus) =
      (Array.fill[Float](scores)(mark.toFloat), Array.fill[Byte](status)(mark.toByte))
    val numbers = rows.map(row => if (row == null) null else row.map(_.toFloat))
    withPredictor() { predictor =>
      refused(message)(TestModel.score(predictor, rows, outScores, outStatus))
      refused(message)(TestModel.score(predictor, numbers, outScores, outStatus))
      assert(outScores.forall(_ == mark) && outStatus.forall(_ == mark))
    }
  }

  private def withPredictor[T](file: Array[Byte] = TestModel.file)(body: Predictor => T): T = {
    val predictor = Predictor.open(file, Models.digest(file), null)
    try body(predictor)
    finally predictor.close()
  }

  /** Asserts that a step is refused, writes nothing and teaches nothing. */
  private def stepRefused(message: String, results: Int = 2)(
      step: (Long, Array[Double]) => Unit): Assertion = {
    val trainer = TestModel.openTrainer()
    try {
      val (out, before) = (Array.fill[Double](results)(mark), trainer.weights().toSeq)
      refused(message)(step(trainer.id(), out))
      assert(out.forall(_ == mark) && trainer.weights().toSeq === before)
    } finally trainer.close()
  }

  test("null for any argument of any method is refused, but where it stands for the default") {
    NativeLibrary.loadTorch()
    val good = new GoodArguments(torch = true)
    var nulls = 0
    for (method <- NativeMethods.all; (parameter, i) <- method.parameters.zipWithIndex
      if !parameter.isPrimitive && good(method)(i) != null) {
      val refusal = intercept[IllegalArgumentException](method.call(good(method).updated(i, null)))
      assert(refusal.getMessage.matches("[a-z]+ is null"), method.name)
      nulls += 1
    }
    assert(nulls >= 30)
    NativeFiresteel.setLogLevel("warn")
    NativeTorch.setLogLevel("warn")
  }

  test("scores or status of another length than the rows ask for are refused and stay as they are") {
    val rows = Array(Array[Byte](1, 2), null)
    for (scores <- Seq(0, 1, 5, 7, 100)) {
      predictionRefused(rows, scores, 2)(s"scores has $scores values, expected 6")
    }
    for (status <- Seq(0, 1, 3)) {
      predictionRefused(rows, 6, status)(s"status has $status values, expected 2")
    }
    predictionRefused(Array(), 1, 0)("scores has 1 values, expected 0")
    predictionRefused(Array(), 0, 1)("status has 1 values, expected 0")
  }

  test("a batch may have no rows, or one") {
    withPredictor() { predictor =>
      TestModel.score(predictor, Array.empty[Array[Byte]], Array.empty[Float], Array.empty[Byte])
      TestModel.score(predictor, Array.empty[Array[Float]], Array.empty[Float], Array.empty[Byte])
      assert(TestModel.predict(predictor, Array[Byte](3, 4)) === TestModel.scores(3, 4))
    }
  }

  test("null rows and rows of another length get a status and no scores, their neighbours all of theirs") {
    withPredictor() { predictor =>
      val rows =
        Array(Array[Byte](1, 2), null, Array[Byte](), Array[Byte](1), Array[Byte](1, 2, 3), Array[Byte](3, 4))
      val expected = Seq(Predictor.OK, Predictor.NULL) ++ Seq.fill(3)(Predictor.SIZE) :+ Predictor.OK
      val (scores, status) = (new Array[Float](18), new Array[Byte](6))
      for (bytes <- Seq(true, false)) {
        if (bytes) TestModel.score(predictor, rows, scores, status)
        else
          TestModel.score(
            predictor,
            rows.map(row => if (row == null) null else row.map(_.toFloat)),
            scores,
            status)
        assert(status.toSeq === expected)
        assert(scores.take(3).toSeq === TestModel.scores(1, 2))
        assert(scores.slice(3, 15).forall(_.isNaN))
        assert(scores.drop(15).toSeq === TestModel.scores(3, 4))
      }
    }
  }

  test("numbers that are not finite make no scores, and no harm to their neighbours") {
    withPredictor() { predictor =>
      val rows = Array(Array(Float.NaN, 1f), Array(1f, 2f), Array(1f, Float.NegativeInfinity))
      val (scores, status) = (new Array[Float](9), new Array[Byte](3))
      TestModel.score(predictor, rows, scores, status)
      assert(status.toSeq === Seq(Predictor.NOT_FINITE, Predictor.OK, Predictor.NOT_FINITE))
      assert(scores.slice(3, 6).toSeq === TestModel.scores(1, 2))
      assert((scores.take(3) ++ scores.drop(6)).forall(_.isNaN))
    }
  }

  test("mini-batches whose lengths disagree are refused and teach nothing") {
    val (two, labels) = (Array[Byte](1, 2), Array(0))
    for ((found, inputs) <- Seq(0, 1, 3, 4).map(n => n -> new Array[Byte](n))) {
      val message = (what: String) => s"the mini-batch has $found $what of input, expected 2"
      stepRefused(message("bytes"))(NativeTrainer.stepBytes(_, inputs, labels, _))
      stepRefused(message("numbers"))(NativeTrainer.stepFloats(_, inputs.map(_.toFloat), labels, _))
    }
    stepRefused("the mini-batch has 0 rows, expected 1")(
      NativeTrainer.stepBytes(_, Array.emptyByteArray, Array.emptyIntArray, _))
    for (label <- Seq(-1, 3, Int.MinValue, Int.MaxValue)) {
      stepRefused(s"label $label in row 0 of the mini-batch is none of the classes 0 to 2")(
        NativeTrainer.stepBytes(_, two, Array(label), _))
    }
    for (results <- Seq(0, 1, 3)) {
      stepRefused(s"results has $results values, expected 2", results)(
        NativeTrainer.stepBytes(_, two, labels, _))
    }
  }

  test("weights or optimizer state of another length than the network's are refused") {
    val none = Array.emptyFloatArray
    for (length <- Seq(0, 8, 10)) {
      val message = s"the network has 9 weights, $length were given"
      refused(message)(Trainer.open(TestModel.round, new Array[Float](length), none))
      refused(message)(Models.write(TestModel.network, "{}", "[]", new Array[Float](length)))
    }
    for (length <- Seq(1, 8, 10)) {
      val state = new Array[Float](length)
      val refusal =
        intercept[IllegalArgumentException](Trainer.open(TestModel.round, TestModel.weights, state))
      assert(refusal.getMessage === s"the optimizer state has $length values, expected 9")
    }
  }

  test("sizes whose products pass 2^31, or the limits of memory, are refused") {
    def network(input: String, layer: String) =
      s"""{"input":$input,"nodes":[{"name":"a","inputs":["input"],$layer}],"output":"a"}"""
    val dense = """"op":"dense","units":"""
    for ((input, layer) <- Seq(
        ("[65536,65536,1]", """"op":"flatten""""),
        ("[2147483648]", """"op":"relu""""),
        ("[-1]", """"op":"relu""""),
        ("[9223372036854775807,2,2]", """"op":"flatten""""),
        ("[2]", dense + "1073741824"),
        ("[2]", dense + "18446744073709551615"),
        ("[1000000]", dense + "1000000"),
        ("[16384]", dense + "32768"),
        ("[268435457]", """"op":"relu""""),
        ("[134217729]", """"op":"softmax""""),
        ("[1,8,8]", """"op":"conv2d","filters":2147483647,"kernel":[8,8]""")
      )) {
      intercept[IllegalArgumentException](Models.describe(network(input, layer)))
      intercept[IllegalArgumentException](Models.initialWeights(network(input, layer), "xavier", 1L))
    }
  }

  test("a batch whose scores would be more than 2^31 is refused") {
    val classes = 1000000
    val layer = s"""{"name":"a","op":"dense","inputs":["input"],"units":$classes,"bias":false}"""
    val wide = s"""{"input":[1],"nodes":[$layer],"output":"a"}"""
    val file = Models.write(wide, "{}", "[]", new Array[Float](classes))
    withPredictor(file) { predictor =>
      val rows = Array.fill(5000)(Array[Byte](1))
      val (scores, status) = (Array.fill(10)(mark.toFloat), Array.fill(5000)(mark.toByte))
      refused("scores has 10 values, expected 5000000000")(TestModel.score(predictor, rows, scores, status))
      assert(scores.forall(_ == mark) && status.forall(_ == mark))
    }
  }

  test("a batch of 5,000 rows is scored without a warning about local references") {
    pass(Child(ManyRowsProgram))
  }
}

/** One call with 5,000 rows of bytes and one with as many of numbers. */
private object ManyRowsProgram {
  def main(arguments: Array[String]): Unit = {
    val rows = Array.tabulate(5000)(i => Array((i % 100).toByte, (i / 100).toByte))
    val expected = rows.toSeq.flatMap(row => TestModel.scores(row(0), row(1)))
    val predictor = TestModel.open()
    val (scores, status) = (new Array[Float](15000), new Array[Byte](5000))
    TestModel.score(predictor, rows, scores, status)
    require(scores.toSeq == expected)
    TestModel.score(predictor, rows.map(_.map(_.toFloat)), scores, status)
    require(scores.toSeq == expected)
    predictor.close()
  }
}
