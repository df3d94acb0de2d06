/* What each shape of query costs: images given to the network, and native calls. */
package firesteel.sql

import firesteel.infer.ModelCache
import firesteel.ml.CnnClassificationModel

import org.apache.spark.firesteel.Forwards
import org.apache.spark.sql.DataFrame
import org.apache.spark.sql.execution.FileSourceScanExec
import org.apache.spark.sql.execution.adaptive.AdaptiveSparkPlanExec
import org.apache.spark.sql.functions.{call_function, col, expr}

class ShapesSuite extends SqlSuite {
  for (shape <- Shapes.all) test(shape.name) {
    val ran = run(shape.query)
    assert((ran.images, ran.calls) === (shape.images, shape.calls))
  }

  test("there are many shapes, each with a name of its own") {
    assert(Shapes.all.size > 120)
    assert(Shapes.all.map(_.name).distinct.size === Shapes.all.size)
  }

  private def labels: DataFrame =
    session.table("photos").withColumn("label", call_function("classify", col("image")))

  private def forwards(body: => Any): Forwards = Forwards.count(spark.sparkContext)(body)._2

  test("show, take, head and first compute the rows that they show") {
    assert(forwards(Console.withOut(new java.io.ByteArrayOutputStream)(labels.show())) === Forwards(21, 1))
    assert(forwards(labels.take(5)) === Forwards(5, 1))
    assert(forwards(labels.head()) === Forwards(1, 1))
    assert(forwards(labels.limit(7).collect()) === Forwards(7, 1))
  }

  test("count and isEmpty of a table with labels compute none or few") {
    assert(forwards(labels.count()) === Forwards(0, 0))
    assert(forwards(labels.isEmpty) === Forwards(0, 0))
    assert(forwards(labels.where("label = 'row'").isEmpty).images <= 250)
  }

  test("what Spark tells of the file of a row stays with the row") {
    withTempDir { folder =>
      // Several files in a partition, and batches that end neither with a file nor with a partition.
      photos(session, 100).repartitionByRange(5, col("id")).write.parquet(s"$folder/photos")
      val files = session.read.parquet(s"$folder/photos").coalesce(2)
      val plain =
        files.selectExpr("id", "input_file_name() AS file").collect().map(r => r.getInt(0) -> r.getString(1))
      assert(plain.map(_._2).distinct.length === 5 && !plain.exists(_._2.isEmpty))
      val scored = files.selectExpr("id", "input_file_name() AS file", "classify(image) AS label")
      assert(scored.collect().map(r => r.getInt(0) -> r.getString(1)).toMap === plain.toMap)
      val filtered = scored.where("classify_score(image) > 0").where("file <> ''")
      assert(filtered.count() === 100)
    }
  }

  test("what depends on a row's place is not moved by a limit") {
    val ids = "SELECT id, monotonically_increasing_id() AS place FROM photos ORDER BY size DESC, id LIMIT 5"
    val expected = session.sql(ids).collect().toSeq
    val scored = session.sql(ids.replace("AS place", "AS place, classify(image) AS label"))
    assert(scored.collect().map(row => org.apache.spark.sql.Row(row(0), row(1))).toSeq === expected)
  }

  test("a chain of DataFrame operations computes each image once") {
    val best = labels
      .withColumn("score", expr("classify_score(image)"))
      .where("label <> 'none'")
      .dropDuplicates("label", "size")
      .repartition(3)
      .orderBy(col("score").desc)
    assert(forwards(assert(best.collect().nonEmpty)) === Forwards(1000, 32))
  }

  test("repartitionByRange by a label computes each image once") {
    assert(forwards(labels.repartitionByRange(3, col("label")).collect()) === Forwards(1000, 32))
  }

  test("a Dataset's own functions and an iterator compute each image once") {
    val all = labels.select("label")
    assert(
      forwards(all.map(_.getString(0).length)(org.apache.spark.sql.Encoders.scalaInt).collect()) === Forwards(
        1000,
        32))
    assert(forwards(assert(all.toLocalIterator().hasNext)).images === 250)
  }

  test("a table that is observed computes each image once, ordered too") {
    val observed = org.apache.spark.sql.Observation()
    val rows = labels.observe(
      observed,
      org.apache.spark.sql.functions.count(org.apache.spark.sql.functions.lit(1)).as("rows"))
    assert(forwards(rows.withColumn("score", expr("classify_score(image)")).collect()) === Forwards(1000, 32))
    assert(observed.get === Map("rows" -> 1000L))
    val again = org.apache.spark.sql.Observation()
    val ordered = labels
      .observe(again, org.apache.spark.sql.functions.count(org.apache.spark.sql.functions.lit(1)).as("rows"))
      .orderBy("label", "id")
    assert(forwards(ordered.collect()) === Forwards(1000, 32))
  }

