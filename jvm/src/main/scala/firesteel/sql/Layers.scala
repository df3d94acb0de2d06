/* Which layers' outputs are features. */
package firesteel.sql

private[firesteel] object Layers {

  /**
   * Layers as a model's network knows them.
   *
   * @param names a name, or several with commas between, whose outputs are put one behind the other; none for the layer
   *              that the last one with weights reads
   * @throws AnalysisException naming the layers that there are
   */
  def of(model: ModelReference, names: Option[String]): String = {
    val network = model.description.network
    val wanted = names.orElse(network.features).getOrElse(throw Errors.noFeatures(model.toString))
    val all = network.layers.map(_.name)
    for (name <- split(wanted) if !all.contains(name)) throw Errors.noSuchLayer(name, model.toString, all)
    split(wanted).mkString(",")
  }

  /** The number of values that layers give together. */
  def width(model: ModelReference, layers: String): Int = {
    val sizes = model.description.network.layers.map(layer => layer.name -> layer.output.product).toMap
    split(layers).map(sizes).sum
  }

  private def split(names: String): Seq[String] = names.split(",", -1).map(_.trim).toSeq
}
