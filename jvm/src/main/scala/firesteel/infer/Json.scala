/* Values of JSON. */
package firesteel.infer

import org.json4s.{JArray, JInt, JObject, JString, JValue}

/**
 * Reads values of JSON that native code has written, or has checked. `extract` of json4s looks at classes by reflection,
 * which takes half a second when a query is the first one.
 */
private[firesteel] object Json {

  /** A text. */
  def text(value: JValue): String = value match {
    case JString(text) => text
    case other => unexpected("a text", other)
  }

  /** A whole number. */
  def number(value: JValue): Int = value match {
    case JInt(number) => number.toInt
    case other => unexpected("a whole number", other)
  }

  /** The elements of an array. */
  def elements(value: JValue): List[JValue] = value match {
    case JArray(elements) => elements
    case other => unexpected("an array", other)
  }

  /** The whole numbers of an array. */
  def numbers(value: JValue): List[Int] = elements(value).map(number)

  /** An object. */
  def struct(value: JValue): JObject = value match {
    case found: JObject => found
    case other => unexpected("an object", other)
  }

  private def unexpected(what: String, found: JValue) =
    throw new IllegalArgumentException(s"the JSON must have $what where it has $found")
}
