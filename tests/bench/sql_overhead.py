"""What the SQL operator costs beside the network: `sql_overhead.py` prints a line of JSON, in nanoseconds a row.

The network is as small as networks get: 8 bytes in, two classes out. Its time is the operator's metric "forward time",
which holds the native call with the passing of arrays; the rest is the operator's own.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time

from firesteel.ml import CnnClassifier, Network
from pyspark.ml.linalg import Vectors
from pyspark.sql import SparkSession

ROWS = 2_000_000
ROUNDS = 5


def operator(plan):
    """The operator in a physical plan of the JVM."""
    if plan.nodeName() == "Classify":
        return plan
    children = plan.children()
    found = (operator(children.apply(i)) for i in range(children.size()))
    return next((node for node in found if node is not None), None)


def main() -> None:
    spark = (
        SparkSession.builder.master("local[1]")
        .appName("firesteel-bench")
        .config("spark.jars", os.environ["FIRESTEEL_JAR"])
        .config("spark.firesteel.libtorch.dir", os.path.join(os.environ["LIBTORCH"], "lib"))
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .getOrCreate()
    )
    cases = [(Vectors.dense([float(i)] * 8), i) for i in (0, 1)]
    tiny = CnnClassifier(network=Network.input(8).dense(2), verbose=False)
    model = tempfile.mkdtemp() + "/model"
    tiny.fit(spark.createDataFrame(cases, ["features", "label"])).write().save(model)
    spark.range(ROWS).selectExpr(
        "encode(lpad(CAST(id AS STRING), 8, '0'), 'UTF-8') AS image"
    ).createOrReplaceTempView("images")
    plain = "SELECT sum(length(image)) FROM images WHERE image IS NOT NULL"
    scored = plain + f" AND classify(image, '{model}') <> 'none'"

    def seconds(query: str) -> tuple[float, float]:
        table = spark.sql(query)
        started = time.perf_counter()
        assert table.collect()[0][0] == 8 * ROWS
        whole = time.perf_counter() - started
        node = operator(table._jdf.queryExecution().executedPlan())
        return whole, node.metrics().apply("forwardTime").value() / 1e9 if node else 0.0

    for query in (plain, scored):  # warms the JVM up
        seconds(query)
    total, own = [], []
    for _ in range(ROUNDS):
        without, (whole, forward) = seconds(plain)[0], seconds(scored)
        total.append((whole - without) / ROWS * 1e9)
        own.append((whole - without - forward) / ROWS * 1e9)
    print(json.dumps({"total": statistics.median(total), "own": statistics.median(own), "rows": ROWS}))


if __name__ == "__main__":
    main()
