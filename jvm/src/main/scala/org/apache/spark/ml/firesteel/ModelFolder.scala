/* How models are saved: Spark's metadata and one model file in a folder. Here, since Spark keeps the first to itself. */
package org.apache.spark.ml.firesteel

import java.io.{FileNotFoundException, IOException}
import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.{Files, StandardCopyOption}
import java.util.UUID

import scala.util.Using

import org.apache.hadoop.fs.{
  FileContext,
  FileSystem,
  LocalFileSystem,
  Options,
  Path,
  UnsupportedFileSystemException
}
import org.apache.hadoop.io.compress.CompressionCodecFactory
import org.apache.spark.ml.Model
import org.apache.spark.ml.util.{DefaultParamsReader, DefaultParamsWriter, Identifiable, MLReader, MLWriter}
import org.apache.spark.sql.SparkSession
import org.json4s.JsonDSL._
import org.json4s.{JString, JValue}
import org.json4s.jackson.JsonMethods.parse

object ModelFolder {

  /** The name of the model file in its folder. */
  val FileName = "model.safetensors"

  /** Reads a file whole. */
  def read(fs: FileSystem, path: Path): Array[Byte] = {
    val length = fs.getFileStatus(path).getLen
    require(length <= Int.MaxValue - 8, s"$path has $length bytes: at most 2 GiB can be read")
    val file = new Array[Byte](length.toInt)
    Using.resource(fs.open(path))(_.readFully(0, file))
    file
  }

  /**
   * The digest of a model file that the metadata beside it tell; none where there are no metadata: the file is no saved
   * model's, or one that is being saved.
   */
  def savedDigest(fs: FileSystem, file: Path): Option[String] = {
    // Read here, since Spark's own reader starts a job, which planning a query must not.
    val parts =
      Option(fs.globStatus(new Path(file.getParent, "metadata/part-*"))).toSeq.flatten.map(_.getPath)
    val lines = parts.sortBy(_.getName).iterator.flatMap { part =>
      val codec = Option(new CompressionCodecFactory(fs.getConf).getCodec(part))
      Using.resource(fs.open(part)) { in =>
        val bytes = codec.fold(in.readAllBytes())(_.createInputStream(in).readAllBytes())
        new String(bytes, UTF_8).linesIterator.toSeq
      }
    }
    lines.find(_.nonEmpty).map(line => digestOf(parse(line)))
  }

  private def digestOf(metadata: JValue): String = metadata \ "digest" match {
    case JString(digest) => digest
    case other => throw new IOException(s"the metadata must have a digest as text, not $other")
  }

  /**
   * Writes a model's folder: the model file first, then the metadata with the file's digest, so that a folder with
   * metadata is whole.
   */
  class Writer(model: Model[_], file: Array[Byte], digest: String) extends MLWriter {

    /** Queries and streams that use a model which is overwritten find the old file or the new one at any time. */
    override def save(path: String): Unit = {
      val target = new Path(path, FileName)
      if (shouldOverwrite && !savesLocally && fileSystem(target, sparkSession).exists(target)) replace(path)
      else super.save(path)
    }

    override protected def saveImpl(path: String): Unit = {
      write(new Path(path, FileName))
      saveMetadata(path)
    }

    private def replace(path: String): Unit = {
      val target = new Path(path, FileName)
      val beside = new Path(path, s".$FileName.${UUID.randomUUID()}")
      val fs = fileSystem(target, sparkSession)
      try {
        write(beside)
        rename(fs, beside, target)
      } finally fs.delete(beside, false)
      // Those of the old model do not fit any more: until the new ones are there, loading refuses the folder.
      fs.delete(new Path(path, "metadata"), true)
      saveMetadata(path)
    }

    /** Takes the place of a file, in one step where the file system can. */
    private def rename(fs: FileSystem, from: Path, to: Path): Unit = {
      val conf = sparkSession.sessionState.newHadoopConf()
      fs match {
        // Hadoop would delete the target before.
        case local: LocalFileSystem =>
          for ((a, b) <- Seq(from -> to, local.getChecksumFile(from) -> local.getChecksumFile(to)))
            Files.move(local.pathToFile(a).toPath, local.pathToFile(b).toPath, StandardCopyOption.ATOMIC_MOVE)
        case _ =>
          try FileContext.getFileContext(fs.getUri, conf).rename(from, to, Options.Rename.OVERWRITE)
          catch {
            case _: UnsupportedFileSystemException =>
              fs.delete(to, false)
              if (!fs.rename(from, to)) throw new IOException(s"$from could not be renamed to $to")
          }
      }
    }

    private def write(target: Path): Unit = {
      val fs = fileSystem(target, sparkSession)
      Using.resource(fs.create(target, false))(_.write(file))
      val written = fs.getFileStatus(target).getLen
      if (written != file.length) {
        throw new IOException(
          s"$target has $written bytes after writing ${file.length}: the disk may be full")
      }
    }

    private def saveMetadata(path: String): Unit =
      DefaultParamsWriter.saveMetadata(model, path, sparkSession, Some("digest" -> digest), None)
  }

  /**
   * Reads a model's folder, or a model file by itself.
   *
   * @param className the model's class
   * @param make a model of a uid, the bytes of a model file, and the digest that the file should have, if it is known;
   *             it checks the file
   */
  class Reader[M <: Model[M]](className: String, make: (String, Array[Byte], Option[String]) => M)
      extends MLReader[M] {
    override def load(path: String): M = {
      val named = new Path(path)
      val fs = fileSystem(named, sparkSession)
      if (!fs.exists(named)) throw new FileNotFoundException(s"there is no model at $path")
      if (fs.getFileStatus(named).isFile)
        checked(named)(make(Identifiable.randomUID("model"), read(fs, named), None))
      else {
        val metadata = DefaultParamsReader.loadMetadata(path, sparkSession, className)
        val digest = digestOf(metadata.metadata)
        val file = new Path(named, FileName)
        val model = checked(file)(make(metadata.uid, read(fs, file), Some(digest)))
        metadata.getAndSetParams(model)
        model
      }
    }
  }

  /** Names the file in what is wrong with it. */
  private def checked[M](path: Path)(model: => M): M =
    try model
    catch { case e: RuntimeException => throw new IllegalArgumentException(s"$path: ${e.getMessage}", e) }

  /** Spark Connect's cache (from 4.1) saves models to the driver's own disk, under paths that do not say so. */
  private def fileSystem(path: Path, session: SparkSession): FileSystem = {
    val conf = session.sessionState.newHadoopConf()
    if (savesLocally) FileSystem.getLocal(conf): LocalFileSystem else path.getFileSystem(conf)
  }

  private def savesLocally: Boolean =
    try {
      val utils = Class.forName("org.apache.spark.ml.util.ReadWriteUtils$")
      val module = utils.getField("MODULE$").get(null)
      val state = utils.getMethod("localSavingModeState").invoke(module).asInstanceOf[ThreadLocal[_]]
      state.get() == true
    } catch {
      case _: ClassNotFoundException => false // before Spark 4.1
    }
}
