/* The functions in what SQL keeps: views, SQL functions, cached tables, prepared statements. */
package firesteel.sql

import java.io.FileNotFoundException
import java.net.URI
import java.nio.file.{Files, Paths}
import java.util.concurrent.atomic.AtomicInteger

import firesteel.{Bars, SparkChild}
import firesteel.ml.CnnClassificationModel

import org.apache.hadoop.fs.{FileStatus, Path => HadoopPath, RawLocalFileSystem}
import org.apache.spark.sql.execution.columnar.InMemoryTableScanExec
import org.apache.spark.sql.{AnalysisException, DataFrame, Row, SparkSession}
import org.scalatest.Assertions

class ViewsSuite extends SqlSuite with SparkChild {
  private val text = "SELECT id, classify(image, '@model') AS label FROM photos"
  private lazy val expected = run(text).rows

  /** Runs `body` with a table of photos that all sessions see. */
  private def withTable(body: => Unit): Unit =
    try {
      session.table("photos").coalesce(1).write.saveAsTable("stored_photos")
      body
    } finally sql("DROP TABLE IF EXISTS stored_photos")

  test("temporary views, and views over them") {
    sql(s"CREATE TEMPORARY VIEW labels AS $text")
    sql("CREATE TEMPORARY VIEW rows AS SELECT id FROM labels WHERE label = 'row'")
    assert(run("SELECT * FROM labels").rows === expected)
    val ran = run("SELECT * FROM rows WHERE id < 500")
    assert((ran.images, ran.operators) === (500, 1))
    assert(
      ran.rows === expected
        .filter(row => row.getInt(0) < 500 && row.getString(1) == "row")
        .map(row => Row(row.get(0))))
    assert(run("SELECT count(*) FROM labels").images === 0)
  }

  test("global temporary views are seen by other sessions, which see the model") {
    sql(s"CREATE GLOBAL TEMPORARY VIEW labels AS $text")
    try assert(run(newSession().sql("SELECT * FROM global_temp.labels")).rows === expected)
    finally sql("DROP VIEW global_temp.labels")
  }

  test("permanent views are seen by other sessions") {
    withTable {
      try {
        sql(
          "CREATE VIEW stored_labels AS SELECT id, classify(image, '@model') AS label, model_version('@model') AS version FROM stored_photos")
        val ran = run(spark.newSession().sql("SELECT id, label FROM stored_labels WHERE label = 'row'"))
        assert(ran.rows.toSet === expected.filter(_.getString(1) == "row").toSet)
        assert((ran.images, ran.operators) === (1000, 1))
      } finally sql("DROP VIEW IF EXISTS stored_labels")
    }
  }

  test("in a view without a model the one of the session that asks is meant") {
    withTable {
      try {
        sql("CREATE VIEW stored_labels AS SELECT id, classify(image) AS label FROM stored_photos")
        sql("CREATE GLOBAL TEMPORARY VIEW labels AS SELECT id, classify(image) AS label FROM stored_photos")
        val own = newSession()
        own.conf.set("spark.firesteel.model", other)
        for (view <- Seq("stored_labels", "global_temp.labels")) {
          assert(run(s"SELECT * FROM $view").rows.toSet === expected.toSet)
          assert(
            run(own.sql(s"SELECT * FROM $view")).rows.toSet === run(
              "SELECT id, classify(image, '@other') FROM photos").rows.toSet)
        }
        val none = spark.newSession()
        val error = intercept[AnalysisException](none.sql("SELECT * FROM stored_labels"))
        assert(error.getCondition === "FIRESTEEL_MODEL_NOT_SET")
      } finally {
        sql("DROP VIEW IF EXISTS stored_labels")
        sql("DROP VIEW IF EXISTS global_temp.labels")
      }
    }
  }

