"""Photos to labels in Spark: Firesteel, and what else Spark's users write, each on one thread a core."""

from __future__ import annotations

import functools
from pathlib import Path

import photo_workers
from pyspark.ml.functions import predict_batch_udf
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f
from pyspark.sql.types import IntegerType

FIRESTEEL = "Firesteel, classify in SQL"
BASE = "predict_batch_udf, PyTorch, Pillow"
LAST = "predict_batch_udf, PyTorch with channels_last, Pillow"


def read(spark: SparkSession, photos: str) -> DataFrame:
    """A row (file, content) for each photo."""
    files = spark.read.format("binaryFile").load(photos)
    return files.select(f.element_at(f.split("path", "/"), -1).alias("file"), "content")


def send(spark: SparkSession) -> None:
    """Gives the workers their module, and batches that are the networks'."""
    spark.sparkContext.addPyFile(photo_workers.__file__)
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", str(photo_workers.BATCH))


def imported(spark: SparkSession, models: Path, network: str) -> str:
    """The path of Firesteel's model of a network, made of its weights where it is not yet there."""
    from firesteel import Firesteel

    model = models / f"{network}.firesteel"
    if not model.exists():
        Firesteel.importModel(spark, network, str(models / f"{network}.pth"), "", str(model))
    return str(model)


def firesteel(photos: DataFrame, models: Path, network: str) -> DataFrame:
    from firesteel import functions as fs

    model = imported(photos.sparkSession, models, network)
    return photos.select("file", fs.classify("content", model=model).alias("label"))


def udf(layout: str, photos: DataFrame, models: Path, network: str) -> DataFrame:
    make = functools.partial(photo_workers.torch_predictor, layout, network, str(models / f"{network}.pth"))
    predict = predict_batch_udf(make, return_type=IntegerType(), batch_size=photo_workers.BATCH)
    return photos.select("file", predict("content").cast("string").alias("label"))


def pandas(engine: str, preparation: str, photos: DataFrame, models: Path, network: str) -> DataFrame:
    run = photo_workers.labels(engine, preparation, str(models / f"{network}.onnx"))
    return photos.mapInPandas(run, "file string, label string")


QUERIES = {
    FIRESTEEL: firesteel,
    BASE: functools.partial(udf, "contiguous_format"),
    LAST: functools.partial(udf, "channels_last"),
    **{
        f"mapInPandas, {engine}, {preparation}": functools.partial(pandas, engine, preparation)
        for engine in photo_workers.ENGINES
        for preparation in photo_workers.PREPARATIONS
    },
}
