/* Each shape of query gives what it gives when scores are evaluated row by row, whatever Spark's settings. */
package firesteel.sql

import scala.collection.mutable

import org.apache.spark.sql.{Row, SparkSession}

class DifferentialSuite extends SqlSuite {
  private val settings =
    Seq("spark.sql.adaptive.enabled", "spark.sql.codegen.wholeStage", "spark.sql.ansi.enabled")

  private def own(conf: (String, Any)*): SparkSession = {
    val own = session.newSession()
    // A fifth of the rows: what rows cost is not asked here.
    photos(own, 200).createOrReplaceTempView("photos")
    val always = Seq(
      "spark.sql.shuffle.partitions" -> 3,
      "spark.firesteel.model" -> model,
      "spark.sql.planChangeValidation" -> true)
    for ((key, value) <- always ++ conf) own.conf.set(key, value.toString)
    own
  }

  private lazy val rowByRow = own(
    "spark.sql.optimizer.excludedRules" -> "firesteel.sql.ExtractScores",
    // A broadcast join would evaluate its keys where Spark lets nobody replace them.
    "spark.sql.autoBroadcastJoinThreshold" -> -1
  )
  private val expected = mutable.Map.empty[String, Seq[String]]

  /** What row by row evaluation gives, computed once for each query. */
  private def reference(shape: Shape): Seq[String] = expected.getOrElseUpdate(
    shape.name, {
      val table = rowByRow.sql(shape.query.replace("@other", other))
      val rows = comparable(table.collect().toSeq)
      assert(classifies(table.queryExecution.executedPlan).isEmpty, "the reference has an operator")
      rows
    }
  )

  private def comparable(rows: Seq[Row]): Seq[String] = rows.map(row => plain(row).toString).sorted

  private def plain(value: Any): Any = value match {
    case row: Row => row.toSeq.map(plain)
    case bytes: Array[_] => bytes.toSeq
    case values: Iterable[_] => values.map(plain).toSeq
    case number: Float => java.lang.Float.floatToRawIntBits(number)
    case number: Double => java.lang.Double.doubleToRawLongBits(number)
    case plain => plain
  }

  // Of four switches each combination of three: the fourth is their exclusive or.
  for (bits <- 0 until 8) {
    val switches = settings.indices.map(i => (bits >> i & 1) == 1)
    val broadcast = switches.reduce(_ ^ _)
    val conf = settings.zip(switches) :+
      ("spark.sql.autoBroadcastJoinThreshold" -> (if (broadcast) "10m" else "-1"))

    test(
      s"with ${conf.map { case (key, value) => s"${key.stripPrefix("spark.sql.")}=$value" }.mkString(", ")}") {
      val session = own(conf: _*)
      var planned = 0
      val wrong = Shapes.all.filter { shape =>
        val table = session.sql(shape.query.replace("@other", other))
        val rows = comparable(table.collect().toSeq)
        planned += classifies(table.queryExecution.executedPlan).size
        rows != reference(shape)
      }
      assert(wrong.map(_.name) === Nil)
      assert(planned > Shapes.all.size)
      assert(expected.values.count(_.nonEmpty) > Shapes.all.size * 9 / 10)
    }
  }
}
