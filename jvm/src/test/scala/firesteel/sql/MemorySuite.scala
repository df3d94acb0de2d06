/* The memory of a task: taken from Spark before images are scored, less of it where there is little, and given back. */
package firesteel.sql

import scala.util.{Random, Using}

import firesteel.{Bars, SparkChild}
import firesteel.infer.ModelCache
import firesteel.jni.{Models, Predictor, Scorer}
import firesteel.ml.{Network, Zoo}

import org.apache.spark.SparkException
import org.apache.spark.firesteel.OwnMemory
import org.apache.spark.memory.SparkOutOfMemoryError
import org.apache.spark.sql.{DataFrame, Row, SparkSession}
import org.apache.spark.sql.functions.udf
import org.scalatest.Assertions
import org.scalatest.concurrent.Eventually.{eventually, timeout}
import org.scalatest.time.SpanSugar._

class MemorySuite extends SqlSuite with SparkChild {
  import MemorySuite._

  private lazy val wide: String = save("wide", 5, "[]", network)
  private lazy val plenty: Seq[String] = bits(query(images(session, 1)).collect().toSeq)

  private def query(table: DataFrame, session: SparkSession = session): DataFrame =
    scored(session, table, wide)

  /** The memory of a task is off the heap, where Spark keeps no blocks. */
  private def offHeap(bytes: Long): Map[String, String] = Map(
    "spark.memory.offHeap.enabled" -> "true",
    "spark.memory.offHeap.size" -> bytes.toString,
    "spark.unsafe.exceptionOnMemoryLeak" -> "true")

  test("a task takes the memory of its arena from Spark, and says so") {
    session.udf.register("taken", udf(() => OwnMemory.taken).asNondeterministic())
    val table = query(images(session, 3)).selectExpr("p", "taken() AS taken")
    assert(table.collect().map(_.getLong(1)).toSet === Set(bytes(8)))
    val found = metrics(table)
    // The mean of a task is kept as ten times its value.
    assert(found("arenaBytes") === 3 * bytes(8) && found("imagesAtOnce") === 3 * 8 * 10)
    assert(found("batches") === 3)
    // Each task tells of the same weights.
    assert(weights > 0 && found("weightBytes") === 3 * weights)
  }

  test("a task takes memory for no more images than a call has rows") {
    val own = newSession()
    own.conf.set("spark.firesteel.batch.rows", "2")
    val table = query(images(own, 1), own)
    assert(bits(table.collect().toSeq) === plenty)
    assert(metrics(table)("arenaBytes") === bytes(2) && metrics(table)("batches") === rows / 2)
  }

  test("a task that runs the operator for several partitions takes memory for one at a time") {
    session.udf.register("taken", udf(() => OwnMemory.taken).asNondeterministic())
    val table = query(images(session, 4)).coalesce(1).selectExpr("id", "p", "taken() AS taken")
    val found = table.collect()
    assert(bits(found.toSeq) === plenty)
    assert(found.map(_.getLong(2)).toSet === Set(bytes(8)))
    assert(metrics(table)("arenaBytes") === bytes(8))
  }

  test("a task that ends early gives its memory back") {
    val before = (ModelCache.used, Scorer.live())
    def table = query(images(session, 1, Some(2 * bytes(8))))
    assert(table.limit(3).collect().length === 3)
    isGivenBack(before)
    val failing = table.selectExpr("p", "raise_error('for the test')")
    assert(intercept[Exception](failing.collect()).getMessage.contains("for the test"))
    isGivenBack(before)
  }

  test("where images are scored row by row, Spark is asked for nothing") {
    val own = newSession()
    own.conf.set("spark.sql.optimizer.excludedRules", "firesteel.sql.ExtractScores")
    val before = (ModelCache.used, Scorer.live())
    assert(bits(query(images(own, 1, Some(1000)), own).collect().toSeq) === plenty)
    isGivenBack(before)
  }

  test(
    "with less memory than it wants, a task has smaller batches and the same bits; with too little it fails") {
    val ended = passSpark(Scarce, offHeap(64 << 20) + ("spark.master" -> "local[1]"), wide)
    assert(!ended.output.contains("leak"), ended.output)
  }

  test("half of the memory is enough for a network of photos, whose first maps all images share") {
    val resnet = save("resnet18", 5, "[]", Zoo.network("resnet18", 10))
    passSpark(Half, offHeap(64 << 20) + ("spark.master" -> "local[1]"), resnet)
  }

  test("with spark.task.cpus = 2, two threads share the rows: the same bits, in two arenas") {
    val conf = offHeap(2 * bytes(2) + 100) ++ Map("spark.master" -> "local[2]", "spark.task.cpus" -> "2")
    val said = passSpark(TwoCpus, conf, wide).output.linesIterator.toSeq
    assert(said.filter(_.startsWith("scores")).map(_.stripPrefix("scores ")) === plenty)
  }
}

private object MemorySuite {

  /** Memory at once; a model that was opened beside a task may be given back a moment later. */
  def isGivenBack(usedAndLive: (Int, Int)): Unit = {
    import Assertions._
    assert(OwnMemory.leftTaken === 0)
    eventually(timeout(20.seconds)) {
      assert((ModelCache.used, Scorer.live()) === usedAndLive)
      ()
    }
  }

  /**
   * Has nothing but small maps and plain convolutions, so that all memory is of one image or another; two threads need
   * above the 1 MiB that Spark asks for off the heap.
   */
  val network: Network =
    Network.input(3, 12, 12).conv(640, kernel = 5).relu.conv(640, kernel = 1).relu.flatten.dense(5)

  val rows = 66