  test("SQL functions give a model a name; they are inlined, and share the scores") {
    sql("CREATE TEMPORARY FUNCTION bars(i BINARY) RETURNS STRING RETURN classify(i, '@model')")
    sql("CREATE FUNCTION sure(i BINARY) RETURNS BOOLEAN RETURN classify_score(i, '@model') > 0.36")
    try {
      val ran = run("SELECT id, bars(image) FROM photos WHERE sure(image) AND bars(image) <> 'none'")
      assert((ran.images, ran.calls, ran.operators) === (1000, 32, 1))
      assert(ran.rows === run(
        "SELECT id, classify(image, '@model') FROM photos WHERE classify_score(image, '@model') > 0.36 AND classify(image, '@model') <> 'none'").rows)
      assert(ran.rows.nonEmpty)
      assert(run(photos(spark.newSession()).where("sure(image)")).images === 1000, "another session")
      withTable {
        try {
          sql(
            "CREATE VIEW stored_sure AS SELECT id, sure(image) AS yes FROM stored_photos WHERE classify(image, '@model') = 'row'")
          val viewed = run(spark.newSession().sql("SELECT * FROM stored_sure"))
          assert(viewed.images === 1000 && viewed.rows.size === expected.count(_.getString(1) == "row"))
        } finally sql("DROP VIEW IF EXISTS stored_sure")
      }
    } finally sql("DROP FUNCTION sure")
  }

  test("a model in memory becomes a function of its session") {
    firesteel.Firesteel.registerFunction(session, "in_memory", CnnClassificationModel.load(model))
    val ran = run("SELECT id, in_memory(image) FROM photos WHERE in_memory(image) IS NOT NULL")
    assert(ran.rows === expected && (ran.images, ran.operators) === (1000, 1))
    assert(
      intercept[AnalysisException](spark.newSession().sql("SELECT in_memory(NULL)")).getCondition ===
        "UNRESOLVED_ROUTINE")
  }

  private def cacheScans(table: DataFrame): Int = {
    table.collect()
    collectWithSubqueries(table.queryExecution.executedPlan) { case scan: InMemoryTableScanExec => scan }.size
  }

  test("the cache knows the same text, but not another model, function or setting") {
    sql(s"CACHE TABLE cached AS $text")
    try {
      assert(run(text).rows === expected && run(text).images === 0 && cacheScans(sql(text)) === 1)
      assert(cacheScans(sql("SELECT id, classify(image, model => '@model') AS label FROM photos")) === 1)
      assert(
        cacheScans(sql("SELECT id, classify(image) AS label FROM photos")) === 1,
        "the session's is the same model")
      for (different <- Seq(
          "SELECT id, classify(image, '@other') AS label FROM photos",
          "SELECT id, try_classify(image, '@model') AS label FROM photos",
          "SELECT id, classify_topk(image, 1, '@model') AS label FROM photos"
        ))
        assert(cacheScans(sql(different)) === 0, different)
      assert(cacheScans(sql("SELECT id, classify_topk(image, 1) FROM photos")) === 0)
    } finally sql("UNCACHE TABLE cached")
  }

  test("a changed model's file is not taken from the cache, even if its length and time are the same") {
    val path = save("changing", 5, "[]")
    val file = Paths.get(path, "model.safetensors")
    val (length, time) = (Files.size(file), Files.getLastModifiedTime(file))
    val text = s"SELECT id, classify(image, '$path') AS label FROM photos"
    val first = run(text).rows
    val cached = sql(text).cache()
    try {
      assert(run(cached).rows === first && cacheScans(sql(text)) === 1)
      save("changing", 6, "[]")
      Files.setLastModifiedTime(file, time)
      assert(Files.size(file) === length)
      assert(cacheScans(sql(text)) === 0)
      val second = run(text)
      assert(second.rows !== first)
      assert(second.images === 1000)
      val direct = sql(s"SELECT id, classify(image, '${save("direct", 6, "[]")}') AS label FROM photos")
      assert(second.rows === run(direct).rows)
    } finally cached.unpersist()
  }

