/* Makes one set of weights of those of several workers. */
package firesteel.train

private[train] object Averaging {

  /**
   * The mean of arrays, weighted by rows, summed in the order of the arrays in f64, so that the result does not
   * depend on who came first. An array without rows weighs nothing; one alone is returned as it is.
   */
  def average(arrays: Seq[(Long, Array[Float])]): Array[Float] = {
    val weighing = arrays.filter(_._1 > 0)
    weighing match {
      case Seq() => arrays.head._2
      case Seq((_, one)) => one
      case _ =>
        val total = weighing.map(_._1).sum.toDouble
        Array.tabulate(weighing.head._2.length) { i =>
          var sum = 0.0
          weighing.foreach { case (rows, values) => sum += values(i) * rows.toDouble }
          (sum / total).toFloat
        }
    }
  }
}
