"""Labels photos with a stock network: a weight file that PyTorch users have -> model -> labels in SQL -> an HTML page.

    spark-submit --jars firesteel.jar --py-files firesteel.jar photos.py \\
        <architecture, as squeezenet1_1> <its weights> <folder of photos> <folder for the model> <page to write>

The page links to the photos, so a browser shows them where it reaches their folder.
"""

import html
import sys
from urllib.parse import quote

from firesteel import Firesteel
from firesteel.ml import ImagePredictor
from firesteel.read import Images
from pyspark.sql import SparkSession

architecture, weights, folder, path, page = sys.argv[1:]
spark = SparkSession.builder.appName("photos").getOrCreate()

model = Firesteel.importModel(spark, architecture, weights, "imagenet", path)
print(f"{architecture}: {model.numParameters:,} parameters, {model.numClasses} classes")

# Nothing here needs libtorch, and no Python runs on the executors.
photos = Images.read(spark, folder)
predictor = ImagePredictor(inputCol="content", outputCol="objects", model=path, topK=5, handleInvalid="keep")
labelled = predictor.transform(photos).select("path", "objects").orderBy("path").cache()
labelled.createOrReplaceTempView("labelled")

print("What is on most photos:")
spark.sql(
    """SELECT objects[0].label AS object, count(*) AS photos, round(avg(objects[0].probability), 3) AS probability
       FROM labelled WHERE objects IS NOT NULL GROUP BY 1 ORDER BY photos DESC, probability DESC LIMIT 10"""
).show(truncate=False)
unreadable = labelled.where("objects IS NULL").count()
print(f"{labelled.count()} photos, of which {unreadable} could not be read")


def figure(row):
    names = "".join(f"<li>{html.escape(o.label)}: {o.probability:.1%}</li>" for o in row.objects or [])
    return f'<figure><img src="{quote(row.path, safe=":/")}" width="240"/><ol>{names or "not readable"}</ol></figure>'


with open(page, "w", encoding="utf-8") as out:
    out.write('<!DOCTYPE html><meta charset="utf-8"/>')
    out.write("<title>Photos</title><style>figure { display: inline-block }</style>")
    out.writelines(figure(row) for row in labelled.toLocalIterator())
print(f"the photos with their labels: {page}")
spark.stop()
