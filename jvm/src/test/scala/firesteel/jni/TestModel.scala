/* Networks for the tests of the boundary, whose scores are known by arithmetic. */
package firesteel.jni

import scala.util.Using

/** Two inputs, three outputs, and weights for which the scores are small integers. */
object TestModel {
  val network: String =
    """{"input":[2],"nodes":[{"name":"dense","op":"dense","inputs":["input"],"units":3}],"output":"dense"}"""

  /** A byte means its own number. */
  val preprocessing = """{"scale":1.0}"""
  val weights: Array[Float] = Array(1, 2, 3, 4, 5, 6, 10, 20, 30).map(_.toFloat)

  lazy val file: Array[Byte] = Models.write(network, preprocessing, "[]", weights)
  lazy val digest: String = Models.digest(file)

  def scores(a: Float, b: Float): Seq[Float] = Seq(a + 2 * b + 10, 3 * a + 4 * b + 20, 5 * a + 6 * b + 30)

  def open(): Predictor = Predictor.open(file, digest, null)

  /** A scorer whose memory is as large as it pays. */
  def scorer(predictor: Predictor): Scorer = predictor.scorer(predictor.imagesAtOnce(), 1)

  /** Scores rows of bytes in memory of their own. */
  def score(predictor: Predictor, rows: Array[Array[Byte]], scores: Array[Float], status: Array[Byte]): Unit =
    Using.resource(scorer(predictor))(_.predict(rows, scores, status))

  /** Scores rows of numbers in memory of their own. */
  def score(
      predictor: Predictor,
      rows: Array[Array[Float]],
      scores: Array[Float],
      status: Array[Byte]): Unit =
    Using.resource(scorer(predictor))(_.predict(rows, scores, status))

  /** Scores of rows with two bytes. */
  def predict(predictor: Predictor, rows: Array[Byte]*): Seq[Float] = {
    val (scores, status) = (new Array[Float](rows.size * 3), new Array[Byte](rows.size))
    score(predictor, rows.toArray, scores, status)
    require(status.forall(_ == Predictor.OK), status.mkString(" "))
    scores.toSeq
  }

  /** The settings of a round of training this network. */
  val round: String =
    s"""{"network":$network,"preprocessing":$preprocessing,"learningRate":0.01,"momentum":0.9,
      |"weightDecay":0.0,"device":"cpu","round":0}""".stripMargin

  def openTrainer(): Trainer = Trainer.open(round, weights.map(_ / 100), Array.emptyFloatArray)
}
