/* What an application asks of Firesteel beside its stages and functions. */
package firesteel

import firesteel.ml.CnnClassificationModel
import firesteel.sql.{FiresteelExtensions, Functions}

import org.apache.spark.sql.SparkSession

object Firesteel {

  /**
   * Makes an SQL function of a model, which need not be saved: `name(image)` gives the label of the most likely class,
   * and `try_name(image)` gives NULL for a bad image, where that one fails. They are temporary:
   * known to this session alone, as long as it lives. For a permanent one, save the model and use
   * `CREATE FUNCTION name(i BINARY) RETURNS STRING RETURN classify(i, '/path')`.
   */
  def registerFunction(spark: SparkSession, name: String, model: CnnClassificationModel): Unit = {
    FiresteelExtensions.install(spark)
    for ((function, builder) <- Functions.ofModel(name, model.reference))
      spark.sessionState.functionRegistry.createOrReplaceTempFunction(function, builder, "scala_udf")
  }
}
