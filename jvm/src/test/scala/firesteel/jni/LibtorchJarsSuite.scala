/* A libtorch in jars on the class path is unpacked once per host. */
package firesteel.jni

import java.net.{URL, URLClassLoader}
import java.nio.channels.FileChannel
import java.nio.file.attribute.PosixFilePermissions
import java.nio.file.{Files, Path, StandardOpenOption}
import java.util.concurrent.{Callable, CyclicBarrier, Executors, TimeUnit}
import java.util.zip.{CRC32, ZipEntry, ZipOutputStream}

import scala.jdk.CollectionConverters._
import scala.util.{Try, Using}

import org.scalatest.funsuite.AnyFunSuite

/** Contract 13, with small jars that look like the real ones, which LibtorchDownloadSuite has. */
class LibtorchJarsSuite extends AnyFunSuite with ChildJvm {
  import LibtorchJarsSuite._
  import TestFolders.withFolder

  /** Runs the program with its temporary folder in `folder`. */
  private def unpack(folder: Path, jars: Seq[Path], arguments: Seq[String] = Nil): Child =
    Child(
      UnpackProgram,
      arguments,
      classPath = jars,
      options = Seq(s"-Djava.io.tmpdir=${Files.createDirectories(folder.resolve("tmp"))}"))

  /** The lines that the program printed. */
  private def lines(ended: Ended): Seq[String] = ended.output.linesIterator.toSeq

  /** Where the program must unpack to, but for the key of the contents. */
  private def home(folder: Path): Path =
    folder.resolve("tmp").resolve("firesteel-" + Files.getAttribute(folder, "unix:uid"))

  test("the libraries among the files of both jars are unpacked into a folder of the user alone") {
    withFolder { folder =>
      val ended = pass(unpack(folder, jars(folder)))
      val unpacked = Path.of(lines(ended).head)
      assert(unpacked.getParent === home(folder))
      assert(unpacked.getFileName.toString.matches("libtorch-[0-9a-f]{32}"))
      for (private_ <- Seq(unpacked, home(folder))) {
        assert(PosixFilePermissions.toString(Files.getPosixFilePermissions(private_)) === "rwx------")
      }
      val expected = Seq("libc10.so", "libgfortran.so.5", "libopenblas.so.0", "libtorch_cpu.so")
      assert(names(unpacked) === expected)
      for (name <- expected) assert(Files.readString(unpacked.resolve(name)) === (pytorch ++ openblas)(name))
    }
  }

  test("what is unpacked is used again, by the thread's class loader as by our own") {
    withFolder { folder =>
      val made = jars(folder)
      val first = lines(pass(unpack(folder, made)))
      val again = lines(pass(unpack(folder, made)))
      val context = lines(pass(unpack(folder, Nil, Seq("context") ++ made.map(_.toString))))
      // The second line identifies the very folder.
      assert(first.size === 2 && again === first && context === first)
    }
  }

  test("jars with other contents are unpacked into another folder") {
    withFolder { folder =>
      val first = lines(pass(unpack(folder, jars(folder))))
      val other = pytorch.updated("libc10.so", "c11")
      assert(other("libc10.so").length === pytorch("libc10.so").length)
      val second =
        lines(pass(unpack(folder, Seq(jar(folder, "pytorch", other), jar(folder, "openblas", openblas)))))
      assert(first.head !== second.head)
      assert(Files.readString(Path.of(second.head, "libc10.so")) === "c11")
      assert(Files.readString(Path.of(first.head, "libc10.so")) === "c10")
    }
  }

  test("a jar without its companion is not enough, and the missing one is named") {
    withFolder { folder =>
      for ((project, file) <- Seq("openblas" -> "pytorch", "pytorch" -> "openblas")) {
        val missing = Map("pytorch" -> "libtorch_cpu.so", "openblas" -> "libopenblas.so.0")(project)
        val ended = pass(unpack(folder, jars(folder).filter(_.getFileName.toString.startsWith(file))))
        val name = s"org/bytedeco/$project/${NativeLibrary.platform()}/$missing"
        assert(lines(ended) === Seq(s"no jar on the class path holds $name"))
      }
    }
  }

  test("a folder in which a file is missing or too short is unpacked anew") {
    withFolder { folder =>
      val made = jars(folder)
      val unpacked = Path.of(lines(pass(unpack(folder, made))).head)
      val damages = Seq[Path => Any](Files.delete(_), Files.writeString(_, ""))
      for (damage <- damages) {
        damage(unpacked.resolve("libc10.so"))
        assert(Path.of(lines(pass(unpack(folder, made))).head) === unpacked)
        assert(Files.readString(unpacked.resolve("libc10.so")) === "c10")
      }
    }
  }

