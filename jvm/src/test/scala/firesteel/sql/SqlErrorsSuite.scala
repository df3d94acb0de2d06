/* What analysis and execution refuse: with a condition, an SQLSTATE, and words that tell what to do. */
package firesteel.sql

import java.nio.file.{Files, Path}

import firesteel.Bars

import org.apache.spark.sql.catalyst.expressions.codegen.CodegenContext
import org.apache.spark.sql.{AnalysisException, SparkSession}

class SqlErrorsSuite extends SqlSuite {

  /** The error of a query that must not pass analysis. */
  private def refused(text: String, in: SparkSession = session): AnalysisException =
    intercept[AnalysisException](in.sql(text.replace("@model", model).replace("@other", other)))

  private def check(text: String, condition: String, sqlState: String, words: String*): Unit = {
    val error = refused(text)
    assert(error.getCondition === condition, s"$text: ${error.getMessage}")
    assert(error.getSqlState === sqlState, text)
    for (word <- words) assert(error.getMessage.contains(word), text)
    assert(error.getMessage.contains(s"[$condition]") && error.getMessage.contains(s"SQLSTATE: $sqlState"))
  }

  private val names =
    Seq("classify", "classify_score", "classify_probabilities", "image_features").flatMap(n =>
      Seq(n, s"try_$n"))

  test("an image of a wrong type") {
    for (f <- names;
      (image, found) <- Seq(
        "id" -> "\"INT\"",
        "'a'" -> "\"STRING\"",
        "array('a')" -> "\"ARRAY<STRING>\"",
        "true" -> "\"BOOLEAN\"",
        "map('a', image)" -> "\"MAP<STRING, BINARY>\"",
        "current_date()" -> "\"DATE\""
      ))
      check(
        s"SELECT $f($image) FROM photos",
        "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        "42K09",
        s"$f(",
        "first parameter requires the \"BINARY\"",
        found)
  }

  test("an array of images is for labels alone") {
    assert(run("SELECT classify(array(image)) FROM photos LIMIT 1").rows.size === 1)
    for (f <- names if !f.endsWith("classify"))
      check(
        s"SELECT $f(array(image)) FROM photos",
        "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        "42K09",
        "\"ARRAY<BINARY>\"")
  }

  test("too few and too many arguments") {
    for (f <- names; arguments <- Seq("", "image, '@model', 'x', 1"))
      check(s"SELECT $f($arguments) FROM photos", "WRONG_NUM_ARGS.WITHOUT_SUGGESTION", "42605", s"`$f`")
    for (call <- Seq(
        "classify_topk(image)",
        "classify_topk(image, 1, '@model', 2)",
        "model_version('a', 'b')"))
      check(s"SELECT $call FROM photos", "WRONG_NUM_ARGS.WITHOUT_SUGGESTION", "42605")
  }

  test("a model that is no constant, of another type, or empty") {
    for (m <- Seq("concat('a', id)", "CAST(grp AS STRING)", "(SELECT max('@model') FROM photos)"))
      check(
        s"SELECT classify(image, $m) FROM photos",
        "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT",
        "42K09",
        "`model`")
    for (m <- Seq("1", "true", "image", "array('a')"))
      assert(
        refused(s"SELECT classify(image, $m) FROM photos").getCondition.startsWith("DATATYPE_MISMATCH."),
        m)
    check(
      "SELECT classify(image, CAST(NULL AS STRING)) FROM photos",
      "FIRESTEEL_BAD_ARGUMENT",
      "22023",
      "model")
    assert(refused("SELECT classify(image, '') FROM photos").getCondition.startsWith("FIRESTEEL_MODEL"))
  }

  test("a constant expression names a model, and NULL is that of the session") {
    val expected = run("SELECT id, classify(image) FROM photos").rows
    for (m <- Seq(
        "concat('@', 'model')".replace("@', 'model", s"$model', '"),
        "NULL",
        "'@model' COLLATE UTF8_LCASE"))
      assert(run(s"SELECT id, classify(image, $m) FROM photos").rows === expected, m)
    assert(expected.size === 1000)
  }

