/* Whole applications with a master and settings of their own: faults, clusters, scoring alone. */
package firesteel.ml

import java.nio.file.{Files, Path}
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.{ConcurrentLinkedQueue, CyclicBarrier, TimeUnit}

import scala.jdk.CollectionConverters._

import firesteel.infer.ModelCache
import firesteel.jni.{ErrorCode, NativeException, Processes, Trainer}
import firesteel.read.Images
import firesteel.train.{BarsPlan, Plan, Rounds, WatchedBytes}
import firesteel.{Bars, Firesteel, SparkChild, SparkSuite}

import org.apache.spark.ml.linalg.Vectors
import org.apache.spark.sql.functions.{col, udf}
import org.apache.spark.sql.{AnalysisException, DataFrame, SparkSession}
import org.apache.spark.{SparkEnv, TaskContext}
import org.scalatest.Assertions

class ApplicationsSuite extends SparkSuite with SparkChild {
  test(
    "tasks that fail and are repeated change neither scores nor weights; tasks at the same time share one model") {
    // Kryo with this setting refuses every class that nobody registered.
    passSpark(RepeatedTasks, Map("spark.master" -> "local[8,4]", "spark.kryo.registrationRequired" -> "true"))
  }

  test("a model outlives its Spark application") {
    passSpark(OneAfterTheOther, Map("spark.master" -> "local[2]"))
  }

  test("a cluster's executors open a model once each, train as one JVM does, and may die meanwhile") {
    val local = Bars.classifier.fit(ClusterProgram.table(spark)).digest
    withTempDir { folder =>
      passSpark(ClusterProgram, Map("spark.master" -> "local-cluster[2,1,1024]"), local, folder.toString)
    }
  }

  test("scoring loads nothing of libtorch; a GPU that is asked for and not there is an error") {
    withTempDir { folder =>
      Bars.untrained(seed = 5).save(s"$folder/model")
      passSpark(ScoringAlone, Map("spark.master" -> "local[2]"), s"$folder/model")
    }
  }

  test("labelling a photo with a stock network loads nothing of libtorch") {
    assume(data.isDefined, "FIRESTEEL_DATA names no folder with photos and weights")
    withTempDir { folder =>
      val weights = s"${data.get}/weights/squeezenet1_1.pth"
      val photo = s"${data.get}/photos/n01496331_electric_ray.JPEG"
      passSpark(LabellingAlone, Map("spark.master" -> "local[2]"), weights, photo, s"$folder/model")
    }
  }
}

/** local[8,4]: eight tasks at a time, each may fail three times. */
private object RepeatedTasks extends Assertions {
  private val failed = new ConcurrentLinkedQueue[(Int, Int)]
  private val together = new CyclicBarrier(8)

  /** Fails in the first attempt at a partition. */
  private def failOnce(partition: Int): Unit = {
    val task = TaskContext.get()
    if (task.partitionId() == partition && task.attemptNumber() == 0) {
      failed.add(task.partitionId() -> task.attemptNumber())
      throw new IllegalStateException("for the test")
    }
  }

  private val steps = new AtomicInteger

  /** Fails when the steps that were set have been made. */
  private def failAtStep(): Unit =
    if (steps.decrementAndGet() == 0) {
      failed.add(TaskContext.getPartitionId() -> TaskContext.get().attemptNumber())
      throw new IllegalStateException("for the test")
    }

  private def failures(): Seq[(Int, Int)] = {
    val all = failed.asScala.toSeq
    failed.clear()
    all
  }

  def main(arguments: Array[String]): Unit = {
    val spark = SparkSession.builder().getOrCreate()
    val table = Bars.table(spark, 200, partitions = 8).cache()
    val model = Bars.untrained(seed = 5)
    shared(spark, model, table)
    scores(model, table)
    weights(table)
    rounds(spark)
    spark.stop()
  }

