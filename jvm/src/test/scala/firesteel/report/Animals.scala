/* A small table of predictions whose figures can be worked out by hand. */
package firesteel.report

import org.apache.spark.ml.linalg.{Vector, Vectors}
import org.apache.spark.sql.{DataFrame, SparkSession}

/** Owls are never predicted, emus never seen, yaks neither; one row has no prediction. */
private[report] object Animals {
  val names: Array[String] = Array("cat", "dog", "owl", "emu", "yak")

  private val rows: Seq[(Int, Double, Vector)] =
    Seq.fill(4)((0, 0.0, Vectors.dense(0.7, 0.1, 0.1, 0.1))) ++
      Seq.fill(2)((1, 1.0, Vectors.dense(0.2, 0.5, 0.2, 0.1))) ++
      Seq(
        (0, 1.0, Vectors.dense(0.3, 0.6, 0.1, 0.0)), // the second
        (1, 3.0, Vectors.dense(0.25, 0.2, 0.15, 0.4)), // the third
        (2, 0.0, Vectors.dense(0.5, 0.2, 0.3, 0.0)), // the second
        (2, 0.0, Vectors.dense(0.4, 0.2, 0.2, 0.2)), // the third, since the dog comes first
        (0, Double.NaN, Vectors.dense(Double.NaN, Double.NaN, Double.NaN, Double.NaN))
      )

  /** Columns `label`, `prediction`, `probability`. */
  def table(spark: SparkSession): DataFrame =
    spark.createDataFrame(rows).toDF("label", "prediction", "probability")

  def evaluation(spark: SparkSession): Evaluation = Evaluation.of(table(spark), labels = names)
}
