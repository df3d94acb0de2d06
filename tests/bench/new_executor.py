"""Queries on new executors of one session: `new_executor.py PHOTO MODELS NETWORK`.

Reads the names of queries, a line each, and answers each with the seconds that it takes on an executor that has done
nothing before, from planning to its one row.
"""

from __future__ import annotations

import sys
import time

import photo_queries
from first_photo import MASTER, await_executor, seconds, stop
from session import session

# What a JVM still does by itself after it has begun.
SETTLE_SECONDS = 2


def main() -> None:
    # However often an executor ends: it is replaced.
    spark = session(MASTER, spark_deploy_maxExecutorRetries="-1")
    # Spark tells of each executor that is lost; a query that fails tells it by itself.
    spark.sparkContext.setLogLevel("OFF")
    photo_queries.send(spark)
    executor = await_executor(spark)
    for line in sys.stdin:
        spark.sparkContext._jsc.sc().killAndReplaceExecutor(executor)
        executor = await_executor(spark, but=executor)
        time.sleep(SETTLE_SECONDS)
        print(seconds(spark, line.strip(), *sys.argv[1:]), flush=True)
    stop(spark)


if __name__ == "__main__":
    main()
