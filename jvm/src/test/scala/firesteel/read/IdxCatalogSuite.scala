/* IDX files named directly in SQL. */
package firesteel.read

import java.io.FileNotFoundException

import firesteel.SparkSuite
import org.apache.spark.sql.{AnalysisException, SparkSession}

class IdxCatalogSuite extends SparkSuite {
  import IdxSamples._

  private def session(options: (String, String)*): SparkSession = {
    val session = spark.newSession()
    session.conf.set("spark.sql.catalog.idx", classOf[IdxCatalog].getName)
    options.foreach { case (key, value) => session.conf.set(s"spark.sql.catalog.idx.$key", value) }
    session
  }

  test("SELECT * FROM idx.`path`") {
    withTempDir { folder =>
      val path = writePair(folder, 6, 2, 3)
      val loaded = spark.read.format("idx").load(path)
      val selected = session().sql(s"SELECT * FROM idx.`$path`")
      assert(selected.schema == loaded.schema)
      assert(
        selected.selectExpr("hex(image)", "label").collect().toSeq ==
          loaded.selectExpr("hex(image)", "label").collect().toSeq)
      assert(session().sql(s"SELECT count(*) FROM idx.`$folder/*-images-*`").head().getLong(0) == 6)
    }
  }

  test("options stand in the configuration") {
    withTempDir { folder =>
      val path = write(folder.resolve("a.idx"), idx(Seq(2, 2, 2)))
      assert(session("labels" -> "none").sql(s"SELECT * FROM idx.`$path`").columns.toSeq == Seq("image"))
    }
  }

  test("what is wrong is said as by load") {
    withTempDir { folder =>
      val error = intercept[FileNotFoundException](session().sql(s"SELECT * FROM idx.`$folder/missing`"))
      assert(error.getMessage == s"$folder/missing does not exist")
      val two = intercept[IllegalArgumentException](session().sql("SELECT * FROM idx.a.b"))
      assert(two.getMessage == "an IDX file is named by its path in backticks: idx.`path`")
    }
  }

  test("nothing can be changed") {
    withTempDir { folder =>
      val path = writePair(folder, 6, 2, 3)
      val sql = session().sql(_: String)
      intercept[AnalysisException](sql(s"INSERT INTO idx.`$path` SELECT * FROM idx.`$path`"))
      Seq(
        s"DROP TABLE idx.`$path`",
        s"ALTER TABLE idx.`$path` RENAME TO b",
        s"ALTER TABLE idx.`$path` DROP COLUMN label").foreach { statement =>
        val message = intercept[Exception](sql(statement)).getMessage
        assert(message.contains("IDX files can only be read"), statement)
      }
      assert(sql("SHOW TABLES IN idx").collect().isEmpty)
      assert(spark.read.format("idx").load(path).count() == 6)
    }
  }
}
