/* Each shape of query gives what it gives when scores are evaluated row by row, whatever Spark's settings. */
package firesteel.sql

import java.nio.file.Files

import scala.collection.mutable

import firesteel.Pictures

import org.apache.spark.sql.{DataFrame, Row, SparkSession}

class DifferentialSuite extends SqlSuite {
  private val switches = Seq(
    "spark.sql.adaptive.enabled" -> Seq("false", "true"),
    "spark.sql.codegen.wholeStage" -> Seq("false", "true"),
    "spark.sql.ansi.enabled" -> Seq("false", "true"),
    "spark.sql.autoBroadcastJoinThreshold" -> Seq("-1", "10m")
  )

  // A fifth of the rows: what rows cost is not asked here.
  private val size = 200

  private val folder = Files.createTempDirectory("firesteel-photos")

  override protected def afterAll(): Unit = {
    firesteel.SparkSuite.delete(folder)
    super.afterAll()
  }

  /** The tables in memory. */
  private def inMemory(session: SparkSession): Map[String, DataFrame] =
    Map("photos" -> photos(session, size), "pictures" -> Pictures.table(session))

  /** The tables in files. */
  private def inFiles(session: SparkSession): Map[String, DataFrame] =
    for ((name, table) <- inMemory(session)) yield {
      val path = s"$folder/$name"
      if (!Files.exists(folder.resolve(name))) table.write.parquet(path)
      name -> session.read.parquet(path)
    }

  private def own(tables: SparkSession => Map[String, DataFrame], conf: (String, String)*): SparkSession = {
    val own = session.newSession()
    val always = Seq(
      "spark.sql.shuffle.partitions" -> "3",
      "spark.firesteel.model" -> model,
      "spark.sql.planChangeValidation" -> "true")
    for ((key, value) <- always ++ conf) own.conf.set(key, value)
    for ((name, table) <- tables(own)) table.createOrReplaceTempView(name)
    own
  }

  /** What row by row evaluation gives, computed once for each query. */
  private final class Reference(tables: SparkSession => Map[String, DataFrame], conf: (String, String)*) {
    private lazy val rowByRow = own(
      tables,
      conf ++ Seq(
        "spark.sql.optimizer.excludedRules" -> "firesteel.sql.ExtractScores",
        // A broadcast join would evaluate its keys where Spark lets nobody replace them.
        "spark.sql.autoBroadcastJoinThreshold" -> "-1"
      ): _*
    )
    private val known = mutable.Map.empty[String, Seq[String]]

    def apply(shape: Shape): Seq[String] = known.getOrElseUpdate(
      shape.name, {
        val found = rowByRow.sql(shape.query.replace("@other", other))
        val rows = comparable(shape, found.collect().toSeq)
        assert(classifies(found.queryExecution.executedPlan).isEmpty, "the reference has an operator")
        rows
      }
    )

    def withRows: Int = known.values.count(_.nonEmpty)
  }

  /** Queries whose result has an order that leaves no choice. */
  private def isOrdered(shape: Shape): Boolean =
    shape.query.matches("(?s).*ORDER BY [^()]*\\bid( LIMIT \\d+)?( OFFSET \\d+)?")

  private def comparable(shape: Shape, rows: Seq[Row]): Seq[String] = {
    val texts = rows.map(row => plain(row).toString)
    if (isOrdered(shape)) texts else texts.sorted
  }

  private def plain(value: Any): Any = value match {
    case row: Row => row.toSeq.map(plain)
    case bytes: Array[_] => bytes.toSeq
    case values: Iterable[_] => values.map(plain).toSeq
    case number: Float => java.lang.Float.floatToRawIntBits(number)
    case number: Double => java.lang.Double.doubleToRawLongBits(number)
    case plain => plain
  }

  private def check(session: SparkSession, reference: Reference): Unit = {
    var planned = 0
    val wrong = Shapes.all.filter { shape =>
      val table = session.sql(shape.query.replace("@other", other))
      val rows = comparable(shape, table.collect().toSeq)
      planned += classifies(table.queryExecution.executedPlan).size
      rows != reference(shape)
    }
    assert(wrong.map(_.name) === Nil)
    assert(planned > Shapes.all.size)
    assert(reference.withRows > Shapes.all.size * 9 / 10)
    assert(Shapes.all.count(isOrdered) > 5)
  }

  private lazy val ofMemory = new Reference(inMemory)

  // Of four switches as many combinations as show each value of one with each value of another; the rest takes long.
  for (bits <- 0 until 16 if slow || Set(0, 3)(Integer.bitCount(bits))) {
    val conf = switches.zipWithIndex.map { case ((key, values), i) => key -> values(bits >> i & 1) }
    test(
      s"with ${conf.map { case (key, value) => s"${key.stripPrefix("spark.sql.")}=$value" }.mkString(", ")}") {
      check(own(inMemory, conf: _*), ofMemory)
    }
  }

  // As Spark reads them by default, and by the newer interface of sources. Takes long.
  for ((name, sources) <- Seq("files" -> "parquet", "files as sources of version 2" -> "") if slow)
    test(name) {
      val conf = "spark.sql.sources.useV1SourceList" -> sources
      check(own(inFiles, conf), new Reference(inFiles, conf))
    }
}
