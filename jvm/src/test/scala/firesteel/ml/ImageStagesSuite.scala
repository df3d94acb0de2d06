/* Stages that apply a stored model to a column of images. */
package firesteel.ml

import java.nio.file.{Files, Path}

import firesteel.jni.Models
import firesteel.{Bars, Pictures, SparkSuite}

import org.apache.spark.firesteel.Forwards
import org.apache.spark.ml.Pipeline
import org.apache.spark.ml.classification.LogisticRegression
import org.apache.spark.ml.evaluation.MulticlassClassificationEvaluator
import org.apache.spark.ml.linalg.Vector
import org.apache.spark.ml.tuning.{CrossValidator, ParamGridBuilder}
import org.apache.spark.sql.functions.{col, expr}
import org.apache.spark.sql.streaming.Trigger
import org.apache.spark.sql.{AnalysisException, DataFrame, Row}

class ImageStagesSuite extends SparkSuite {
  private lazy val folder: Path = Files.createTempDirectory("firesteel-images")
  private lazy val model = save("model", 3)
  private lazy val table = Bars.table(spark, 60, partitions = 3).cache()

  private def save(name: String, seed: Long): String = {
    new CnnClassificationModel("saved", Bars.file(seed, labels = """["row","column","none"]"""))
      .save(s"$folder/$name")
    s"$folder/$name"
  }

  override protected def afterAll(): Unit = {
    SparkSuite.delete(folder)
    super.afterAll()
  }

  private def predictor = new ImagePredictor().setModel(model).setInputCol("features").setOutputCol("objects")
  private def featurizer = new ImageFeaturizer().setModel(model).setInputCol("features").setOutputCol("made")

  private def rows(table: DataFrame): Seq[Row] = table.orderBy("id").collect().toSeq

  test("a predictor gives what classify_topk gives, by the same operator") {
    val expected = table.select(col("id"), expr(s"classify_topk(features, 2, '$model')").as("objects"))
    val (found, forwards) =
      Forwards.count(spark.sparkContext)(rows(predictor.setTopK(2).transform(table).select("id", "objects")))
    assert(found === rows(expected) && found.size === 60)
    assert(forwards.images === 60)
    val first = found.head.getSeq[Row](1)
    assert(first.size === 2 && first.head.getAs[Float]("probability") >= first(1).getAs[Float]("probability"))
    assert(Set("row", "column", "none")(first.head.getAs[String]("label")))
    assert(
      predictor.transform(table).select("objects").head().getSeq[Row](0).size === 3,
      "there are but 3 classes")
  }

  test(
    "a featurizer gives what image_features gives: of the last layer but one, of a named one, of several") {
    def vectors(stage: ImageFeaturizer): Seq[Seq[Float]] =
      rows(stage.transform(table).select("id", "made")).map(_.getAs[Vector](1).toArray.map(_.toFloat).toSeq)
    def sql(layer: String): Seq[Seq[Float]] =
      rows(table.select(col("id"), expr(s"image_features(features, '$model'$layer)"))).map(_.getSeq[Float](1))
    assert(vectors(featurizer) === sql(""))
    val layers = Seq("conv1", "dense1")
    assert(vectors(featurizer.setLayers(Array(layers.head))) === sql(s", '${layers.head}'"))
    val both = vectors(featurizer.setLayers(Array(layers.last, layers.head)))
    assert(both === sql(s", '${layers.last}, ${layers.head}'"))
    assert(both === sql(s", '${layers.last}'").zip(sql(s", '${layers.head}'")).map { case (a, b) => a ++ b })
  }

  test("several layers take one forward pass") {
    val layers = Seq("conv1", "dense1")
    val made = featurizer.setLayers(layers.toArray).transform(table)
    assert(Forwards.count(spark.sparkContext)(made.collect())._2.images === 60)
  }

  test("images that cannot be scored are errors, are skipped, or give null or NaN") {
    val some = table.withColumn("features", expr("IF(id % 20 = 0, CAST('bad' AS BINARY), features)"))
    for (stage <- Seq[ImageStage](predictor, featurizer)) {
      val error = intercept[Exception](stage.transform(some).collect())
      val message =
        Iterator.iterate[Throwable](error)(_.getCause).takeWhile(_ != null).map(_.getMessage).mkString
      assert(
        message.contains("column 'features' has 3 values") && message.contains("set handleInvalid to skip"))
      assert(stage.setHandleInvalid("skip").transform(some).count() === 57)
      val kept = stage.setHandleInvalid("keep").transform(some).where("id % 20 = 0")
      val values = kept.select(stage.getOutputCol).collect().map(_.get(0)).toSeq
      assert(values.size === 3)
      stage match {
        case _: ImagePredictor => assert(values.forall(_ == null))
        case _ => assert(values.forall(_.asInstanceOf[Vector].toArray.forall(_.isNaN)))
      }
      assert(
        stage
          .transform(some)
          .where("id % 20 = 1")
          .select(stage.getOutputCol)
          .collect()
          .forall(!_.isNullAt(0)))
    }
  }

