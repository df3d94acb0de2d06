"""The model: its columns, its own properties, rows that cannot be scored, persistence and streaming."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import numpy as np
import pytest
from firesteel.ml import CnnClassificationModel, CnnClassifier
from pyspark.errors import IllegalArgumentException
from pyspark.ml.linalg import Vectors, VectorUDT
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import DoubleType, StructField, StructType

# ---- columns ----


def test_three_columns_are_appended(model: CnnClassificationModel, xor: DataFrame) -> None:
    result = model.transform(xor)
    assert result.schema.fields[:2] == xor.schema.fields
    assert result.schema.fields[2:] == [
        StructField("rawPrediction", VectorUDT(), nullable=False),
        StructField("probability", VectorUDT(), nullable=False),
        StructField("prediction", DoubleType(), nullable=False),
    ]
    for row in result.limit(4).collect():
        scores = np.exp(row.rawPrediction.toArray())
        assert np.allclose(row.probability, scores / scores.sum(), rtol=1e-12)
        assert row.prediction == np.argmax(row.probability) == row.label


def test_columns_are_named_or_left_out(model: CnnClassificationModel, xor: DataFrame) -> None:
    model.setPredictionCol("p").setProbabilityCol("").setRawPredictionCol("r").setFeaturesCol("f")
    result = model.transform(xor.withColumnRenamed("features", "f"))
    assert result.columns == ["f", "label", "r", "p"]
    assert result.where("p = label").count() == 256
    model.setPredictionCol("").setRawPredictionCol("")
    assert model.transform(xor.withColumnRenamed("features", "f")).columns == ["f", "label"]


def test_one_row_without_a_table(model: CnnClassificationModel, xor: DataFrame) -> None:
    for row in model.transform(xor).limit(4).collect():
        assert model.predict(row.features) == row.prediction
        assert model.predictRaw(row.features) == row.rawPrediction
        assert model.predictProbability(row.features) == row.probability


def test_thresholds_move_the_prediction(model: CnnClassificationModel, xor: DataFrame) -> None:
    # The probability over the threshold decides, and a threshold of 0 always wins.
    for thresholds, prediction in [([1.0, 0.0], 1.0), ([0.0, 1.0], 0.0), ([1e-9, 1.0], 0.0)]:
        result = model.setThresholds(thresholds).transform(xor)
        assert [row.prediction for row in result.select("prediction").distinct().collect()] == [prediction]
    assert model.setThresholds([0.5, 0.5]).transform(xor).where("prediction = label").count() == 256
    with pytest.raises(IllegalArgumentException, match="thresholds has 3 values, the network has 2 classes"):
        model.setThresholds([0.1, 0.2, 0.7]).transform(xor)


def test_columns_that_do_not_fit_are_told(model: CnnClassificationModel, xor: DataFrame) -> None:
    with pytest.raises(IllegalArgumentException, match="there is no column 'features'"):
        model.transform(xor.drop("features"))
    with pytest.raises(IllegalArgumentException, match="column 'rawPrediction' exists already"):
        model.transform(model.transform(xor))


# ---- properties ----


def test_properties(model: CnnClassificationModel, classifier: CnnClassifier) -> None:
    assert (model.numClasses, model.numFeatures, model.numParameters) == (2, 2, 2 * 8 + 8 + 8 * 2 + 2)
    assert model.labels == ["same", "different"]
    assert len(bytes.fromhex(model.digest)) == 32
    network = json.loads(model.network)
    assert network == json.loads(classifier.getNetwork())
    assert "numClasses=2" in repr(model)
    assert model.uid in repr(model)


def test_explain_prints_the_plan(model: CnnClassificationModel, capsys: pytest.CaptureFixture[str]) -> None:
    lines = model.plan.splitlines()
    assert lines[0].split() == ["layer", "kernel", "output", "MFLOP", "weight", "bytes"]
    assert lines[-1].startswith("arena: ")
    model.explain()
    assert capsys.readouterr().out == model.plan + "\n"


def test_copy_is_independent(model: CnnClassificationModel, xor: DataFrame) -> None:
    copied = model.copy({model.predictionCol: "p"})
    copied.setHandleInvalid("keep")
    assert copied.transform(xor).columns[-1] == "p"
    assert model.transform(xor).columns[-1] == "prediction"
    assert (copied.getHandleInvalid(), model.getHandleInvalid()) == ("keep", "error")
    assert (copied.uid, copied.digest) == (model.uid, model.digest)
    assert copied.hasSummary
    # Parameters of a single call.
    assert model.transform(xor, {model.probabilityCol: "q"}).columns[-2] == "q"
    assert model.getProbabilityCol() == "probability"


# ---- rows that cannot be scored ----

BAD = {
    "null": (None, "is null"),
    "size": (Vectors.dense(1.0, 2.0, 3.0), "has 3 values, the network's input 2 has 2"),
    "nan": (Vectors.dense(1.0, math.nan), "not finite"),
    "infinite": (Vectors.dense(1.0, math.inf), "not finite"),
}


@pytest.fixture
def mixed(spark: SparkSession, request: pytest.FixtureRequest) -> DataFrame:
    """Three rows, the middle one bad."""
    values = [(Vectors.dense(0, 1),), (BAD[request.param][0],), (Vectors.dense(1, 1),)]
    return spark.createDataFrame(values, StructType([StructField("features", VectorUDT())])).coalesce(1)


@pytest.mark.parametrize("mixed", BAD, indirect=True)
def test_error_names_the_column_and_the_row(
    model: CnnClassificationModel, mixed: DataFrame, request: pytest.FixtureRequest
) -> None:
    problem = BAD[request.node.callspec.params["mixed"]][1]
    with pytest.raises(Exception, match="row 1 of partition 0: column 'features' ") as raised:
        model.transform(mixed).collect()
    assert problem in str(raised.value)
    assert "handleInvalid" in str(raised.value)


@pytest.mark.parametrize("mixed", BAD, indirect=True)
def test_skip_leaves_the_row_out(model: CnnClassificationModel, mixed: DataFrame) -> None:
    result = model.setHandleInvalid("skip").transform(mixed).collect()
    assert [(row.features, row.prediction) for row in result] == [
        (Vectors.dense(0, 1), 1.0),
        (Vectors.dense(1, 1), 0.0),
    ]


@pytest.mark.parametrize("mixed", BAD, indirect=True)
def test_keep_gives_nan(model: CnnClassificationModel, mixed: DataFrame) -> None:
    first, bad, last = model.setHandleInvalid("keep").transform(mixed).collect()
    assert (first.prediction, last.prediction) == (1.0, 0.0)
    assert math.isnan(bad.prediction)
    assert np.isnan(bad.probability).tolist() == np.isnan(bad.rawPrediction).tolist() == [True, True]


# ---- persistence ----


def test_saved_model_gives_the_same_predictions(
    model: CnnClassificationModel, xor: DataFrame, folder: str
) -> None:
    model.setThresholds([0.25, 0.75]).setHandleInvalid("skip").save(folder + "/m")
    loaded = CnnClassificationModel.load(folder + "/m")
    assert type(loaded) is CnnClassificationModel
    assert loaded.transform(xor).collect() == model.transform(xor).collect()
    assert (loaded.uid, loaded.digest, loaded.labels) == (model.uid, model.digest, model.labels)
    assert {p.name: v for p, v in loaded.extractParamMap().items()} == {
        p.name: v for p, v in model.extractParamMap().items()
    }
    assert loaded.getThresholds() == [0.25, 0.75]
    assert not loaded.hasSummary
    with pytest.raises(RuntimeError, match="no training summary: it was loaded"):
        _ = loaded.summary


def test_a_model_file_by_itself_is_enough(model: CnnClassificationModel, xor: DataFrame, folder: str) -> None:
    model.save(folder + "/m")
    loaded = CnnClassificationModel.load(folder + "/m/model.safetensors")
    assert loaded.digest == model.digest
    assert loaded.transform(xor).collect() == model.transform(xor).collect()


def test_nothing_is_overwritten_unless_wanted(model: CnnClassificationModel, folder: str) -> None:
    model.save(folder + "/m")
    with pytest.raises(Exception, match="already exists"):
        model.save(folder + "/m")
    model.setPredictionCol("p").write().overwrite().save(folder + "/m")
    assert CnnClassificationModel.read().load(folder + "/m").getPredictionCol() == "p"


def test_what_cannot_be_loaded_is_told(
    model: CnnClassificationModel, classifier: CnnClassifier, folder: str
) -> None:
    with pytest.raises(Exception, match="there is no model at .*/none"):
        CnnClassificationModel.load(folder + "/none")
    classifier.save(folder + "/estimator")
    with pytest.raises(IllegalArgumentException, match="firesteel.ml.CnnClassifier"):
        CnnClassificationModel.load(folder + "/estimator")
    model.save(folder + "/m")
    file = Path(folder, "m", "model.safetensors")
    os.remove(file.with_name(f".{file.name}.crc"))
    damaged = bytearray(file.read_bytes())
    damaged[-1] ^= 1
    file.write_bytes(damaged)
    with pytest.raises(
        IllegalArgumentException, match="model.safetensors: .*the file was changed or damaged"
    ):
        CnnClassificationModel.load(folder + "/m")


# ---- streaming ----


def test_a_stream_is_classified(
    spark: SparkSession, model: CnnClassificationModel, xor: DataFrame, folder: str
) -> None:
    xor.repartition(3).write.parquet(folder + "/in")
    stream = spark.readStream.schema(xor.schema).option("maxFilesPerTrigger", 1).parquet(folder + "/in")
    result = model.transform(stream)
    assert result.isStreaming
    writer = result.writeStream.format("memory").queryName("classified").outputMode("append")
    query = writer.option("checkpointLocation", folder + "/checkpoint").trigger(availableNow=True).start()
    assert query.awaitTermination(60)
    columns = ("rawPrediction", "probability", "prediction", "label")
    found = sorted(map(str, spark.table("classified").select(*columns).collect()))
    assert len(found) == 256
    assert found == sorted(map(str, model.transform(xor).select(*columns).collect()))
