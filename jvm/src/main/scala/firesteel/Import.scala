/* The program that makes models of weights that others trained. */
package firesteel

import scala.annotation.tailrec

import org.apache.spark.sql.SparkSession

/**
 * {{{
 * spark-submit --class firesteel.Import firesteel.jar --architecture squeezenet1_1 --weights squeezenet1_1.pth \
 *   --labels imagenet --output /models/squeezenet1_1
 * }}}
 *
 * The driver's heap holds the weights and the model at once: `--driver-memory` should be 2.5 times the file of weights:
 * 1300m for vgg16's 528 MiB.
 */
object Import {
  private val Usage =
    "usage: firesteel.Import --architecture NAME --weights FILE --output FOLDER [--labels imagenet|FILE] [--preprocessing JSON]"

  private val Names = Set("architecture", "weights", "labels", "output", "preprocessing")

  def main(arguments: Array[String]): Unit = {
    val options = parse(arguments.toList, Map.empty)
    for (name <- Seq("architecture", "weights", "output"))
      require(options.contains(name), s"--$name is missing; $Usage")
    val spark = SparkSession.builder().appName("firesteel-import").getOrCreate()
    val model = Firesteel.importModel(
      spark,
      options("architecture"),
      options("weights"),
      options.getOrElse("labels", ""),
      options("output"),
      options.getOrElse("preprocessing", "{}"))
    val parameters = f"${model.numParameters}%,d"
    println(
      s"${options("output")}: ${options("architecture")}, $parameters parameters, ${model.numClasses} classes")
  }

  @tailrec private def parse(arguments: List[String], found: Map[String, String]): Map[String, String] =
    arguments match {
      case Nil => found
      case s"--$name" :: value :: rest if Names(name) =>
        require(!found.contains(name), s"--$name is given twice; $Usage")
        parse(rest, found + (name -> value))
      case other :: _ => throw new IllegalArgumentException(s"'$other' is not understood; $Usage")
    }
}