  test("a model that is missing for a moment, while somebody replaces it, is waited for") {
    session.conf.set("fs.flickering.impl", classOf[FlickeringFileSystem].getName)
    val table = sql(s"SELECT id, classify(image, 'flickering:$model') FROM photos")
    FlickeringFileSystem.missing.set(5)
    assert(run(table).rows.toSet === run("SELECT id, classify(image) FROM photos").rows.toSet)
    assert(FlickeringFileSystem.missing.get <= 0, "nothing asked for the file")
    // Analysis waits for nothing: a name may be wrong.
    FlickeringFileSystem.missing.set(1)
    val error = intercept[AnalysisException](sql(s"SELECT classify(image, 'flickering:$model') FROM photos"))
    assert(error.getCondition === "FIRESTEEL_MODEL_NOT_FOUND")
  }

  test("prepared statements, with and without parameters") {
    assert(run(s"EXECUTE IMMEDIATE \"$text\"").rows === expected)
    val rows = expected.filter(_.getString(1) == "row").map(row => Row(row.get(0)))
    assert(run(
      "EXECUTE IMMEDIATE 'SELECT id FROM photos WHERE classify(image, ?) = ?' USING '@model', 'row'").rows === rows)
    val query = "SELECT id FROM photos WHERE classify(image, :model) = :label"
    val named = session.sql(query, Map("model" -> model, "label" -> "row"))
    assert(run(named).rows === rows && run(named).operators === 1)
    val k = session.sql("SELECT size(classify_topk(image, ?)) FROM photos LIMIT 1", Array(2))
    assert(run(k).rows === Seq(Row(2)))
  }

  test("permanent views and functions outlive an application with a metastore") {
    withTempDir { folder =>
      assume(
        getClass.getClassLoader.getResource("org/apache/spark/sql/hive/HiveExternalCatalog.class") != null)
      val conf = Map(
        "spark.master" -> "local[2]",
        "spark.sql.catalogImplementation" -> "hive",
        "spark.sql.warehouse.dir" -> s"$folder/warehouse",
        "spark.hadoop.javax.jdo.option.ConnectionURL" -> s"jdbc:derby:;databaseName=$folder/metastore;create=true",
        "derby.stream.error.file" -> s"$folder/derby.log"
      )
      passSpark(MetastoreProgram, conf, "create", model)
      passSpark(MetastoreProgram, conf, "read", model)
    }
  }
}

/** Makes a view and a function, or uses those that another run made. */
private object MetastoreProgram extends Assertions {
  def main(arguments: Array[String]): Unit = {
    val (step, model) = (arguments(0), arguments(1))
    val spark = SparkSession.builder().getOrCreate()
    spark.conf.set("spark.firesteel.model", model)
    if (step == "create") {
      Bars.table(spark, 100).write.saveAsTable("photos")
      spark.sql(s"CREATE FUNCTION bars(i BINARY) RETURNS STRING RETURN classify(i, '$model')")
      spark.sql(s"CREATE VIEW labels AS SELECT id, classify(features, '$model') AS label FROM photos")
      spark.sql("CREATE VIEW default_labels AS SELECT id, classify(features) AS label FROM photos")
      spark.sql("CREATE VIEW named_labels AS SELECT id, bars(features) AS label FROM photos")
    }
    val expected = spark.sql(s"SELECT id, classify(features, '$model') FROM photos").collect().toSet
    assert(expected.size === 100)
    for (view <- Seq("labels", "default_labels", "named_labels"))
      assert(spark.table(view).collect().toSet === expected, view)
    spark.stop()
  }
}

/** A local file system, `flickering:`, in which files are missing for so many questions. */
class FlickeringFileSystem extends RawLocalFileSystem {
  override def getScheme: String = "flickering"
  override def getUri: URI = URI.create("flickering:///")
  override def getFileStatus(path: HadoopPath): FileStatus =
    if (FlickeringFileSystem.missing.getAndDecrement() > 0) throw new FileNotFoundException(s"$path")
    else super.getFileStatus(path)
}

object FlickeringFileSystem {
  val missing = new AtomicInteger
}
