"""What one layer of perceptrons cannot learn, and two can: exclusive or (Minsky and Papert 1969).

    spark-submit --jars firesteel.jar --py-files firesteel.jar xor.py

It ends with an error unless this is so.
"""

from firesteel.ml import CnnClassifier, Network
from pyspark.ml.evaluation import MulticlassClassificationEvaluator
from pyspark.ml.linalg import Vectors
from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("xor").getOrCreate()

cases = [(Vectors.dense(a, b), int(a != b)) for a in (0.0, 1.0) for b in (0.0, 1.0)]
asked = spark.createDataFrame(cases, ["features", "label"])
# Each case many times, so that one epoch holds many steps.
table = spark.createDataFrame(cases * 64, ["features", "label"]).coalesce(1)


def accuracy(network: Network) -> float:
    """The share of the four cases that a network learns."""
    learner = CnnClassifier(
        network=network, learningRate=0.1, momentum=0.9, batchSize=16, epochs=20, seed=1, verbose=False
    )
    predictions = learner.fit(table).transform(asked)
    predictions.select("features", "label", "prediction").show()
    return MulticlassClassificationEvaluator(metricName="accuracy").evaluate(predictions)


one = accuracy(Network.input(2).dense(2))
print(f"one layer: accuracy {one}")
two = accuracy(Network.input(2).dense(8).relu().dense(2))
print(f"two layers: accuracy {two}")
assert one <= 0.75, "one layer cannot learn exclusive or"
assert two == 1.0, "two layers must learn exclusive or"
spark.stop()
