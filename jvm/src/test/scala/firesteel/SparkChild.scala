/* Spark applications that a test starts in a JVM of their own: for other masters and settings, and for what an application
 * does before and after its life. */
package firesteel

import java.io.File
import java.lang.management.ManagementFactory
import java.nio.file.{Files, Path}

import scala.jdk.CollectionConverters._

import firesteel.jni.{Child, ChildJvm, Ended}

/** Runs programs, objects with a `main`, with the classes of the tests and of Spark. Their assertions are the tests'. */
trait SparkChild extends ChildJvm {

  /** More options of the JVM. */
  protected def sparkOptions: Seq[String] = Nil

  /** How long a program may take. */
  protected def sparkSeconds: Int = 180

  /** Runs a program and asserts that all went well. */
  protected def passSpark(program: AnyRef, conf: Map[String, String], arguments: String*): Ended = {
    val home = Files.createTempDirectory("firesteel-spark-home")
    // Executors write into the folder of Spark, so that it is one of our own.
    Files.createSymbolicLink(home.resolve("jars"), SparkChild.sparkHome.resolve("jars"))
    val settings = (SparkChild.settings ++ conf).map { case (key, value) => s"-D$key=$value" }
    val child = Child(
      program,
      arguments,
      SparkChild.options ++ sparkOptions ++ settings,
      Seq(SparkChild.sparkHome.resolve("jars").resolve("*")),
      Map(
        "SPARK_HOME" -> Some(home.toString),
        "SPARK_LOCAL_IP" -> Some("127.0.0.1"),
        "SPARK_SCALA_VERSION" -> Some("2.13")),
      seconds = sparkSeconds
    )
    try pass(child)
    finally SparkSuite.delete(home)
  }
}

private object SparkChild {
  val sparkHome: Path = Path.of(System.getProperty("firesteel.sparkHome"))

  /** What this JVM was started with for Spark's sake, and more memory. */
  val options: Seq[String] = ManagementFactory.getRuntimeMXBean.getInputArguments.asScala.toSeq
    .filter(option =>
      option.startsWith("--add") || option.startsWith("-Dio.netty") || option.startsWith("-Djdk")) :+ "-Xmx1g"

  /** The class path of the tests, which the executors of a cluster need as well. */
  private val classPath =
    System.getProperty("firesteel.testClasspath").split(File.pathSeparator).filterNot(_.endsWith("*"))

  val settings: Map[String, String] = Map(
    "spark.app.name" -> "firesteel-tests",
    "spark.ui.enabled" -> "false",
    "spark.driver.host" -> "localhost",
    "spark.driver.bindAddress" -> "127.0.0.1",
    "spark.sql.shuffle.partitions" -> "4",
    "spark.executor.extraClassPath" -> classPath.mkString(File.pathSeparator)
  )
}
