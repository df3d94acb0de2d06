/* The parameters of a stage, to be compared. */
package firesteel.ml

import org.apache.spark.ml.param.Params

object SetParams {

  /** The values that were set, by the names of the parameters. */
  def of(stage: Params): Map[String, Any] =
    stage.params.filter(stage.isSet(_)).map(param => param.name -> comparable(stage.get(param).get)).toMap

  private def comparable(value: Any): Any = value match {
    case array: Array[_] => array.toSeq
    case other => other
  }
}
