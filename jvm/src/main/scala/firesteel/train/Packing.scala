/* Puts all rows into a random order, deals them to the workers and packs them into blocks. */
package firesteel.train

import scala.reflect.ClassTag

import firesteel.Settings
import firesteel.jni.RandomOrder

import org.apache.spark.{Partitioner, SparkConf, TaskContext}
import org.apache.spark.rdd.{RDD, ShuffledRDD}
import org.apache.spark.serializer.KryoSerializer

private[firesteel] object Packing {

  /** Random numbers are drawn for so many rows at a time. */
  private val Drawn = 1024

  /**
   * One partition of blocks for each worker. The workers' shares differ by at most one row for each partition
   * of `rows`. The order depends on the seed and on the order of the rows in their partitions, on nothing else.
   *
   * @param rows inputs of `rowValues` values each, with their labels
   */
  def pack[V <: AnyRef: ClassTag](
      rows: RDD[(V, Int)],
      values: Values[V],
      rowValues: Int,
      workers: Int,
      seed: Long
  ): RDD[Block[V]] = {
    val keyed = rows.mapPartitions { rows =>
      Settings.prepareNative()
      val partition = TaskContext.getPartitionId()
      val keys = new Array[Long](Drawn)
      rows.zipWithIndex.map { case (row, i) =>
        if (i % Drawn == 0) RandomOrder.rowKeys(seed, partition, i.toLong, keys)
        RowKey((partition + i) % workers, keys(i % Drawn), partition, i) -> row
      }
    }
    new ShuffledRDD[RowKey, (V, Int), (V, Int)](keyed, new ByWorker(workers))
      .setKeyOrdering(RowKey.ordering)
      .setSerializer(serializer(rows.sparkContext.getConf))
      .mapPartitions(sorted => values.pack(sorted.map(_._2), rowValues), preservesPartitioning = true)
  }

  /** Kryo, since Java's serialization spells out the class of every key; whatever the application asks of its own. */
  private def serializer(conf: SparkConf): KryoSerializer =
    new KryoSerializer(
      conf.registerKryoClasses(Array(classOf[RowKey])).set("spark.kryo.registrationRequired", "false"))
}

/**
 * Where a row goes.
 *
 * @param random its place among the rows of that worker
 * @param partition where it came from, which with `row` decides between equal random numbers
 */
private[train] final case class RowKey(worker: Int, random: Long, partition: Int, row: Int)

private[train] object RowKey {
  val ordering: Ordering[RowKey] = Ordering.by((key: RowKey) => (key.random, key.partition, key.row))
}

private[train] final class ByWorker(override val numPartitions: Int) extends Partitioner {
  override def getPartition(key: Any): Int = key.asInstanceOf[RowKey].worker
  override def equals(other: Any): Boolean = other match {
    case that: ByWorker => that.numPartitions == numPartitions
    case _ => false
  }
  override def hashCode: Int = numPartitions
}
