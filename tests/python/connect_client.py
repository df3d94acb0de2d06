"""What a client of Spark Connect does: `connect_client.py <address> <folder> <expected scores as JSON>`."""

from __future__ import annotations

import json
import sys

from firesteel.ml import CnnClassificationModel, CnnClassifier, Network
from pyspark.errors import IllegalArgumentException
from pyspark.ml import Pipeline, PipelineModel
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

# What cannot be had says so.
assert not model.hasSummary
refused(RuntimeError, "Spark Connect", lambda: model.summary)
for name in ("digest", "labels", "network", "numParameters"):
    refused(AttributeError, "Spark Connect", lambda name=name: getattr(model, name))
refused(RuntimeError, "Spark Connect", Network.input(2).dense(2).summary)
refused(IllegalArgumentException, "'nope'", lambda: classifier.setFeaturesCol("nope").fit(xor))
print("all is well")
