/* What computes batches of inputs. */
package firesteel.infer

import scala.reflect.ClassTag

import firesteel.jni.Predictor

/** Computes batches of inputs. */
private[firesteel] trait Worker[V] {

  /** What tells its results from those of others. */
  def key: Any

  /** What comes of each of some inputs, none of which is null. */
  def apply(inputs: Array[V]): Array[Result]
}

/** What the executors need for a worker. */
private[firesteel] trait SentWork extends Serializable {

  /** A worker for the current task. */
  def forTask[V](kind: InputKind[V]): Worker[V]

  /** What comes of one input, where there is no task. */
  def once[V: ClassTag](kind: InputKind[V], input: V): Result
}

/** Runs a model, whose lease is the caller's to close. */
private[firesteel] final class Scorer[V](model: ModelCache.Lease, kind: InputKind[V]) extends Worker[V] {
  private val predictor: Predictor = model.predictor
  private val width = predictor.width()

  override def key: Any = model.key

  override def apply(inputs: Array[V]): Array[Result] = {
    val scores = new Array[Float](inputs.length * width)
    val status = new Array[Byte](inputs.length)
    kind.predict(predictor, inputs, scores, status)
    Array.tabulate(inputs.length) { i =>
      val own = java.util.Arrays.copyOfRange(scores, i * width, (i + 1) * width)
      new Result(status(i), own, kind.values(inputs(i)))
    }
  }
}
