/* A training plan for the suites of this package. */
package firesteel.train

import scala.reflect.ClassTag

import firesteel.Bars
import firesteel.jni.{Models, Trainer}

import org.apache.spark.rdd.RDD
import org.apache.spark.sql.SparkSession

object BarsPlan {
  val configuration: RoundConfiguration =
    RoundConfiguration(
      Bars.network.toJson,
      "{}",
      learningRate = 0.05,
      momentum = 0.9,
      weightDecay = 0.0,
      "cpu")

  def plan(epochs: Int = 1, workers: Int = 1, seed: Long = 1, batchSize: Int = 16): Plan[Array[Byte]] =
    Plan(Values.Bytes, Bars.values, configuration, batchSize, epochs, workers, seed)

  lazy val initial: Array[Float] = Models.initialWeights(Bars.network.toJson, "uniform", 1)

  def rows(spark: SparkSession, rows: Int, partitions: Int = 2): RDD[(Array[Byte], Int)] =
    spark.sparkContext.parallelize(Bars.images(rows), partitions)

  def blocks(rows: Int): Seq[Block[Array[Byte]]] =
    Values.Bytes.pack(Bars.images(rows).iterator, Bars.values).toSeq

  def bits(values: Array[Float]): Seq[Int] = values.toSeq.map(java.lang.Float.floatToRawIntBits)

  /** Training as anyone would write it: no task, no Spark. Gives the weights and the state. */
  def plain[V <: AnyRef: ClassTag](
      plan: Plan[V],
      blocks: Seq[Block[V]],
      weights: Array[Float],
      state: Array[Float],
      round: Int,
      partition: Int = 0): (Array[Float], Array[Float]) = {
    val trainer = Trainer.open(plan.config(round, partition), weights, state)
    try {
      new MiniBatches(
        blocks.iterator,
        plan.values,
        plan.rowValues,
        plan.batchSize,
        plan.seed,
        round,
        partition)
        .foreach(batch => plan.values.step(trainer, batch.inputs, batch.labels))
      (trainer.weights(), trainer.state())
    } finally trainer.close()
  }
}

/** Bytes, with something done before each step. */
class WatchedBytes(before: Array[Int] => Unit) extends Values[Array[Byte]] {
  override def width: Int = 1
  override def newArray(values: Int): Array[Byte] = new Array(values)
  override def step(trainer: Trainer, inputs: Array[Byte], labels: Array[Int]): Unit = {
    before(labels)
    trainer.step(inputs, labels)
  }
}
