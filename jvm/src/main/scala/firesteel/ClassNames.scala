/* The names of classes, for models whose files have none. */
package firesteel

import java.nio.charset.StandardCharsets.UTF_8

import scala.io.Source
import scala.util.Using

import org.apache.hadoop.fs.Path
import org.apache.spark.ml.firesteel.ModelFolder
import org.apache.spark.sql.SparkSession

private[firesteel] object ClassNames {

  /**
   * Reads names.
   *
   * @param labels `imagenet` for the 1000 classes of ILSVRC 2012, in the words of torchvision (BSD 3-Clause); the path
   *               of a text file with a name on each line; or nothing for no names
   */
  def named(spark: SparkSession, labels: String): Seq[String] = labels match {
    case "" => Nil
    case "imagenet" =>
      Using.resource(Source.fromResource("firesteel/imagenet.txt", getClass.getClassLoader)(UTF_8))(
        _.getLines().toList)
    case file =>
      val path = new Path(file)
      val fs = path.getFileSystem(spark.sessionState.newHadoopConf())
      val names = new String(ModelFolder.read(fs, path), UTF_8).linesIterator.map(_.trim).toList
      // Left out, it would move the names of all classes after it.
      val blank = names.indexWhere(_.isEmpty)
      if (blank >= 0)
        throw new IllegalArgumentException(s"$file: line ${blank + 1} is blank: each is the name of a class")
      names
  }
}
