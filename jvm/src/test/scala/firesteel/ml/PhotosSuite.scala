/* Real photos through stock networks: the labels, the probabilities and the features that PyTorch gives. */
package firesteel.ml

import java.nio.file.{Files, Path}

import scala.io.Source
import scala.util.Using

import firesteel.read.Images
import firesteel.{Firesteel, SparkSuite}

import org.apache.spark.firesteel.Forwards
import org.apache.spark.ml.classification.LogisticRegression
import org.apache.spark.ml.evaluation.MulticlassClassificationEvaluator
import org.apache.spark.ml.feature.StringIndexer
import org.apache.spark.ml.linalg.Vector
import org.apache.spark.ml.tuning.{CrossValidator, ParamGridBuilder}
import org.apache.spark.ml.{Pipeline, PipelineStage}
import org.apache.spark.rdd.RDD
import org.apache.spark.sql.functions.{col, element_at, expr, split}
import org.apache.spark.sql.{DataFrame, Row, SparkSession}

// That a process which only scores loads nothing of libtorch is seen by ApplicationsSuite, in processes of their own.
class PhotosSuite extends SparkSuite {
  private lazy val folder: Path = Files.createTempDirectory("firesteel-zoo")
  private lazy val session: SparkSession = {
    val own = spark.newSession()
    own.conf.set("spark.firesteel.models.dir", folder.toString)
    for ((architecture, weights) <- Seq(
        "squeezenet1_1" -> "squeezenet1_1.pth",
        "mobilenet_v1_075" -> "mobilenet_v1_075.safetensors")) {
      Firesteel.importModel(
        own,
        architecture,
        s"${data.get}/weights/$weights",
        "imagenet",
        s"$folder/$architecture")
    }
    own
  }
  private lazy val photos: DataFrame = Images
    .read(session, s"${data.get}/photos")
    .select(element_at(split(col("path"), "/"), -1).as("file"), col("content"))
    .repartition(2)
    .cache()

  override protected def afterAll(): Unit = {
    SparkSuite.delete(folder)
    super.afterAll()
  }

  private def csv(file: String): Seq[Map[String, String]] = {
    val lines = Using.resource(Source.fromFile(s"${data.get}/$file"))(_.getLines().toList)
    val names = lines.head.split(",")
    lines.tail.map(line => names.zip(line.split(",")).toMap)
  }

  private lazy val names: Seq[String] =
    Using.resource(Source.fromResource("firesteel/imagenet.txt"))(_.getLines().toList)

  for (network <- Seq("squeezenet1_1", "mobilenet_v1_075")) test(s"$network labels photos as PyTorch does") {
    assume(data.isDefined)
    val predictor = new ImagePredictor().setInputCol("content").setOutputCol("objects").setModel(network)
    val found = predictor
      .transform(photos)
      .select("file", "objects")
      .collect()
      .map(row => row.getString(0) -> row.getSeq[Row](1).map(r => r.getString(0) -> r.getFloat(1)))
      .toMap
    val expected = csv(s"weights/$network.top5.csv")
    assert(found.size === 80 && expected.size === 80)
    val compared = expected.map { row =>
      val theirs = (1 to 5).map(i => names(row(s"top$i").toInt) -> row(s"p$i").toDouble)
      val ours = found(row("file"))
      val apart = for ((label, p) <- ours; (other, q) <- theirs if label == other) yield math.abs(p - q)
      (ours.head._1 == theirs.head._1, ours.map(_._1).toSet == theirs.map(_._1).toSet, apart.max)
    }
    assert(compared.count(_._1) >= 79)
    assert(compared.count(_._2) >= 78)
    assert(compared.map(_._3).max <= 1e-2)
  }

  test("SQL and the predictor say the same of a photo, and an image struct as well") {
    assume(data.isDefined)
    photos.createOrReplaceTempView("photos")
    val bySql = session.sql("SELECT file, classify_topk(content, 5, 'squeezenet1_1') AS objects FROM photos")
    val predictor =
      new ImagePredictor().setInputCol("content").setOutputCol("objects").setModel("squeezenet1_1")
    val byStage = predictor.transform(photos).select("file", "objects")
    assert(bySql.collect().toSet === byStage.collect().toSet && bySql.count() === 80)
    // Spark's reader decodes with another decoder, without orientation: the same labels but for few.
    val images = session.read.format("image").option("dropInvalid", "true").load(s"${data.get}/photos/*.JPEG")
    val labels = images.select(
      element_at(split(col("image.origin"), "/"), -1).as("file"),
      expr("classify(image, 'squeezenet1_1')").as("label"))
    val ours = session
      .sql("SELECT file, classify(content, 'squeezenet1_1') FROM photos")
      .collect()
      .map(row => row.getString(0) -> row.getString(1))
      .toMap
    val theirs = labels.collect().map(row => row.getString(0) -> row.getString(1))
    assert(theirs.length === 80)
    assert(theirs.count { case (file, label) => ours(file) == label } >= 76)
  }

