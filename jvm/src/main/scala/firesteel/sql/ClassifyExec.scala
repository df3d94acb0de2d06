/* The physical operator that scores images in batches. */
package firesteel.sql

import firesteel.infer.{BatchLimits, BatchMeter, Batching, Room}

import org.apache.spark.SparkContext
import org.apache.spark.rdd.RDD
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions.{Attribute, AttributeSet, SortOrder}
import org.apache.spark.sql.catalyst.plans.physical.Partitioning
import org.apache.spark.sql.execution.{SparkPlan, UnaryExecNode}
import org.apache.spark.sql.execution.metric.{SQLMetric, SQLMetrics}

/** Adds the scores of an image to each row: see [[Classify]]. */
private[sql] final case class ClassifyExec(
    call: Scores,
    result: Attribute,
    keep: Seq[Attribute],
    rampUp: Boolean,
    child: SparkPlan)
    extends UnaryExecNode {

  override def output: Seq[Attribute] = keep :+ result
  override def producedAttributes: AttributeSet = AttributeSet(result :: Nil)
  override def outputPartitioning: Partitioning = child.outputPartitioning
  override def outputOrdering: Seq[SortOrder] = child.outputOrdering
  override protected def withNewChildInternal(child: SparkPlan): ClassifyExec = copy(child = child)

  override lazy val metrics: Map[String, SQLMetric] = ClassifyMetrics.of(sparkContext)

  private def batching: Batching = ScoringSettings.batching(conf, rampUp, call.work)

  /** Sent once: running the plan again runs the same model. */
  @transient private lazy val sent = call.work.send(sparkContext, ScoringSettings.options(conf))

  override protected def doExecute(): RDD[InternalRow] = {
    val task = new ClassifyTask(
      call.image,
      call.column,
      call.work,
      sent,
      keep,
      child.output,
      output,
      batching,
      new ClassifyMetrics(metrics))
    child.execute().mapPartitionsWithIndex((partition, rows) => task.run(partition, rows))
  }

  override def nodeName: String = "Classify"

  private def settings: String = {
    val Batching(BatchLimits(rows, bytes), _, cache) = batching
    val ramp = if (rampUp) ", from few rows to many" else ""
    val remembered = if (cache > 0) s", cache: $cache bytes" else ""
    val exact = if (ScoringSettings.options(conf).exact) ", exact" else ""
    s"batch: $rows rows or $bytes bytes$ramp, device: cpu$exact$remembered"
  }

  override def simpleString(maxFields: Int): String = s"$nodeName $call AS $result [$settings]"

  private def work: String = call.work match {
    case Forward(model, layer) => s"Model: $model${layer.map(layer => s", layer $layer").getOrElse("")}"
    case other => s"Work: $other"
  }

  override def verboseStringWithOperatorId(): String =
    s"""
      |$formattedNodeName
      |$work
      |Image: ${call.image}
      |Result: $result
      |Kept: ${keep.mkString("[", ", ", "]")}
      |Settings: $settings
      |""".stripMargin
}

/** What the Spark UI shows of the operator. */
private[sql] final class ClassifyMetrics(metrics: Map[String, SQLMetric])
    extends BatchMeter
    with Serializable {
  private val outputRows = metrics("numOutputRows")
  private val batches = metrics("batches")
  private val images = metrics("images")
  private val bad = metrics("badImages")
  private val cached = metrics("cachedImages")
  private val bytes = metrics("imageBytes")
  private val arenas = metrics("arenaBytes")
  private val weights = metrics("weightBytes")
  private val atOnce = metrics("imagesAtOnce")
  private val prepare = metrics("prepareTime")
  private val forward = metrics("forwardTime")

  /** A task may run the operator for several partitions, one after the other. */
  override def granted(room: Room): Unit = {
    arenas.set(math.max(arenas.value, room.bytes))
    weights.set(room.weights)
    atOnce.set(room.images.toDouble)
  }

  override def prepared(nanos: Long): Unit = prepare.add(nanos)

  override def called(images: Int, bytes: Long, nanos: Long): Unit = {
    batches.add(1)
    this.images.add(images)
    this.bytes.add(bytes)
    forward.add(nanos)
  }

  override def remembered(): Unit = cached.add(1)

  def row(): Unit = outputRows.add(1)

  def badImage(): Unit = bad.add(1)
}

private[sql] object ClassifyMetrics {
  def of(sc: SparkContext): Map[String, SQLMetric] = Map(
    "numOutputRows" -> SQLMetrics.createMetric(sc, "number of output rows"),
    "batches" -> SQLMetrics.createMetric(sc, "batches"),
    "images" -> SQLMetrics.createMetric(sc, "images scored"),
    "badImages" -> SQLMetrics.createMetric(sc, "bad images"),
    "cachedImages" -> SQLMetrics.createMetric(sc, "images remembered"),
    "imageBytes" -> SQLMetrics.createSizeMetric(sc, "image bytes"),
    "arenaBytes" -> SQLMetrics.createSizeMetric(sc, "arena bytes"),
    "weightBytes" -> SQLMetrics.createSizeMetric(sc, "weight bytes"),
    "imagesAtOnce" -> SQLMetrics.createAverageMetric(sc, "images at once"),
    "prepareTime" -> SQLMetrics.createNanoTimingMetric(sc, "prepare time"),
    "forwardTime" -> SQLMetrics.createNanoTimingMetric(sc, "forward time")
  )
}
