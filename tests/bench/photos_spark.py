"""Photos from JPEG to label in one Spark session: `photos_spark.py CORES FOLDER MODELS`.

Reads lines of JSON, [query, network, copies of each photo], and answers each with one: photos per second, the label of
each file, and for Firesteel how much of its tasks' time is the operator's own, in percent. FOLDER holds photos, MODELS
each network's weights (.pth, .onnx).
"""

from __future__ import annotations

import functools
import json
import sys
import time
from pathlib import Path

import photo_queries
from photo_queries import QUERIES
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f
from session import operator, session


def copied(photos: DataFrame, copies: int, cores: int) -> DataFrame:
    """In memory, some copies of each photo. They are not equal, since equal ones of a batch are computed once: bytes
    behind a JPEG's end are not read."""
    copy = f.col("copy").cast("string")
    rows = photos.crossJoin(photos.sparkSession.range(copies).withColumnRenamed("id", "copy"))
    content = f.concat("content", copy.cast("binary")).alias("content")
    table = rows.select(f.concat("file", f.lit("#"), copy).alias("file"), content).repartition(cores).cache()
    table.count()
    return table


def own_share(spark: SparkSession, table: DataFrame) -> float:
    """How much of the time of a query's tasks is not within native calls, in percent: rows in, results out."""
    status = spark._jsc.sc().statusStore()
    jobs = spark.sparkContext.statusTracker().getJobIdsForGroup(GROUP)
    stages = spark.sparkContext.statusTracker().getJobInfo(max(jobs)).stageIds
    milliseconds = sum(status.lastStageAttempt(stage).executorRunTime() for stage in stages)
    node = operator(table._jdf.queryExecution().executedPlan())
    return 100 - node.metrics().apply("forwardTime").value() / 1e4 / milliseconds


GROUP = "photos"


def main() -> None:
    cores, folder, models = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    spark = session(f"local[{cores}]")
    spark.sparkContext.setJobGroup(GROUP, "photos to labels")
    photo_queries.send(spark)
    photos = photo_queries.read(spark, f"{folder}/*.JPEG")
    tables = functools.cache(lambda copies: copied(photos, copies, cores))
    for line in sys.stdin:
        query, network, copies = json.loads(line)
        table = QUERIES[query](tables(copies), models, network)
        started = time.perf_counter()
        found = table.collect()
        seconds = time.perf_counter() - started
        labels = {file.split("#")[0]: label for file, label in found}
        own = {"own": own_share(spark, table)} if query == photo_queries.FIRESTEEL else {}
        print(json.dumps({"speed": len(found) / seconds, "labels": labels, **own}), flush=True)
    spark.stop()


if __name__ == "__main__":
    main()
