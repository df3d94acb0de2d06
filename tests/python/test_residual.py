"""A residual network built by hand, from training to SQL."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from firesteel.ml import CnnClassificationModel, CnnClassifier, Network
from pyspark.sql import DataFrame, SparkSession
from safetensors.numpy import load_file


def network() -> Network:
    """Two blocks: the shortcut of the first is what it reads, that of the second a convolution."""
    stem = Network.input(1, 8, 8).conv(16, kernel=3, padding=1, bias=False).batchNorm().relu().named("stem")
    first = stem.conv(16, kernel=3, padding=1, bias=False).batchNorm().relu()
    first = first.conv(16, kernel=3, padding=1, bias=False).batchNorm().add("stem").relu().named("first")
    second = first.conv(32, kernel=3, stride=2, padding=1, bias=False).batchNorm().relu()
    second = second.conv(32, kernel=3, padding=1, bias=False).batchNorm().named("main")
    second = second.after("first").conv(32, kernel=1, stride=2, bias=False).batchNorm().add("main").relu()
    return second.globalAvgPool().flatten().dropout(0.1).dense(10)


def test_a_residual_network_learns_digits_and_reads_them_in_sql(
    spark: SparkSession, digits: tuple[DataFrame, DataFrame], folder: str
) -> None:
    learn, test = digits
    classifier = CnnClassifier(
        featuresCol="image",
        network=network(),
        epochs=6,
        learningRate=0.05,
        momentum=0.9,
        scale=1 / 16,
        seed=1,
    )
    model = classifier.setVerbose(False).fit(learn)
    model.save(folder + "/residual")

    # The mini-batches have left their traces beside the weights.
    tensors = load_file(Path(folder, "residual", "model.safetensors"))
    assert tensors["main.running_mean"].shape == (32,)
    assert np.all(tensors["main.running_var"] > 0)
    assert not np.allclose(tensors["main.running_var"], 1)

    test.createOrReplaceTempView("digits")
    query = f"SELECT image, label, int(classify(image, '{folder}/residual')) AS digit FROM digits"
    read = spark.sql(query).collect()
    assert len(read) == 500
    assert sum(row.digit == row.label for row in read) >= 0.93 * len(read)
    loaded = CnnClassificationModel.load(folder + "/residual")
    assert [int(row.prediction) for row in loaded.transform(test).collect()] == [row.digit for row in read]