  test("a missing model: what was tried is told, and what would help") {
    val bare = refused("SELECT classify(image, 'nowhere') FROM photos")
    assert(bare.getCondition === "FIRESTEEL_MODEL_NOT_FOUND" && bare.getSqlState === "42K03")
    assert(
      bare.getMessage.contains("no model 'nowhere'") && bare.getMessage.contains(
        "spark.firesteel.models.dir"))
    withTempDir { folder =>
      val own = session.newSession()
      own.conf.set("spark.firesteel.models.dir", folder.toString)
      photos(own, 10).createOrReplaceTempView("photos")
      val missing = refused("SELECT classify(image, 'nowhere') FROM photos", own).getMessage
      assert(missing.contains(s"$folder/nowhere and nowhere") && !missing.contains("models.dir"), missing)
      val path = refused(s"SELECT classify(image, '$folder/a/b') FROM photos", own).getMessage
      assert(path.contains(s"tried $folder/a/b.") && !path.contains("models.dir"), path)
      Files.createDirectories(folder.resolve("empty"))
      assert(
        refused(
          "SELECT classify(image, 'empty') FROM photos",
          own).getCondition === "FIRESTEEL_MODEL_NOT_FOUND")
      Files.write(folder.resolve("bars"), Bars.file())
      assert(own.sql("SELECT classify(image, 'bars') FROM photos").collect().length === 10)
    }
  }

  test("no model at all") {
    val own = spark.newSession()
    photos(own, 10).createOrReplaceTempView("photos")
    for (call <- Seq(
        "classify(image)",
        "try_classify_topk(image, 1)",
        "image_features(image, layer => 'conv')",
        "model_version()")) {
      val error = refused(s"SELECT $call FROM photos", own)
      assert(error.getCondition === "FIRESTEEL_MODEL_NOT_SET" && error.getSqlState === "42K03")
      assert(
        error.getMessage.contains(s"${call.takeWhile(_ != '(')} has no model: name it") &&
          error.getMessage.contains("set spark.firesteel.model"))
    }
  }

  /** A file with these bytes. */
  private def file(folder: Path, name: String, bytes: Array[Byte]): String =
    Files.write(folder.resolve(name), bytes).toString

  test("a file that is no model, and one whose header is damaged") {
    withTempDir { folder =>
      val good = Bars.file()
      val foreign = Seq(
        "empty" -> Array.emptyByteArray,
        "short" -> good.take(5),
        "cut" -> good.take(100),
        "text" -> "hello, this is a text and no model".getBytes,
        "zeros" -> new Array[Byte](10000),
        "shorter" -> good.dropRight(1),
        "longer" -> (good :+ 0.toByte)
      )
      for ((name, bytes) <- foreign) {
        val path = file(folder, name, bytes)
        check(s"SELECT classify(image, '$path') FROM photos", "FIRESTEEL_MODEL_INVALID", "42K03", path)
      }
    }
  }

  test("EXPLAIN looks at a model's header alone; running the query looks at all of it") {
    withTempDir { folder =>
      val bytes = Bars.file()
      // A weight that is not a number.
      for (i <- 1 to 4) bytes(bytes.length - i) = 0xff.toByte
      val path = file(folder, "damaged", bytes)
      val text = s"SELECT classify(image, '$path') FROM photos"
      val plan = session.sql(s"EXPLAIN FORMATTED $text").head().getString(0)
      assert(plan.contains("Classify") && plan.contains(path))
      val error = intercept[AnalysisException](session.sql(text).collect())
      assert(error.getCondition === "FIRESTEEL_MODEL_INVALID" && error.getMessage.contains(path))
      // The query's own thread reads it for rows, too.
      val rows = session.sql(s"SELECT transform(array(image), i -> classify(i, '$path')) FROM photos")
      assert(intercept[AnalysisException](rows.collect()).getCondition === "FIRESTEEL_MODEL_INVALID")
      assert(
        intercept[AnalysisException](session.sql(s"SELECT model_version('$path')").collect()).getCondition ===
          "FIRESTEEL_MODEL_INVALID")
    }
  }