  test("three models of one query are opened once each") {
    val third = save("third", 4, "[]")
    val opened = ModelCache.opened
    val ran =
      run(s"SELECT id, classify(image), classify(image, '@other'), classify(image, '$third') FROM photos")
    assert((ran.images, ran.operators) === (3000, 3))
    assert(ModelCache.opened - opened <= 3)
  }

  test("partitions that no label asks for are not read") {
    try {
      sql("SELECT id, size, id % 5 AS part FROM photos").write.partitionBy("part").saveAsTable("parted")
      val text = """SELECT /*+ BROADCAST(q) */ p.id FROM parted p JOIN photos q ON p.part = q.id
        |WHERE q.id < 5 AND classify(q.image) = 'row'""".stripMargin
      val parts =
        sql("SELECT id FROM photos WHERE id < 5 AND classify(image) = 'row'").collect().map(_.getInt(0))
      assert(parts.nonEmpty && parts.length < 5)
      val table = sql(text)
      val ran = run(table)
      assert(ran.rows.size === parts.length * 200 && ran.images === 5)
      val scans = collectWithSubqueries(table.queryExecution.executedPlan) { case scan: FileSourceScanExec =>
        scan
      }
      assert(scans.map(_.metrics("numPartitions").value) === Seq(parts.length.toLong))
    } finally sql("DROP TABLE IF EXISTS parted")
  }

  test("a condition over the column by which a table is partitioned") {
    try {
      sql("SELECT id, CAST(rpad(size % 3, 64, 'x') AS STRING) AS part FROM photos").write
        .partitionBy("part")
        .saveAsTable("by_text")
      val text = "SELECT id, part FROM by_text WHERE classify(CAST(part AS BINARY)) = @label"
      val labels = sql("SELECT DISTINCT part, classify(CAST(part AS BINARY)) FROM by_text").collect().toSeq
      assert(labels.size === 3)
      for (label <- Seq("row", "column", "none")) {
        val parts = labels.filter(_.getString(1) == label).map(_.getString(0)).toSet
        val found = run(text.replace("@label", s"'$label'"))
        assert(found.rows.map(_.getString(1)).toSet === parts)
        // Spark asks for which partitions it is so before it reads any.
        assert(
          found.rows.size === sql("SELECT part FROM by_text").collect().count(row => parts(row.getString(0))))
        assert((found.images == 0) === parts.isEmpty)
      }
    } finally sql("DROP TABLE IF EXISTS by_text")
  }

  test("rows that wait for their batch hold only the columns that are needed") {
    withTempDir { folder =>
      session.table("photos").write.parquet(s"$folder/photos")
      def kept(text: String): Seq[Seq[String]] = {
        val table = sql(text.replace("photos", s"parquet.`$folder/photos`"))
        table.collect()
        classifies(table.queryExecution.executedPlan).map(_.keep.map(_.name))
      }
      assert(kept("SELECT id, classify(image) FROM photos") === Seq(Seq("id")))
      assert(kept("SELECT classify(image) FROM photos WHERE size < 5") === Seq(Nil))
      assert(
        kept("SELECT grp, count(*) FROM photos WHERE classify(image) = 'row' GROUP BY grp") === Seq(
          Seq("grp")))
      assert(kept("SELECT id, size FROM photos ORDER BY classify(image)") === Seq(Seq("id", "size")))
      assert(kept("SELECT image, classify(image) FROM photos") === Seq(Seq("image")))
    }
  }

  test("the labels under a limit are those of their rows") {
    val all = run("SELECT id, classify(image) FROM photos").rows.toSet
    for (text <- Seq(
        "SELECT id, classify(image) FROM photos LIMIT 5",
        "SELECT id, classify(image) FROM photos LIMIT 5 OFFSET 3",
        "SELECT id, classify(image) FROM photos WHERE classify(image) = 'row' LIMIT 3",
        "SELECT id, classify(image) FROM photos ORDER BY size, id LIMIT 5",
        "SELECT id, label FROM (SELECT id, size, classify(image) AS label FROM photos) ORDER BY size DESC, id LIMIT 5"
      )) {
      val found = run(text).rows
      assert(found.size === (if (text.contains("LIMIT 3")) 3 else 5) && found.toSet.subsetOf(all), text)
    }
  }

