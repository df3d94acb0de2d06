/* What is known of a training. */
package firesteel.ml

import firesteel.train.Epoch

import org.apache.spark.sql.{DataFrame, SparkSession}

/** How a training went. It is not saved with the model. */
final class CnnTrainingSummary private[ml] (session: SparkSession, epochs: Seq[Epoch]) {

  /**
   * An entry per epoch: `epoch` (from 1), `loss` (mean cross-entropy of its rows, each before the update that it
   * caused), `accuracy` (likewise), `rows`, `seconds`.
   */
  def history: DataFrame = session.createDataFrame(epochs)

  /** The loss of each epoch. */
  def objectiveHistory: Array[Double] = epochs.map(_.loss).toArray

  /** The number of epochs. */
  def totalIterations: Int = epochs.length
}
