/* Loading the libraries, and what is said where that is not possible. */
package firesteel.jni

import java.net.{URL, URLClassLoader}
import java.nio.file.{Files, Path, Paths}
import java.util.concurrent.{CountDownLatch, Executors, TimeUnit}

import scala.util.Using

import org.scalatest.funsuite.AnyFunSuite

/** Not of libtorch: that is the part of LibtorchSuite. */
class NativeLibrarySuite extends AnyFunSuite with ChildJvm {
  import TestFolders.withFolder

  private val file = System.mapLibraryName("firesteel")

  test("the library comes out of the jar, leaves no file behind, and needs no libtorch") {
    assert(sys.env.contains("LIBTORCH"), "so that libtorch could be loaded")
    val ended = pass(Child(LoadProgram))
    assert(ended.output.startsWith("works\n"))
    assert(ended.left === Nil)
    val ours = ended.output.linesIterator.filter(_.matches("mapped lib(firesteel|torch|c10|gomp).*")).toSeq
    assert(ours === Seq(s"mapped $file"))
  }

  test("libraries in the folder that is named are used") {
    val folder = s"${System.getProperty("firesteel.root")}/target/release"
    val ended = pass(Child(LoadProgram, options = Seq(s"-D${NativeLibrary.DIRECTORY}=$folder")))
    assert(ended.output.startsWith("works\n"))
  }

  test("a folder that is named and holds no library is not replaced by the jar") {
    withFolder { folder =>
      val ended = pass(Child(LoadProgram, options = Seq(s"-D${NativeLibrary.DIRECTORY}=$folder")))
      assert(ended.output.startsWith(s"there is no library $folder/$file\n"))
      assert(!ended.output.contains("mapped libfiresteel"))
    }
  }

  test("a library of another version than the jar is refused, with both versions") {
    withFolder { folder =>
      Files.writeString(Files.createDirectories(folder.resolve("firesteel")).resolve("version"), "9.9.9\n")
      val version = NativeFiresteelVersion.get()
      val ended = pass(Child(LoadProgram, classPath = Seq(folder)))
      assert(
        ended.output.startsWith(s"the library firesteel has version $version, this jar has 9.9.9: remove "))
      val torch = pass(Child(LoadProgram, Seq("train"), classPath = Seq(folder)))
      assert(torch.output.startsWith("the library firesteel has version"))
    }
  }

  test("a jar without a library for this processor says which are missing") {
    val ended = pass(Child(LoadProgram, options = Seq("-Dos.arch=riscv64")))
    assert(
      ended.output.startsWith("this jar holds no library for linux-riscv64 (firesteel/native/linux-riscv64/"))
    assert(ended.output.contains(s"-D${NativeLibrary.DIRECTORY}"))
  }

  test("a library for another processor is refused, with its path") {
    withFolder { folder =>
      val bytes = libraryInJar()
      // The processor's number in the file's header: that of aarch64.
      bytes(18) = 183.toByte
      val path = resource(folder, bytes)
      val ended = pass(Child(LoadProgram, classPath = Seq(folder)))
      assert(ended.output.matches(s"(?s)cannot load \\S+/$file: .*AARCH64.*"), path)
      assert(ended.left === Nil)
    }
  }

  test("a library that is cut short anywhere is refused with its path and both sizes, and crashes nothing") {
    withFolder { folder =>
      Files.write(folder.resolve(file), libraryInJar())
      val ended = pass(Child(CutProgram, Seq(folder.toString)))
      assert(ended.output === "works after 12 refusals\n")
    }
  }

  test("a library in the jar that is cut short is refused, and its copy deleted") {
    withFolder { folder =>
      val bytes = libraryInJar()
      resource(folder, bytes.take(bytes.length / 2))
      val ended = pass(Child(LoadProgram, classPath = Seq(folder)))
      assert(
        ended.output.matches(
          s"(?s)cannot load \\S+/$file: it is cut short, to \\d+ of at least \\d+ bytes.*"))
      assert(ended.left === Nil)
    }
  }

  test("a file that is no library is refused with its path") {
    withFolder { folder =>
      resource(folder, Array.fill(5000)('x'))
      val ended = pass(Child(LoadProgram, classPath = Seq(folder)))
      assert(ended.output.matches(s"(?s).*cannot load \\S+/$file: .*invalid ELF header.*"))
    }
  }

  for (folder <- Seq("/proc", "/no/such/folder")) {
    test(s"a temporary folder that cannot be written is named: $folder") {
      val ended = pass(Child(LoadProgram, options = Seq(s"-Djava.io.tmpdir=$folder")))
      assert(ended.output.startsWith(s"cannot copy $file out of the jar into $folder: "))
      assert(ended.output.contains("-Djava.io.tmpdir"))
    }
  }

  for ((option, what, said) <- Seq(
      ("ro", "read-only", "cannot copy .* Read-only file system; name a folder .* by -Djava.io.tmpdir"),
      ("noexec", "not executable", "cannot load .* seems to be mounted without the right to execute"),
      ("size=1m", "full", "cannot copy .* No space left on device; name a folder .* by -Djava.io.tmpdir")
    )) {
    test(s"a temporary folder that is $what is named") {
      withFolder { folder =>
        val ended = pass(
          Child(LoadProgram, options = Seq(s"-Djava.io.tmpdir=$folder"), launcher = mounted(option, folder)))
        assert(ended.output.matches(s"(?s)$said.*"), ended.output)
        assert(ended.output.contains(folder.toString))
      }
    }
  }

