/* From scores to probabilities and predictions. */
package firesteel.sql

import org.apache.spark.ml.linalg.Vectors

private[firesteel] object Probabilities {

  /** The softmax of scores: shifted by the largest, so that nothing overflows. */
  def of(scores: Array[Float]): Array[Double] = inPlace(scores.map(_.toDouble))

  /** The same, in place. */
  def inPlace(values: Array[Double]): Array[Double] = {
    val largest = values.max
    var sum = 0.0
    for (i <- values.indices) {
      values(i) = math.exp(values(i) - largest)
      sum += values(i)
    }
    for (i <- values.indices) values(i) /= sum
    values
  }

  /** The place of the largest value, the first of equal ones. */
  def argmax(values: Array[Float]): Int = {
    var best = 0
    for (i <- 1 until values.length) if (values(i) > values(best)) best = i
    best
  }

  /** The class of the largest probability over threshold, as Spark ML defines it; NaN where there is none. */
  def prediction(probability: Array[Double], thresholds: Option[Seq[Double]]): Double =
    if (probability(0).isNaN) Double.NaN
    else {
      val scaled = thresholds match {
        case None => probability
        case Some(t) =>
          probability.zip(t).map { case (p, t) =>
            // As in Spark: a threshold of 0 makes its class win, unless its probability is 0 as well.
            if (t != 0.0) p / t else if (p == 0.0) Double.NegativeInfinity else Double.PositiveInfinity
          }
      }
      Vectors.dense(scaled).argmax.toDouble
    }
}
