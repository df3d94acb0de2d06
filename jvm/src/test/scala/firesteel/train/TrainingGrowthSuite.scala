/* Training does not make an executor grow: with FIRESTEEL_SLOW=1 for as many rounds as it should not, otherwise fewer. */
package firesteel.train

import java.io.PrintStream

import firesteel.SparkChild
import firesteel.jni.{Processes, Trainer}
import firesteel.ml.{CnnClassifier, Network}

import org.apache.spark.ml.linalg.Vectors
import org.apache.spark.sql.SparkSession
import org.scalatest.funsuite.AnyFunSuite

/** In a JVM whose own memory is all there from the beginning. */
class TrainingGrowthSuite extends AnyFunSuite with SparkChild {
  private val rounds = if (sys.env.get("FIRESTEEL_SLOW").contains("1")) 50 else 8

  override protected def sparkOptions: Seq[String] =
    Seq("-Xms2g", "-Xmx2g", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC")
  override protected def sparkSeconds: Int = 900

  test("rounds of training with weights of 100 MB leave nothing behind") {
    val output = passSpark(RoundsProgram, Map.empty, rounds.toString).output
    val found = output.linesIterator.filter(_.startsWith("resident ")).map(_.split(' ')(1).toLong).toSeq
    info(found.mkString("resident after each round: ", ", ", " KiB"))
    assert(found.size === rounds)
    val third = found(2)
    assert(found.drop(3).forall(resident => math.abs(resident - third) <= third / 20), found)
    val trainers = output.linesIterator.filter(_.startsWith("trainers ")).toSeq
    assert(trainers.size === rounds && trainers.forall(_ == "trainers 0"), trainers)
  }
}

/** Argument: the number of rounds. Prints after each what is resident, and the open trainers. */
private object RoundsProgram {
  def main(arguments: Array[String]): Unit = {
    val spark = SparkSession.builder().master("local[1]").getOrCreate()
    val rows = (0 until 8).map(i => Vectors.dense(Array.fill(1000)(i / 8.0)) -> i % 2)
    val table = spark.createDataFrame(rows).toDF("features", "label")
    System.setErr(new Console(System.err))
    // 25 million weights.
    val network = Network.input(1000).dense(5000).relu.dense(4000).relu.dense(2)
    new CnnClassifier()
      .setNetwork(network)
      .setEpochs(arguments(0).toInt)
      .setBatchSize(8)
      .setVerbose(true)
      .fit(table)
    spark.stop()
  }

  /** Measures where the driver tells of an epoch: before it sends what the next one needs, so no weights are on their way. */
  private class Console(err: PrintStream) extends PrintStream(err, true) {
    override def println(line: String): Unit = {
      super.println(line)
      if (line.startsWith("epoch ")) {
        // Buffers outside of the heap that nothing refers to any more.
        System.gc()
        Console.println(s"resident ${Processes.residentKiB()} KiB")
        Console.println(s"trainers ${Trainer.live()}")
      }
    }
  }
}
