"""Photos from JPEG to label in one Spark session: `photos_spark.py CORES FOLDER MODELS COPIES`.

Reads lines of JSON, [query, network, whether to use all the copies], and answers each with one: photos per second, and
the label of each file. FOLDER holds photos, MODELS each network's weights (.pth, .onnx).
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import photo_queries
from photo_queries import QUERIES
from pyspark.sql import DataFrame
from pyspark.sql import functions as f
from session import session


def copied(photos: DataFrame, copies: int, cores: int) -> DataFrame:
    """In memory, some copies of each photo. They are not equal, since equal ones of a batch are computed once: bytes
    behind a JPEG's end are not read."""
    copy = f.col("copy").cast("string")
    rows = photos.crossJoin(photos.sparkSession.range(copies).withColumnRenamed("id", "copy"))
    content = f.concat("content", copy.cast("binary")).alias("content")
    table = rows.select(f.concat("file", f.lit("#"), copy).alias("file"), content).repartition(cores).cache()
    table.count()
    return table


def main() -> None:
    cores, folder, models, copies = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])
    spark = session(f"local[{cores}]")
    photo_queries.send(spark)
    photos = photo_queries.read(spark, f"{folder}/*.JPEG")
    tables = {whole: copied(photos, copies if whole else 1, cores) for whole in (False, True)}
    for line in sys.stdin:
        query, network, whole = json.loads(line)
        table = QUERIES[query](tables[whole], models, network)
        started = time.perf_counter()
        found = table.collect()
        seconds = time.perf_counter() - started
        labels = {file.split("#")[0]: label for file, label in found}
        print(json.dumps({"speed": len(found) / seconds, "labels": labels}), flush=True)
    spark.stop()


if __name__ == "__main__":
    main()