  test("what is missing or does not fit is told before anything runs") {
    def message(body: => Any): String = intercept[Exception](body).getMessage
    assert(message(new ImagePredictor().setModel(model).transform(table)).contains("inputCol"))
    assert(message(predictor.setInputCol("none").transform(table)).contains("there is no column 'none'"))
    assert(
      message(predictor.setInputCol("id").transform(table))
        .contains("column 'id' is INT: images must be BINARY"))
    assert(message(predictor.setOutputCol("id").transform(table)).contains("column 'id' exists already"))
    val missing = intercept[AnalysisException](predictor.setModel("/nowhere").transform(table))
    assert(missing.getCondition === "FIRESTEEL_MODEL_NOT_FOUND")
    val unnamed = new ImagePredictor("unnamed").setInputCol("features").setOutputCol("objects")
    assert(message(unnamed.transform(table)).contains("the stage unnamed has no model"))
    val layer = intercept[AnalysisException](featurizer.setLayers(Array("nope")).transform(table))
    assert(layer.getCondition === "FIRESTEEL_NO_SUCH_LAYER" && layer.getMessage.contains("conv1"))
    assert(intercept[IllegalArgumentException](predictor.setTopK(0)).getMessage.contains("topK"))
  }

  test(
    "the model of the session serves stages that name none; a bare name is looked up in the folder of models") {
    val session = spark.newSession()
    session.conf.set("spark.firesteel.model", "model")
    session.conf.set("spark.firesteel.models.dir", folder.toString)
    assert(model.nonEmpty)
    val own = Bars.table(session, 10)
    val stage = new ImagePredictor().setInputCol("features").setOutputCol("objects")
    assert(stage.transform(own).count() === 10)
    assert(stage.setModel("model").transform(own).select("objects").collect().length === 10)
  }

  test("stages work on streams") {
    withTempDir { work =>
      table.write.parquet(s"$work/in")
      val stream = spark.readStream.schema(table.schema).parquet(s"$work/in")
      for ((stage, name) <- Seq[(ImageStage, String)](predictor -> "predicted", featurizer -> "featured")) {
        val query = stage
          .transform(stream)
          .writeStream
          .format("memory")
          .queryName(name)
          .trigger(Trigger.AvailableNow())
          .option("checkpointLocation", s"$work/$name")
          .start()
        try query.awaitTermination()
        finally query.stop()
        val found = rows(spark.table(name).select("id", stage.getOutputCol))
        assert(found.size === 60 && found === rows(stage.transform(table).select("id", stage.getOutputCol)))
      }
    }
  }

  /** A CrossValidator over two models and two strengths of regularisation, with two folds. */
  private def validator(column: String, models: String*): CrossValidator = {
    val features = featurizer.setInputCol(column).setOutputCol("inputs")
    val regression = new LogisticRegression().setFeaturesCol("inputs").setMaxIter(3)
    val grid = new ParamGridBuilder()
      .addGrid(features.model, models)
      .addGrid(regression.regParam, Array(0.0, 0.1))
      .build()
    new CrossValidator()
      .setEstimator(new Pipeline().setStages(Array(features, regression)))
      .setEvaluator(new MulticlassClassificationEvaluator().setMetricName("accuracy"))
      .setEstimatorParamMaps(grid)
      .setNumFolds(2)
      .setSeed(1)
  }

  test("a CrossValidator over networks and regularisation runs each image once through each network") {
    val session = spark.newSession()
    session.conf.set("spark.firesteel.cache.bytes", "64m")
    val data = Bars.table(session, 60, partitions = 3)
    val search = validator("features", save("first", 101), save("second", 102))
    val (validated, forwards) = Forwards.count(session.sparkContext)(search.fit(data))
    assert(forwards.images === 2 * 60)
    assert(validated.avgMetrics.length === 4)
    // Without the memory the metrics are the same, and the work is many times as much.
    session.conf.unset("spark.firesteel.cache.bytes")
    val (again, all) = Forwards.count(session.sparkContext)(search.fit(data))
    assert(again.avgMetrics.toSeq === validated.avgMetrics.toSeq)
    assert(all.images > 6 * 60)
  }

  test("a CrossValidator over networks decodes each encoded image once for each network") {
    // They resize what they are given, so that images of all sizes fit.
    def resizing(name: String, seed: Long): String = {
      val network = Network.input(3, 8, 8).conv(4, kernel = 3).relu.maxPool(2).flatten.dense(3).toJson
      val preprocessing = """{"image":{"resize":{"exact":[8,8]}}}"""
      val file = Models.write(network, preprocessing, "[]", Models.initialWeights(network, "uniform", seed))
      new CnnClassificationModel(name, file).save(s"$folder/$name")
      s"$folder/$name"
    }
    val session = spark.newSession()
    session.conf.set("spark.firesteel.cache.bytes", "64m")
    import session.implicits._
    val pngs = Seq.tabulate(60)(id => (id, Pictures.encoded("png", 9 + id, 70 - id), id % 3))
    assert(pngs.map(_._2.toSeq).distinct.size === 60)
    val data = pngs.toDF("id", "content", "label").repartition(3)
    val search = validator("content", resizing("decoding", 103), resizing("decoding_too", 104))
    val (validated, forwards) = Forwards.count(session.sparkContext)(search.fit(data))
    assert(forwards.images === 2 * 60)
    assert(validated.avgMetrics.length === 4)
    // All is known now: nothing is decoded again.
    assert(Forwards.count(session.sparkContext)(search.fit(data))._2.images === 0)
    session.conf.unset("spark.firesteel.cache.bytes")
    val (again, all) = Forwards.count(session.sparkContext)(search.fit(data))
    assert(again.avgMetrics.toSeq === validated.avgMetrics.toSeq && all.images > 6 * 60)
  }
}
