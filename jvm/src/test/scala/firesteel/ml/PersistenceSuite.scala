/* What is saved, and what is refused when it is loaded. */
package firesteel.ml

import java.io.{FileNotFoundException, IOException, OutputStream}
import java.net.URI
import java.nio.file.{Files, Path}

import scala.jdk.StreamConverters._

import firesteel.read.CountedFileSystem
import firesteel.{functions, Bars, SparkSuite}

import org.apache.hadoop.fs.{FSDataOutputStream, Path => HadoopPath, RawLocalFileSystem}
import org.apache.hadoop.util.Progressable
import org.apache.spark.ml.feature.StringIndexer
import org.apache.spark.ml.{Pipeline, PipelineModel}
import org.apache.spark.sql.functions.{col, concat, lit}

class PersistenceSuite extends SparkSuite {
  private lazy val table = Bars.table(spark, 60).cache()

  private def model: CnnClassificationModel =
    new CnnClassificationModel("the_uid", Bars.file(seed = 3, labels = """["row","column","none"]"""))

  private def set(model: CnnClassificationModel): CnnClassificationModel = model
    .setFeaturesCol("features")
    .setPredictionCol("p")
    .setProbabilityCol("")
    .setRawPredictionCol("rawPrediction")
    .setThresholds(Array(0.1, 0.2, 0.7))
    .setHandleInvalid("keep")

  private def same(a: CnnClassificationModel, b: CnnClassificationModel): Unit = {
    assert(a.uid === b.uid)
    assert(a.file.toSeq === b.file.toSeq && a.digest === b.digest)
    assert(SetParams.of(a) === SetParams.of(b))
  }

  private def files(folder: Path): Seq[String] = {
    val all = Files.walk(folder)
    try all.toScala(Seq).filter(Files.isRegularFile(_)).map(folder.relativize(_).toString).sorted
    finally all.close()
  }

  // ---- what is saved ----

  test("a loaded model is the saved one: uid, parameters, file, scores") {
    withTempDir { folder =>
      val path = folder.resolve("a model").toString
      for (saved <- Seq(model, set(model))) {
        saved.write.overwrite().save(path)
        val loaded = CnnClassificationModel.load(path)
        same(saved, loaded)
        assert(loaded.labels === Array("row", "column", "none"))
        assert(!loaded.hasSummary)
        assert(Bars.scores(loaded.transform(table)) === Bars.scores(saved.transform(table)))
      }
    }
  }

  test("a folder has the metadata and one model file, the same for the same model") {
    withTempDir { folder =>
      val (one, two) = (folder.resolve("one"), folder.resolve("two"))
      model.save(one.toString)
      CnnClassificationModel.load(one.toString).save(two.toString)
      val saved = files(one).filterNot(_.split('/').last.startsWith("."))
      assert(saved.size === 3 && saved.contains("model.safetensors") && saved.contains("metadata/_SUCCESS"))
      assert(saved.exists(_.startsWith("metadata/part-")))
      val bytes = Files.readAllBytes(one.resolve("model.safetensors"))
      assert(bytes.toSeq === model.file.toSeq)
      assert(bytes.toSeq === Files.readAllBytes(two.resolve("model.safetensors")).toSeq)
    }
  }

  test("the model file by itself is a model as well, with a uid of its own and no parameters") {
    withTempDir { folder =>
      set(model).save(folder.resolve("saved").toString)
      val file = Files.copy(folder.resolve("saved/model.safetensors"), folder.resolve("bars.weights"))
      val loaded = CnnClassificationModel.load(file.toString)
      assert(loaded.digest === model.digest && loaded.labels === model.labels)
      assert(loaded.uid != model.uid && loaded.getPredictionCol === "prediction")
      assert(Bars.scores(loaded.transform(table)) === Bars.scores(model.transform(table)))
    }
  }

  test("a saved model is replaced only if that is asked for, and then as a whole") {
    withTempDir { folder =>
      val path = folder.resolve("model").toString
      model.save(path)
      val other = Bars.untrained(seed = 4)
      assert(intercept[IOException](other.save(path)).getMessage.contains("already exists"))
      assert(CnnClassificationModel.load(path).digest === model.digest)
      other.write.overwrite().save(path)
      same(other, CnnClassificationModel.load(path))
      val names = files(folder.resolve("model")).map(_.split('/').last).filterNot(_.endsWith(".crc"))
      assert(names.map(_.takeWhile(_ != '-')).sorted === Seq("_SUCCESS", "model.safetensors", "part"))
    }
  }

