"""The first query of a new session on a new executor: `first_photo.py QUERY PHOTO MODELS NETWORK`.

Prints a line of JSON: the seconds that it takes, from planning to its one row. The query "nothing" counts the bytes.
It says so in SQL, since all others have Spark parse something: the name of a function, or of a type.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path

import photo_queries
from session import session


def main() -> None:
    query, photo, models, network = sys.argv[1:]
    spark = session("local-cluster[1,1,1024]")
    photo_queries.send(spark)
    started = time.perf_counter()
    rows = photo_queries.read(spark, photo)
    if query == "nothing":
        rows = rows.selectExpr("file", "length(content)")
    else:
        rows = photo_queries.QUERIES[query](rows, Path(models), network)
    found = rows.collect()
    seconds = time.perf_counter() - started
    assert len(found) == 1
    # Where the executor works; Spark leaves it there, with a copy of the jar.
    folder = Path(os.environ["SPARK_HOME"]) / "work" / spark.sparkContext.applicationId
    spark.stop()
    shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    main()
