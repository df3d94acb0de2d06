/* From scores to the values of the output columns. */
package firesteel.ml

import scala.reflect.ClassTag

import firesteel.infer.{BatchIterator, BatchLimits, InputKind, NetworkDescription, Scored}

import org.apache.spark.TaskContext
import org.apache.spark.broadcast.Broadcast
import org.apache.spark.ml.linalg.{DenseVector, Vector, Vectors}
import org.apache.spark.sql.Row

/**
 * Scores the rows of a partition. Holds nothing of the model but its digest: the file goes by broadcast.
 *
 * @param outputs which columns are wanted, in the order raw prediction, probability, prediction
 * @param thresholds as Spark ML defines them, or none
 */
private[ml] final case class Scoring(
    file: Broadcast[Array[Byte]],
    digest: String,
    network: NetworkDescription,
    featuresCol: String,
    featuresIndex: Int,
    features: Features[_ <: AnyRef],
    outputs: Seq[Boolean],
    thresholds: Option[Array[Double]],
    handleInvalid: String,
    limits: BatchLimits
) {

  /** The rows with their output columns. */
  def all(rows: Iterator[Row]): Iterator[Row] = {
    val numbered = rows.zipWithIndex.map { case (row, i) => (row, i.toLong) }
    val scored = features match {
      case Features.Bytes => score(numbered, Features.Bytes, InputKind.Bytes)
      case Features.Numbers => score(numbered, Features.Numbers, InputKind.Floats)
    }
    scored.flatMap(row)
  }

  private def score[V <: AnyRef: ClassTag](
      rows: Iterator[(Row, Long)],
      features: Features[V],
      kind: InputKind[V]
  ): Iterator[Scored[(Row, Long)]] = {
    val input = (row: (Row, Long)) => features.input(row._1.get(featuresIndex))
    BatchIterator.ofTask(rows, input, kind, digest, file.value, limits)
  }

  private def row(scored: Scored[(Row, Long)]): Option[Row] =
    if (scored.isOk || handleInvalid == "keep") {
      val raw = new DenseVector(scored.scores.map(_.toDouble))
      val probability = Scoring.softmax(raw.copy)
      val values = Seq[Any](raw, probability, Scoring.prediction(probability, thresholds))
      Some(Row.fromSeq(scored.row._1.toSeq ++ values.zip(outputs).collect { case (value, true) => value }))
    } else if (handleInvalid == "skip") None
    else throw new IllegalArgumentException(problem(scored))

  private def problem(scored: Scored[(Row, Long)]): String = {
    val found =
      Option(features.input(scored.row._1.get(featuresIndex))).map(java.lang.reflect.Array.getLength)
    val what = scored.problem(network, found.getOrElse(0))
    s"row ${scored.row._2} of partition ${TaskContext.getPartitionId()}: column '$featuresCol' $what;" +
      " set handleInvalid to skip or keep to go on without such rows"
  }
}

private[ml] object Scoring {

  /** Probabilities of scores, in place: shifted by the largest, so that nothing overflows. */
  def softmax(scores: DenseVector): DenseVector = {
    val values = scores.values
    val largest = values.max
    var sum = 0.0
    for (i <- values.indices) {
      values(i) = math.exp(values(i) - largest)
      sum += values(i)
    }
    for (i <- values.indices) values(i) /= sum
    scores
  }

  /** The class of the largest probability over threshold, as Spark ML defines it; NaN where there is none. */
  def prediction(probability: Vector, thresholds: Option[Array[Double]]): Double =
    if (probability(0).isNaN) Double.NaN
    else
      thresholds match {
        case None => probability.argmax.toDouble
        case Some(t) =>
          val scaled = probability.toArray.zip(t).map { case (p, t) =>
            // As in Spark: a threshold of 0 makes its class win, unless its probability is 0 as well.
            if (t != 0.0) p / t else if (p == 0.0) Double.NegativeInfinity else Double.PositiveInfinity
          }
          Vectors.dense(scaled).argmax.toDouble
      }
}
