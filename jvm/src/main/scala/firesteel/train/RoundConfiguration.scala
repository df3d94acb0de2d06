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
 * @param trainableLayers the layers that learn, by their names or the beginnings of their names; empty for all
 * @param augmentations random changes of each row of bytes, as a JSON array
 */
private[firesteel] final case class RoundConfiguration(
    network: String,
    preprocessing: String,
    learningRate: Double,
    momentum: Double,
    weightDecay: Double,
    device: String,
    trainableLayers: Seq[String] = Nil,
    augmentations: String = "[]"
) {

  /** The configuration of a worker's round, both counted from 0, as JSON; `seed` is where random numbers come from. */
  private[train] def json(round: Int, worker: Int, seed: Long): String = compact(
    ("network" -> parse(network)) ~
      ("preprocessing" -> parse(preprocessing)) ~
      ("augmentations" -> parse(augmentations)) ~
      ("learningRate" -> learningRate) ~
      ("momentum" -> momentum) ~
      ("weightDecay" -> weightDecay) ~
      ("device" -> device) ~
      ("round" -> round) ~
      ("trainableLayers" -> Option(trainableLayers).filter(_.nonEmpty)) ~
      ("random" -> (("seed" -> BigInt(java.lang.Long.toUnsignedString(seed))) ~ ("partition" -> worker)))
  )
}
