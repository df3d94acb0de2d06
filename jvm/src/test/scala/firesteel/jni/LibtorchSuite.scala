/* Where libtorch is looked for, and what is said where it is not. */
package firesteel.jni

import java.nio.file.{Files, Path}

import scala.jdk.CollectionConverters._
import scala.sys.process._

import org.scalatest.funsuite.AnyFunSuite

/** Contract 13, but for jars on the class path: those are LibtorchJarsSuite's part. */
class LibtorchSuite extends AnyFunSuite with ChildJvm {
  import TestFolders.withFolder

  private val libtorch = Path.of(sys.env("LIBTORCH"))

  /** A program that trains and then predicts, with what is named by the setting and by the environment. */
  private def train(setting: Option[Any], variable: Option[Any]): Ended =
    pass(
      Child(
        LoadProgram,
        Seq("train", "predict"),
        options = setting.map(folder => s"-Dtest.libtorch=$folder").toSeq,
        environment = Map("LIBTORCH" -> variable.map(_.toString))
      ))

  /** Asserts that libtorch was not found, with these reasons, and that predictions work all the same. */
  private def assertNotFound(ended: Ended, tried: String*): Unit = {
    val list = tried.map(reason => s" - $reason\n").mkString
    assert(
      ended.output.startsWith(s"training needs libtorch 2.13, which was not found:\n$list" + "Either put"))
    assert(ended.output.contains("Everything but training works without it.\nworks\n"))
    assert(!ended.output.contains("mapped libfiresteel_torch"))
  }

  private def in(folder: Any, source: String) =
    s"$source is $folder, which holds no libtorch_cpu.so, neither does its lib/"

  private val setting = "spark.firesteel.libtorch.dir"
  private val variable = "the environment variable LIBTORCH"
  private val jar =
    s"no jar on the class path holds org/bytedeco/pytorch/${NativeLibrary.platform()}/libtorch_cpu.so"

  test("a libtorch is found by the setting or by the variable, as its folder or that of its libraries") {
    val libraries = libtorch.resolve("lib")
    val ways = Seq(Some(libtorch) -> None, Some(libraries) -> Some("/none"), None -> Some(libraries))
    for ((setting, variable) <- ways) {
      val ended = train(setting, variable)
      assert(ended.output.startsWith("works\nworks\n"))
    }
  }

  test("without any libtorch, all places are named, and so are the jars and the commands that help") {
    val ended = train(None, None)
    assertNotFound(ended, s"$setting is not set", s"$variable is not set", jar)
    for (part <- LibtorchJars.ARTIFACTS.asScala ++ Seq("--jars", "glibc 2.35", "pip install torch==2.13.0")) {
      assert(ended.output.contains(part))
    }
    assertNotFound(train(None, Some("")), s"$setting is not set", s"$variable is not set", jar)
  }

  test("a variable that names no libtorch is among the places, and the next one is tried") {
    assertNotFound(train(None, Some("/none")), s"$setting is not set", in("/none", variable), jar)
  }

  test("a folder that is set and holds no libtorch is not replaced by another place") {
    assertNotFound(train(Some("/none"), Some(libtorch)), in("/none", setting))
  }

  test("a libtorch that is cut short is refused with its path, and crashes nothing") {
    withFolder { folder =>
      val whole = Files.readAllBytes(libtorch.resolve("lib/libc10.so"))
      Files.write(folder.resolve("libc10.so"), whole.take(whole.length / 2))
      Files.createFile(folder.resolve("libtorch_cpu.so"))
      val ended = train(Some(folder), None)
      assert(
        ended.output.startsWith(s"cannot load $folder/libc10.so: it is cut short, to ${whole.length / 2} of"))
      assert(ended.output.contains("\nworks\n"))
    }
  }

  test("a libtorch of another release is named as the reason") {
    withFolder { folder =>
      for (name <- Seq("libc10.so", "libtorch_cpu.so")) {
        val empty = Seq("cc", "-shared", s"-Wl,-soname,$name", "-o", s"$folder/$name", "-x", "c", "/dev/null")
        assert(empty.! === 0)
      }
      val ended = train(Some(folder), None)
      assert(
        ended.output.matches(
          "(?s)cannot load .*undefined symbol.*; the libtorch that was loaded is not version 2.13\n.*"))
    }
  }
}
