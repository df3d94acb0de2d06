/* Which layers' outputs are features. */
package firesteel.sql

private[firesteel] object Layers {

  /**
   * Layers as native code knows them.
   *
   * @param names a name, or several with commas between, whose outputs are put one behind the other; `mean(name)` stands
   *              for the mean of each channel of a layer's map. None for the layer that the last one with weights reads:
   *              the means where it gives a map.
   * @throws AnalysisException naming the layers that there are
   */
  def of(model: ModelReference, names: Option[String]): String = {
    val network = model.description.network
    val all = network.layers.map(_.name)
    def usual: String = {
      val layer = network.features.getOrElse(throw Errors.noFeatures(model.toString))
      if (shape(model, layer).length == 3) s"mean($layer)" else layer
    }
    val wanted = split(names.getOrElse(usual))
    for (name <- wanted) {
      val layer = inner(name)
      if (!all.contains(layer)) throw Errors.noSuchLayer(layer, model.toString, all)
      if (layer != name && shape(model, layer).length != 3) throw Errors.noMap(layer, model.toString)
    }
    wanted.mkString(",")
  }

  /** The number of values that layers give together. */
  def width(model: ModelReference, layers: String): Int = split(layers).map { name =>
    val output = shape(model, inner(name))
    if (inner(name) == name) output.product else output.head
  }.sum

  private def split(names: String): Seq[String] = names.split(",", -1).map(_.trim).toSeq

  private def inner(name: String): String = name match {
    case s"mean($layer)" => layer
    case layer => layer
  }

  private def shape(model: ModelReference, layer: String): Seq[Int] =
    model.description.network.layers.find(_.name == layer).map(_.output).getOrElse(Nil)
}
