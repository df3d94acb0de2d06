/* The two kinds of input that a native call takes, and what comes of an input. */
package firesteel.infer

import java.nio.ByteBuffer
import java.util.Arrays

import firesteel.jni.{Predictor, Scorer}

import org.apache.spark.sql.catalyst.expressions.XXH64
import org.apache.spark.unsafe.Platform

/** Bytes or numbers. */
private[firesteel] trait InputKind[V] extends Serializable {

  /** The number of values. */
  def values(input: V): Int

  /** What to add where the number of values is wrong. */
  def orElse: String = ""

  /** The number of bytes. */
  def bytes(input: V): Long

  /** A hash of all values. */
  def hash(input: V): Int

  /** All values, as bytes. */
  def content(input: V): Array[Byte]

  /** Whether all values are equal. */
  def same(one: V, other: V): Boolean

  /** Scores inputs: see [[firesteel.jni.Scorer]]. */
  def predict(scorer: Scorer, inputs: Array[V], scores: Array[Float], status: Array[Byte]): Unit
}

private[firesteel] object InputKind {

  /** A byte per value, to be preprocessed. */
  case object Bytes extends InputKind[Array[Byte]] {
    override def values(input: Array[Byte]): Int = input.length
    override def orElse: String = ", and it is no image of a known format"
    override def bytes(input: Array[Byte]): Long = input.length.toLong
    override def hash(input: Array[Byte]): Int =
      XXH64.hashUnsafeBytes(input, Platform.BYTE_ARRAY_OFFSET.toLong, input.length, 0).hashCode
    override def content(input: Array[Byte]): Array[Byte] = input
    override def same(one: Array[Byte], other: Array[Byte]): Boolean = Arrays.equals(one, other)
    override def predict(
        scorer: Scorer,
        inputs: Array[Array[Byte]],
        scores: Array[Float],
        status: Array[Byte]): Unit =
      scorer.predict(inputs, scores, status)
  }

  /** Numbers, taken as they are. */
  case object Floats extends InputKind[Array[Float]] {
    override def values(input: Array[Float]): Int = input.length
    override def bytes(input: Array[Float]): Long = 4L * input.length
    override def hash(input: Array[Float]): Int = Arrays.hashCode(input)
    override def content(input: Array[Float]): Array[Byte] = {
      val bytes = ByteBuffer.allocate(4 * input.length)
      bytes.asFloatBuffer().put(input)
      bytes.array()
    }
    override def same(one: Array[Float], other: Array[Float]): Boolean = Arrays.equals(one, other)
    override def predict(
        scorer: Scorer,
        inputs: Array[Array[Float]],
        scores: Array[Float],
        status: Array[Byte]): Unit =
      scorer.predict(inputs, scores, status)
  }
}

/**
 * What came of an input.
 *
 * @param status [[firesteel.jni.Predictor.OK]] or what is wrong with the input
 * @param value of a network, the output before softmax, NaN where the input is not OK; null where there is none
 * @param values the number of values of the input
 * @param orElse what to add where that number is wrong
 */
private[firesteel] final class Result(
    val status: Byte,
    val value: Any,
    val values: Int,
    orElse: String = "") {

  /** Whether the scores are valid. */
  def isOk: Boolean = status == Result.Ok

  /** What is wrong with the input of a network, to be put after its name. */
  def problem(network: NetworkDescription): String =
    problem(s"the network's input ${network.shape}", network.inputValues)

  /** What is wrong with the input, to be put after its name; `expected` names what has `number` values. */
  def problem(expected: String, number: Int): String = status match {
    case Predictor.NULL => "is null"
    case Predictor.SIZE => s"has $values values, $expected has $number$orElse"
    case Predictor.NOT_FINITE =>
      "gives scores that are not finite: it holds NaN, infinite or very large numbers"
    case Predictor.IMAGE_SIZE =>
      s"is an image of another size than $expected, and the model says no resizing"
    case Predictor.FORMAT =>
      s"$imageProblem; others than JPEG, PNG and WebP have to be named when the model is imported (image.formats)"
    case _ => imageProblem
  }

  /** The same, where no network plays a part. */
  def imageProblem: String = status match {
    case Predictor.UNDECODABLE => "cannot be decoded: it is damaged, cut off or no image"
    case Predictor.TOO_LARGE =>
      "exceeds a limit of decoding: it has too many bytes or pixels, or takes too much memory"
    case Predictor.FORMAT => "is of an image format, or of a kind of it, that is not decoded"
    case _ => "could not be scored because of a mistake in Firesteel: the executor's log tells more"
  }
}

private[firesteel] object Result {

  /** The status of valid scores. */
  val Ok: Byte = Predictor.OK

  /** The status of no input. */
  val NoInput: Byte = Predictor.NULL

  /** What comes of no input. */
  val Null = new Result(NoInput, null, 0)
}
