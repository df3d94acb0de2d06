/* JVMs that a test starts: for what crashes, and for other libraries, class paths and settings. */
package firesteel.jni

import java.io.File
import java.nio.file.{Files, Path}
import java.util.concurrent.TimeUnit

import scala.jdk.CollectionConverters._
import scala.jdk.StreamConverters._
import scala.sys.process.{stringSeqToProcess, ProcessLogger}
import scala.util.Try

import org.scalatest.Assertions

/** Starts JVMs with the classes of the tests, under `-Xcheck:jni`. */
trait ChildJvm extends Assertions {

  /** Runs a program to its end; what it leaves behind is told and deleted. */
  protected def run(child: Child): Ended = {
    val running = start(child)
    running.ended()
  }

  /** Runs a program and asserts that all went well. */
  protected def pass(child: Child): Ended = {
    val ended = run(child)
    assert(ended.exitCode === 0, ended.output)
    assert(ended.crashReports === Nil, ended.output)
    assert(ended.jniWarnings === Nil, ended.output)
    ended
  }

  /** Starts a program. */
  protected def start(child: Child): Running = {
    val folder = Files.createTempDirectory("firesteel-child")
    val temporary = Files.createDirectory(folder.resolve("tmp"))
    val jvm =
      Seq(s"${System.getProperty("java.home")}/bin/java", "-Xcheck:jni", "-XX:-CreateCoredumpOnCrash") ++
        Seq(s"-XX:ErrorFile=$folder/hs_err.log", "-Xmx256m", s"-Djava.io.tmpdir=$temporary") ++
        ChildJvm.inherited ++ child.options
    val path = (child.classPath ++ ChildJvm.classPath).mkString(File.pathSeparator)
    val command = child.launcher ++ jvm ++ Seq("-cp", path, child.mainClass) ++ child.arguments
    val builder = new ProcessBuilder(command.asJava).redirectErrorStream(true)
    builder.redirectOutput(folder.resolve("output").toFile)
    // Nothing must be found by accident.
    builder.environment().remove("LD_LIBRARY_PATH")
    child.environment.foreach {
      case (name, Some(value)) => builder.environment().put(name, value)
      case (name, None) => builder.environment().remove(name)
    }
    new Running(child, builder.start(), folder)
  }

  /** A command prefix that mounts a file system with that option on a folder, for the program alone. */
  protected def mounted(option: String, folder: Path): Seq[String] = {
    val ways = Seq(Seq("unshare", "-m"), Seq("unshare", "-rm"))
    def mount(way: Seq[String]) =
      way ++ Seq("sh", "-c", s"""mount -t tmpfs -o $option tmpfs "$$0" && exec "$$@"""", folder.toString)
    val silent = ProcessLogger(_ => ())
    val way = ways.find(way => Try((mount(way) :+ "true").!(silent)).toOption.contains(0))
    mount(
      way.getOrElse(
        cancel("mounting a file system is not allowed here: neither `unshare -m` nor `-rm` works")))
  }

  /** A JVM that has been started. */
  protected final class Running(child: Child, val process: Process, folder: Path) {

    /** Waits until it has ended. */
    def ended(): Ended =
      try {
        val inTime = process.waitFor(child.seconds.toLong, TimeUnit.SECONDS)
        if (!inTime) {
          process.destroyForcibly().waitFor()
        }
        val output = Files.readString(folder.resolve("output"))
        assert(inTime, s"${child.mainClass} did not end within ${child.seconds} s:\n$output")
        val reports = TestFolders.list(folder).filter(_.getFileName.toString.startsWith("hs_err"))
        val left = TestFolders.list(folder.resolve("tmp")).map(_.getFileName.toString)
        Ended(process.exitValue(), output, reports.map(Files.readString(_)), left)
      } finally TestFolders.delete(folder)
  }
}

/**
 * A program to run: an object with a `main`.
 *
 * @param classPath goes before that of the tests
 * @param environment what is set, or with None removed, in the environment of the tests
 * @param launcher goes before the command
 */
case class Child(
    program: AnyRef,
    arguments: Seq[String] = Nil,
    options: Seq[String] = Nil,
    classPath: Seq[Path] = Nil,
    environment: Map[String, Option[String]] = Map.empty,
    launcher: Seq[String] = Nil,
    seconds: Int = 60) {
  def mainClass: String = program.getClass.getName.stripSuffix("$")

  /** With the libraries that can be made to fail. */
  def withFaults: Child =
    copy(options = options :+ s"-D${NativeLibrary.DIRECTORY}=${System.getProperty("firesteel.faults.dir")}")
}

/** What became of a program; `left` are the names of what it left in its temporary folder. */
case class Ended(exitCode: Int, output: String, crashReports: Seq[String], left: Seq[String]) {

  /** The warnings of `-Xcheck:jni` in whose stack our classes are. */
  def jniWarnings: Seq[String] = ChildJvm.jniWarnings(output)
}

object ChildJvm {

  /** The class path of the tests but for Spark, which no program here needs. */
  private val classPath = {
    val own =
      System.getProperty("firesteel.testClasspath").split(File.pathSeparator).filterNot(_.endsWith("*"))
    own.toSeq :+ new File(classOf[Option[_]].getProtectionDomain.getCodeSource.getLocation.toURI).toString
  }

  private val inherited =
    Seq("firesteel.jar", "firesteel.faults.dir", "firesteel.root").map(name =>
      s"-D$name=${System.getProperty(name)}")

  /** Each warning with its stack. */
  private[jni] def jniWarnings(output: String): Seq[String] = {
    val lines = output.linesIterator.toVector
    val starts =
      lines.indices.filter(i => lines(i).startsWith("WARNING") || lines(i).startsWith("FATAL ERROR"))
    val warnings =
      starts.map(i => (lines(i) +: lines.drop(i + 1).takeWhile(_.startsWith("\tat"))).mkString("\n"))
    warnings.filter(_.contains("firesteel"))
  }
}

/** Temporary folders of the tests. */
object TestFolders {

  /** Runs `body` with a new folder, which is deleted afterwards. */
  def withFolder[T](body: Path => T): T = {
    val folder = Files.createTempDirectory("firesteel-test")
    try body(folder)
    finally delete(folder)
  }

  /** What lies in a folder. */
  def list(folder: Path): Seq[Path] = {
    val paths = Files.list(folder)
    try paths.toScala(Seq).sorted
    finally paths.close()
  }

  /** Deletes a folder and all below it. */
  def delete(folder: Path): Unit = {
    if (Files.isDirectory(folder, java.nio.file.LinkOption.NOFOLLOW_LINKS)) list(folder).foreach(delete)
    Files.delete(folder)
  }
}
