"""The model file, read by others: the safetensors package finds PyTorch's names and layouts, and numpy its scores."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from firesteel import Firesteel
from firesteel.ml import CnnClassificationModel, CnnClassifier, Network, Zoo
from pyspark.errors import IllegalArgumentException
from pyspark.ml.linalg import Vectors
from pyspark.sql import DataFrame, SparkSession
from safetensors import safe_open
from safetensors.numpy import load_file


def saved(model: CnnClassificationModel, folder: str) -> Path:
    model.save(folder + "/m")
    return Path(folder, "m", "model.safetensors")


def test_tensors_are_named_and_laid_out_as_by_pytorch(spark: SparkSession, folder: str) -> None:
    network = Network.input(2, 6, 6).conv(4, kernel=(3, 2), groups=2).relu().conv(3, 1, bias=False)
    network = network.maxPool(2).flatten().dense(5, bias=False).relu().dense(3)
    rows = spark.createDataFrame([(Vectors.dense([0.5] * 72), i) for i in range(3)], ["features", "label"])
    model = CnnClassifier(network=network, verbose=False, labels=["a", "b", "ç"]).fit(rows)
    tensors = load_file(saved(model, folder))
    # torch: Conv2d has [out, in / groups, height, width], Linear [out, in].
    assert {name: tensor.shape for name, tensor in tensors.items()} == {
        "conv1.weight": (4, 1, 3, 2),
        "conv1.bias": (4,),
        "conv2.weight": (3, 4, 1, 1),
        "dense1.weight": (5, 3 * 2 * 2),
        "dense2.weight": (3, 5),
        "dense2.bias": (3,),
    }
    assert {tensor.dtype for tensor in tensors.values()} == {np.dtype(np.float32)}
    assert sum(tensor.size for tensor in tensors.values()) == model.numParameters
    with safe_open(saved(model, folder + "/again"), "numpy") as file:
        assert set(file.metadata().values())
        assert any('"ç"' in value for value in file.metadata().values())


def test_numpy_gives_the_same_scores(trained: CnnClassificationModel, xor: DataFrame, folder: str) -> None:
    weights = {name: tensor.astype(np.float64) for name, tensor in load_file(saved(trained, folder)).items()}
    for row in trained.transform(xor).limit(4).collect():
        hidden = weights["dense1.weight"] @ row.features.toArray() + weights["dense1.bias"]
        scores = weights["dense2.weight"] @ np.maximum(hidden, 0) + weights["dense2.bias"]
        assert row.rawPrediction.toArray() == pytest.approx(scores, rel=1e-5, abs=1e-6)


def test_numpy_gives_the_same_scores_of_bytes(digits: tuple[DataFrame, DataFrame], folder: str) -> None:
    classifier = CnnClassifier(
        featuresCol="image", network=Network.input(64).dense(10), scale=0.5, mean=[4.0], std=[2.0]
    )
    model = classifier.setVerbose(False).fit(digits[0])
    weights = {name: tensor.astype(np.float64) for name, tensor in load_file(saved(model, folder)).items()}
    for row in model.transform(digits[1]).limit(20).collect():
        pixels = (np.frombuffer(row.image, np.uint8) * 0.5 - 4.0) / 2.0
        scores = weights["dense1.weight"] @ pixels + weights["dense1.bias"]
        assert row.rawPrediction.toArray() == pytest.approx(scores, rel=1e-5, abs=1e-5)


def test_import_keeps_the_networks_own_preprocessing_but_for_what_is_said(
    spark: SparkSession, tmp_path: Path
) -> None:
    models, network = spark._jvm.firesteel.jni.Models, Zoo.network("lenet", 10).toJson()
    weights = tmp_path / "lenet.safetensors"
    weights.write_bytes(models.write(network, "{}", "[]", models.initialWeights(network, "uniform", 1)))
    made = str(tmp_path / "model")

    def preprocessing(**more: str) -> dict[str, Any]:
        model = Firesteel.importModel(spark, "lenet", str(weights), "", made, **more)
        assert model.numClasses == 10
        with safe_open(made + "/model.safetensors", "numpy") as file:
            found: dict[str, Any] = json.loads(file.metadata()["firesteel"])["preprocessing"]
        return found

    own = preprocessing()
    assert own["image"]["resize"]["shortSide"] == 28
    changed = preprocessing(preprocessing='{"image": {"resize": {"shortSide": 32}}}')
    assert changed["image"]["resize"]["shortSide"] == 32
    changed["image"]["resize"]["shortSide"] = 28
    assert changed == own
    with pytest.raises(IllegalArgumentException, match=r"lenet\.safetensors: .*unknown field `flip`"):
        preprocessing(preprocessing='{"image": {"flip": true}}')
