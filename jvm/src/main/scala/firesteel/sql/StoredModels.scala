/* Models on file systems: found by their names, looked at by their headers, read when a query runs. */
package firesteel.sql

import java.io.FileNotFoundException
import java.nio.{ByteBuffer, ByteOrder}

import scala.collection.mutable
import scala.util.Using

import firesteel.infer.{ModelDescription, ModelFile, ModelProblem, SentModel}

import org.apache.hadoop.fs.{FileStatus, FileSystem, Path}
import org.apache.spark.SparkContext
import org.apache.spark.ml.firesteel.ModelFolder
import org.apache.spark.sql.SparkSession

private[sql] object StoredModels {

  /** The largest header that is read, in bytes: what native code reads at most, and a little more. */
  private val MaxHeader = (8L << 20) + 1

  /** A file that was changed so lately may be changed again without another time: nothing of it is remembered. */
  private val SettledMs = 2000L

  private val Remembered = 64

  /**
   * Finds a model.
   *
   * @param name a path of any Hadoop file system, to a folder or to a model file; or a name below the folder that
   *             `spark.firesteel.models.dir` names
   * @throws AnalysisException telling what was tried
   */
  def find(name: String, session: SparkSession): StoredModel = {
    val folder = session.conf.getOption("spark.firesteel.models.dir").filter(_.nonEmpty)
    val bare = !name.contains('/')
    def fileSystem(path: Path): FileSystem = path.getFileSystem(session.sessionState.newHadoopConf())
    usable(name) {
      val candidates = folder.filter(_ => bare).map(new Path(_, name)).toSeq :+ new Path(name)
      val files = candidates.iterator.flatMap { candidate =>
        val fs = fileSystem(candidate)
        file(fs, fs.makeQualified(candidate)).map(fs -> _)
      }
      files.nextOption() match {
        case Some((fs, status)) => look(fs, status)
        case None =>
          val tried = candidates.map { candidate =>
            if (status(fileSystem(candidate), candidate).isEmpty) s"$candidate"
            else s"$candidate (a folder without ${ModelFolder.FileName})"
          }
          throw Errors.modelNotFound(name, tried, bare && folder.isEmpty)
      }
    }
  }

  /** The model at the place of another. */
  def current(model: StoredModel): StoredModel = usable(model.uri) {
    val (fs, path) = place(model)
    file(fs, path) match {
      case Some(status) if status.getLen == model.length && status.getModificationTime == model.modified =>
        model
      case Some(status) => look(fs, status)
      case None => throw Errors.modelNotFound(model.uri, Seq(model.uri), bare = false)
    }
  }

  /** The SHA-256 of a model's file. */
  def digest(model: StoredModel): String =
    digests.get(model).getOrElse(read(model).digest)

  def send(model: StoredModel, sc: SparkContext, layer: Option[String]): SentModel =
    digests.get(model).flatMap(SentModel.find(sc, _, layer)).getOrElse {
      val file = read(model)
      SentModel.of(sc, file.digest, layer, file.bytes)
    }

  /** Names the model in what is wrong with it. */
  private def usable[T](name: String)(body: => T): T =
    try body
    catch { case ModelProblem(problem) => throw Errors.modelInvalid(name, problem) }

  private def place(model: StoredModel): (FileSystem, Path) = {
    val path = new Path(model.uri)
    (path.getFileSystem(SparkSession.active.sessionState.newHadoopConf()), path)
  }

  /** The model file at a path: the file itself, or the one in a saved model's folder. */
  private def file(fs: FileSystem, path: Path): Option[FileStatus] =
    status(fs, path).flatMap { found =>
      if (found.isDirectory) status(fs, new Path(path, ModelFolder.FileName)).filter(_.isFile)
      else Some(found)
    }

  private def status(fs: FileSystem, path: Path): Option[FileStatus] =
    try Some(fs.getFileStatus(path))
    catch { case _: FileNotFoundException => None }

  /** Reads the header alone. */
  private def look(fs: FileSystem, status: FileStatus): StoredModel = {
    val (uri, length, modified) = (status.getPath.toString, status.getLen, status.getModificationTime)
    val key = StoredModel(uri, length, modified)(null)
    val description = descriptions.get(key).getOrElse {
      val found = usable(uri)(ModelDescription.ofHeader(header(fs, status.getPath, length), length))
      descriptions.put(key, found)
      found
    }
    key.copy()(description)
  }

  private def header(fs: FileSystem, path: Path, length: Long): Array[Byte] =
    Using.resource(fs.open(path)) { in =>
      val first = new Array[Byte](math.min(length, ModelDescription.LengthBytes.toLong).toInt)
      in.readFully(0, first)
      if (first.length < ModelDescription.LengthBytes) first
      else {
        val told = ByteBuffer.wrap(first).order(ByteOrder.LITTLE_ENDIAN).getLong
        val bytes = if (told < 0 || told > MaxHeader) MaxHeader else told
        val start = new Array[Byte](math.min(length, first.length + bytes).toInt)
        in.readFully(0, start)
        start
      }
    }

  /** Reads the whole file, which must still be the one that the query was planned for. */
  private def read(model: StoredModel): ModelFile = usable(model.uri) {
    val (fs, path) = place(model)
    val file = new ModelFile(ModelFolder.read(fs, path))
    val status = fs.getFileStatus(path)
    if (status.getLen != model.length || status.getModificationTime != model.modified)
      throw Errors.modelReplaced(model.uri)
    file.description // which checks all of it
    digests.put(model, file.digest)
    file
  }

  private val descriptions = new Memory[ModelDescription]
  private val digests = new Memory[String]

  /** What is known of the last files that were looked at. */
  private final class Memory[T] {
    private val entries = mutable.LinkedHashMap.empty[StoredModel, T]

    def get(model: StoredModel): Option[T] = synchronized(entries.get(model))

    def put(model: StoredModel, value: T): Unit = synchronized {
      if (System.currentTimeMillis() - model.modified > SettledMs) {
        entries.put(model, value)
        if (entries.size > Remembered) entries.remove(entries.head._1)
      }
    }
  }
}
