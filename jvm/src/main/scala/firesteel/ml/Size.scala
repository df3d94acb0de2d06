/* How large windows are, and how convolutions pad. */
package firesteel.ml

import scala.language.implicitConversions

import org.json4s.JsonDSL._
import org.json4s.{JArray, JValue}

/** A height and a width; a number stands for both, a pair for (height, width). */
final case class Size(height: Int, width: Int) {
  private[ml] def json: JArray = JArray(List(height, width).map(n => n: JValue))
}

object Size {
  implicit def square(side: Int): Size = Size(side, side)
  implicit def pair(size: (Int, Int)): Size = Size(size._1, size._2)
}

/** How a convolution pads its input: numbers of zeros, or [[Padding.Same]]. */
sealed abstract class Padding {
  private[ml] def json: JValue
}

object Padding {

  /** Zeros so that the output is as large as the input, divided by the stride; an odd one goes after. */
  case object Same extends Padding {
    private[ml] override def json: JValue = "same"
  }

  private final case class Explicit(zeros: Int*) extends Padding {
    private[ml] override def json: JValue = zeros
  }

  implicit def square(side: Int): Padding = Explicit(side, side)
  implicit def pair(size: (Int, Int)): Padding = Explicit(size._1, size._2)

  /** Top, left, bottom, right. */
  implicit def sides(zeros: (Int, Int, Int, Int)): Padding =
    Explicit(zeros._1, zeros._2, zeros._3, zeros._4)
}
