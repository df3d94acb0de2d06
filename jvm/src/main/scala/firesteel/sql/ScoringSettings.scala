/* What a session's configuration says of scoring. */
package firesteel.sql

import firesteel.Settings
import firesteel.infer.{BatchLimits, Batching, ScoringOptions}

import org.apache.spark.SparkConf
import org.apache.spark.sql.internal.SQLConf

private[sql] object ScoringSettings {

  /** What a native call may take of each CPU, so that a task that is cancelled ends soon: about a second. */
  private val CallMultiplications = 40000000000L

  /** How many images a CPU computes at a time where that pays. */
  private val AtOnce = 8

  /** How images are read and scored. */
  def options(conf: SQLConf): ScoringOptions = checked(conf)(ScoringOptions.of)

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
      for (Resized(width, height) <- Option(work)) {
        require(
          math.max(width, height) <= Settings.imageSide(settings) &&
            width.toLong * height <= Settings.imagePixels(settings),
          s"images of $width x $height pixels are asked for, more than spark.firesteel.image.maxSide or " +
            "spark.firesteel.image.maxPixels allows"
        )
      }
      val bytes = Settings.batchBytes(settings)
      val inTime = CallMultiplications / math.max(1, work.multiplications)
      // As many more than can be computed at a time would be computed alone.
      val whole = if (inTime > AtOnce) inTime / AtOnce * AtOnce else inTime
      val ofEachCpu = math.max(1, math.min(Settings.batchRows(settings).toLong, whole))
      // What comes of a batch is held together, too, in one array.
      val fitting = math.min(bytes, Int.MaxValue) / work.valueBytes
      val most = math.max(1, math.min(Settings.taskCpus(settings) * ofEachCpu, fitting)).toInt
      // A header is read faster than its file is looked up among what is remembered.
      val cacheBytes = if (work.isInstanceOf[Forward]) Settings.cacheBytes(settings) else 0
      Batching(BatchLimits(most, bytes), rampUp, cacheBytes)
    }
  }

  private def checked[T](conf: SQLConf)(read: SparkConf => T): T =
    try read(new SparkConf(false).setAll(conf.getAllConfs))
    catch {
      case e: IllegalArgumentException =>
        throw Errors.badSetting(e.getMessage.stripPrefix("requirement failed: "))
    }
}