  /** The bytes of memory in which so many images are computed at a time, and those of the weights. */
  lazy val (bytes: Map[Int, Long], weights: Long) = {
    val file = Bars.file(5, network)
    Using.resource(Predictor.open(file, Models.digest(file), null)) { predictor =>
      val arenas = Seq(1, 2, 4, 8).map(images => images -> predictor.arenaBytes(images)).toMap
      (arenas, predictor.weightBytes())
    }
  }

  /** Some images that differ, in tasks that leave so much memory. */
  def images(
      session: SparkSession,
      partitions: Int,
      left: Option[Long] = None,
      count: Int = rows,
      values: Int = 3 * 12 * 12): DataFrame = {
    import session.implicits._
    val random = new Random(1)
    val all = Seq.tabulate(count) { id =>
      val image = new Array[Byte](values)
      random.nextBytes(image)
      id -> image
    }
    session.sparkContext
      .parallelize(all, partitions)
      .mapPartitions { rows =>
        left.foreach(OwnMemory.leave)
        rows
      }
      .toDF("id", "image")
  }

  /** The images with their scores by a model. */
  def scored(session: SparkSession, images: DataFrame, model: String): DataFrame = {
    images.createOrReplaceTempView("images")
    session.sql(s"SELECT id, classify_probabilities(image, '$model') AS p FROM images")
  }

  /** The bits of the scores, in the order of the ids. */
  def bits(rows: Seq[Row]): Seq[String] =
    rows.sortBy(_.getInt(0)).map(_.getSeq[Float](1).map(java.lang.Float.floatToRawIntBits).mkString(","))

  def operator(table: DataFrame): ClassifyExec =
    table.queryExecution.executedPlan.collectFirst { case node: ClassifyExec => node }.get

  def metrics(table: DataFrame): Map[String, Long] =
    operator(table).metrics.map { case (name, metric) => name -> metric.value }
}

/** Queries of tasks whose other operators leave little memory. Argument: a model. */
private object Scarce extends Assertions {
  import MemorySuite._

  def main(arguments: Array[String]): Unit = {
    val spark = SparkSession.builder().getOrCreate()
    def table(left: Option[Long]): DataFrame = scored(spark, images(spark, 1, left), arguments(0))
    def found(table: DataFrame): Seq[String] = bits(table.collect().toSeq)
    val plenty = found(table(None))
    assert(plenty.toSet.size === rows)
    // Half of what is wanted is not enough for half of the images where they share a part.
    val half = bytes(8) / 2 -> (if (bytes(4) <= bytes(8) / 2) 4 else 2)
    val cases = Seq(bytes(8) -> 8, (bytes(8) - 1) -> 4, half, (bytes(4) - 1) -> 2, bytes(1) -> 1)
    for ((left, fitting) <- cases) {
      val scarce = table(Some(left))
      assert(found(scarce) === plenty, left)
      val measured = metrics(scarce)
      assert(measured("imagesAtOnce") === 10 * fitting && measured("arenaBytes") === bytes(fitting))
      // 32 rows a call, or a fraction.
      assert(measured("batches") === (rows + 4 * fitting - 1) / (4 * fitting))
      isGivenBack((0, 0))
    }
    fail(table(Some(bytes(1) - 1)))
    assert(found(table(None)) === plenty)
    spark.stop()
  }

  private def fail(table: DataFrame): Unit = {
    val error = intercept[SparkException](table.collect())
    val cause = Iterator
      .iterate[Throwable](error)(_.getCause)
      .takeWhile(_ != null)
      .collectFirst { case cause: SparkOutOfMemoryError =>
        cause
      }
      .get
    assert(cause.getCondition === "UNABLE_TO_ACQUIRE_MEMORY")
    val said =
      s"Unable to acquire ${bytes(1)} bytes of memory, got ${bytes(1) - 1}: that much it takes to score " +
        "an image at a time. Raise spark.memory.offHeap.size, or run fewer tasks at a time in an executor " +
        "(spark.executor.cores)."
    assert(cause.getMessage.contains(said) && error.getMessage.contains(said), cause.getMessage)
    isGivenBack((0, 0))
  }
}

/** A query of tasks that leave half of the memory that it takes. Argument: a model of 3 x 224 x 224 bytes. */
private object Half extends Assertions {
  import MemorySuite._

  def main(arguments: Array[String]): Unit = {
    val spark = SparkSession.builder().getOrCreate()
    def table(left: Option[Long]): DataFrame =
      scored(spark, images(spark, 1, left, count = 11, values = 3 * 224 * 224), arguments(0))
    val plenty = table(None)
    val expected = bits(plenty.collect().toSeq)
    val all = metrics(plenty)
    assert(expected.toSet.size === 11 && all("imagesAtOnce") === 80)
    val half = table(Some(all("arenaBytes") / 2))
    assert(bits(half.collect().toSeq) === expected)
    val found = metrics(half)
    assert(found("imagesAtOnce") < 80 && found("arenaBytes") <= all("arenaBytes") / 2)
    spark.stop()
  }
}

/** A query whose tasks have two CPUs each, and memory for four images. Argument: a model. */
private object TwoCpus extends Assertions {
  import MemorySuite._

  def main(arguments: Array[String]): Unit = {
    val spark = SparkSession.builder().getOrCreate()
    val table = scored(spark, images(spark, 2), arguments(0))
    bits(table.collect().toSeq).foreach(scores => println(s"scores $scores"))
    val found = metrics(table)
    assert(found("arenaBytes") === 2 * 2 * bytes(2) && found("imagesAtOnce") === 2 * 10 * 2)
    // 33 rows a partition; a call has a quarter of 64.
    assert(found("batches") === 2 * 3)
    assert(operator(table).simpleString(100).contains("[batch: 64 rows or"))
    spark.stop()
  }
}
