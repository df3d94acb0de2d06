"""What the SQL operator costs beside the network: `sql_overhead.py` prints a line of JSON, in nanoseconds a row.

The network is one dense layer with two classes, on rows as small as they get and on rows of a photo's size. The
operator's metric "forward time" holds the native call with the passing of arrays; the rest is the operator's own. The
same rows, scored by the same model in Rust alone, tell what of the forward time is prediction: the rest of it is the
boundary.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable

import common
from firesteel.ml import CnnClassifier, Network
from pyspark.ml.linalg import Vectors
from pyspark.sql import DataFrame, SparkSession
from session import operator, session

ROWS = {8: 2_000_000, 100_000: 20_000}  # by the bytes of a row
ROUNDS = 3


def model(spark: SparkSession, size: int) -> str:
    """The folder of a model for rows of some bytes."""
    cases = [(Vectors.dense([float(i)] * size), i) for i in (0, 1)]
    tiny = CnnClassifier(network=Network.input(size).dense(2), verbose=False)
    folder = tempfile.mkdtemp() + "/model"
    tiny.fit(spark.createDataFrame(cases, ["features", "label"])).write().save(folder)
    return folder


def timed(table: DataFrame, rows: int) -> tuple[float, float]:
    """Seconds of a query that counts rows, and of its native calls."""
    started = time.perf_counter()
    assert table.collect()[0][0] == rows
    whole = time.perf_counter() - started
    node = operator(table._jdf.queryExecution().executedPlan())
    return whole, node.metrics().apply("forwardTime").value() / 1e9 if node else 0.0


def measured(spark: SparkSession, size: int, rows: int, bare: Callable[[str], float]) -> dict[str, float]:
    """Medians of some rounds, in nanoseconds a row."""
    folder = model(spark, size)
    digits = f"repeat(lpad(CAST(id AS STRING), 8, '0'), {size // 8})"
    spark.range(rows).selectExpr(f"encode({digits}, 'UTF-8') AS image").createOrReplaceTempView("images")
    plain = f"SELECT count(*) FROM images WHERE length(image) = {size}"
    scored = f"SELECT count(*) FROM images WHERE classify(image, '{folder}') <> 'none'"
    for query in (plain, scored):  # warms the JVM up
        timed(spark.sql(query), rows)
    found = []
    for _ in range(ROUNDS):
        without, _ = timed(spark.sql(plain), rows)
        whole, forward = timed(spark.sql(scored), rows)
        total, forward = ((seconds / rows * 1e9) for seconds in (whole - without, forward))
        predict = bare(folder)
        found.append(
            {"total": total, "own": total - forward, "boundary": forward - predict, "predict": predict}
        )
    return {what: statistics.median(one[what] for one in found) for what in found[0]}


def main() -> None:
    example = common.example("firesteel-core", "rows")
    spark = session("local[1]", spark_sql_adaptive_enabled="false")
    results = {}
    for size, rows in ROWS.items():

        def bare(folder: str, size: int = size, rows: int = rows) -> float:
            command = [example, f"{folder}/model.safetensors", str(size), str(rows)]
            return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

        results[size] = {"rows": rows, **measured(spark, size, rows, bare)}
    print(json.dumps(results))
    spark.stop()


if __name__ == "__main__":
    main()
