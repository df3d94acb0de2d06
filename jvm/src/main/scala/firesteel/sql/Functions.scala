/* The SQL functions: their names, arguments and what they stand for. */
package firesteel.sql

import org.apache.spark.sql.SparkSession
import org.apache.spark.sql.catalyst.FunctionIdentifier
import org.apache.spark.sql.catalyst.analysis.FunctionRegistry.FunctionBuilder
import org.apache.spark.sql.catalyst.expressions.{Attribute, Cast, Expression, ExpressionInfo, Literal}
import org.apache.spark.sql.catalyst.expressions.PrettyAttribute
import org.apache.spark.sql.internal.SQLConf
import org.apache.spark.sql.types.{BinaryType, IntegerType, NullType, StringType}
import org.apache.spark.unsafe.types.UTF8String

/**
 * A function.
 *
 * @param parameters their names; the first `required` ones must be given
 * @param tolerant whether a bad image gives NULL instead of failing the query
 * @param usage what the function gives, for DESCRIBE FUNCTION
 * @param build what a call stands for, made of the arguments that were given
 */
private[sql] final case class Function(
    name: String,
    parameters: Seq[String],
    required: Int,
    tolerant: Boolean,
    usage: String)(build: Arguments => Expression) {

  def identifier: FunctionIdentifier = FunctionIdentifier(name)

  def info: ExpressionInfo = {
    val signature = parameters.zipWithIndex.map { case (p, i) => if (i < required) p else s"[$p]" }
    new ExpressionInfo(
      classOf[ReadScores].getName,
      null,
      name,
      s"${signature.mkString(s"$name(", ", ", ")")} - $usage",
      "",
      "",
      "",
      "",
      "",
      "",
      "scala_udf")
  }

  def builder: FunctionBuilder = expressions => build(Arguments.of(this, expressions))
}

private[firesteel] object Functions {
  private val Tolerant = "try_"

  /** All functions. */
  private[sql] val all: Seq[Function] = {
    val reading = Seq[(String, Seq[String], Int, String, Arguments => Expression)](
      ("classify", Seq("image", "model"), 1, "the label of the most likely class", label),
      ("classify_score", Seq("image", "model"), 1, "the probability of the most likely class", score),
      (
        "classify_topk",
        Seq("image", "k", "model"),
        2,
        "the k most likely classes with their probabilities, the most likely first",
        topK),
      ("classify_probabilities", Seq("image", "model"), 1, "the probability of each class", probabilities),
      (
        "image_features",
        Seq("image", "model", "layer"),
        1,
        "the output of a layer, by default of the one that the last layer with weights reads",
        features),
      (
        "image_info",
        Seq("image"),
        1,
        "format, width, height, channels and EXIF orientation, as the header of an encoded image says",
        info),
      (
        "image_resize",
        Seq("image", "width", "height"),
        3,
        "an encoded image turned upright and resized to so many columns and rows, as a PNG",
        resize)
    )
    val twins = reading.flatMap { case (name, parameters, required, usage, build) =>
      val (fails, tolerates) = ("; a bad image fails the query", "; NULL for a bad image")
      Seq(
        Function(name, parameters, required, tolerant = false, usage + fails)(build),
        Function(Tolerant + name, parameters, required, tolerant = true, usage + tolerates)(build))
    }
    twins :+ Function("model_version", Seq("model"), 0, tolerant = false, "the SHA-256 of a model's file")(
      version)
  }

  /** Functions of an image alone, for a model that is there already: their names, and what makes them. */
  def ofModel(name: String, model: ModelReference): Seq[(String, FunctionBuilder)] =
    for ((twin, tolerant) <- Seq(name -> false, s"$Tolerant$name" -> true))
      yield twin -> Function(twin, Seq("image"), 1, tolerant, "") { arguments =>
        forward(arguments, model)(Reading.Label(_))
      }.builder

  private def label(a: Arguments): Expression = forward(a, a.model("model"))(Reading.Label(_))

  private def score(a: Arguments): Expression = forward(a, a.model("model"))(_ => Reading.Score)

  private def probabilities(a: Arguments): Expression =
    forward(a, a.model("model"))(_ => Reading.AllProbabilities)

  private def topK(a: Arguments): Expression = {
    val k = a.int("k")
    if (k < 1) throw Errors.badArgument(a.function.name, "k", s"is $k: it must be 1 or more")
    forward(a, a.model("model"))(Reading.TopK(k, _))
  }

  private def features(a: Arguments): Expression = {
    val model = a.model("model")
    forward(a, model, Some(Layers.of(model, a.text("layer"))))(_ => Reading.Values)
  }

  private def info(a: Arguments): Expression = read(a, Header, Reading.Whole(Header.valueType))

  private def resize(a: Arguments): Expression = {
    val Seq(width, height) = Seq("width", "height").map { name =>
      val pixels = a.int(name)
      val most = ScoringSettings.largestSide(conf)
      if (pixels < 1 || pixels > most)
        throw Errors.badArgument(a.function.name, name, s"is $pixels: it must be from 1 to $most")
      pixels
    }: @unchecked
    val most = ScoringSettings.mostPixels(conf)
    if (width.toLong * height > most)
      throw Errors.badArgument(
        a.function.name,
        "height",
        s"makes ${width.toLong * height} pixels: at most $most")
    read(a, Resized(width, height), Reading.Whole(BinaryType))
  }

  // Not that of the thread: within a view it lacks what Spark does not know.
  private def conf: SQLConf = SparkSession.active.sessionState.conf

  private def version(a: Arguments): Expression = ModelVersion(a.model("model"))

  private def forward(a: Arguments, model: ModelReference, layer: Option[String] = None)(
      reading: Labels => Reading): Expression =
    read(a, Forward(model, layer), reading(Labels(model.description.labels)))

  private def image(a: Arguments): Expression = {
    val image = a("image").get
    if (image.resolved && image.dataType == NullType) Cast(image, BinaryType) else image
  }

  private def read(a: Arguments, work: Work, reading: Reading): Expression = {
    val name = a.function.name
    val invalid =
      if (a.function.tolerant) Invalid.Null
      else Invalid.Fail(s"$Tolerant$name gives NULL for such images")
    val scores = Scores(image(a), work)(Arguments.text(a("image").get))
    ReadScores(scores, reading, invalid)(name, a.texts.drop(1))
  }
}

