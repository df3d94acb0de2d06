/* Who may depend on whom: reads the imports, and fails on an arrow that turns back. */
package firesteel

import java.nio.file.{Files, Path}

import scala.jdk.CollectionConverters._
import scala.util.Using

import org.scalatest.funsuite.AnyFunSuite

class ArrowsSuite extends AnyFunSuite {
  private val root = Path.of(System.getProperty("firesteel.root"))
  private val scala = "jvm/src/main/scala/firesteel"
  private val packages = Set("infer", "train", "ml", "read", "sql", "report", "jni")

  /** The source files below a folder, with their text. */
  private def sources(folder: String, ending: String): Seq[(Path, String)] = {
    val files = Using
      .resource(Files.walk(root.resolve(folder)))(_.iterator.asScala.toList)
      .filter(_.toString.endsWith(ending))
    assert(files.nonEmpty, s"there are no $ending files in $folder")
    files.map(file => root.relativize(file) -> Files.readString(file))
  }

  /** Fails for every file that holds the pattern. */
  private def forbid(files: Seq[(Path, String)], pattern: String): Unit = {
    val found = files.filter { case (_, text) => pattern.r.findFirstIn(text).isDefined }.map(_._1)
    assert(found.isEmpty, s"these should not hold /$pattern/")
  }

  /** The packages of ours that the sources of a package use. */
  private def uses(folder: String, ending: String = ".scala"): Set[String] =
    sources(folder, ending).flatMap { case (_, text) =>
      """\bfiresteel\.(\w+)""".r.findAllMatchIn(text).map(_.group(1)).filter(packages)
    }.toSet

  test("the Scala packages use only what stands below them") {
    assert(uses(s"$scala/infer") === Set("infer", "jni"))
    assert(uses(s"$scala/train") === Set("train", "jni"))
    assert(uses(s"$scala/read") === Set("read"))
    assert(uses(s"$scala/report") === Set("report"))
    assert(uses(s"$scala/sql") === Set("sql", "infer"))
    assert(uses(s"$scala/ml") -- Set("ml", "sql", "infer", "train") -- exceptionsOnly === Set.empty)
  }

  // Spark's documentation links: ml names the exceptions of jni in comments, and nothing else of it.
  private val exceptionsOnly: Set[String] = {
    forbid(sources(s"$scala/ml", ".scala"), """import firesteel\.jni""")
    Set("jni")
  }

  test("the Java side of the boundary knows neither Spark nor Scala") {
    val files = sources("jvm/src/main/java/firesteel/jni", ".java")
    forbid(files, """import (org\.apache\.spark|scala)\b""")
    forbid(files, """firesteel\.(infer|train|ml|read|report)\b""")
  }

  test("only the boundary and the two libraries name the crate jni, only training names tch") {
    for (crate <- Seq("kernels", "core", "torch"))
      forbid(sources(s"native/$crate", "Cargo.toml"), """(?m)^jni\b""")
    for (crate <- Seq("kernels", "core", "boundary", "jni", "jni-torch"))
      forbid(sources(s"native/$crate", "Cargo.toml"), """(?m)^tch\b""")
    forbid(sources("native/kernels", "Cargo.toml"), "firesteel-(core|boundary|torch)")
    forbid(sources("native/core", "Cargo.toml"), "firesteel-(boundary|torch)")
    forbid(sources("native/torch", "Cargo.toml"), "firesteel-(boundary|jni)")
    forbid(sources("native/boundary", "Cargo.toml"), "firesteel-(core|kernels|torch)")
    forbid(sources("native/jni/src", ".rs"), "firesteel_torch_train")
  }

  test("the core uses no words of Java or Spark") {
    val code = sources("native/core/src", ".rs").map { case (file, text) =>
      file -> text.linesIterator.filterNot(_.trim.startsWith("//")).mkString("\n")
    }
    forbid(code, """(?i)\b(jvm|spark|executor)\b""")
  }

  test("Python uses no package of the JVM but by name") {
    forbid(sources("jvm/src/main/python", ".py"), """import (torch|tensorflow)\b""")
  }

  test("every file that the README's picture names is there") {
    val picture = """(?s)```\nTRAIN.*?```""".r.findFirstIn(Files.readString(root.resolve("README.md"))).get
    val names = """(?:native|ml|sql|train|infer)/[\w/.]+""".r.findAllIn(picture).toSeq
    assert(names.length >= 10, names)
    val missing = names.filterNot { name =>
      Seq(name, s"$scala/$name.scala").exists(path => Files.exists(root.resolve(path)))
    }
    assert(missing.isEmpty)
  }
}