  test("two class loaders each load the libraries, and both work, with one libtorch") {
    val ended = pass(Child(TwoLoadersProgram))
    assert(ended.output.startsWith("works\nworks\n"))
    val mapped =
      ended.output.linesIterator.filter(_.startsWith("mapped ")).map(_.stripPrefix("mapped ")).toSeq
    for ((name, times) <- Seq(
        file -> 2,
        System.mapLibraryName("firesteel_torch") -> 2,
        "libtorch_cpu.so" -> 1)) {
      assert(mapped.count(_ == name) === times, name)
    }
    assert(ended.left === Nil)
  }

  test("16 threads that need the libraries at once load each of them once, and all work") {
    val ended = pass(Child(ManyThreadsProgram))
    assert(ended.output.startsWith("16 work\n"))
    for (name <- Seq(file, System.mapLibraryName("firesteel_torch"), "libtorch_cpu.so")) {
      assert(ended.output.linesIterator.count(_ == s"mapped $name") === 1, name)
    }
    assert(ended.left === Nil)
  }

  private val inJar = s"firesteel/native/${NativeLibrary.platform()}/$file"

  private def libraryInJar(): Array[Byte] =
    Using.resource(getClass.getResourceAsStream(s"/$inJar"))(_.readAllBytes())

  /** Puts a library where it is found before the jar's. */
  private def resource(folder: Path, bytes: Array[Byte]): Path = {
    val path = folder.resolve(inJar)
    Files.createDirectories(path.getParent)
    Files.write(path, bytes)
  }
}

private object NativeFiresteelVersion {
  def get(): String = {
    NativeLibrary.load()
    NativeFiresteel.version()
  }
}

/** Does what the arguments say, `predict` or `train`; then prints what is in memory. */
private object LoadProgram {
  def main(arguments: Array[String]): Unit = {
    NativeLibrary.configure("warn", System.getProperty("test.libtorch"))
    for (argument <- if (arguments.isEmpty) Array("predict") else arguments) {
      try {
        argument match {
          case "predict" => predict()
          case "train" => train()
        }
        println("works")
      } catch { case refusal: LibraryException => println(refusal.getMessage) }
    }
    printMapped()
  }

  def predict(): Unit = {
    val predictor = TestModel.open()
    require(TestModel.predict(predictor, Array[Byte](1, 2)) == TestModel.scores(1, 2))
    predictor.close()
  }

  def train(): Unit = {
    val trainer = TestModel.openTrainer()
    val losses = for (_ <- 1 to 20) yield {
      trainer.step(Array[Byte](1, 2, 2, 1), Array(0, 1))
      trainer.loss()
    }
    require(losses.last < losses.head && trainer.weights().forall(w => !w.isNaN), losses)
    trainer.close()
  }

  def printMapped(): Unit = Processes.libraries().foreach(name => println(s"mapped $name"))
}

/** Argument: a folder with a whole library, which is cut to several lengths. */
private object CutProgram extends org.scalatest.Assertions {
  def main(arguments: Array[String]): Unit = {
    val whole = Files.readAllBytes(Path.of(arguments(0), System.mapLibraryName("firesteel")))
    val lengths = Seq(0, 1, 4, 63, 64, 65, 1000, 4096) ++ Seq(0.1, 0.25, 0.5, 0.75).map(part =>
      (whole.length * part).toInt)
    for (length <- lengths) {
      TestFolders.withFolder { folder =>
        val path = Files.write(folder.resolve(System.mapLibraryName("firesteel")), whole.take(length))
        System.setProperty(NativeLibrary.DIRECTORY, folder.toString)
        val message = intercept[LibraryException](NativeLibrary.load()).getMessage
        assert(message.startsWith(s"cannot load $path: it is cut short, to $length of at least "), message)
      }
    }
    System.setProperty(NativeLibrary.DIRECTORY, arguments(0))
    LoadProgram.predict()
    println(s"works after ${lengths.size} refusals")
  }
}

/** Loads the jar twice, each time in a class loader of its own. */
private object TwoLoadersProgram {
  def main(arguments: Array[String]): Unit = {
    val jars = Array[URL](Paths.get(System.getProperty("firesteel.jar")).toUri.toURL) ++ testClasses
    val loaders = Seq.fill(2)(new URLClassLoader(jars, ClassLoader.getPlatformClassLoader))
    for (loader <- loaders) {
      val program = loader.loadClass("firesteel.jni.BothProgram")
      assert(program.getClassLoader == loader)
      program.getMethod("main", classOf[Array[String]]).invoke(null, Array.empty[String])
    }
    LoadProgram.printMapped()
  }

  /** The rest of the class path. */
  private def testClasses: Array[URL] =
    System.getProperty("java.class.path").split(':').map(path => Paths.get(path).toUri.toURL)
}

/** Predicts and trains. */
private object BothProgram {
  def main(arguments: Array[String]): Unit = {
    LoadProgram.predict()
    LoadProgram.train()
    println("works")
  }
}

/** Predicts and trains on 16 threads at once, as the first thing. */
private object ManyThreadsProgram {
  def main(arguments: Array[String]): Unit = {
    val threads = Executors.newFixedThreadPool(16)
    val (ready, go) = (new CountDownLatch(16), new CountDownLatch(1))
    val work = for (_ <- 1 to 16) yield threads.submit { () =>
      ready.countDown()
      go.await()
      // These two before all else: what is lazy in Scala would let one thread go ahead of the others.
      NativeLibrary.load()
      NativeLibrary.loadTorch()
      LoadProgram.predict()
      LoadProgram.train()
      1
    }
    require(ready.await(30, TimeUnit.SECONDS))
    go.countDown()
    println(s"${work.map(_.get(30, TimeUnit.SECONDS)).sum} work")
    threads.shutdown()
    LoadProgram.printMapped()
  }
}
