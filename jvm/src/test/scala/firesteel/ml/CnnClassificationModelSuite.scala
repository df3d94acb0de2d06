/* What a model makes of a table. */
package firesteel.ml

import firesteel.infer.ModelCache
import firesteel.jni.Scorer
import firesteel.{Bars, SparkSuite}

import org.apache.spark.ml.feature.StringIndexer
import org.apache.spark.ml.linalg.SQLDataTypes.VectorType
import org.apache.spark.ml.linalg.{Vector, Vectors}
import org.apache.spark.ml.param.ParamMap
import org.apache.spark.sql.functions.{col, concat, lit, slice, transform, typedLit, when}
import org.apache.spark.sql.types.{DoubleType, IntegerType, MetadataBuilder, StructField, StructType}
import org.apache.spark.sql.{DataFrame, Row}
import org.scalatest.concurrent.Eventually.{eventually, timeout}
import org.scalatest.time.SpanSugar._

class CnnClassificationModelSuite extends SparkSuite {
  private lazy val table = Bars.table(spark, 60).cache()

  private def model: CnnClassificationModel = Bars.untrained(seed = 11)

  /** What made a job fail. */
  private def failure(predictions: DataFrame): IllegalArgumentException = {
    val chain = Iterator.iterate[Throwable](intercept[Exception](predictions.collect()))(_.getCause)
    chain.takeWhile(_ != null).collectFirst { case e: IllegalArgumentException => e }.get
  }

  private def rejected(body: => Any): String = {
    val message = intercept[IllegalArgumentException](body).getMessage
    message.stripPrefix("requirement failed: ")
  }

  // ---- what it appends ----

  test("appends scores, probabilities and the likeliest class, as the schema says") {
    val predictions = model.transform(table)
    assert(predictions.schema === model.transformSchema(table.schema))
    assert(predictions.schema.take(3) === table.schema)
    assert(
      predictions.schema.drop(3) === Seq(
        StructField("rawPrediction", VectorType, nullable = false),
        StructField("probability", VectorType, nullable = false),
        StructField("prediction", DoubleType, nullable = false)
      ))
    val rows = predictions.collect()
    assert(rows.length === 60)
    assert(rows.map(_.getInt(0)).toSet === (0 until 60).toSet)
    for (row <- rows) {
      val (raw, probability) = (row.getAs[Vector](3).toArray, row.getAs[Vector](4).toArray)
      val exp = raw.map(math.exp)
      for (i <- 0 until 3) assert(math.abs(probability(i) - exp(i) / exp.sum) < 1e-12)
      assert(math.abs(probability.sum - 1) < 1e-12)
      assert(row.getDouble(5) === raw.indexOf(raw.max))
    }
    assert(rows.map(_.getDouble(5)).distinct.length > 1, "one class alone would show little")
  }

  test("columns that came keep their values, order, nullability and metadata") {
    val named = table.withColumn("name", concat(lit("class"), col("label")))
    val indexed = new StringIndexer().setInputCol("name").setOutputCol("indexed").fit(named).transform(named)
    val shape = new MetadataBuilder().putLongArray("shape", Array(1, 8, 8)).build()
    val input = indexed.withColumn("features", col("features").as("features", shape)).drop("label")
    assert(input.schema("indexed").metadata.json.contains("class0"))
    val predictions = model.transform(input)
    assert(predictions.schema === model.transformSchema(input.schema))
    assert(predictions.schema.take(4) === input.schema)
    for (field <- input.schema) assert(predictions.schema(field.name).metadata === field.metadata, field.name)
    val (before, after) = (input.collect(), predictions.collect())
    for ((a, b) <- before.zip(after); i <- 0 until 4) {
      if (a.schema(i).name == "features")
        assert(a.getAs[Array[Byte]](i).toSeq === b.getAs[Array[Byte]](i).toSeq)
      else assert(a(i) === b(i))
    }
  }

  test("an empty name leaves its column out") {
    val names = Seq("rawPrediction", "probability", "prediction")
    val all = model.transform(table).collect()
    for (chosen <- names.toSet.subsets()) {
      def name(n: String): String = if (chosen(n)) n else ""
      val some = model
        .setRawPredictionCol(name("rawPrediction"))
        .setProbabilityCol(name("probability"))
        .setPredictionCol(name("prediction"))
      val predictions = some.transform(table)
      assert(predictions.columns.toSeq === table.columns.toSeq ++ names.filter(chosen))
      assert(predictions.schema === some.transformSchema(table.schema))
      for ((row, whole) <- predictions.collect().zip(all); name <- "id" +: names.filter(chosen))
        assert(row.getAs[Any](name) === whole.getAs[Any](name))
    }
  }

