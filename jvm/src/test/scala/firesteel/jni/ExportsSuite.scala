/* What the two libraries export, and the lists that both languages keep. */
package firesteel.jni

import java.nio.file.{Files, Path, Paths}
import java.util.zip.ZipFile

import scala.jdk.CollectionConverters._
import scala.sys.process._
import scala.util.Using

import org.scalatest.funsuite.AnyFunSuite

class ExportsSuite extends AnyFunSuite {
  private val libraries = Seq("firesteel" -> false, "firesteel_torch" -> true)

  test("both languages list the same error codes") {
    NativeLibrary.load()
    val java = ErrorCode.values().map(code => s"${code.number} ${code.name}\n").mkString
    assert(NativeFiresteel.errorCodes() === java)
  }

  test("both languages list the same statuses of rows") {
    NativeLibrary.load()
    val java =
      for (field <- classOf[Predictor].getFields if field.getType == classOf[Byte])
        yield (field.getByte(null), field.getName)
    assert(NativeFiresteel.statuses() === java.sorted.map { case (number, name) =>
      s"$number $name\n"
    }.mkString)
  }

  test("the jar's libraries export the declared native methods and nothing else") {
    assert(NativeMethods.all.size >= 30)
    TestFolders.withFolder { folder =>
      for ((name, torch) <- libraries) check(extract(name, folder), torch)
    }
  }

  test("the libraries that were just built export the declared native methods and nothing else") {
    val folder = Paths.get(System.getProperty("firesteel.root"), "target", "release")
    for ((name, torch) <- libraries) check(folder.resolve(System.mapLibraryName(name)), torch)
  }

  test("the jar's libraries hold no hooks that make them fail, unlike those of the fault tests") {
    val faults = Paths.get(System.getProperty("firesteel.faults.dir"))
    TestFolders.withFolder { folder =>
      for ((name, _) <- libraries) {
        assert(!holdsHooks(extract(name, folder)), name)
        assert(holdsHooks(faults.resolve(System.mapLibraryName(name))), name)
      }
    }
  }

  private def check(library: Path, torch: Boolean): Unit = {
    val symbols = Seq("nm", "-D", "--defined-only", library.toString).lazyLines.map(_.split(' ').last).toSet
    assert(symbols === NativeMethods.of(torch).map(_.symbol).toSet, library)
  }

  /** Takes a library out of the jar. */
  private def extract(name: String, folder: Path): Path = {
    val file = folder.resolve(System.mapLibraryName(name))
    Using.resource(new ZipFile(System.getProperty("firesteel.jar"))) { jar =>
      val entries = jar.entries.asScala.filter(_.getName.endsWith(s"/${file.getFileName}")).toVector
      assert(entries.size === 1, entries)
      Files.copy(jar.getInputStream(entries.head), file)
    }
    file
  }

  private def holdsHooks(library: Path): Boolean = {
    val text = new String(Files.readAllBytes(library), "ISO-8859-1")
    text.contains("FIRESTEEL_FAULT") || text.contains("NativeFaults")
  }
}
