"""What a client of Spark Connect does: `connect_client.py <address> <folder> <expected scores as JSON>`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from firesteel import Firesteel
from firesteel import functions as fs
from firesteel.ml import CnnClassificationModel, CnnClassifier, ImageFeaturizer, ImagePredictor, Network
from firesteel.read import Images
from firesteel.report import Evaluation
from pyspark.errors import AnalysisException, IllegalArgumentException
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.linalg import Vectors
from pyspark.sql import SparkSession


def refused(kind: type[Exception], what: str, use) -> None:
    try:
        use()
    except kind as error:
        assert what in str(error), str(error)
    else:
        raise AssertionError(f"no {kind.__name__}")


address, folder, expected = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
spark = SparkSession.builder.remote(address).getOrCreate()
cases = [(Vectors.dense(a, b), int(a != b)) for a in (0.0, 1.0) for b in (0.0, 1.0)]
xor = spark.createDataFrame(cases * 64, ["features", "label"]).coalesce(1)

classifier = CnnClassifier(network=Network.input(2).dense(8).relu().dense(2), epochs=20, batchSize=16)
classifier.setLearningRate(0.1).setMomentum(0.9).setLabels(["same", "different"]).setSeed(1).setVerbose(False)
model = classifier.fit(xor)
assert type(model) is CnnClassificationModel
assert (model.numClasses, model.numFeatures) == (2, 2)
assert "numParameters=42" in repr(model)

# The scores are those of the model that was trained without Spark Connect.
result = model.transform(xor).limit(4).collect()
assert [row.rawPrediction.tolist() for row in result] == expected
assert [row.prediction for row in result] == [row.label for row in result]
assert [model.predictRaw(row.features).tolist() for row in result] == expected
assert [model.predict(row.features) for row in result] == [row.prediction for row in result]

model.copy({model.predictionCol: "p"}).setHandleInvalid("skip").save(folder + "/m")
loaded = CnnClassificationModel.load(folder + "/m")
assert (loaded.getPredictionCol(), loaded.getHandleInvalid()) == ("p", "skip")
assert loaded.transform(xor).where("p = label").count() == 256
model.write().overwrite().save(folder + "/m")

classifier.save(folder + "/e")
assert CnnClassifier.load(folder + "/e").getNetwork() == classifier.getNetwork()
Pipeline(stages=[classifier]).fit(xor).save(folder + "/p")
assert PipelineModel.load(folder + "/p").transform(xor).where("prediction = label").count() == 256

# SQL and its functions, with the model that was saved.
path = folder + "/m"
photos = spark.createDataFrame(
    [(bytearray((255 * a, 255 * b)), int(a != b)) for a in (0, 1) for b in (0, 1)] * 8,
    "image BINARY, truth INT",
).coalesce(1)
photos.write.parquet(folder + "/photos")
photos = spark.read.parquet(folder + "/photos")
truth = ["same", "different"]


def right(table) -> bool:
    rows = table.collect()
    return len(rows) == 32 and all(row.label == truth[row.truth] for row in rows)


assert right(photos.select("truth", fs.classify("image", model=path).alias("label")))
spark.sql(f"CREATE TEMPORARY VIEW photos USING parquet OPTIONS (path '{folder}/photos')")
assert right(spark.sql(f"SELECT truth, classify(image, model => '{path}') AS label FROM photos"))
best = photos.select(fs.classify_topk("image", 2, path), fs.classify_probabilities("image", path)).first()
assert sorted(probability for _, probability in best[0]) == sorted(best[1])
assert len(photos.select(fs.image_features("image", path, "relu1")).first()[0]) == 8
assert photos.select(
    fs.try_classify(photos.image.substr(1, 1), path).alias("label")
).distinct().collect() == [(None,)]

# The stages of images, alone and saved in a pipeline that learns from features.
predictor = ImagePredictor(inputCol="image", outputCol="objects", model=path, topK=1)
assert right(predictor.transform(photos).selectExpr("truth", "objects[0].label AS label"))
featurizer = ImageFeaturizer(inputCol="image", outputCol="features", model=path, layers=["relu1"])
regression = LogisticRegression(labelCol="truth")
Pipeline(stages=[featurizer, regression]).fit(photos).save(folder + "/transfer")
learned = PipelineModel.load(folder + "/transfer").transform(photos)
assert len(learned.first().features) == 8
assert learned.where("prediction = truth").count() == 32
(Path(folder) / "files" / "same").mkdir(parents=True)
(Path(folder) / "files" / "same" / "0.PNG").write_bytes(bytes(2))
files = Images.read(spark, folder + "/files")
assert [(row.label, bytes(row.content)) for row in files.collect()] == [("same", bytes(2))]

refused(AnalysisException, "FIRESTEEL_MODEL_NOT_SET", lambda: photos.select(fs.classify("image")).collect())
spark.conf.set("spark.firesteel.model", path)
assert right(photos.select("truth", fs.classify("image").alias("label")))
spark.sql("CREATE TEMPORARY VIEW labelled AS SELECT truth, classify(image) AS label FROM photos")
assert right(spark.table("labelled"))
photos.select("truth", fs.classify("image").alias("label")).createOrReplaceTempView("read")
assert right(spark.table("read").where("label IS NOT NULL"))

# A function of the model is there for all sessions, a temporary view and the configuration are not.
spark.sql(f"CREATE FUNCTION likeness(i BINARY) RETURNS STRING RETURN classify(i, '{path}')")
assert right(spark.sql("SELECT truth, likeness(image) AS label FROM photos"))
other = SparkSession.builder.remote(address).create()
photos_there = other.read.parquet(folder + "/photos")
assert right(photos_there.selectExpr("truth", "likeness(image) AS label"))
assert right(photos_there.select("truth", fs.classify("image", path).alias("label")))
refused(
    AnalysisException, "FIRESTEEL_MODEL_NOT_SET", lambda: photos_there.select(fs.classify("image")).collect()
)
refused(AnalysisException, "labelled", lambda: other.table("labelled").collect())
other.stop()

# A stream.
incoming = spark.readStream.schema(photos.schema).parquet(folder + "/photos")
labels = incoming.select("truth", fs.classify("image").alias("label"), fs.model_version().alias("model"))
stream = labels.writeStream.format("memory").queryName("streamed").start()
stream.processAllAvailable()
stream.stop()
assert right(spark.table("streamed"))
assert spark.table("streamed").select("model").distinct().collect() == [
    tuple(row) for row in spark.range(1).select(fs.model_version(path)).collect()
]

# What cannot be had says so.
refused(RuntimeError, "CREATE FUNCTION digit", lambda: Firesteel.registerFunction(spark, "digit", loaded))
assert not model.hasSummary
refused(RuntimeError, "Spark Connect", lambda: model.summary)
for name in ("digest", "labels", "network", "numParameters", "plan"):
    refused(AttributeError, "Spark Connect", lambda name=name: getattr(model, name))
refused(RuntimeError, "groupBy('label', 'prediction')", lambda: Evaluation.of(model.transform(xor)))
refused(RuntimeError, "Spark Connect", Network.input(2).dense(2).summary)
refused(IllegalArgumentException, "'nope'", lambda: classifier.setFeaturesCol("nope").fit(xor))
print("all is well")