  private def shared(spark: SparkSession, model: CnnClassificationModel, table: DataFrame): Unit = {
    assert(ModelCache.opened === 0)
    val alone = Bars.scores(model.transform(table.coalesce(1)))
    assert(ModelCache.opened === 1)
    val meet = udf { (id: Int, prediction: Double) =>
      // All eight tasks have scored their first rows and none has ended.
      if (id % 25 == 0) together.await(60, TimeUnit.SECONDS)
      prediction
    }
    val predictions = model.transform(table).withColumn("met", meet(col("id"), col("prediction")))
    predictions.filter("met >= 0").count()
    assert(Bars.scores(predictions.filter("met >= 0")) === alone)
    assert(ModelCache.opened === 1)
  }

  private def scores(model: CnnClassificationModel, table: DataFrame): Unit = {
    val expected = Bars.scores(model.transform(table))
    val before = udf { (image: Array[Byte]) => failOnce(2); image }
    assert(Bars.scores(model.transform(table.withColumn("features", before(col("features"))))) === expected)
    assert(failures().distinct === Seq(2 -> 0))
    val after = udf { (prediction: Double) => failOnce(5); prediction }
    val predictions = model.transform(table).withColumn("prediction", after(col("prediction")))
    assert(Bars.scores(predictions.filter("prediction >= 0")) === expected)
    assert(failures().distinct === Seq(5 -> 0))
  }

  private def weights(table: DataFrame): Unit = {
    val expected = Bars.classifier.fit(table).digest
    val failing = udf { (image: Array[Byte]) => failOnce(3); image }
    val again = Bars.classifier.fit(table.withColumn("features", failing(col("features"))))
    assert(failures() === Seq(3 -> 0))
    assert(again.digest === expected)
  }

  private def rounds(spark: SparkSession): Unit = {
    def train(plan: Plan[Array[Byte]]): (Seq[Int], Seq[Double]) = {
      val (weights, history) = Rounds.run(BarsPlan.rows(spark, 300), plan, BarsPlan.initial, verbose = false)
      (BarsPlan.bits(weights), history.map(_.loss))
    }
    for (workers <- 1 to 2) {
      val plan = BarsPlan.plan(epochs = 3, workers = workers)
      val expected = train(plan)
      // In the middle of the second round. Tasks get copies of the plan, but there is one of this object.
      steps.set(300 / 16 + 7)
      assert(train(plan.copy(values = new WatchedBytes(_ => failAtStep()))) === expected, workers)
      assert(failures().map(_._2) === Seq(0))
      assert(Trainer.live() === 0)
    }
  }
}

/** A context's models and fits go on in the next context of the same JVM. */
private object OneAfterTheOther extends Assertions {
  def main(arguments: Array[String]): Unit = {
    val model = Bars.untrained(seed = 5)
    val results = Seq("1", "7", "32").map { rows =>
      val spark = SparkSession.builder().config("spark.firesteel.batch.rows", rows).getOrCreate()
      val table = Bars.table(spark, 100)
      val result = (Bars.scores(model.transform(table)), Bars.classifier.setEpochs(1).fit(table).digest)
      spark.stop()
      result
    }
    assert(results.distinct.size === 1)
    assert(ModelCache.opened === 1)
  }
}

/** Two executors with one core each. */
private object ClusterProgram extends Assertions {
  def table(spark: SparkSession): DataFrame = Bars.table(spark, 200, partitions = 4)

  def main(arguments: Array[String]): Unit = {
    val spark = SparkSession.builder().getOrCreate()
    val limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(60)
    while (executors(spark).size < 2)
      assert(System.nanoTime() < limit, "there are no two executors within 60 s")
    scores(spark)
    assert(Bars.classifier.fit(table(spark)).digest === arguments(0), "training depends on the cluster")
    executorDies(spark, Path.of(arguments(1)))
    spark.stop()
  }

  /** The executors that do something when all are asked. */
  private def executors(spark: SparkSession): Map[String, Long] = {
    val asked =
      spark.sparkContext.parallelize(0 until 8, 8).map(_ => SparkEnv.get.executorId -> ModelCache.opened)
    asked.collect().toMap
  }

