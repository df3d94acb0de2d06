/* Folders of images as tables. */
package firesteel.read

import org.apache.spark.sql.functions.{col, element_at, split}
import org.apache.spark.sql.{DataFrame, SparkSession}

object Images {

  private val Endings = Seq("jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff")

  /**
   * The images of a folder and of all folders below it, encoded as they are: `path` STRING, `content` BINARY and `label`
   * STRING, the name of the folder that a file is in. Files whose names do not end as those of images (`.jpg`, `.jpeg`,
   * `.png`, `.webp`, `.gif`, `.bmp`, `.tif`, `.tiff`, in whatever case) are left out.
   *
   * A model decodes JPEG, PNG and WebP by default: GIF, BMP and TIFF files are rows, but bad ones for it unless `formats`
   * of its `preprocessing.image` names their format.
   *
   * @param path a folder of any Hadoop file system, or a pattern of such
   */
  def read(spark: SparkSession, path: String): DataFrame =
    spark.read
      .format("binaryFile")
      .option("recursiveFileLookup", "true")
      .option("pathGlobFilter", Endings.map(anyCase).mkString("*.{", ",", "}"))
      .load(path)
      .select(col("path"), col("content"), element_at(split(col("path"), "/"), -2).as("label"))

  private def anyCase(ending: String): String = ending.map(c => s"[$c${c.toUpper}]").mkString
}
