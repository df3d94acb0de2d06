/* What analysis and execution refuse, as Spark's own errors: a condition, an SQLSTATE, and what to do. */
package firesteel.sql

import org.apache.spark.{QueryContext, SparkThrowable}
import org.apache.spark.sql.AnalysisException
import org.apache.spark.sql.catalyst.expressions.Expression
import org.apache.spark.sql.catalyst.trees.Origin
import org.apache.spark.sql.types.DataType

/** An error of analysis with a condition of our own, which Spark's list of messages does not hold. */
private[sql] final class FiresteelAnalysisException(
    condition: String,
    sqlState: String,
    text: String,
    parameters: Map[String, String],
    line: Option[Int] = None,
    column: Option[Int] = None)
    extends AnalysisException(
      s"[$condition] $text SQLSTATE: $sqlState",
      line,
      column,
      None,
      Some(condition),
      parameters,
      Array.empty[QueryContext]) {
  override def getSqlState: String = sqlState

  /** Without a query context: PySpark would look for the condition in Spark's list, and fail. */
  override def withPosition(origin: Origin): AnalysisException = {
    val placed =
      new FiresteelAnalysisException(condition, sqlState, text, parameters, origin.line, origin.startPosition)
    placed.setStackTrace(getStackTrace)
    placed
  }
}

/** A row that cannot be scored. */
private[firesteel] final class BadImageException(text: String)
    extends IllegalArgumentException(s"[FIRESTEEL_BAD_IMAGE] $text. SQLSTATE: 22000")
    with SparkThrowable {
  override def getCondition: String = "FIRESTEEL_BAD_IMAGE"
  override def getSqlState: String = "22000"
  override def getMessageParameters: java.util.Map[String, String] = java.util.Map.of("problem", text)
}

private[sql] object Errors {

  /** @param bare whether the name could be found below a folder that is not set */
  def modelNotFound(name: String, tried: Seq[String], bare: Boolean): AnalysisException = {
    val hint =
      if (bare) " Give a path, or set spark.firesteel.models.dir to the folder that holds it." else ""
    new FiresteelAnalysisException(
      "FIRESTEEL_MODEL_NOT_FOUND",
      "42K03",
      s"There is no model '$name': tried ${tried.mkString(" and ")}.$hint",
      Map("model" -> name, "tried" -> tried.mkString(", "))
    )
  }

  def modelInvalid(path: String, problem: String): AnalysisException =
    new FiresteelAnalysisException(
      "FIRESTEEL_MODEL_INVALID",
      "42K03",
      s"'$path' cannot be used as a model: $problem.",
      Map("model" -> path, "problem" -> problem))

  def modelReplaced(path: String): AnalysisException =
    new FiresteelAnalysisException(
      "FIRESTEEL_MODEL_REPLACED",
      "40000",
      s"The model '$path' was replaced after the query was planned: run it again.",
      Map("model" -> path)
    )

  def modelNotSet(function: String): AnalysisException =
    new FiresteelAnalysisException(
      "FIRESTEEL_MODEL_NOT_SET",
      "42K03",
      s"$function has no model: name it as the function's last argument, or set spark.firesteel.model.",
      Map("function" -> function)
    )

  def badSetting(problem: String): AnalysisException =
    new FiresteelAnalysisException("FIRESTEEL_BAD_SETTING", "22023", s"$problem.", Map("problem" -> problem))

  def noSuchLayer(layer: String, model: String, layers: Seq[String]): AnalysisException =
    new FiresteelAnalysisException(
      "FIRESTEEL_NO_SUCH_LAYER",
      "42703",
      s"The network of '$model' has no layer '$layer': its layers are ${layers.mkString(", ")}.",
      Map("layer" -> layer, "model" -> model)
    )

  def noMap(layer: String, model: String): AnalysisException =
    new FiresteelAnalysisException(
      "FIRESTEEL_NO_SUCH_LAYER",
      "42703",
      s"The layer '$layer' of '$model' gives no map to take means of: name it without mean(...).",
      Map("layer" -> layer, "model" -> model)
    )

  def noFeatures(model: String): AnalysisException =
    new FiresteelAnalysisException(
      "FIRESTEEL_NO_SUCH_LAYER",
      "42703",
      s"The network of '$model' has no layer before its last one: name the layer.",
      Map("model" -> model)
    )

  def badArgument(function: String, argument: String, problem: String): AnalysisException =
    new FiresteelAnalysisException(
      "FIRESTEEL_BAD_ARGUMENT",
      "22023",
      s"The argument $argument of $function $problem.",
      Map("function" -> function, "argument" -> argument))

  def notConstant(function: String, argument: String, found: Expression): AnalysisException =
    new AnalysisException(
      "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT",
      Map(
        "sqlExpr" -> s"\"$function\"",
        "inputName" -> s"`$argument`",
        "inputType" -> typeName(found.dataType),
        "inputExpr" -> s"\"${found.sql}\"")
    )

  def wrongArgument(function: String, index: Int, required: String, found: Expression): AnalysisException =
    new AnalysisException(
      "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
      Map(
        "sqlExpr" -> s"\"$function\"",
        "paramIndex" -> ordinal(index),
        "requiredType" -> required,
        "inputSql" -> s"\"${found.sql}\"",
        "inputType" -> typeName(found.dataType)
      )
    )

  def wrongCount(function: String, least: Int, most: Int, found: Int): AnalysisException =
    new AnalysisException(
      "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
      Map(
        "functionName" -> s"`$function`",
        "expectedNum" -> (if (least == most) s"$least" else s"[${(least to most).mkString(", ")}]"),
        "actualNum" -> s"$found",
        "docroot" -> org.apache.spark.SPARK_DOC_ROOT
      )
    )

  private def typeName(dataType: DataType): String = s"\"${dataType.sql}\""

  def ordinal(index: Int): String = Seq("first", "second", "third")(index)
}