/** The arguments of a call by the names of the function's parameters. */
private[sql] final class Arguments(val function: Function, values: Map[String, Expression]) {

  def apply(parameter: String): Option[Expression] = values.get(parameter)

  /** The arguments as people write them, in the order of the parameters. */
  def texts: Seq[String] = function.parameters.flatMap(values.get).map(Arguments.text)

  /** A constant text; none where it is not given. */
  def text(parameter: String): Option[String] = constant(parameter, StringType, "\"STRING\"").map {
    _.asInstanceOf[UTF8String].toString
  }

  /** A constant whole number. */
  def int(parameter: String): Int = constant(parameter, IntegerType, "\"INT\"").get.asInstanceOf[Int]

  /** The model that an argument names, or the session's. */
  def model(parameter: String): ModelReference =
    StoredModels.named(text(parameter), function.name, SparkSession.active)

  private def constant(
      parameter: String,
      dataType: org.apache.spark.sql.types.DataType,
      required: String): Option[Any] =
    values.get(parameter).map { e =>
      val index = function.parameters.indexOf(parameter)
      if (!e.resolved || !e.foldable) throw Errors.notConstant(function.name, parameter, e)
      e.dataType match {
        case found if found == dataType || found.isInstanceOf[StringType] && dataType == StringType =>
        case _ => throw Errors.wrongArgument(function.name, index, required, e)
      }
      Option(e.eval()).getOrElse(throw Errors.badArgument(function.name, parameter, "is NULL"))
    }
}

private[sql] object Arguments {
  import org.apache.spark.sql.catalyst.expressions.NamedArgumentExpression

  /** An expression as people write it: Spark's own function for this differs from version to version. */
  def text(e: Expression): String = e match {
    case Literal(text: UTF8String, _) => text.toString
    case other => other.transform { case a: Attribute => PrettyAttribute(a.name, NullType) }.sql
  }

  /** Puts arguments with and without names in their places. */
  def of(function: Function, expressions: Seq[Expression]): Arguments = {
    val (named, positional) = expressions.partition(_.isInstanceOf[NamedArgumentExpression])
    val parameters = function.parameters
    if (expressions.length > parameters.length)
      throw Errors.wrongCount(function.name, function.required, parameters.length, expressions.length)
    if (expressions.indexWhere(_.isInstanceOf[NamedArgumentExpression]) < positional.length && named.nonEmpty)
      throw Errors.badArgument(
        function.name,
        positional.last.sql,
        "has no name, but stands after one that has")
    val places = parameters.zip(positional) ++ named.collect { case NamedArgumentExpression(name, value) =>
      val parameter = parameters.find(_.equalsIgnoreCase(name)).getOrElse {
        throw Errors
          .badArgument(function.name, name, s"does not exist: they are ${parameters.mkString(", ")}")
      }
      parameter -> value
    }
    for ((parameter, all) <- places.groupBy(_._1) if all.size > 1)
      throw Errors.badArgument(function.name, parameter, "is given twice")
    // NULL of a parameter that may be left out leaves it out.
    val values = places.toMap.filterNot { case (p, value) =>
      parameters.indexOf(p) >= function.required && value == Literal(null)
    }
    if (parameters.take(function.required).exists(!values.contains(_)))
      throw Errors.wrongCount(function.name, function.required, parameters.length, expressions.length)
    new Arguments(function, values)
  }
}
