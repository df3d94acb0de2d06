/* The columns that stages need and make. */
package firesteel.ml

import org.apache.spark.ml.linalg.SQLDataTypes.VectorType
import org.apache.spark.ml.param.shared.{
  HasFeaturesCol,
  HasPredictionCol,
  HasProbabilityCol,
  HasRawPredictionCol,
  HasThresholds
}
import org.apache.spark.sql.types._

private[ml] object Schema {

  /** The parameters that name a classifier's columns. */
  type Columns = HasFeaturesCol with HasRawPredictionCol with HasProbabilityCol with HasPredictionCol

  /** The columns that a classification model appends; an empty name leaves its column out. */
  def outputs(stage: Columns): Seq[StructField] = Seq(
    StructField(stage.getRawPredictionCol, VectorType, nullable = false),
    StructField(stage.getProbabilityCol, VectorType, nullable = false),
    StructField(stage.getPredictionCol, DoubleType, nullable = false)
  ).filter(_.name.nonEmpty)

  /** A schema with the appended columns; an error where one is there already, or the features do not fit. */
  def transform(schema: StructType, stage: Columns): StructType = {
    Features.of(schema, stage.getFeaturesCol)
    outputs(stage).foldLeft(schema)(add)
  }

  /** A schema with one more column; an error where it is there already. */
  def add(schema: StructType, field: StructField): StructType = {
    require(
      !schema.fieldNames.contains(field.name),
      s"column '${field.name}' exists already: drop it or set another output column")
    schema.add(field)
  }

  /** Refuses thresholds that are not one for each class. */
  def checkThresholds(stage: HasThresholds, classes: Int): Unit =
    for (thresholds <- stage.get(stage.thresholds))
      require(
        thresholds.length == classes,
        s"thresholds has ${thresholds.length} values, the network has $classes classes"
      )

  /** Refuses a label column that is not numeric. */
  def checkLabel(schema: StructType, column: String): Unit = Features.field(schema, column).dataType match {
    case _: NumericType =>
    case other =>
      throw new IllegalArgumentException(
        s"column '$column' is ${other.sql}: labels must be numbers 0, 1, ...; StringIndexer makes them of text"
      )
  }
}