  test("other column names are used for input and output") {
    val renamed = table.withColumnRenamed("features", "pixels")
    val other =
      model.setFeaturesCol("pixels").setRawPredictionCol("r").setProbabilityCol("p").setPredictionCol("c")
    val predictions = other.transform(renamed)
    assert(predictions.columns.toSeq === Seq("id", "pixels", "label", "r", "p", "c"))
    assert(
      Bars.scores(predictions.withColumnRenamed("r", "rawPrediction")) === Bars.scores(
        model.transform(table)))
  }

  test("an empty table, empty partitions and a single row are scored") {
    assert(model.transform(table.limit(0)).collect().isEmpty)
    assert(model.transform(table.limit(0)).schema === model.transformSchema(table.schema))
    assert(model.transform(Bars.table(spark, 3, partitions = 8)).count() === 3)
    assert(model.transform(table.limit(1)).collect().length === 1)
  }

  test("a query that stops early leaves no model in use") {
    val before = ModelCache.used
    assert(model.transform(Bars.table(spark, 5000)).limit(1).collect().length === 1)
    assert(model.transform(Bars.table(spark, 5000)).take(3).length === 3)
    eventually(timeout(20.seconds)) { assert(ModelCache.used === before) }
  }

  // ---- thresholds ----

  test("thresholds choose as Spark ML's own definition does") {
    val rows = table.select("id", "features").collect()
    for (thresholds <- Seq(
        Array(1.0, 1.0, 1.0),
        Array(0.5, 0.3, 0.4),
        Array(0.9, 0.05, 0.9),
        Array(0.0, 0.5, 0.5),
        Array(0.2, 0.2, 0.0))) {
      val chosen = model.setThresholds(thresholds)
      val predictions =
        chosen.transform(table).select("id", "prediction").collect().map(r => r.getInt(0) -> r.getDouble(1))
      val spark = rows.map { row =>
        val numbers = row.getAs[Array[Byte]](1).map(b => ((b & 0xff) / 255f).toDouble)
        // This is Spark's code, on our scores.
        row.getInt(0) -> chosen.predict(Vectors.dense(numbers))
      }
      assert(predictions.toMap === spark.toMap, thresholds.toSeq)
      val plain =
        model.transform(table).select("id", "prediction").collect().map(r => r.getInt(0) -> r.getDouble(1))
      if (thresholds.distinct.length > 1) assert(predictions.toMap != plain.toMap)
      else assert(predictions.toMap === plain.toMap)
    }
  }

  test("thresholds of another number than the classes are refused") {
    assert(rejected(model.setThresholds(Array(0.5, 0.5))).contains("thresholds has length 2"))
    val some = model
    val wrong = some.copy(ParamMap(some.thresholds -> Array(0.5, 0.5)))
    assert(rejected(wrong.transform(table)) === "thresholds has 2 values, the network has 3 classes")
  }

  // ---- rows that cannot be scored ----

  private def withBad(bad: Any*): DataFrame = {
    val rows = Bars.images(4).map(_._1).zipWithIndex.map { case (image, id) => Row(id, image) }
    val broken = bad.zipWithIndex.map { case (value, i) => Row(100 + i, value) }
    val schema = table.select("id", "features").schema
    spark.createDataFrame(spark.sparkContext.parallelize(rows ++ broken, 1), schema)
  }

  test("error names the row, its partition, the column, what is wrong and what would help") {
    def problem(value: Any): String = failure(model.transform(withBad(value))).getMessage
    val where = "[FIRESTEEL_BAD_IMAGE] row 4 of partition 0: column 'features' "
    val noImage = ", and it is no image of a known format"
    val hint = "; set handleInvalid to skip or keep to go on without such rows. SQLSTATE: 22000"
    assert(problem(null) === where + "is null" + hint)
    assert(
      problem(
        new Array[Byte](63)) === where + "has 63 values, the network's input 1x8x8 has 64" + noImage + hint)
    assert(
      problem(
        Array.emptyByteArray) === where + "has 0 values, the network's input 1x8x8 has 64" + noImage + hint)
    val numbers = table.filter("id = 9").select(col("id"), Bars.scaled(col("features")).as("features"))
    for (bad <- Seq(Float.NaN, Float.PositiveInfinity, Float.NegativeInfinity)) {
      val broken = numbers.withColumn("features", concat(typedLit(Seq(bad)), slice(col("features"), 2, 63)))
      val message = failure(model.transform(broken)).getMessage
      assert(
        message.contains(
          "column 'features' gives scores that are not finite: it holds NaN, infinite or very large numbers"),
        bad)
    }
    val hole = numbers.withColumn("features", transform(col("features"), (x, i) => when(i =!= 5, x)))
    assert(failure(model.transform(hole)).getMessage.contains("not finite"))
  }

