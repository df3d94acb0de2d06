/* Finds the files of a load: paths and globs, and the labels that belong to each images file. */
package firesteel.read

import java.io.FileNotFoundException

import com.fasterxml.jackson.databind.ObjectMapper
import org.apache.hadoop.conf.Configuration
import org.apache.hadoop.fs.{FileStatus, Path}
import org.apache.spark.sql.util.CaseInsensitiveStringMap

/** An images file and its labels file, none if only images are read. Both hold the same number of rows. */
private[read] final case class IdxFiles(images: IdxFile, labels: Option[IdxFile]) {

  /** The number of images. */
  def rows: Int = images.header.rows

  /** The files that fill these columns, in this order. */
  def filling(columns: Seq[String]): Seq[IdxFile] =
    columns.map(column => (images +: labels.toSeq).find(_.role.column == column).get)
}

private[read] object IdxFiles {

  /** The option with the path of the labels file, or [[NoLabels]]. */
  private val LabelsOption = "labels"
  private val NoLabels = "none"

  /** As published, train-images-idx3-ubyte.gz, and as some copies are called, train-images.idx3-ubyte. */
  private val ImagesName = """(.*)images([-.])idx[34]-ubyte(\.gz)?""".r

  /** The paths of a load as the user wrote them: Spark passes one in `path`, several as JSON in `paths`. */
  def paths(options: CaseInsensitiveStringMap): Seq[String] = {
    def parse(json: String) = new ObjectMapper().readValue(json, classOf[Array[String]]).toSeq
    Option(options.get("paths")).toSeq.flatMap(parse) ++ Option(options.get("path"))
  }

  /**
   * All files of a load, in the order of the paths, and each path's matches in the order of their names.
   * Reads headers only.
   *
   * @return at least one element; all images have one shape, and all or none have labels
   */
  def find(options: CaseInsensitiveStringMap, conf: Configuration): Seq[IdxFiles] = {
    val asked = paths(options)
    if (asked.isEmpty) throw new IllegalArgumentException("idx needs the path of an images file: load(path)")
    val found = asked.flatMap(matches(_, conf))
    val labels = Option(options.get(LabelsOption))
    if (found.length > 1 && labels.exists(_ != NoLabels)) {
      throw new IllegalArgumentException(
        s"the option labels names one file, ${labels.get}, for ${found.length} images files: " +
          found.map(_.getPath).mkString(", "))
    }
    val files = found.map { status =>
      val images = inspect(status, IdxRole.Images, conf)
      val files = IdxFiles(images, labelsOf(images.path, labels, conf))
      checkCounts(files)
      files
    }
    checkShapes(files.map(_.images))
    files
  }

  private def matches(text: String, conf: Configuration): Seq[FileStatus] = {
    val path = new Path(text)
    // Null, for a path without a pattern, means that there is no such file.
    val found = Option(path.getFileSystem(conf).globStatus(path))
      .getOrElse(throw new FileNotFoundException(s"$path does not exist"))
    if (found.isEmpty) throw new FileNotFoundException(s"no file matches $path")
    found.toSeq
  }

  private def labelsOf(images: Path, option: Option[String], conf: Configuration): Option[IdxFile] = {
    def first(candidates: Seq[Path], missing: => String) =
      candidates.flatMap(existing(_, conf)).headOption.getOrElse(throw new FileNotFoundException(missing))
    val labels = option match {
      case Some(NoLabels) => None
      case Some(text) => Some(first(Seq(new Path(text)), s"the labels file $text does not exist"))
      case None =>
        val beside = labelsNames(images.getName).map(new Path(images.getParent, _))
        Some(first(beside, noLabels(images, beside)))
    }
    labels.map(inspect(_, IdxRole.Labels, conf))
  }

  /** The names that the labels of an images file may have; compressed as the images are comes first. */
  private def labelsNames(imagesName: String): Seq[String] = imagesName match {
    case ImagesName(prefix, separator, gz) =>
      val plain = s"${prefix}labels${separator}idx1-ubyte"
      if (gz == null) Seq(plain, s"$plain.gz") else Seq(s"$plain.gz", plain)
    case _ => Nil
  }

  private def noLabels(images: Path, candidates: Seq[Path]): String = {
    val looked =
      if (candidates.isEmpty) "its name, not ending in images-idx3-ubyte[.gz], does not tell theirs"
      else s"there is neither ${candidates.mkString(" nor ")}"
    s"""found no labels for $images: $looked. option("labels", path) names the labels file, """ +
      """option("labels", "none") reads images only"""
  }

  private def existing(path: Path, conf: Configuration): Option[FileStatus] =
    try Some(path.getFileSystem(conf).getFileStatus(path))
    catch { case _: FileNotFoundException => None }

  private def inspect(status: FileStatus, role: IdxRole, conf: Configuration): IdxFile = {
    val path = status.getPath
    if (status.isDirectory) {
      throw new IllegalArgumentException(
        s"$path is a directory: name the file in it, or several images files by a glob such as *images-idx3*")
    }
    val input = IdxInput.open(path, role, conf)
    input.close()
    input.file.checkLength(status.getLen)
    input.file
  }

  private def checkCounts(files: IdxFiles): Unit =
    files.labels.filter(_.header.rows != files.rows).foreach { labels =>
      val counts = s"${files.rows} images, but ${labels.path} holds ${labels.header.rows} labels"
      throw new IdxException(s"${files.images.path} holds $counts")
    }

  private def checkShapes(images: Seq[IdxFile]): Unit = {
    def say(file: IdxFile) = s"${file.path} (${file.header.imageShape.mkString(" x ")})"
    images.find(_.header.imageShape != images.head.header.imageShape).foreach { other =>
      throw new IdxException(
        s"images of different shapes (channels x rows x columns) make no table: ${say(images.head)} and " +
          say(other))
    }
  }
}
