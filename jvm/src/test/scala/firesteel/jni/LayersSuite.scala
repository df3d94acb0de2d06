/* Predictors of a layer: what Rust's tests cannot see of them. */
package firesteel.jni

import org.scalatest.funsuite.AnyFunSuite

class LayersSuite extends AnyFunSuite {
  private val network =
    """{"input":[2],"nodes":[
      |{"name":"hidden","op":"dense","inputs":["input"],"units":3},
      |{"name":"relu","op":"relu","inputs":["hidden"]},
      |{"name":"dense","op":"dense","inputs":["relu"],"units":2},
      |{"name":"softmax","op":"softmax","inputs":["dense"]}],"output":"softmax"}""".stripMargin
  private val weights = TestModel.weights ++ Array(1, 0, 0, 0, 1, 0, 0, 0).map(_.toFloat)
  private lazy val file = Models.write(network, TestModel.preprocessing, "[]", weights)

  /** What the predictor of a layer makes of one row. */
  private def values(layer: String): Seq[Float] = {
    val predictor = Predictor.open(file, Models.digest(file), layer)
    try {
      val (scores, status) = (new Array[Float](predictor.width()), new Array[Byte](1))
      TestModel.score(predictor, Array(Array[Byte](1, 2)), scores, status)
      assert(status.head === Predictor.OK)
      scores.toSeq
    } finally predictor.close()
  }

  test("a predictor has as many values per row as its layer, and gives its output") {
    val hidden = TestModel.scores(1, 2)
    assert(values("hidden") === hidden && values("relu") === hidden)
    assert(values(null) === hidden.take(2) && values("dense") === hidden.take(2))
    assert((values("softmax").sum - 1).abs < 1e-6)
  }

  test("a layer that the network does not have is refused with those it has") {
    for (name <- Seq("dense2", "", "input")) {
      val refusal = intercept[IllegalArgumentException](values(name))
      assert(refusal.getMessage === s"layer: '$name' is none of hidden, relu, dense, softmax")
    }
  }

  test("the layer for features is the one before the last with weights") {
    assert(Models.describe(network).contains(""""features":"relu""""))
    assert(Models.describe(TestModel.network).contains(""""features":null"""))
  }
}
