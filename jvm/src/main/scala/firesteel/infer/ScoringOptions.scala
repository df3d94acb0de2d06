/* What results depend on besides the model and the image. */
package firesteel.infer

import firesteel.Settings

import org.apache.spark.SparkConf
import org.apache.spark.sql.SparkSession

/**
 * How images are read and scored.
 *
 * @param limits those of encoded images, as JSON; null for the defaults
 * @param exact whether all convolutions are computed directly, and none by Winograd's algorithm
 */
private[firesteel] final case class ScoringOptions(limits: String, exact: Boolean)

private[firesteel] object ScoringOptions {
  val Default: ScoringOptions = ScoringOptions(null, exact = false)

  /** Those that a session's settings tell. */
  def of(settings: SparkConf): ScoringOptions =
    ScoringOptions(Settings.imageLimits(settings), Settings.exact(settings))

  /** Those of this thread's session; the defaults where there is none. */
  def current: ScoringOptions =
    SparkSession.getActiveSession
      .orElse(SparkSession.getDefaultSession)
      .fold(Default)(session => of(Settings.of(session)))
}
