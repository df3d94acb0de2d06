/* What the suites of SQL share: a table of photos, a saved model, and what a query cost. */
package firesteel.sql

import java.nio.file.{Files, Path}

import firesteel.{Bars, Pictures, SparkSuite}
import firesteel.ml.{CnnClassificationModel, Network}

import org.apache.spark.firesteel.Forwards
import org.apache.spark.sql.{DataFrame, Row, SparkSession}
import org.apache.spark.sql.execution.SparkPlan
import org.apache.spark.sql.execution.adaptive.AdaptiveSparkPlanHelper

/**
 * What a query gave, and what it took.
 *
 * @param images the number of images that the network saw
 * @param calls the number of native calls
 * @param operators the number of operators that made them
 */
final case class Ran(rows: Seq[Row], images: Long, calls: Long, operators: Int)

/**
 * Suites of SQL: each has the view `photos` (id, image, size, grp) of 1000 rows of pixels in 4 partitions, and the view
 * `pictures` of encoded images, see [[firesteel.Pictures.table]].
 */
trait SqlSuite extends SparkSuite with AdaptiveSparkPlanHelper {

  /** A session of this suite's own. */
  protected lazy val session: SparkSession = newSession()

  /** Another session with the same view and settings. */
  protected def newSession(): SparkSession = {
    val own = spark.newSession()
    own.conf.set("spark.sql.shuffle.partitions", "4")
    own.conf.set("spark.firesteel.model", model)
    photos(own).createOrReplaceTempView("photos")
    Pictures.table(own).createOrReplaceTempView("pictures")
    own
  }

  protected def photos(session: SparkSession, rows: Int = 1000): DataFrame =
    Bars
      .table(session, rows, partitions = 4)
      .selectExpr("id", "features AS image", "label AS grp", "id % 100 AS size")

  private lazy val folder: Path = Files.createTempDirectory("firesteel-models")

  /** The path of a saved model with the labels row, column and none. */
  protected lazy val model: String = save("bars", 3, """["row","column","none"]""")

  /** The path of another one without labels. */
  protected lazy val other: String = save("other", 2, "[]")

  protected def save(name: String, seed: Long, labels: String, network: Network = Bars.network): String =
    save(name, new CnnClassificationModel("saved", Bars.file(seed, network, labels)))

  protected def save(name: String, model: CnnClassificationModel): String = {
    val path = s"$folder/$name"
    model.write.overwrite().save(path)
    path
  }

  override protected def afterAll(): Unit = {
    firesteel.SparkSuite.delete(folder)
    super.afterAll()
  }

  protected def sql(text: String): DataFrame =
    session.sql(text.replace("@model", model).replace("@other", other))

  /** Runs a query and counts what its tasks gave to networks. */
  protected def run(table: DataFrame): Ran = {
    val (rows, forwards) = Forwards.count(spark.sparkContext)(table.collect().toSeq)
    Ran(rows, forwards.images, forwards.calls, classifies(table.queryExecution.executedPlan).size)
  }

  protected def run(text: String): Ran = run(sql(text))

  /** All operators of a plan, in subqueries too. */
  protected def classifies(plan: SparkPlan): Seq[ClassifyExec] =
    collectWithSubqueries(plan) { case node: ClassifyExec => node }
}
