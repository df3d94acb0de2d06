/* What a session's configuration says of scoring. */
package firesteel.sql

import firesteel.Settings
import firesteel.infer.{BatchLimits, Batching}

import org.apache.spark.SparkConf
import org.apache.spark.sql.internal.SQLConf

private[sql] object ScoringSettings {

  /** The limits of encoded images, as JSON. */
  def limits(conf: SQLConf): String = checked(conf)(Settings.imageLimits)

  /** The largest side of an image, in pixels. */
  def largestSide(conf: SQLConf): Long = checked(conf)(Settings.imageSide)

  /** The largest number of an image's pixels. */
  def mostPixels(conf: SQLConf): Long = checked(conf)(Settings.imagePixels)

  /**
   * How rows are made batches of.
   *
   * @throws AnalysisException naming a setting with which nothing can be scored
   */
  def batching(conf: SQLConf, rampUp: Boolean, work: Work): Batching = {
    checked(conf) { settings =>
      require(
        Settings.device(settings) != "gpu" || !work.isInstanceOf[Forward],
        "spark.firesteel.device is gpu, but images are scored on CPUs alone: set it to auto, which trains on a GPU " +
          "where there is one"
      )
      val (rows, bytes) = (Settings.batchRows(settings), Settings.batchBytes(settings))
      // What comes of a batch is held together, too.
      val fitting = math.max(1, bytes / math.max(1, work.valueBytes))
      Batching(
        BatchLimits(math.min(rows.toLong, fitting).toInt, bytes),
        rampUp,
        Settings.cacheBytes(settings))
    }
  }

  private def checked[T](conf: SQLConf)(read: SparkConf => T): T =
    try read(new SparkConf(false).setAll(conf.getAllConfs))
    catch {
      case e: IllegalArgumentException =>
        throw Errors.badSetting(e.getMessage.stripPrefix("requirement failed: "))
    }
}
