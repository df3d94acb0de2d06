/* What a session's configuration says of scoring. */
package firesteel.sql

import firesteel.Settings
import firesteel.infer.{BatchLimits, Batching}

import org.apache.spark.SparkConf
import org.apache.spark.sql.internal.SQLConf

private[sql] object ScoringSettings {

  /**
   * How rows are made batches of.
   *
   * @throws AnalysisException naming a setting with which nothing can be scored
   */
  def batching(conf: SQLConf, rampUp: Boolean): Batching = {
    val settings = new SparkConf(false).setAll(conf.getAllConfs)
    try {
      require(
        Settings.device(settings) != "gpu",
        "spark.firesteel.device is gpu, but images are scored on CPUs alone: set it to auto, which trains on a GPU " +
          "where there is one"
      )
      val limits = BatchLimits(Settings.batchRows(settings), Settings.batchBytes(settings))
      Batching(limits, rampUp, Settings.cacheBytes(settings))
    } catch { case e: IllegalArgumentException => throw Errors.badSetting(e.getMessage) }
  }
}