  test("what a killed process left half unpacked is not used, and cleared away") {
    withFolder { folder =>
      val made = largeJars(folder)
      val running = start(unpack(folder, made))
      waitUntil("a library is being unpacked", running) {
        parts(folder).exists(part => Try(TestFolders.list(part).nonEmpty).getOrElse(false))
      }
      running.process.destroyForcibly()
      assert(running.ended().exitCode === 128 + 9)
      assert(parts(folder).size === 1 && names(home(folder)).forall(!_.matches("libtorch-[0-9a-f]{32}")))
      val unpacked = Path.of(lines(pass(unpack(folder, made))).head)
      assert(Files.size(unpacked.resolve("libtorch_cpu.so")) === large)
      assert(parts(folder) === Nil)
    }
  }

  test("a second process waits for the first, and unpacks nothing itself") {
    withFolder { folder =>
      val made = jars(folder)
      val first = lines(pass(unpack(folder, made)))
      TestFolders.delete(Path.of(first.head))
      // This JVM plays the process that is unpacking, so that both others have to wait.
      val lock = FileChannel.open(Path.of(first.head + ".lock"), StandardOpenOption.WRITE)
      val both =
        try {
          lock.lock()
          val started = Seq.fill(2)(start(unpack(folder, made)))
          for (running <- started) {
            waitUntil("it has opened the lock", running)(
              openFiles(running.process.pid()).contains(first.head + ".lock"))
            assert(running.process.isAlive && !Files.exists(Path.of(first.head)))
          }
          started
        } finally lock.close()
      val ended = both.map(_.ended())
      for (one <- ended) assert(one.exitCode === 0 && lines(one).head === first.head, one.output)
      // The same folder, not one that replaced another.
      assert(lines(ended(0)) === lines(ended(1)))
    }
  }

  test("class loaders and threads of one process that unpack at once get the same folder") {
    withFolder { folder =>
      val ended = pass(unpack(folder, Nil, Seq("threads") ++ jars(folder).map(_.toString)))
      assert(lines(ended).size === 16 && lines(ended).distinct.size === 1, ended.output)
    }
  }

  test("a damaged jar is refused, and leaves nothing behind") {
    withFolder { folder =>
      val made = jars(folder)
      val bytes = Files.readAllBytes(made.head)
      val at = new String(bytes, "ISO-8859-1").indexOf("torch for the processor")
      assert(at > 0)
      bytes(at) = 'T'
      Files.write(made.head, bytes)
      val ended = pass(unpack(folder, made))
      assert(ended.output.startsWith("cannot unpack libtorch out of the jars on the class path: "))
      assert(ended.output.contains(s"${made.head}!/org/bytedeco/pytorch"))
      assert(ended.output.contains("is damaged: its checksum is wrong"))
      assert(names(home(folder)).forall(_.endsWith(".lock")))
    }
  }

  test("a folder that is not the user's alone is refused with its path") {
    withFolder { folder =>
      val made = jars(folder)
      Files.createDirectories(folder.resolve("tmp"))
      val other = Files.createDirectory(folder.resolve("other"))
      Files.setPosixFilePermissions(other, PosixFilePermissions.fromString("rwx------"))
      val intruders = Seq[(String, Path => Any)](
        "open to all" -> { path =>
          Files.createDirectory(path)
          Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxrwxrwx"))
        },
        "a link" -> (Files.createSymbolicLink(_, other)),
        "a file" -> (Files.createFile(_)),
        "of another user" -> { path =>
          Files.createDirectory(
            path,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")))
          Files.setAttribute(path, "unix:uid", 12345)
        }
      )
      val isRoot = Files.getAttribute(folder, "unix:uid") == 0
      for ((what, create) <- if (isRoot) intruders else intruders.init) {
        create(home(folder))
        val ended = pass(unpack(folder, made))
        val said = s"${home(folder)} must be a folder of this user alone (mode 700), but it is not: remove it"
        assert(ended.output.contains(said), what)
        TestFolders.delete(home(folder))
      }
      assert(names(other) === Nil)
    }
  }

  test("a temporary folder without room is named, and is left as it was") {
    withFolder { folder =>
      val made = largeJars(folder)
      val small = Files.createDirectory(folder.resolve("small"))
      val child = unpack(folder, made, Seq("list")).copy(launcher = mounted("size=1m", small))
      val ended = pass(child.copy(options = Seq(s"-Djava.io.tmpdir=$small")))
      assert(ended.output.contains("No space left on device; name a temporary folder that has room for it"))
      assert(ended.output.contains("spark.firesteel.libtorch.dir"))
      val left = lines(ended).filter(_.startsWith("left "))
      assert(left.size === 1 && left.head.endsWith(".lock"), ended.output)
    }
  }

  private def parts(folder: Path): Seq[Path] =
    Try(TestFolders.list(home(folder))).getOrElse(Nil).filter(_.getFileName.toString.contains(".part-"))

  private def names(folder: Path): Seq[String] = TestFolders.list(folder).map(_.getFileName.toString)

  /** The files that a process has open. */
  private def openFiles(process: Long): Seq[String] =
    TestFolders
      .list(Path.of(s"/proc/$process/fd"))
      .flatMap(fd => Try(Files.readSymbolicLink(fd).toString).toOption)

  private def waitUntil(what: String, running: Running)(condition: => Boolean): Unit = {
    val limit = System.nanoTime() + 30000000000L
    while (!condition) {
      if (!running.process.isAlive) fail(s"it ended before $what: ${running.ended().output}")
      assert(System.nanoTime() < limit, s"not within 30 s: $what")
      Thread.onSpinWait()
    }
  }
}

object LibtorchJarsSuite {
  private val pytorch =
    Map(
      "libtorch_cpu.so" -> "torch for the processor",
      "libc10.so" -> "c10",
      "libjnitorch.so" -> "not needed")
  private val openblas =
    Map(
      "libopenblas.so.0" -> "blas",
      "libgfortran.so.5" -> "fortran",
      "include/cblas.h" -> "not needed either")
  private val large = 200L << 20

