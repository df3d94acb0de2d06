"""Learns to read handwritten digits: IDX files -> DataFrame -> CNN -> saved model -> accuracy, all inside Spark.

    spark-submit --jars firesteel.jar --py-files firesteel.jar digits.py \\
        <folder with MNIST's four files> [<folder for the model>]
"""

import sys
import tempfile

from firesteel.ml import CnnClassificationModel, CnnClassifier, Network
from firesteel.report import Evaluation
from pyspark.sql import SparkSession

data = sys.argv[1]
path = sys.argv[2] if len(sys.argv) > 2 else tempfile.mkdtemp(prefix="digits") + "/model"
spark = SparkSession.builder.appName("digits").getOrCreate()

train = spark.read.format("idx").load(f"{data}/train-images-idx3-ubyte.gz")
test = spark.read.format("idx").load(f"{data}/t10k-images-idx3-ubyte.gz")
shape = train.schema["image"].metadata["shape"]
digits = train.count()
print(f"{digits} digits of {'x'.join(map(str, shape))} to learn from, {test.count()} to be tested on")

network = Network.input(*shape)
if shape[-1] >= 28:
    network = network.conv(20, kernel=5).relu().maxPool(2).conv(50, kernel=5).relu().maxPool(2)
    network = network.flatten().dense(500).relu().dense(10)
else:  # smaller pictures
    network = network.conv(32, kernel=3, padding=1).relu().maxPool(2)
    network = network.conv(64, kernel=3, padding=1).relu().maxPool(2)
    network = network.flatten().dense(128).relu().dense(10)
print(network.summary())

# Small sets need more passes over the data to see as many digits.
epochs = 30 if digits < 10000 else 3
cnn = CnnClassifier(
    featuresCol="image",
    labelCol="label",
    network=network,
    learningRate=0.05 if epochs > 3 else 0.01,
    momentum=0.9,
    batchSize=64,
    epochs=epochs,
    seed=1,
)
trained = cnn.fit(train)
trained.summary.history.show(epochs)
trained.write().overwrite().save(path)
print(f"saved to {path}")

# From here on nothing needs libtorch.
model = CnnClassificationModel.load(path)
predictions = model.transform(test).cache()
evaluation = Evaluation.of(predictions)
print(f"test accuracy: {evaluation.accuracy:.4f}")
print(evaluation)

predictions.createOrReplaceTempView("predictions")
print("How often each digit was read right, and what it was taken for otherwise:")
spark.sql(
    """SELECT label, count(*) AS digits, sum(int(prediction = label)) AS right,
              array_join(sort_array(collect_set(CASE WHEN prediction <> label THEN int(prediction) END)), ' ')
                AS taken_for
       FROM predictions GROUP BY label ORDER BY label"""
).show()
spark.stop()
