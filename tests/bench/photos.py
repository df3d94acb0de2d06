"""Photos from JPEG to label, local[1]: `photos.py firesteel|udf <photos> <weights of squeezenet1_1>` prints JSON.

`udf` is what Spark has for this: predict_batch_udf with PyTorch and torchvision's transforms on Pillow's images.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
import time

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

COPIES = 4


def rate(labels: DataFrame, photos: DataFrame) -> dict:
    """Photos per second, the second time; and what was found, to compare."""
    for _ in range(2):
        started = time.perf_counter()
        found = labels.collect()
        seconds = time.perf_counter() - started
    assert len(found) == photos.count()
    return {"photos": len(found) / seconds, "labels": dict(tuple(row) for row in found)}


def firesteel(spark: SparkSession, photos: DataFrame, weights: str) -> dict:
    from firesteel import Firesteel
    from firesteel import functions as fs

    path = tempfile.mkdtemp() + "/model"
    Firesteel.importModel(spark, "squeezenet1_1", weights, "", path)
    # The copies of a photo are not equal, or they would be computed once.
    content = f.concat("content", f.col("copy").cast("string").cast("binary"))
    return rate(photos.select("file", fs.classify(content, model=path)), photos)


def udf(spark: SparkSession, photos: DataFrame, weights: str) -> dict:
    from pyspark.ml.functions import predict_batch_udf
    from pyspark.sql.types import IntegerType

    def make():
        import torch
        from PIL import Image
        from torchvision import transforms
        from torchvision.models import squeezenet1_1

        torch.set_num_threads(1)
        model = squeezenet1_1()
        model.load_state_dict(torch.load(weights, weights_only=True))
        model = model.eval().to(memory_format=torch.channels_last)
        prepare = transforms.Compose(
            [
                transforms.Resize(256),
                transforms.CenterCrop(224),
                transforms.ToTensor(),
                transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
            ]
        )

        def predict(contents):
            images = [prepare(Image.open(io.BytesIO(content)).convert("RGB")) for content in contents]
            with torch.inference_mode():
                batch = torch.stack(images).contiguous(memory_format=torch.channels_last)
                return model(batch).argmax(1).numpy()

        return predict

    predict = predict_batch_udf(make, return_type=IntegerType(), batch_size=32)
    return rate(photos.select("file", predict("content").cast("string")), photos)


def main() -> None:
    kind, folder, weights = sys.argv[1:]
    spark = (
        SparkSession.builder.master("local[1]")
        .appName("firesteel-bench")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .getOrCreate()
    )
    files = spark.read.format("binaryFile").load(folder + "/*.JPEG")
    photos = files.select(f.element_at(f.split("path", "/"), -1).alias("file"), "content")
    photos = photos.crossJoin(spark.range(COPIES).withColumnRenamed("id", "copy"))
    photos = photos.withColumn("file", f.concat("file", "copy")).repartition(1).cache()
    photos.count()
    print(json.dumps({"firesteel": firesteel, "udf": udf}[kind](spark, photos, weights)))
    spark.stop()


if __name__ == "__main__":
    main()
