"""What the tests share: one Spark session, small data sets and trained models."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.ml.linalg import Vectors
from pyspark.sql import DataFrame, SparkSession

JAR = os.environ["FIRESTEEL_JAR"]
SETTINGS = {
    "spark.firesteel.libtorch.dir": os.environ["LIBTORCH"] + "/lib",
    "spark.ui.enabled": "false",
    # Short programs start faster without the second compiler.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
}
# How a test starts Spark in a process of its own.
SUBMIT = [os.environ["SPARK_HOME"] + "/bin/spark-submit", "--master", "local[2]"]
for setting in SETTINGS.items():
    SUBMIT += ["--conf", "=".join(setting)]

sys.path.insert(0, JAR)  # as users do by PYTHONPATH or --py-files

from firesteel.ml import CnnClassificationModel, CnnClassifier, Network  # noqa: E402


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """A session that has the jar as users give it to Spark."""
    settings = {
        **SETTINGS,
        "spark.jars": JAR,
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("warehouse")),
    }
    builder = SparkSession.builder.master("local[2]").appName("firesteel's Python tests")
    session = builder.config(map=settings).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """An empty folder."""
    return str(tmp_path)


@pytest.fixture(scope="session")
def xor(spark: SparkSession) -> DataFrame:
    """Exclusive or, 64 times, in one partition."""
    cases = [(Vectors.dense(a, b), int(a != b)) for a in (0.0, 1.0) for b in (0.0, 1.0)]
    return spark.createDataFrame(cases * 64, ["features", "label"]).coalesce(1).cache()


def outside() -> dict[str, str]:
    """The environment of a process that finds pyspark and firesteel by itself, or not at all."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def learner() -> CnnClassifier:
    """An estimator that learns exclusive or in a moment."""
    return CnnClassifier(
        network=Network.input(2).dense(8).relu().dense(2),
        epochs=20,
        batchSize=16,
        learningRate=0.1,
        momentum=0.9,
        labels=["same", "different"],
        seed=1,
        verbose=False,
    )


@pytest.fixture
def classifier(spark: SparkSession) -> CnnClassifier:
    return learner()


@pytest.fixture(scope="session")
def trained(spark: SparkSession, xor: DataFrame) -> CnnClassificationModel:
    """A model of exclusive or; `model` is a copy that a test may change."""
    return learner().fit(xor)


@pytest.fixture
def model(trained: CnnClassificationModel) -> CnnClassificationModel:
    return trained.copy()


@pytest.fixture(scope="session")
def digits(spark: SparkSession) -> tuple[DataFrame, DataFrame]:
    """scikit-learn's digits of 8 x 8 pixels, 0 to 16, as bytes: 1,297 to learn from and 500 of other writers."""
    from sklearn.datasets import load_digits

    data = load_digits()
    rows = [
        (bytearray(image.astype("uint8").tobytes()), int(label))
        for image, label in zip(data.images, data.target)
    ]
    parts = (rows[:1297], rows[1297:])
    learn, test = (spark.createDataFrame(part, "image BINARY, label INT").cache() for part in parts)
    return learn, test
