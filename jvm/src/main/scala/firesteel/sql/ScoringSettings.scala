/* What a session's configuration says of scoring. */
package firesteel.sql

import firesteel.Settings
import firesteel.infer.BatchLimits

import org.apache.spark.SparkConf
import org.apache.spark.sql.internal.SQLConf

private[sql] object ScoringSettings {

  /**
   * The bounds of batches.
   *
   * @throws AnalysisException naming a setting with which nothing can be scored
   */
  def limits(conf: SQLConf): BatchLimits = {
    val settings = new SparkConf(false).setAll(conf.getAllConfs)
    try {
      require(
        Settings.device(settings) != "gpu",
        "spark.firesteel.device is gpu, but images are scored on CPUs alone: set it to auto, which trains on a GPU " +
          "where there is one"
      )
      BatchLimits(Settings.batchRows(settings), Settings.batchBytes(settings))
    } catch { case e: IllegalArgumentException => throw Errors.badSetting(e.getMessage) }
  }
}
