/* What results depend on besides the model and the image. */
package firesteel.infer

/**
 * How images are read and scored.
 *
 * @param limits those of encoded images, as JSON; null for the defaults
 * @param exact whether all convolutions are computed directly, and none by Winograd's algorithm
 */
private[firesteel] final case class ScoringOptions(limits: String, exact: Boolean)

private[firesteel] object ScoringOptions {
  val Default: ScoringOptions = ScoringOptions(null, exact = false)
}
