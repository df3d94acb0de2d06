/* The configuration of a round as native code reads it. */
package firesteel.train

import org.json4s.JsonDSL._
import org.json4s.jackson.JsonMethods.{compact, parse}

/**
 * What stays the same in all rounds.
 *
 * @param network the description, as JSON
 * @param preprocessing scale, mean and std, as JSON
 * @param device auto, cpu or gpu
 */
private[firesteel] final case class RoundConfiguration(
    network: String,
    preprocessing: String,
    learningRate: Double,
    momentum: Double,
    weightDecay: Double,
    device: String
) {

  /** The configuration of a round, counted from 0, as JSON. */
  private[train] def json(round: Int): String = compact(
    ("network" -> parse(network)) ~
      ("preprocessing" -> parse(preprocessing)) ~
      ("learningRate" -> learningRate) ~
      ("momentum" -> momentum) ~
      ("weightDecay" -> weightDecay) ~
      ("device" -> device) ~
      ("round" -> round)
  )
}
