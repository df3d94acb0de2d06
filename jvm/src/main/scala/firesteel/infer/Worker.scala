/* What computes batches of inputs. */
package firesteel.infer

/** Computes batches of inputs. */
private[firesteel] trait Worker[V] extends AutoCloseable {

  /** What tells its results from those of others. */
  def key: Any

  /** The memory that Spark has granted it; none where it needs none to speak of. */
  def room: Option[Room] = None

  /** What comes of each of some inputs, none of which is null. */
  def apply(inputs: Array[V]): Array[Result]

  /** Gives back what it holds; does nothing the second time. */
  override def close(): Unit = ()
}

/** What the executors need for a worker. */
private[firesteel] trait SentWork extends Serializable {

  /**
   * Begins, in a thread of its own, what a task's worker will need: Spark takes as long to read the first row as a new
   * executor to open a model. What fails here fails again, and is told, when the task asks for its worker.
   *
   * @return what is held until the task has its worker, or needs none; then to be closed
   */
  def prepare(): AutoCloseable = () => ()

  /**
   * A worker for batches of the current task, in memory that Spark grants. When the task ends it is closed, if it was
   * not before.
   *
   * @param rows how many a call may have
   * @throws org.apache.spark.memory.SparkOutOfMemoryError where Spark grants too little
   */
  def forTask[V](kind: InputKind[V], rows: Int): Worker[V]

  /** A worker for one image at a time, in memory that Spark does not count: there may be no task. To be closed. */
  def forRows[V](kind: InputKind[V]): Worker[V]
}
