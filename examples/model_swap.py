"""Replaces a model while a stream classifies with it: the next micro-batch has the new one, without a restart.

spark-submit --jars firesteel.jar --py-files firesteel.jar model_swap.py <folder with MNIST's four files>
"""

import sys
import tempfile

from firesteel.ml import CnnClassifier, Network
from pyspark.sql import SparkSession

data, work = sys.argv[1], tempfile.mkdtemp(prefix="model_swap")
spark = SparkSession.builder.appName("model swap").getOrCreate()
train = spark.read.format("idx").load(f"{data}/train-images-idx3-ubyte.gz").limit(1000).cache()
digits = spark.read.format("idx").load(f"{data}/t10k-images-idx3-ubyte.gz").limit(400)
first, second = digits.randomSplit([0.5, 0.5], seed=1)

shape = train.schema["image"].metadata["shape"]
network = Network.input(*shape).conv(8, kernel=3).relu().maxPool(2).flatten().dense(10)
cnn = CnnClassifier(
    featuresCol="image", labelCol="label", network=network, learningRate=0.1, seed=1, verbose=False
)


def publish(epochs):
    """Trains a model and puts it in the place of the one that was there."""
    model = cnn.setEpochs(epochs).fit(train)
    model.write().overwrite().save(work + "/model")
    print(f"after {epochs} epochs: model {model.digest[:8]}", flush=True)


def arrive(some):
    """Digits come in as files."""
    some.coalesce(1).write.mode("append").parquet(work + "/incoming")


publish(epochs=1)
arrive(first)
spark.conf.set("spark.firesteel.model", work + "/model")
incoming = spark.readStream.schema("image BINARY, label INT").parquet(work + "/incoming")
incoming.createOrReplaceTempView("incoming")
read = spark.sql("SELECT label, classify(image) AS digit, model_version() AS model FROM incoming")
stream = read.writeStream.format("memory").queryName("read").start()
stream.processAllAvailable()

publish(epochs=10)
arrive(second)
stream.processAllAvailable()
stream.stop()

spark.sql(
    """SELECT left(model, 8) AS model, count(*) AS digits, round(avg(int(digit = label)), 3) AS accuracy
       FROM read GROUP BY model ORDER BY accuracy"""
).show()
spark.stop()