  test("CIFAR's ResNet-20 knows as many of a thousand images as it does in PyTorch") {
    assume(data.isDefined)
    Firesteel.importModel(
      session,
      "cifar_resnet20",
      s"${data.get}/weights/resnet20-12fca82f.th",
      "",
      s"$folder/resnet20")
    val files = Using.resource(Files.list(data.get.resolve("cifar10")))(_.toArray.map(_.asInstanceOf[Path]))
    val bytes = Files.readAllBytes(files.filter(_.toString.endsWith(".bin")).head)
    assert(bytes.length === 1000 * 3073)
    val rows = bytes.grouped(3073).map(row => (row.tail, row.head.toInt)).toSeq
    val own = session
    import own.implicits._
    val table = rows.toDF("image", "label").repartition(2)
    val right = table.where(expr("classify(image, 'resnet20') = CAST(label AS STRING)")).count()
    assert(right >= 914 && right <= 916)
  }

  private def bees(part: String): DataFrame =
    new StringIndexer()
      .setInputCol("label")
      .setOutputCol("class")
      .setStringOrderType("alphabetAsc")
      .fit(Images.read(session, s"${data.get}/ants_bees/$part"))
      .transform(Images.read(session, s"${data.get}/ants_bees/$part"))
      .withColumnRenamed("label", "name")
      .withColumnRenamed("class", "label")
      .repartition(2)
      .cache()

  private def features = new ImageFeaturizer().setInputCol("content").setOutputCol("features")
  private val accuracy = new MulticlassClassificationEvaluator().setMetricName("accuracy")

  test("features and logistic regression tell ants from bees") {
    assume(data.isDefined)
    val stages =
      Array[PipelineStage](features.setModel("squeezenet1_1"), new LogisticRegression().setRegParam(0.01))
    val (train, validation) = (bees("train"), bees("val"))
    assert(train.count() === 120 && validation.count() === 70)
    val found = accuracy.evaluate(new Pipeline().setStages(stages).fit(train).transform(validation))
    assert(found >= 0.92)
    assert(features.setModel("squeezenet1_1").transform(train).head().getAs[Vector]("features").size === 512)
  }

  test(
    "a CrossValidator over two networks runs each photo once through each, and gives what runs by hand give") {
    assume(data.isDefined)
    val (stage, regression) = (features, new LogisticRegression())
    val train = bees("train")
    val grid = new ParamGridBuilder()
      .addGrid(stage.model, Array("squeezenet1_1", "mobilenet_v1_075"))
      .addGrid(regression.regParam, Array(0.01, 0.1))
      .build()
    val pipeline = new Pipeline().setStages(Array(stage, regression))
    val validator = new CrossValidator()
      .setEstimator(pipeline)
      .setEvaluator(accuracy)
      .setEstimatorParamMaps(grid)
      .setNumFolds(3)
      .setSeed(5)
    // Here alone, so that no other test has filled the cache before.
    session.conf.set("spark.firesteel.cache.bytes", "256m")
    try {
      val (fitted, forwards) = Forwards.count(session.sparkContext)(validator.fit(train))
      assert(forwards.images === 2 * 120)
      session.conf.unset("spark.firesteel.cache.bytes")
      if (slow) {
        val folds = org.apache.spark.mllib.util.MLUtils.kFold(train.toDF().rdd, 3, 5)
        val byHand = grid.map { parameters =>
          folds.map { case (training, validating) =>
            def table(rows: RDD[Row]): DataFrame = session.createDataFrame(rows, train.schema)
            accuracy.evaluate(pipeline.fit(table(training), parameters).transform(table(validating)))
          }.sum / 3
        }
        assert(
          fitted.avgMetrics.toSeq.zip(byHand).forall { case (a, b) => math.abs(a - b) < 1e-9 },
          byHand.toSeq)
      }
    } finally session.conf.unset("spark.firesteel.cache.bytes")
  }

  test(
    "a network that knows ImageNet is taught ants and bees, which one that knows nothing does not learn so fast") {
    assume(data.isDefined && slow)
    val (train, validation) = (bees("train"), bees("val"))
    // These settings did best in cross-validation over the training photos.
    def fit(cnn: CnnClassifier, learningRate: Double, epochs: Int, seed: Long): CnnClassificationModel =
      cnn
        .setFeaturesCol("content")
        .setNetwork(Zoo.network("squeezenet1_1", 2))
        .setResize("crop")
        .setShortSide(256)
        .setAugmentations(
          Augmentation.randomResizedCrop(224, 224, scale = (0.5, 1.0)),
          Augmentation.randomHorizontalFlip())
        .setBatchSize(8)
        .setMomentum(0.9)
        .setLearningRate(learningRate)
        .setEpochs(epochs)
        .setSeed(seed)
        .setVerbose(false)
        .fit(train)
    // In the end at a tenth of the learning rate, as PyTorch's tutorial does: what is learnt from the last few
    // photos would weigh too much otherwise.
    def taught(name: String)(beginning: CnnClassifier => CnnClassifier): Double = {
      fit(beginning(new CnnClassifier), learningRate = 0.001, epochs = 10, seed = 1).save(s"$folder/$name")
      val going = beginning(new CnnClassifier).setInitialModel(name)
      val found = fit(going, learningRate = 0.0001, epochs = 5, seed = 1001)
      accuracy.evaluate(found.transform(validation))
    }
    val last = Array("features.12", "classifier")
    val tuned = taught("tuned")(_.setInitialModel("squeezenet1_1").setTrainableLayers(last))
    val scratch = taught("scratch")(identity)
    assert(tuned >= 0.93 && tuned - scratch >= 0.15, s"$tuned and $scratch")
    info(f"$tuned%.4f of the photos that it has not seen, and $scratch%.4f from scratch")
  }
}