  test("a bad number of classes") {
    for (k <- Seq("0", "-1", "CAST(NULL AS INT)", "-2147483648"))
      check(
        s"SELECT classify_topk(image, $k) FROM photos",
        "FIRESTEEL_BAD_ARGUMENT",
        "22023",
        "argument k of classify_topk")
    check(
      "SELECT classify_topk(image, id) FROM photos",
      "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT",
      "42K09",
      "`k`")
    for (k <- Seq("'2'", "1.5", "2L", "true"))
      check(
        s"SELECT try_classify_topk(image, $k) FROM photos",
        "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        "42K09",
        "second parameter requires the \"INT\"")
    val many = run(
      "SELECT size(classify_topk(image, 100)), size(classify_topk(image, 1 + 1)) FROM photos LIMIT 1").rows
    assert(many.map(_.toSeq) === Seq(Seq(3, 2)))
  }

  test("settings with which nothing can be scored are refused when the query is planned") {
    for ((key, value, problem) <- Seq(
        (
          "spark.firesteel.device",
          "gpu",
          "spark.firesteel.device is gpu, but images are scored on CPUs alone"),
        ("spark.firesteel.device", "tpu", "spark.firesteel.device is 'tpu': it must be auto, cpu or gpu"),
        ("spark.firesteel.batch.rows", "0", "spark.firesteel.batch.rows is 0: it must be above 0"),
        ("spark.firesteel.batch.rows", "many", "many"),
        ("spark.firesteel.batch.bytes", "-1", "spark.firesteel.batch.bytes: Size must be specified as bytes")
      )) {
      session.conf.set(key, value)
      try {
        val error = intercept[AnalysisException](sql("SELECT classify(image) FROM photos").explain())
        assert((error.getCondition, error.getSqlState) === ("FIRESTEEL_BAD_SETTING" -> "22023"))
        assert(error.getMessage.contains(problem) && !error.getMessage.contains("requirement failed"))
      } finally session.conf.unset(key)
    }
  }

  test("no column's default is made of scores, and who evaluates them without a plan is told so") {
    val default = "label STRING DEFAULT classify(unhex(repeat('00', 64)))"
    val error = intercept[AnalysisException](sql(s"CREATE TABLE defaults (id INT, $default) USING parquet"))
    assert(error.getMessage.contains("not a constant"))
    val analyzed = sql("SELECT classify(image) FROM photos").queryExecution.analyzed
    val scores = analyzed.expressions.flatMap(_.collect { case scores: Scores => scores })
    val message = intercept[IllegalStateException](scores.head.genCode(new CodegenContext)).getMessage
    assert(
      message.contains("spark.sql.extensions=firesteel.sql.FiresteelExtensions") && message.contains(
        "outside of a query"))
  }

  test("an unknown layer: the layers are told") {
    check(
      "SELECT image_features(image, '@model', 'nothing') FROM photos",
      "FIRESTEEL_NO_SUCH_LAYER",
      "42703",
      "'nothing'",
      "its layers are conv")
    check(
      "SELECT image_features(image, layer => id) FROM photos",
      "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT",
      "42K09",
      "`layer`")
  }

  test("named arguments in every order") {
    val expected = run("SELECT id, classify_topk(image, 2, '@model') FROM photos").rows
    val arguments = Seq("image => image", "k => 2", "model => '@model'")
    val orders = arguments.permutations.map(_.mkString(", ")).toSeq ++
      Seq(
        "image, model => '@model', k => 2",
        "image, 2, model => '@model'",
        "image, K => 2",
        "IMAGE => image, k => 2")
    for (order <- orders)
      assert(run(s"SELECT id, classify_topk($order) FROM photos").rows === expected, order)
    assert(orders.size === 10 && expected.size === 1000)
  }

