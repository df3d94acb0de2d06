/* What the suites share: one Spark session for the whole JVM, temporary folders, the real data if any. */
package firesteel

import java.nio.file.{Files, Path, Paths}
import java.util.Comparator

import scala.util.Using

import org.apache.spark.sql.SparkSession
import org.scalatest.BeforeAndAfterAll
import org.scalatest.funsuite.AnyFunSuite

/** A suite that uses Spark, with two threads in this JVM. */
trait SparkSuite extends AnyFunSuite with BeforeAndAfterAll {

  /** The session of all suites. A test that changes its settings takes `spark.newSession()`. */
  protected def spark: SparkSession = SparkSuite.session

  // Much of Spark ML, and of ours, asks for the session that is there.
  override protected def beforeAll(): Unit = {
    super.beforeAll()
    spark
    ()
  }

  /** The folder that the environment variable FIRESTEEL_DATA names, with real images and weights. */
  protected def data: Option[Path] = sys.env.get("FIRESTEEL_DATA").filter(_.nonEmpty).map(Paths.get(_))

  /** Whether tests that take minutes are wanted: the environment variable FIRESTEEL_SLOW is 1. */
  protected def slow: Boolean = sys.env.get("FIRESTEEL_SLOW").contains("1")

  /** Runs `body` with a new folder, which is deleted afterwards. */
  protected def withTempDir[T](body: Path => T): T = {
    val folder = Files.createTempDirectory("firesteel-test")
    try body(folder)
    finally SparkSuite.delete(folder)
  }
}

private object SparkSuite {
  private lazy val session: SparkSession = {
    val warehouse = Files.createTempDirectory("firesteel-warehouse")
    sys.addShutdownHook(delete(warehouse))
    SparkSession
      .builder()
      .master("local[2]")
      .appName("firesteel-tests")
      .config("spark.ui.enabled", "false")
      .config("spark.driver.host", "localhost")
      .config("spark.driver.bindAddress", "127.0.0.1")
      .config("spark.sql.shuffle.partitions", "4")
      // A task that ends well and has not given its memory back fails.
      .config("spark.unsafe.exceptionOnMemoryLeak", "true")
      .config("spark.sql.warehouse.dir", warehouse.toUri.toString)
      .getOrCreate()
  }

  /** Deletes a folder and all below it. */
  private[firesteel] def delete(folder: Path): Unit =
    Using.resource(Files.walk(folder)) { paths =>
      paths.sorted(Comparator.reverseOrder[Path]()).forEach(path => Files.delete(path))
    }
}
