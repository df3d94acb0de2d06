/* The configuration keys spark.firesteel.*, each with its default, and what native code is told of them. */
package firesteel

import firesteel.jni.NativeLibrary

import org.apache.spark.{SparkConf, SparkEnv}
import org.apache.spark.sql.SparkSession
import org.json4s.JObject
import org.json4s.JsonDSL._
import org.json4s.jackson.JsonMethods.compact

private[firesteel] object Settings {

  /** What a session was told: its own settings on top of its application's. */
  def of(session: SparkSession): SparkConf = new SparkConf(false).setAll(session.conf.getAll)

  /** How many CPUs Spark gives a task. */
  def taskCpus(conf: SparkConf): Int = conf.getInt("spark.task.cpus", 1)

  /** The largest number of rows of one native call, for each CPU of the task. */
  def batchRows(conf: SparkConf): Int = positive(conf, "spark.firesteel.batch.rows", conf.getInt(_, 32))

  /** The largest number of bytes of input of one native call; a single larger row is a call of its own. */
  def batchBytes(conf: SparkConf): Long =
    positive(conf, "spark.firesteel.batch.bytes", conf.getSizeAsBytes(_, "64m"))

  /** How many bytes of results an executor remembers; 0, the default, for none. */
  def cacheBytes(conf: SparkConf): Long = conf.getSizeAsBytes("spark.firesteel.cache.bytes", "0")

  /** The largest side of an image, in pixels. */
  def imageSide(conf: SparkConf): Long =
    positive(conf, "spark.firesteel.image.maxSide", conf.getLong(_, 16384L))

  /** The largest number of an image's pixels. */
  def imagePixels(conf: SparkConf): Long =
    positive(conf, "spark.firesteel.image.maxPixels", conf.getLong(_, 40000000L))

  /** What is accepted of an encoded image, as JSON. */
  def imageLimits(conf: SparkConf): String = {
    def size(name: String, default: String): (String, Long) = {
      val key = s"spark.firesteel.image.$name"
      name -> positive(conf, key, conf.getSizeAsBytes(_, default))
    }
    val limits = Seq(
      size("maxBytes", "32m"),
      "maxPixels" -> imagePixels(conf),
      "maxSide" -> imageSide(conf),
      size("maxAllocation", "192m"))
    val strict = conf.getBoolean("spark.firesteel.image.strict", defaultValue = true)
    compact(limits.foldLeft(JObject())((json, limit) => json ~ limit) ~ ("strict" -> strict))
  }

  /** Whether all convolutions are computed directly, and none by Winograd's algorithm. */
  def exact(conf: SparkConf): Boolean = conf.getBoolean("spark.firesteel.exact", defaultValue = false)

  /** Where to work: auto, cpu or gpu. Training alone knows a GPU: `auto` trains there, and scores on the CPU. */
  def device(conf: SparkConf): String = {
    val key = "spark.firesteel.device"
    val device = conf.get(key, "auto")
    require(Set("auto", "cpu", "gpu")(device), s"$key is '$device': it must be auto, cpu or gpu")
    device
  }

  /** Tells native code its settings, once in each JVM. Call it before any class of `firesteel.jni`. */
  def prepareNative(): Unit = if (!prepared) prepare()

  @volatile private var prepared = false

  private def prepare(): Unit = synchronized {
    // Networks can be built and checked before there is an application; then the defaults hold.
    for (env <- Option(SparkEnv.get) if !prepared) {
      NativeLibrary.configure(
        env.conf.get("spark.firesteel.log", "warn"),
        env.conf.getOption("spark.firesteel.libtorch.dir").orNull
      )
      prepared = true
    }
  }

  private def positive[N](conf: SparkConf, key: String, read: String => N)(implicit n: Numeric[N]): N = {
    val value = read(key)
    require(n.gt(value, n.zero), s"$key is ${conf.get(key)}: it must be above 0")
    value
  }
}
