"""Photos from JPEG to label in one Spark session: `photos_spark.py CORES FOLDER MODELS`.

Reads lines of JSON, [query, network, copies of each photo], and answers each with one: photos per second, the label of
each file, and for Firesteel which share of its tasks' time is the operator's own, and which the passing of photos to
native code, in percent. FOLDER holds photos, MODELS each network's weights (.pth, .onnx).
"""

from __future__ import annotations

import functools
import json
import sys
import time
from pathlib import Path

import photo_queries
from firesteel import functions
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


def native_time(table: DataFrame) -> float:
    """How long the native calls of a query took that has run, in milliseconds."""
    return operator(table._jdf.queryExecution().executedPlan()).metrics().apply("forwardTime").value() / 1e6


def shares(spark: SparkSession, table: DataFrame, photos: DataFrame) -> dict[str, float]:
    """What the operator does besides native calls, rows in and results out; and the boundary of these calls, measured
    by those that read the photos' headers alone. Both of the tasks' time of the query that ran last, in percent."""
    jobs = spark.sparkContext.statusTracker().getJobIdsForGroup(GROUP)
    stages = spark.sparkContext.statusTracker().getJobInfo(max(jobs)).stageIds
    status = spark._jsc.sc().statusStore()
    tasks = sum(status.lastStageAttempt(stage).executorRunTime() for stage in stages)
    headers = photos.select(functions.image_info("content").getField("width"))
    headers.collect()
    return {"own": 100 - 100 * native_time(table) / tasks, "boundary": 100 * native_time(headers) / tasks}


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
        parts = shares(spark, table, tables(copies)) if query == photo_queries.FIRESTEEL else {}
        print(json.dumps({"speed": len(found) / seconds, "labels": labels, **parts}), flush=True)
    spark.stop()


if __name__ == "__main__":
    main()
