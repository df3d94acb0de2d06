"""The first query of a new session on a new executor: `first_photo.py QUERY PHOTO MODELS NETWORK`.

Prints a line of JSON: the seconds that it takes, from planning to its one row.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path

import photo_queries
from pyspark.sql import SparkSession
from session import session

MASTER = "local-cluster[1,1,1024]"
NOTHING = "nothing"


def executors(spark: SparkSession) -> list[str]:
    """The ids of the executors that have begun."""
    found = spark.sparkContext._jsc.sc().getExecutorIds()
    return [found.apply(i) for i in range(found.size())]


def await_executor(spark: SparkSession, but: str | None = None) -> str:
    """Waits for an executor, since its start is no part of a query, and gives its id."""
    while not (found := [executor for executor in executors(spark) if executor != but]):
        time.sleep(0.1)
    return found[0]


def seconds(spark: SparkSession, query: str, photo: str, models: str, network: str) -> float:
    """What a query of one photo takes. The query "nothing" counts the bytes.

    It says so in SQL, since all others have Spark parse something: the name of a function, or of a type.
    """
    started = time.perf_counter()
    rows = photo_queries.read(spark, photo)
    if query == NOTHING:
        rows = rows.selectExpr("file", "length(content)")
    else:
        rows = photo_queries.QUERIES[query](rows, Path(models), network)
    found = rows.collect()
    taken = time.perf_counter() - started
    assert len(found) == 1
    return taken


def stop(spark: SparkSession) -> None:
    """Ends a session, and removes where its executors worked; Spark leaves it there, with copies of the jar."""
    folder = Path(os.environ["SPARK_HOME"]) / "work" / spark.sparkContext.applicationId
    spark.stop()
    shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    spark = session(MASTER)
    photo_queries.send(spark)
    await_executor(spark)
    taken = seconds(spark, *sys.argv[1:])
    stop(spark)
    print(json.dumps({"seconds": taken}))


if __name__ == "__main__":
    main()