  test("df.cache computes once, whatever is asked of it") {
    val cached = labels.cache()
    try {
      assert(forwards(cached.count()) === Forwards(1000, 32))
      assert(forwards(cached.where("label = 'row'").collect()) === Forwards(0, 0))
      assert(forwards(labels.select("label").collect()) === Forwards(0, 0))
    } finally cached.unpersist()
  }

  test("INSERT, CREATE TABLE AS SELECT and partitioned files compute each image once") {
    try {
      assert(
        forwards(
          sql("CREATE TABLE labelled USING parquet AS SELECT id, classify(image) AS label FROM photos")) ===
          Forwards(1000, 32))
      assert(
        forwards(sql("INSERT INTO labelled SELECT id, classify(image) FROM photos WHERE size < 10")) ===
          Forwards(100, 4))
      assert(session.table("labelled").count() === 1100)
      withTempDir { folder =>
        val written = forwards(labels.drop("image").write.partitionBy("label").parquet(s"$folder/labels"))
        assert(written === Forwards(1000, 32))
        val found = session.read.parquet(s"$folder/labels").groupBy("label").count().collect().toSet
        assert(found === labels.groupBy("label").count().collect().toSet && found.size === 3)
      }
    } finally sql("DROP TABLE IF EXISTS labelled")
  }

  test("the columns of files are read as needed, and filters reach them") {
    withTempDir { folder =>
      session.table("photos").write.parquet(s"$folder/photos")
      session.read.parquet(s"$folder/photos").createOrReplaceTempView("stored")
      val table =
        sql("SELECT id, classify(image) AS label FROM stored WHERE classify(image) = 'row' AND size = 7")
      assert(run(table).images === 10)
      val plan = table.queryExecution.executedPlan.toString
      assert(plan.contains("PushedFilters: [IsNotNull(size), EqualTo(size,7)]"), plan)
      assert(plan.contains("ReadSchema: struct<id:int,image:binary,size:int>"), plan)
      assert(run("SELECT size FROM (SELECT size, classify(image) FROM stored)").images === 0)
    }
  }

  private def transformed: DataFrame =
    CnnClassificationModel.load(this.model).setFeaturesCol("image").transform(session.table("photos"))

  test("transform has the same operator, and shares the scores with SQL") {
    val table = transformed.select("id", "prediction", "probability")
    val ran = run(table.where("prediction = 0.0"))
    assert((ran.images, ran.calls, ran.operators) === (1000, 32, 1))
    val expected = run("SELECT id FROM photos WHERE classify(image) = 'row'").rows.map(_.getInt(0)).toSet
    assert(ran.rows.map(_.getInt(0)).toSet === expected && expected.nonEmpty)
  }

  test("transform of a loaded model and SQL by its path are one operator together") {
    val ran = run(transformed.selectExpr("id", "prediction", "classify(image) AS label"))
    assert((ran.images, ran.calls, ran.operators) === (1000, 32, 1))
    assert(ran.rows.forall(row => Seq("row", "column", "none")(row.getDouble(1).toInt) == row.getString(2)))
  }

  test("transform and SQL have the same physical plan") {
    def plan(table: DataFrame): String = {
      val nodes = table.queryExecution.executedPlan match {
        case adaptive: AdaptiveSparkPlanExec => adaptive.initialPlan
        case plan => plan
      }
      val text = nodes.toString
      // The model is named by its path or its digest; attributes are numbered as they come.
      text
        .replace(s"file:${this.model}/model.safetensors", "MODEL")
        .replaceAll("model [0-9a-f]{12}", "MODEL")
        .replaceAll("#[0-9]+L?|plan_id=[0-9]+", "")
        .replaceAll("classify\\(|prediction\\(", "read(")
        .replaceAll("AS (label|prediction)", "AS read")
    }
    val shapes = Seq[DataFrame => DataFrame](
      identity,
      _.where("size < 10").limit(3),
      _.orderBy("size", "id").limit(5),
      _.repartition(3, col("read")))
    for (shape <- shapes) {
      val ofModel = shape(transformed.select(col("id"), col("size"), col("prediction").as("read")))
      val ofSql = shape(session.table("photos").selectExpr("id", "size", "classify(image) AS read"))
      assert(plan(ofModel) === plan(ofSql))
      assert(plan(ofSql).contains("Classify scores("), plan(ofSql))
    }
  }
}