  test("skip leaves such rows out and keeps the others in their order") {
    val predictions = model.setHandleInvalid("skip").transform(withBad(null, new Array[Byte](63), null))
    assert(predictions.select("id").collect().map(_.getInt(0)) === Array(0, 1, 2, 3))
    assert(
      model.setHandleInvalid("skip").transform(withBad(null, null).filter("id >= 100")).collect().isEmpty)
  }

  test("keep gives such rows NaN in all outputs, also where thresholds choose") {
    for (chosen <- Seq(model, model.setThresholds(Array(0.1, 0.5, 0.9)))) {
      val rows = chosen.setHandleInvalid("keep").transform(withBad(null, new Array[Byte](63))).collect()
      assert(rows.map(_.getInt(0)) === Array(0, 1, 2, 3, 100, 101))
      for (row <- rows) {
        val numbers = row.getAs[Vector](2).toArray ++ row.getAs[Vector](3).toArray :+ row.getDouble(4)
        if (row.getInt(0) < 100) assert(!numbers.exists(_.isNaN))
        else assert(numbers.length === 7 && numbers.forall(_.isNaN))
      }
    }
  }

  test("another way to handle such rows is refused") {
    assert(rejected(model.setHandleInvalid("ignore")).contains("handleInvalid"))
  }

  // ---- columns that do not fit ----

  test("a column that is missing, of another type or taken is refused before anything runs") {
    assert(
      rejected(model.setFeaturesCol("pixels").transform(table)) ===
        "there is no column 'pixels': the columns are id, features, label")
    assert(
      rejected(model.setFeaturesCol("label").transform(table)) ===
        "column 'label' is INT: features must be BINARY (an encoded image, or a byte per value), Spark's image, a vector or an array of numbers")
    val texts = table.withColumn("features", typedLit(Seq("a")))
    assert(
      rejected(model.transform(texts)).startsWith("column 'features' is ARRAY<STRING>: features must be"))
    for (name <- Seq("rawPrediction", "probability", "prediction")) {
      val taken = table.withColumn(name, lit(1))
      assert(
        rejected(model.transform(taken)) ===
          s"column '$name' exists already: drop it or set another output column")
      assert(rejected(model.transformSchema(taken.schema)).contains(s"'$name' exists already"))
    }
    assert(rejected(model.setPredictionCol("probability").transform(table)).contains("'probability'"))
  }

  test("a column whose metadata tells another shape is refused") {
    def shaped(shape: Long*): DataFrame = {
      val metadata = new MetadataBuilder().putLongArray("shape", shape.toArray).build()
      table.withColumn("features", col("features").as("features", metadata))
    }
    assert(model.transform(shaped(1, 8, 8)).count() === 60)
    assert(
      rejected(model.transform(shaped(8, 8, 1))) ===
        "column 'features' holds inputs of shape 8x8x1, the network's input is 1x8x8")
    assert(rejected(model.transform(shaped(64))).contains("of shape 64,"))
  }

  // ---- a single vector, on the driver ----

  test("a vector is classified on the driver as in a table") {
    val expected = model.transform(table).select("id", "features", "probability", "prediction").collect()
    for (row <- expected.take(10)) {
      val vector = Vectors.dense(row.getAs[Array[Byte]](1).map(b => ((b & 0xff) / 255f).toDouble))
      assert(model.predictProbability(vector) === row.getAs[Vector](2))
      assert(model.predict(vector) === row.getDouble(3))
      assert(model.predict(vector.toSparse) === row.getDouble(3))
    }
  }

