/* Models on file systems: found by their names, looked at by their headers, read when a query runs. */
package firesteel.sql

import java.io.{EOFException, FileNotFoundException}

import scala.annotation.tailrec
import scala.collection.mutable
import scala.util.{Failure, Try, Using}

import firesteel.infer.{ModelDescription, ModelExcerpt, ModelFile, ModelProblem, SentModel}

import org.apache.hadoop.fs.{ChecksumException, FileStatus, FileSystem, Path}
import org.apache.spark.SparkContext
import org.apache.spark.broadcast.Broadcast
import org.apache.spark.ml.firesteel.ModelFolder
import org.apache.spark.sql.SparkSession

private[firesteel] object StoredModels {

  /** How long a model that is being replaced may be missing or incomplete, in milliseconds. */
  private val ReplacedWithinMs = 2000L

  /** The digests of so many files are remembered. */
  private val Remembered = 64

  /**
   * Finds a model.
   *
   * @param name a path of any Hadoop file system, to a folder or to a model file; or a name below the folder that
   *             `spark.firesteel.models.dir` names
   * @throws AnalysisException telling what was tried
   */
  def find(name: String, session: SparkSession): StoredModel = {
    val folder = setting(session, "spark.firesteel.models.dir")
    val bare = !name.contains('/')
    def fileSystem(path: Path): FileSystem = path.getFileSystem(session.sessionState.newHadoopConf())
    usable(name) {
      val candidates = folder.filter(_ => bare).map(new Path(_, name)).toSeq :+ new Path(name)
      val files = candidates.iterator.flatMap { candidate =>
        val fs = fileSystem(candidate)
        file(fs, fs.makeQualified(candidate)).map(fs -> _)
      }
      files.nextOption() match {
        case Some((fs, path)) => look(fs, path)
        case None =>
          val tried = candidates.map { candidate =>
            if (status(fileSystem(candidate), candidate).isEmpty) s"$candidate"
            else s"$candidate (a folder without ${ModelFolder.FileName})"
          }
          throw Errors.modelNotFound(name, tried, bare && folder.isEmpty)
      }
    }
  }

  /**
   * The model that a name tells, or else that of `spark.firesteel.model`.
   *
   * @param asking what the error calls the one who names no model
   */
  def named(name: Option[String], asking: String, session: SparkSession): StoredModel =
    name.orElse(setting(session, "spark.firesteel.model")).filter(_.nonEmpty) match {
      case Some(found) => find(found, session)
      case None => throw Errors.modelNotSet(asking)
    }

  /**
   * The model that is now at the place of another. Whoever replaces a model may not do so in one step: for a moment what
   * is wrong with it is no error.
   *
   * @param sent whether to send it, too, so that it is the current one when the query runs
   */
  def current(model: StoredModel, sent: Boolean): StoredModel =
    patiently(_.isInstanceOf[FiresteelAnalysisException]) {
      val (fs, path) = place(model, SparkSession.active)
      val now = usable(model.uri) {
        file(fs, path)
          .map(look(fs, _))
          .getOrElse(throw Errors.modelNotFound(model.uri, Seq(model.uri), bare = false))
      }
      if (sent) now.send(SparkSession.active.sparkContext)
      now
    }

  /** A setting that is not empty. Asking Spark for one without a default takes it a tenth of a second, if it is not set. */
  private def setting(session: SparkSession, key: String): Option[String] =
    Some(session.conf.get(key, "")).filter(_.nonEmpty)

  /** What reading gives when a file goes, becomes another or is not whole yet. */
  private def isBeingReplaced(error: Throwable): Boolean = error match {
    case _: FileNotFoundException | _: EOFException | _: ChecksumException => true
    case _ => false
  }

  /** Tries again for a while what fails in a way that may pass. */
  private def patiently[T](mayPass: Throwable => Boolean)(body: => T): T = {
    val end = System.nanoTime() + ReplacedWithinMs * 1000000
    @tailrec def attempt(waitMs: Long): T = Try(body) match {
      case Failure(error) if mayPass(error) && System.nanoTime() < end =>
        Thread.sleep(waitMs)
        attempt(waitMs * 2)
      case other => other.get
    }
    attempt(waitMs = 20)
  }

  /** The SHA-256 of a model's file. */
  def digest(model: StoredModel): String =
    known(model).getOrElse(read(model).digest)

  private def known(model: StoredModel): Option[String] = digests.synchronized(digests.get(model))

  /** Sends a model's file, and gives its digest. */
  def send(model: StoredModel, sc: SparkContext): (String, Broadcast[Array[Byte]]) = {
    def sent = for (digest <- known(model); file <- SentModel.find(sc, digest)) yield digest -> file
    // Queries that begin at the same time wait for one of them to read the file.
    sent.getOrElse(locks(Math.floorMod(model.hashCode, locks.length)).synchronized {
      sent.getOrElse {
        val file = read(model)
        file.digest -> SentModel.of(sc, file.digest, file.bytes)
      }
    })
  }

  private val locks = Array.fill(16)(new Object)

  /** Names the model in what is wrong with it. */
  private def usable[T](name: String)(body: => T): T =
    try body
    catch { case ModelProblem(problem) => throw Errors.modelInvalid(name, problem) }

  private def place(model: StoredModel, session: SparkSession): (FileSystem, Path) = {
    val path = new Path(model.uri)
    (path.getFileSystem(session.sessionState.newHadoopConf()), path)
  }

  /** The model file at a path: the file itself, or the one in a saved model's folder. */
  private def file(fs: FileSystem, path: Path): Option[Path] =
    status(fs, path)
      .flatMap { found =>
        if (found.isDirectory) status(fs, new Path(path, ModelFolder.FileName)).filter(_.isFile)
        else Some(found)
      }
      .map(_.getPath)

  private def status(fs: FileSystem, path: Path): Option[FileStatus] =
    try Some(fs.getFileStatus(path))
    catch { case _: FileNotFoundException => None }

  /** Reads no more than an excerpt. */
  private def look(fs: FileSystem, path: Path): StoredModel = usable(path.toString) {
    val (status, excerpt) = patiently(isBeingReplaced) {
      val status = fs.getFileStatus(path)
      Using.resource(fs.open(path)) { in =>
        val read = { (position: Long, bytes: Int) =>
          val part = new Array[Byte](bytes)
          in.readFully(position, part)
          part
        }
        status -> ModelExcerpt.of(status.getLen, read)
      }
    }
    StoredModel(path.toString, status.getLen, status.getModificationTime, excerpt.fingerprint)(
      ModelDescription.ofHeader(excerpt.header, status.getLen))
  }

  /** Reads the whole file, which must still be the one that the query was planned for. */
  def read(model: StoredModel, session: SparkSession = SparkSession.active): ModelFile = usable(model.uri) {
    val (fs, path) = place(model, session)
    val file = new ModelFile(ModelFolder.read(fs, path))
    val modified = fs.getFileStatus(path).getModificationTime
    if (file.bytes.length != model.length || file.fingerprint != model.fingerprint || modified != model.modified)
      throw Errors.modelReplaced(model.uri)
    file.description // which checks all of it
    checkSaved(fs, path, file, modified)
    digests.synchronized {
      digests.put(model, file.digest)
      if (digests.size > Remembered) digests.remove(digests.head._1)
    }
    file
  }

  /**
   * Refuses a file that is not what was saved. While a model is replaced its metadata are for a moment those of the old
   * one; and if that was done after the file had been read, they are not the file's.
   */
  private def checkSaved(fs: FileSystem, path: Path, file: ModelFile, modified: Long): Unit =
    patiently(isBeingReplaced) {
      for {
        saved <- ModelFolder.savedDigest(fs, path)
        if saved != file.digest && fs.getFileStatus(path).getModificationTime == modified
      } {
        val digests = s"its SHA-256 is ${file.digest}, when it was saved it was $saved"
        throw new ChecksumException(s"the file was changed or damaged: $digests", 0)
      }
    }

  private val digests = mutable.LinkedHashMap.empty[StoredModel, String]
}
