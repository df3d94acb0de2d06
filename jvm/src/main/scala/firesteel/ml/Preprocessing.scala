/* How images become inputs, as models have it. */
package firesteel.ml

import firesteel.infer.NetworkDescription

import org.apache.spark.ml.param.Param
import org.json4s.{JNothing, JObject, JValue}
import org.json4s.JsonDSL._
import org.json4s.jackson.JsonMethods.{compact, parse}

private[ml] object Preprocessing {

  /**
   * The preprocessing that a classifier's parameters ask for, as JSON.
   *
   * @param inherited that of the model with which training begins: it holds for what is not set
   */
  def of(
      stage: CnnClassifierParams with HasPreprocessing,
      network: NetworkDescription,
      inherited: Option[String]): String = {
    require(
      stage.getShortSide == 0 || stage.getResize == "crop",
      s"shortSide is ${stage.getShortSide}, which only counts where resize is crop: set that, too")
    val base = inherited.fold(JObject())(parse(_).asInstanceOf[JObject])
    def chosen(param: Param[_], name: String, value: => JValue): JObject =
      if (stage.isSet(param) || (base \ name) == JNothing) JObject(name -> value)
      else JObject(name -> (base \ name))
    val numbers = chosen(stage.scale, "scale", stage.getScale)
      .merge(chosen(stage.mean, "mean", stage.getMean.toSeq))
      .merge(chosen(stage.std, "std", stage.getStd.toSeq))
    val images =
      if (stage.isSet(stage.resize)) image(stage.getResize, stage.getShortSide, network, base \ "image")
      else base \ "image"
    compact(if (images == JNothing) numbers else numbers.merge(JObject("image" -> images)))
  }

  /** @param before what holds for all but the size: the filter, the order of colours and so on */
  private def image(resize: String, shortSide: Int, network: NetworkDescription, before: JValue): JValue = {
    val isImage = network.input.length == 3
    require(
      isImage || resize == "none",
      s"resize is $resize, but the network's input ${network.shape} is no image: set it to none")
    val others = before match {
      case JObject(fields) if isImage =>
        JObject(fields.filterNot { case (name, _) => name == "resize" || name == "crop" })
      case _ => JObject()
    }
    val all =
      others.merge(if (resize == "none") JObject() else sizes(resize, shortSide, network.input.drop(1)))
    if (all.obj.isEmpty) JNothing else all
  }

  private def sizes(resize: String, shortSide: Int, size: Seq[Int]): JObject = resize match {
    case "crop" =>
      ("resize" -> ("shortSide" -> (if (shortSide > 0) shortSide else size.max))) ~ ("crop" -> size)
    case "stretch" => "resize" -> ("exact" -> size)
    case "pad" => "resize" -> ("letterbox" -> ("size" -> size))
  }
}
