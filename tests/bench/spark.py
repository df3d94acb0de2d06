"""One run of Firesteel for the benchmark: `spark.py <folder with MNIST> <cores> <epochs>` prints a line of JSON."""

from __future__ import annotations

import json
import sys
import time

from firesteel.ml import CnnClassifier, Network
from pyspark.sql import DataFrame
from session import session


def main() -> None:
    folder, cores, epochs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    spark = session(f"local[{cores}]")
    train = spark.read.format("idx").load(f"{folder}/train-images-idx3-ubyte.gz").repartition(cores).cache()
    test = spark.read.format("idx").load(f"{folder}/t10k-images-idx3-ubyte.gz").repartition(cores).cache()
    rows, test_rows = train.count(), test.count()
    lenet = (
        Network.input(1, 28, 28)
        .conv(20, kernel=5).relu().maxPool(2)
        .conv(50, kernel=5).relu().maxPool(2)
        .flatten().dense(500).relu().dense(10)
    )  # fmt: skip
    cnn = CnnClassifier(
        featuresCol="image",
        network=lenet,
        learningRate=0.01,
        momentum=0.9,
        batchSize=64,
        epochs=epochs,
        seed=1,
        verbose=False,
    )
    started = time.perf_counter()
    model = cnn.fit(train)
    fit_seconds = time.perf_counter() - started
    history = model.summary.history.collect()

    def right(table: DataFrame) -> int:
        return model.transform(table).where("prediction = label").count()

    transform_seconds = []
    for _ in range(3):
        started = time.perf_counter()
        right(train)
        transform_seconds.append(time.perf_counter() - started)
    result = {
        "training": [epoch.rows / epoch.seconds for epoch in history],
        "fit": epochs * rows / fit_seconds,
        "inference": rows / min(transform_seconds),
        "accuracy": right(test) / test_rows,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