  test("a vector that cannot be classified is an error, not class 0") {
    val wrong = Vectors.dense(new Array[Double](63))
    val bad = Vectors.dense(Array.fill(64)(Double.NaN))
    for (predict <- Seq[Vector => Any](model.predict, model.predictRaw, model.predictProbability)) {
      assert(rejected(predict(wrong)) === "the vector has 63 values, the network's input 1x8x8 has 64")
      assert(rejected(predict(bad)).startsWith("the vector gives scores that are not finite"))
    }
  }

  // ---- what it tells of itself ----

  test("tells its network, classes, size and digest") {
    val named = new CnnClassificationModel("named", Bars.file(labels = """["row","column","none"]"""))
    assert(named.labels === Array("row", "column", "none"))
    assert(model.labels.isEmpty)
    assert(named.numClasses === 3 && named.numFeatures === 64)
    assert(named.numParameters === 4 * 9 + 4 + 36 * 3 + 3)
    assert(Network.summary(named.network) === Bars.network.summary)
    assert(named.digest.matches("[0-9a-f]{64}"))
    assert(named.digest === new CnnClassificationModel("other", named.file.clone).digest)
    assert(named.digest != model.digest)
    assert(
      named.toString === "CnnClassificationModel: uid=named, numClasses=3, numFeatures=64, numParameters=151")
  }

  test("explain prints a line for each step, the sums and the memory that a task takes") {
    val before = (ModelCache.used, Scorer.live())
    val lines = model.plan.linesIterator.toSeq
    assert(lines.head.split(" +").toSeq === Seq("layer", "kernel", "output", "MFLOP", "weight", "bytes"))
    assert(lines.slice(1, lines.size - 2).map(_.split(" ").head) === Seq("conv1", "pool1", "dense1"))
    assert(lines(1).contains(" 4x6x6 "))
    assert(lines.last.matches("arena: [0-9]+ bytes for 8 images at a time, [0-9]+ bytes for one"))
    val out = new java.io.ByteArrayOutputStream
    Console.withOut(out)(model.explain())
    assert(out.toString === model.plan + "\n")
    assert((ModelCache.used, Scorer.live()) === before)
  }

  test("a model without a file has a uid and a name, and no more") {
    val empty = new CnnClassificationModel()
    assert(empty.toString.contains(empty.uid))
    assertThrows[firesteel.jni.NativeException](empty.transform(table))
  }

  test("a model that was not trained here has no summary") {
    assert(!model.hasSummary)
    assert(intercept[IllegalStateException](model.summary).getMessage.contains("it was loaded, not trained"))
  }

  test("a copy has the file and the parameters, and those given besides") {
    val original = model.setThresholds(Array(0.2, 0.3, 0.4)).setHandleInvalid("skip")
    val copy = original.copy(ParamMap(original.featuresCol -> "pixels"))
    assert(copy.uid === original.uid && (copy.file eq original.file))
    assert(copy.getThresholds === Array(0.2, 0.3, 0.4) && copy.getHandleInvalid === "skip")
    assert(copy.getFeaturesCol === "pixels" && original.getFeaturesCol === "features")
  }

  test("the file is sent to the executors once, however often the model is used") {
    val used = model
    def sent = used.reference.send(spark.sparkContext, None, null).file
    val first = sent
    used.transform(table).collect()
    assert(sent eq first)
    assert(
      new CnnClassificationModel("other", used.file.clone).reference
        .send(spark.sparkContext, None, null)
        .file eq first)
  }

  test("metadata survives in columns whose names have dots, and within structures") {
    val metadata = new MetadataBuilder().putString("unit", "m").build()
    val inner = new StructType().add("deep", IntegerType, nullable = false, metadata)
    val schema =
      table.schema.add("a.b", IntegerType, nullable = false, metadata).add("c", inner, nullable = false)
    val rows = table.rdd.map(row => Row.fromSeq(row.toSeq :+ 1 :+ Row(2)))
    val input = spark.createDataFrame(rows, schema)
    assert(model.transform(input).schema === model.transformSchema(schema))
    val row = model.transform(input).head()
    assert(row.getAs[Int]("a.b") === 1 && row.getAs[Row]("c").getInt(0) === 2)
  }

  test("columns of equal names that have nothing to do with a model are let through") {
    val shape = new MetadataBuilder().putLongArray("shape", Array(1, 8, 8)).build()
    val twice =
      table.select(col("features").as("features", shape), col("id").as("other"), col("label").as("other"))
    assert(model.transform(twice).columns.take(3) === Array("features", "other", "other"))
    assert(model.transform(twice).count() === 60)
  }
}