  test("wrong named arguments") {
    def wrong(call: String, word: String): Unit =
      check(s"SELECT $call FROM photos", "FIRESTEEL_BAD_ARGUMENT", "22023", word)
    wrong("classify(image, modle => 'a')", "they are image, model")
    wrong("classify(image, image => image)", "is given twice")
    wrong("classify(image => image, '@model')", "has no name, but stands after one that has")
    check("SELECT classify(model => '@model') FROM photos", "WRONG_NUM_ARGS.WITHOUT_SUGGESTION", "42605")
    check(
      "SELECT classify_topk(image, model => '@model') FROM photos",
      "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
      "42605")
  }

  private def failed(text: String): BadImageException =
    intercept[BadImageException](session.sql(text).collect())

  private val bad = "IF(id = 333, CAST('bad' AS BINARY), image)"

  test("a bad image fails the query, telling row, partition, column and what would help") {
    for (f <- names if !f.startsWith("try_"); codegen <- Seq("true", "false")) {
      session.conf.set("spark.sql.codegen.wholeStage", codegen)
      val error =
        try failed(s"SELECT $f($bad) FROM photos")
        finally session.conf.unset("spark.sql.codegen.wholeStage")
      assert(error.getCondition === "FIRESTEEL_BAD_IMAGE" && error.getSqlState === "22000")
      // The row 333 is the 83rd of those of the second partition, counted from 0.
      for (word <- Seq(
          "row 83 of partition 1: column",
          "has 3 values, the network's input 1x8x8 has 64",
          s"try_$f gives NULL"))
        assert(error.getMessage.contains(word))
      assert(!error.getMessage.contains("(of "), "rows of no file")
    }
  }

  test("the twin gives NULL for a bad image, and all other rows are right") {
    for (f <- names if f.startsWith("try_")) {
      val found = run(s"SELECT id, $f($bad) FROM photos").rows.map(row => row.getInt(0) -> row.get(1)).toMap
      val right = run(s"SELECT id, ${f.stripPrefix("try_")}(image) FROM photos").rows
        .map(row => row.getInt(0) -> row.get(1))
        .toMap
      assert(found(333) == null && right(333) != null)
      assert(found - 333 === right - 333 && found.size === 1000)
    }
  }

  test("a bad image of a file: the file is told") {
    withTempDir { folder =>
      session.sql(s"SELECT id, $bad AS image FROM photos").coalesce(1).write.parquet(s"$folder/photos")
      session.read.parquet(s"$folder/photos").createOrReplaceTempView("stored")
      val path = session.sql("SELECT input_file_name() FROM stored WHERE id = 333").head().getString(0)
      val text = failed("SELECT classify(image) FROM stored WHERE id >= 330").getMessage
      assert(
        text.contains("row 3 of partition 0") && text.contains(s" (of $path): column 'image' has 3 values"),
        text)
    }
  }

  test(
    "a bad image among several of a row: which one is told, and where scores are computed row by row, too") {
    val among = failed(s"SELECT classify(array(image, $bad)) FROM photos").getMessage
    assert(among.contains("row 83 of partition 1: image 1 of column"), among)
    val lambda = failed(s"SELECT transform(array(image, $bad), i -> classify(i)) FROM photos").getMessage
    assert(lambda.contains("has 3 values") && lambda.contains("try_classify gives NULL"), lambda)
    val twins =
      run(s"SELECT try_classify(array(image, $bad)) FROM photos WHERE id = 333").rows.head.getSeq[String](0)
    assert(twins.map(_ == null) === Seq(false, true))
  }

  test("numbers that are no numbers, and vectors of another length") {
    val ones = "transform(sequence(1, 64), i -> IF(i = id, double('NaN'), 0d))"
    assert(
      failed(s"SELECT classify($ones) FROM photos").getMessage.contains("gives scores that are not finite"))
    val nulls = run(s"SELECT id FROM photos WHERE try_classify($ones) IS NULL").rows.map(_.getInt(0)).toSet
    assert(nulls === (1 to 64).toSet)
    assert(failed("SELECT classify(array(1, 2)) FROM photos").getMessage.contains("has 2 values"))
  }
}