  test("a loaded estimator is the saved one, and trains the same weights") {
    withTempDir { folder =>
      val path = folder.resolve("estimator").toString
      val learner = Bars.classifier
        .setEpochs(1)
        .setLabels(Array("a", "b", "c"))
        .setMean(Array(0.25))
        .setThresholds(Array(0.2, 0.3, 0.5))
      learner.save(path)
      val loaded = CnnClassifier.load(path)
      assert(loaded.uid === learner.uid)
      assert(SetParams.of(loaded) === SetParams.of(learner))
      assert(loaded.fit(table).digest === learner.fit(table).digest)
    }
  }

  test("other file systems are used by their URI") {
    val conf = spark.sparkContext.hadoopConfiguration
    conf.set("fs.counted.impl", classOf[CountedFileSystem].getName)
    withTempDir { folder =>
      for (scheme <- Seq("file", "counted")) {
        CountedFileSystem.reset()
        val path = s"$scheme://$folder/$scheme"
        set(model).save(path)
        same(set(model), CnnClassificationModel.load(path))
        assert(CnnClassificationModel.load(s"$path/model.safetensors").digest === model.digest)
        assert(Files.size(folder.resolve(s"$scheme/model.safetensors")) === model.file.length)
        val read = Option(CountedFileSystem.bytesRead.get("model.safetensors")).map(_.get)
        assert(read === (if (scheme == "counted") Some(2L * model.file.length) else None))
        assert(CountedFileSystem.openStreams.get === 0)
      }
    }
  }

  // ---- within pipelines ----

  test("a pipeline and its model are saved and loaded with their stages") {
    withTempDir { folder =>
      val named = table.withColumn("name", concat(lit("class "), col("label"))).drop("label")
      val indexer = new StringIndexer().setInputCol("name").setOutputCol("label")
      val pipeline = new Pipeline().setStages(Array(indexer, Bars.classifier.setEpochs(1)))
      val fitted = pipeline.fit(named)
      pipeline.save(folder.resolve("pipeline").toString)
      fitted.save(folder.resolve("fitted").toString)

      val again = Pipeline.load(folder.resolve("pipeline").toString)
      assert(again.getStages.map(_.uid) === pipeline.getStages.map(_.uid))
      def digest(model: PipelineModel) = model.stages.last.asInstanceOf[CnnClassificationModel].digest
      assert(digest(again.fit(named)) === digest(fitted))

      val loaded = PipelineModel.load(folder.resolve("fitted").toString)
      same(
        loaded.stages.last.asInstanceOf[CnnClassificationModel],
        fitted.stages.last.asInstanceOf[CnnClassificationModel])
      assert(
        loaded.stages.last.asInstanceOf[CnnClassificationModel].labels.toSet ===
          Set("class 0", "class 1", "class 2"))
      assert(Bars.scores(loaded.transform(named)) === Bars.scores(fitted.transform(named)))
    }
  }

  // ---- what is refused ----

  /** The message with which loading a folder fails after `damage` was done to it. */
  private def refused(damage: Path => Any): Throwable = withTempDir { folder =>
    val path = folder.resolve("model")
    model.save(path.toString)
    // Hadoop's own checksums would find the damage first; other file systems have none.
    files(path).filter(_.endsWith(".crc")).foreach(crc => Files.delete(path.resolve(crc)))
    assert(CnnClassificationModel.load(path.toString).digest === model.digest)
    damage(path)
    intercept[Exception](CnnClassificationModel.load(path.toString))
  }

  private def change(file: Path)(change: Array[Byte] => Array[Byte]): Unit = {
    Files.write(file, change(Files.readAllBytes(file)))
    ()
  }

  private def delete(folder: Path): Unit = {
    files(folder).foreach(file => Files.delete(folder.resolve(file)))
    Files.delete(folder)
  }

  test("a path without a model is named") {
    withTempDir { folder =>
      val path = folder.resolve("nothing").toString
      val error = intercept[FileNotFoundException](CnnClassificationModel.load(path))
      assert(error.getMessage === s"there is no model at $path")
    }
  }

  test("a folder without metadata or without its model file is refused, naming what is missing") {
    assert(refused(path => delete(path.resolve("metadata"))).getMessage.contains("metadata"))
    val error = refused(path => Files.delete(path.resolve("model.safetensors")))
    assert(error.isInstanceOf[FileNotFoundException] && error.getMessage.contains("model.safetensors"))
  }

  test("a changed byte anywhere in the file is refused with both digests") {
    for (position <- Seq(0, 8, 200, model.file.length / 2, model.file.length - 1)) {
      val error = refused(path =>
        change(path.resolve("model.safetensors"))(bytes =>
          bytes.updated(position, (bytes(position) ^ 1).toByte)))
      assert(error.isInstanceOf[IllegalArgumentException], position)
      assert(
        error.getMessage.contains("model.safetensors: ") && error.getMessage.contains("changed or damaged"))
      assert(error.getMessage.contains(model.digest))
      assert("[0-9a-f]{64}".r.findAllIn(error.getMessage).toSet.size === 2, error.getMessage)
    }
    assert(
      refused(path => change(path.resolve("model.safetensors"))(_.dropRight(1))).getMessage
        .contains(model.digest))
  }

