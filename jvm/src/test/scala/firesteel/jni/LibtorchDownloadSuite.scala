/* Training with the libtorch that Maven Central has. */
package firesteel.jni

import java.lang.management.ManagementFactory
import java.nio.file.StandardCopyOption.{ATOMIC_MOVE, REPLACE_EXISTING}
import java.nio.file.{Files, Path, Paths}

import scala.jdk.CollectionConverters._
import scala.sys.process.{stringSeqToProcess, ProcessLogger}

import com.sun.management.OperatingSystemMXBean
import org.scalatest.funsuite.AnyFunSuite

/** Contract 13, where FIRESTEEL_SLOW=1: the jars have 108 MB, which are kept in the cache folder. */
class LibtorchDownloadSuite extends AnyFunSuite with ChildJvm {
  import TestFolders.withFolder

  private lazy val jars: Seq[Path] = {
    assume(
      sys.env.get("FIRESTEEL_SLOW").contains("1"),
      "only with FIRESTEEL_SLOW=1, since it downloads 108 MB")
    LibtorchJars.ARTIFACTS.asScala.toSeq.map(fetch)
  }

  private def fetch(artifact: String): Path = {
    val home = sys.env.getOrElse("FIRESTEEL_CACHE", s"${sys.props("user.home")}/.cache/firesteel")
    val cache = Files.createDirectories(Paths.get(home, "libtorch-jars"))
    val words = artifact.split(':')
    val jar = cache.resolve(words.drop(1).mkString("", "-", ".jar"))
    if (!Files.exists(jar)) {
      withFolder { scratch =>
        val coordinates = (words.init :+ "jar" :+ words.last).mkString("-Dartifact=", ":", "")
        val command = Seq("mvn", "-q", "-B", "dependency:copy", coordinates, s"-DoutputDirectory=$scratch")
        val said = new StringBuffer
        assert(command.!(ProcessLogger(line => said.append(line).append('\n'))) === 0, said)
        // Under its own name only when it is complete.
        val part = Files.copy(
          scratch.resolve(jar.getFileName),
          Files.createTempFile(cache, "", ".part"),
          REPLACE_EXISTING)
        Files.move(part, jar, ATOMIC_MOVE)
      }
    }
    jar
  }

  /** A program that knows no libtorch but that of the jars. */
  private def child(program: AnyRef, temporary: Path): Child =
    Child(
      program,
      Seq("train"),
      classPath = jars,
      options = Seq(s"-Djava.io.tmpdir=$temporary"),
      environment = Map("LIBTORCH" -> None),
      seconds = 120)

  /** The unpacked folder, and what changes when it is unpacked again. */
  private def unpacked(temporary: Path): (Path, AnyRef) = {
    val homes = TestFolders.list(temporary).filter(_.getFileName.toString.startsWith("firesteel-"))
    assert(homes.size === 1)
    val folders = TestFolders.list(homes.head).filter(Files.isDirectory(_))
    assert(folders.size === 1)
    (folders.head, Files.getAttribute(folders.head, "unix:ctime"))
  }

  test("training works with the jars alone, which are unpacked the first time only") {
    withFolder { temporary =>
      for (i <- 1 to 2) {
        val begin = System.nanoTime()
        val ended = pass(child(LoadProgram, temporary))
        info(f"run $i: ${(System.nanoTime() - begin) / 1e9}%.1f s")
        assert(ended.output.startsWith("works\n"), ended.output)
        assert(ended.output.contains("mapped libopenblas.so.0"))
      }
      val (folder, changed) = unpacked(temporary)
      val expected = Libtorch.LIBRARIES.asScala.filterNot(_.startsWith("libcu"))
      assert(TestFolders.list(folder).map(_.getFileName.toString) === expected.sorted)
      pass(child(LoadProgram, temporary))
      assert(unpacked(temporary) === (folder -> changed))
    }
  }

  test("two processes that train at once unpack the jars once") {
    withFolder { temporary =>
      val ended = Seq.fill(2)(start(child(LoadProgram, temporary))).map(_.ended())
      for (one <- ended) assert(one.output.startsWith("works\n"), one.output)
      unpacked(temporary)
    }
  }

  test("training uses one thread, though OpenBLAS does not listen to libtorch's setting") {
    withFolder { temporary =>
      val share = pass(child(BlasProgram, temporary)).output.trim.toDouble
      info(f"processor time per time of the thread that trains: $share%.2f")
      assert(share <= 1.2)
    }
  }
}

/** Prints the processor time of the process by that of the thread that trains: 1 if it is alone. */
private object BlasProgram {
  private val network =
    """{"input":[1024],"nodes":[{"name":"a","op":"dense","inputs":["input"],"units":1024}],"output":"a"}"""

  def main(arguments: Array[String]): Unit = {
    val trainer = Trainer.open(
      TestModel.round.replace(TestModel.network, network),
      Models.initialWeights(network, "xavier", 1L),
      Array.emptyFloatArray)
    val (inputs, labels) = (Array.tabulate(512 * 1024)(_.toByte), Array.tabulate(512)(identity))
    val (process, thread) =
      (ManagementFactory.getPlatformMXBean(classOf[OperatingSystemMXBean]), ManagementFactory.getThreadMXBean)
    def steps(): Double = {
      val (processBegin, threadBegin) = (process.getProcessCpuTime, thread.getCurrentThreadCpuTime)
      for (_ <- 1 to 50) trainer.step(inputs, labels)
      (process.getProcessCpuTime - processBegin).toDouble / (thread.getCurrentThreadCpuTime - threadBegin)
    }
    steps()
    println(steps())
  }
}