  private def jars(folder: Path): Seq[Path] =
    Seq(jar(folder, "pytorch", pytorch), jar(folder, "openblas", openblas))

  /** A jar with such files, stored as they are. */
  private def jar(folder: Path, project: String, files: Map[String, String]): Path = {
    val path = Files.createTempFile(folder, project, ".jar")
    Using.resource(new ZipOutputStream(Files.newOutputStream(path))) { out =>
      for ((name, text) <- files) {
        val entry = new ZipEntry(s"org/bytedeco/$project/${NativeLibrary.platform()}/$name")
        val crc = new CRC32
        crc.update(text.getBytes)
        entry.setMethod(ZipEntry.STORED)
        entry.setCrc(crc.getValue)
        entry.setSize(text.length.toLong)
        out.putNextEntry(entry)
        out.write(text.getBytes)
      }
    }
    path
  }

  /** Jars that take a while to unpack. */
  private def largeJars(folder: Path): Seq[Path] = {
    val path = folder.resolve("large.jar")
    Using.resource(new ZipOutputStream(Files.newOutputStream(path))) { out =>
      out.setLevel(1)
      out.putNextEntry(new ZipEntry(s"org/bytedeco/pytorch/${NativeLibrary.platform()}/libtorch_cpu.so"))
      val zeros = new Array[Byte](1 << 20)
      for (_ <- 1L to large / zeros.length) out.write(zeros)
    }
    Seq(path, jar(folder, "pytorch", pytorch - "libtorch_cpu.so"), jar(folder, "openblas", openblas))
  }
}

/**
 * Prints the folder and what identifies it, or why there is none.
 *
 * Arguments: `context` and the jars of the thread's class loader, or `threads` and the jars of two class
 * loaders that eight threads each use; or `list` to tell what is left.
 */
private object UnpackProgram {
  def main(arguments: Array[String]): Unit = arguments.headOption match {
    case Some("threads") => threads(urls(arguments.tail))
    case Some("context") =>
      Thread.currentThread().setContextClassLoader(new URLClassLoader(urls(arguments.tail)))
      find().foreach(println)
    case _ =>
      find().foreach(println)
      if (arguments.contains("list")) {
        val home = TestFolders.list(Path.of(System.getProperty("java.io.tmpdir"))).head
        TestFolders.list(home).foreach(path => println(s"left $path"))
      }
  }

  def find(): Seq[String] = {
    val tried = new java.util.ArrayList[String]
    try {
      val folder = LibtorchJars.find(tried)
      if (folder == null) tried.asScala.toSeq
      else
        Seq(
          folder.toString,
          Seq("ino", "ctime").map(what => Files.getAttribute(folder, s"unix:$what")).mkString(" "))
    } catch { case refusal: LibraryException => Seq(refusal.getMessage) }
  }

  /** Called in several class loaders. */
  def findOnce(): String = find().mkString(" ")

  private def urls(paths: Array[String]): Array[URL] = paths.map(path => Path.of(path).toUri.toURL)

  private def threads(jars: Array[URL]): Unit = {
    val own = System.getProperty("java.class.path").split(':').map(path => Path.of(path).toUri.toURL)
    val loaders = Seq.fill(2)(new URLClassLoader(own ++ jars, ClassLoader.getPlatformClassLoader))
    val (barrier, pool) = (new CyclicBarrier(16), Executors.newFixedThreadPool(16))
    val work = for (loader <- loaders; _ <- 1 to 8) yield {
      val method = loader.loadClass("firesteel.jni.UnpackProgram").getMethod("findOnce")
      pool.submit(new Callable[Any] {
        override def call(): Any = {
          barrier.await(30, TimeUnit.SECONDS)
          method.invoke(null)
        }
      })
    }
    work.foreach(done => println(done.get(30, TimeUnit.SECONDS)))
    pool.shutdown()
  }
}