  test("a changed weight is refused with both digests in SQL, by stages and where training begins, too") {
    withTempDir { folder =>
      val path = folder.resolve("model")
      model.save(path.toString)
      files(path).filter(_.endsWith(".crc")).foreach(crc => Files.delete(path.resolve(crc)))
      val uses = Seq[() => Any](
        () => table.select(functions.classify(col("features"), path.toString)).collect(),
        () => new ImagePredictor().setInputCol("features").setModel(path.toString).transform(table).collect(),
        () => Bars.classifier.setEpochs(1).setInitialModel(path.toString).fit(table)
      )
      uses.foreach(_())
      change(path.resolve("model.safetensors"))(bytes =>
        bytes.updated(bytes.length - 2, (bytes(bytes.length - 2) ^ 1).toByte))
      for ((use, i) <- uses.zipWithIndex) {
        val message = intercept[Exception](use()).getMessage
        assert(message.contains(path.toString) && message.contains("changed or damaged"), (i, message))
        assert("[0-9a-f]{64}".r.findAllIn(message).toSet.size === 2, (i, message))
      }
    }
  }

  test("another model's file in the folder is refused with both digests") {
    val other = Bars.untrained(seed = 4)
    val message = refused(path => Files.write(path.resolve("model.safetensors"), other.file)).getMessage
    assert(message.contains(model.digest) && message.contains(other.digest))
  }

  test("the folder of another kind of stage is refused") {
    withTempDir { folder =>
      val path = folder.resolve("estimator").toString
      Bars.classifier.save(path)
      val error = intercept[IllegalArgumentException](CnnClassificationModel.load(path))
      assert(
        error.getMessage.contains("CnnClassifier") && error.getMessage.contains("CnnClassificationModel"))
    }
  }

  test("a file that is no model file is refused, and its kind is named") {
    withTempDir { folder =>
      def load(name: String, bytes: Array[Byte]): String = {
        val file = Files.write(folder.resolve(name), bytes)
        val error = intercept[IllegalArgumentException](CnnClassificationModel.load(file.toString))
        assert(error.getMessage.contains(s"$name: not a usable model file"))
        error.getMessage
      }
      assert(load("empty", Array.emptyByteArray).contains("empty"))
      load("text.safetensors", "weights: 1, 2, 3, 4".getBytes)
      // As torch.save writes: a zip archive, and before that a pickle.
      assert(
        load("a.pt", Array(0x50, 0x4b, 3, 4).map(_.toByte) ++ new Array[Byte](100)).toLowerCase
          .contains("zip"))
      assert(
        load("b.pt", Array(0x80, 2, 0x8a, 10).map(_.toByte) ++ new Array[Byte](100)).toLowerCase
          .contains("pickle"))
      load("cut.safetensors", model.file.take(50))
    }
  }

  // ---- a disk that loses data ----

  test("a file that was not written as a whole is an error, and the folder no model") {
    val conf = spark.sparkContext.hadoopConfiguration
    conf.set("fs.lossy.impl", classOf[LossyFileSystem].getName)
    withTempDir { folder =>
      val error = intercept[IOException](model.save(s"lossy://$folder/model"))
      assert(
        error.getMessage.contains(s"has ${model.file.length - 1} bytes after writing ${model.file.length}"))
      assert(!Files.exists(folder.resolve("model/metadata")))

      model.save(s"$folder/other")
      val before = files(folder.resolve("other"))
      intercept[IOException](Bars.untrained(seed = 4).write.overwrite().save(s"lossy://$folder/other"))
      assert(files(folder.resolve("other")) === before)
      same(model, CnnClassificationModel.load(s"$folder/other"))
    }
  }
}

/** A local file system, `lossy:`, that loses the last byte of every file and says nothing. */
class LossyFileSystem extends RawLocalFileSystem {
  override def getScheme: String = "lossy"
  override def getUri: URI = URI.create("lossy:///")
  override def create(
      path: HadoopPath,
      overwrite: Boolean,
      buffer: Int,
      replication: Short,
      block: Long,
      progress: Progressable): FSDataOutputStream = {
    val out = super.create(path, overwrite, buffer, replication, block, progress)
    val lossy = new OutputStream {
      private var last = Option.empty[Int]
      override def write(byte: Int): Unit = {
        last.foreach(out.write)
        last = Some(byte)
      }
      override def close(): Unit = out.close()
    }
    new FSDataOutputStream(lossy, null)
  }
}