  private def scores(spark: SparkSession): Unit = {
    val model = Bars.untrained(seed = 5)
    val executor = udf((_: Double) => SparkEnv.get.executorId).asNondeterministic()
    def run(model: CnnClassificationModel): (Map[Int, Seq[Long]], Set[String]) = {
      val predictions = model.transform(Bars.table(spark, 200, partitions = 8))
      val rows = predictions.withColumn("executor", executor(col("prediction"))).cache()
      (Bars.scores(rows), rows.select("executor").collect().map(_.getString(0)).toSet)
    }
    val (first, used) = run(model)
    assert(used.size === 2)
    // The same model again, and another object of the same file.
    assert(run(model)._1 === first)
    assert(run(new CnnClassificationModel("copy", model.file.clone))._1 === first)
    assert(executors(spark) === used.map(_ -> 1L).toMap)
    assert(ModelCache.opened === 0, "the driver needs no model")
    for (((image, _), id) <- Bars.images(200).zipWithIndex.take(20)) {
      val here = model.predictRaw(Vectors.dense(image.map(b => ((b & 0xff) / 255f).toDouble))).toArray.toSeq
      assert(here.map(java.lang.Double.doubleToRawLongBits) === first(id))
    }
  }

  private def executorDies(spark: SparkSession, folder: Path): Unit = {
    def train(plan: Plan[Array[Byte]]): Seq[Int] =
      BarsPlan.bits(Rounds.run(BarsPlan.rows(spark, 300), plan, BarsPlan.initial, verbose = false)._1)
    val plan = BarsPlan.plan(epochs = 2, workers = 2)
    val expected = train(plan)
    val mark = folder.resolve("dead").toString
    val deadly = new WatchedBytes(_ => {
      // The first of all tasks that gets here takes its executor along, in the middle of a round.
      val file = Path.of(mark)
      if (TaskContext.getPartitionId() == 1 && !Files.exists(file)) {
        Files.writeString(file, SparkEnv.get.executorId)
        Runtime.getRuntime.halt(1)
      }
    })
    assert(train(plan.copy(values = deadly)) === expected)
    val dead = Files.readString(Path.of(mark))
    assert(!executors(spark).contains(dead), "the executor should be dead")
  }
}

private object Libtorch extends Assertions {

  /** Asserts that our library is in this process, and nothing of libtorch. */
  def assertAbsent(): Unit = {
    val libraries = Processes.libraries()
    assert(libraries.exists(_.contains("libfiresteel")))
    for (name <- Seq("firesteel_torch", "libtorch", "libc10", "gomp"))
      assert(!libraries.exists(_.contains(name)), libraries)
  }
}

/** Imports a stock network's weights, and labels a photo by SQL and by a stage. */
private object LabellingAlone extends Assertions {
  def main(arguments: Array[String]): Unit = {
    val Array(weights, photo, model) = arguments: @unchecked
    val spark = SparkSession.builder().getOrCreate()
    Firesteel.importModel(spark, "squeezenet1_1", weights, "imagenet", model)
    val photos = Images.read(spark, photo)
    val stage = new ImagePredictor().setModel(model).setInputCol("content").setOutputCol("objects")
    val row = stage.transform(photos).selectExpr("objects[0].label", s"classify(content, '$model')").head()
    assert(row.toSeq === Seq("electric ray", "electric ray"))
    Libtorch.assertAbsent()
    spark.stop()
  }
}

/** Loads a model and uses it. */
private object ScoringAlone extends Assertions {
  def main(arguments: Array[String]): Unit = {
    assert(SparkEnv.get === null)
    assert(Bars.network.summary.contains("conv1"), "networks can be checked before there is an application")
    val spark = SparkSession.builder().getOrCreate()
    val model = CnnClassificationModel.load(arguments(0))
    val table = Bars.table(spark, 100)
    assert(Bars.scores(model.transform(table)).size === 100)
    Libtorch.assertAbsent()

    spark.conf.set("spark.firesteel.device", "gpu")
    val refused = intercept[AnalysisException](model.transform(table).collect())
    assert(refused.getMessage.contains("spark.firesteel.device is gpu"))
    val error = intercept[NativeException](Bars.classifier.fit(table))
    assert(error.code === ErrorCode.DEVICE && error.getMessage.contains("GPU"))
    assert(Processes.libraries().exists(_.contains("libtorch_cpu")), "this would have been seen")
    spark.stop()
  }
}
