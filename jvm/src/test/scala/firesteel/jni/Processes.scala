/* What the kernel knows of this process. */
package firesteel.jni

import java.nio.file.{Files, Path}

import scala.jdk.CollectionConverters._

/** Reads /proc/self. */
object Processes {

  /** The resident memory. */
  def residentKiB(): Long = {
    val line = Files.readAllLines(Path.of("/proc/self/status")).asScala.find(_.startsWith("VmRSS:"))
    line.get.filter(_.isDigit).toLong
  }

  /** The libraries in memory, each file once, by their names without folder. */
  def libraries(): Seq[String] = {
    val files = Files.readAllLines(Path.of("/proc/self/maps")).asScala.toSeq.flatMap { line =>
      // Address, rights, offset, device, inode, path.
      val words = line.split(" +", 6)
      Option.when(words.length == 6 && words(5).contains(".so"))(words(4) -> words(5))
    }
    files.distinct.map { case (_, path) => path.stripSuffix(" (deleted)").split('/').last }
  }
}
