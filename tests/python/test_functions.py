"""The SQL functions from Python: as functions of columns, in SQL, in views, and beside Python's own functions."""

from __future__ import annotations

import functools
import inspect
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from firesteel import Firesteel
from firesteel import functions as fs
from firesteel.ml import CnnClassificationModel
from PIL import Image
from py4j.java_gateway import JavaObject
from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql.functions import col, expr, pandas_udf, udf
from pyspark.sql.types import BinaryType, StringType
from safetensors.numpy import load_file

ROWS = 200
GOOD = "id < 200"


@pytest.fixture(scope="module")
def path(trained: CnnClassificationModel, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The saved model of exclusive or, whose labels are same and different."""
    made = str(tmp_path_factory.mktemp("models") / "xor")
    trained.save(made)
    return made


@pytest.fixture(scope="module")
def photos(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> DataFrame:
    """Pictures of two pixels in files: 200 good and different ones, then one that is null and one too small."""

    def pixel(bit: int, i: int) -> int:
        return 255 - i // 4 if bit else i // 4

    good = [(i, bytearray((pixel(i & 1, i), pixel(i & 2, i))), i & 1 ^ i >> 1 & 1) for i in range(ROWS)]
    rows = [*good, (ROWS, None, 0), (ROWS + 1, bytearray(1), 0)]
    folder = str(tmp_path_factory.mktemp("photos"))
    spark.createDataFrame(rows, "id INT, image BINARY, truth INT").coalesce(2).write.parquet(folder + "/p")
    return spark.read.parquet(folder + "/p")


@pytest.fixture
def good(photos: DataFrame) -> DataFrame:
    return photos.where(GOOD)


@pytest.fixture
def view(spark: SparkSession, good: DataFrame) -> Iterator[str]:
    good.createOrReplaceTempView("photos")
    yield "photos"
    spark.catalog.dropTempView("photos")


def scored(table: DataFrame) -> int:
    """How many images the operators of a table's plan sent through the network when it was collected."""

    def below(plan: JavaObject) -> list[JavaObject]:
        name = plan.getClass().getSimpleName()
        if name == "AdaptiveSparkPlanExec":
            return [plan.executedPlan()]
        if name.endswith("QueryStageExec"):
            return [plan.plan()]
        children = plan.children()
        return [children.apply(i) for i in range(children.size())]

    def images(plan: JavaObject) -> int:
        own = plan.metrics().apply("images").value() if plan.nodeName() == "Classify" else 0
        return own + sum(map(images, below(plan)))

    return images(table._jdf.queryExecution().executedPlan())


# ---- what they give ----


@pytest.fixture(scope="module")
def expected(trained: CnnClassificationModel, photos: DataFrame) -> list[np.ndarray]:
    """The probabilities by the model's own transform, whose features are vectors or bytes."""
    table = trained.copy().setFeaturesCol("image").transform(photos.where(GOOD).orderBy("id"))
    return [row.probability.toArray().astype(np.float32) for row in table.collect()]


def values(table: DataFrame, column: Column) -> list[Any]:
    return [row[0] for row in table.orderBy("id").select(column).collect()]


@pytest.mark.parametrize("twin", ["", "try_"])
def test_functions_give_what_transform_gives(
    good: DataFrame, path: str, expected: list[np.ndarray], twin: str
) -> None:
    def column(name: str, **more: Any) -> list[Any]:
        return values(good, getattr(fs, twin + name)("image", model=path, **more))

    names = ["same", "different"]
    assert column("classify") == [names[p.argmax()] for p in expected]
    assert [names.index(label) for label in column("classify")] == values(good, col("truth"))
    assert column("classify_score") == [p.max() for p in expected]
    assert column("classify_probabilities") == [p.tolist() for p in expected]
    for k in (1, 2, 9):
        best = [[(names[c], p[c]) for c in (-p).argsort(kind="stable")[:k]] for p in expected]
        assert column("classify_topk", k=k) == best


@pytest.mark.parametrize("function", [fs.image_features, fs.try_image_features])
def test_features_are_what_a_layer_gives(good: DataFrame, path: str, function: Callable[..., Column]) -> None:
    weights = load_file(path + "/model.safetensors")
    inputs = np.array([list(image) for image in values(good, col("image"))], np.float32) / 255
    dense = inputs @ weights["dense1.weight"].T + weights["dense1.bias"]
    found = values(good, function("image", model=path, layer="dense1"))
    np.testing.assert_allclose(np.array(found), dense, atol=1e-5)
    found = values(good, function("image", path))
    np.testing.assert_allclose(np.array(found), np.maximum(dense, 0), atol=1e-5)


def test_version_is_the_digest(spark: SparkSession, trained: CnnClassificationModel, path: str) -> None:
    assert spark.range(1).select(fs.model_version(path)).first()[0] == trained.digest


CALLS: dict[str, dict[str, Any]] = {
    name: {"k": 1} if "topk" in name else {}
    for name in fs.__all__
    if {"image", "model"} <= set(inspect.signature(getattr(fs, name)).parameters)
}


@pytest.mark.parametrize("name", CALLS)
def test_null_stays_null_and_a_bad_image_is_named_or_null(photos: DataFrame, path: str, name: str) -> None:
    column = getattr(fs, name)(photos.image, model=path, **CALLS[name])
    assert values(photos.where(f"id = {ROWS}"), column) == [None]
    bad = photos.where(f"id > {ROWS}")
    if name.startswith("try_"):
        assert values(bad, column) == [None]
    else:
        with pytest.raises(Exception, match=rf"FIRESTEEL_BAD_IMAGE.*column 'image'.*try_{name} gives NULL"):
            values(bad, column)


@pytest.mark.parametrize(("name", "more"), [("image_info", {}), ("image_resize", {"width": 4, "height": 3})])
def test_images_without_a_network(photos: DataFrame, name: str, more: dict[str, int]) -> None:
    plain, tolerant = (getattr(fs, twin + name)("image", **more) for twin in ("", "try_"))
    assert values(photos.where(f"id = {ROWS}"), plain) == [None]
    bad = photos.where(f"id > {ROWS}")
    assert values(bad, tolerant) == [None]
    with pytest.raises(Exception, match=rf"FIRESTEEL_BAD_IMAGE.*column 'image'.*try_{name} gives NULL"):
        values(bad, plain)


def encoded(image: Image.Image, format: str, **options: Any) -> bytearray:
    out = io.BytesIO()
    image.save(out, format, **options)
    return bytearray(out.getvalue())


@pytest.mark.parametrize("twin", ["", "try_"])
def test_headers_and_sizes_of_photos(spark: SparkSession, twin: str) -> None:
    image_info, image_resize = getattr(fs, twin + "image_info"), getattr(fs, twin + "image_resize")
    # Red to the right, green to the bottom.
    pixels = np.zeros((20, 60, 3), np.uint8)
    pixels[..., 0], pixels[..., 1] = np.arange(60) * 4, np.arange(20)[:, None] * 12
    picture, exif = Image.fromarray(pixels), Image.Exif()
    exif[0x112] = 6
    rows = [
        (0, encoded(picture, "JPEG", quality=95, subsampling=0, exif=exif.tobytes())),
        (1, encoded(picture, "WEBP", lossless=True)),
    ]
    table = spark.createDataFrame(rows, "id INT, image BINARY")

    headers = [tuple(header) for header in values(table, image_info("image"))]
    assert headers == [("jpeg", 60, 20, 3, 6), ("webp", 60, 20, 3, 1)]
    for image, width, height in ((table.image, 9, 24), ("image", 30, 7)):
        headers = values(table, fs.image_info(image_resize(image, width, height)))
        assert [tuple(header) for header in headers] == [("png", width, height, 3, 1)] * 2

    turned = values(table, image_resize("image", width=20, height=60))[0]
    upright = np.asarray(Image.open(io.BytesIO(turned))).astype(int)
    assert np.abs(upright - np.rot90(pixels, -1)).max() < 16
    assert np.abs(upright - np.rot90(pixels)).max() > 150
    same = values(table, image_resize("image", 60, 20))[1]
    assert (np.asarray(Image.open(io.BytesIO(same))) == pixels).all()


def test_an_array_of_images_gives_an_array(good: DataFrame, path: str) -> None:
    arrays = good.groupBy("truth").agg(expr("collect_list(image)").alias("images"))
    found = {row[0]: set(row[1]) for row in arrays.select("truth", fs.classify("images", path)).collect()}
    assert found == {0: {"same"}, 1: {"different"}}


def test_columns_are_named_as_in_sql(good: DataFrame, path: str) -> None:
    column = good.select(fs.classify("image", model=path)).columns
    assert column == good.selectExpr(f"classify(image, '{path}')").columns == [f"classify(image, {path})"]


# ---- which model ----


@pytest.fixture
def conf(spark: SparkSession) -> Iterator[Callable[[str, str], None]]:
    changed = []

    def change(name: str, value: str) -> None:
        changed.append(name)
        spark.conf.set(name, value)

    yield change
    for name in changed:
        spark.conf.unset(name)


def test_without_a_model_it_is_the_sessions(
    good: DataFrame, path: str, conf: Callable[[str, str], None]
) -> None:
    with pytest.raises(AnalysisException, match="FIRESTEEL_MODEL_NOT_SET"):
        good.select(fs.classify("image"))
    conf("spark.firesteel.model", path)
    for name, more in CALLS.items():
        function = functools.partial(getattr(fs, name), "image", **more)
        assert values(good, function()) == values(good, function(model=path))
    # One in the middle that is left out.
    dense = fs.image_features("image", layer="dense1")
    assert values(good, dense) == values(good, fs.image_features("image", path, "dense1"))
    assert values(good, fs.model_version()) == values(good, fs.model_version(path))


def test_a_name_is_found_in_the_folder_of_models(
    good: DataFrame, path: str, conf: Callable[[str, str], None]
) -> None:
    with pytest.raises(AnalysisException, match=r"no model 'xor'.*spark.firesteel.models.dir"):
        good.select(fs.classify("image", "xor"))
    conf("spark.firesteel.models.dir", str(Path(path).parent))
    assert values(good, fs.classify("image", "xor")) == values(good, fs.classify("image", path))


@pytest.mark.parametrize(
    ("what", "column"),
    [
        ("FIRESTEEL_MODEL_NOT_FOUND", lambda path: fs.classify("image", path + "-not")),
        ("FIRESTEEL_BAD_ARGUMENT.*is 0", lambda path: fs.classify_topk("image", 0, path)),
        (
            "FIRESTEEL_NO_SUCH_LAYER.*dense1, relu1, dense2",
            lambda path: fs.image_features("image", path, "no"),
        ),
        ("DATATYPE_MISMATCH", lambda path: fs.classify("id", path)),
        ("UNRESOLVED_COLUMN", lambda path: fs.classify("no", path)),
    ],
)
def test_mistakes_are_found_before_a_query_runs(
    good: DataFrame, path: str, what: str, column: Callable[[str], Column]
) -> None:
    with pytest.raises(AnalysisException, match=what):
        good.select(column(path))


def test_k_is_a_whole_number(path: str) -> None:
    with pytest.raises(TypeError):
        fs.classify_topk("image", 1.5, path)  # type: ignore[arg-type]


# ---- beside Python's functions: each image goes through the network once ----


@udf(StringType())
def shout(text: str) -> str:
    return text.upper()


@udf(BinaryType())
def negative(image: bytes) -> bytes:
    return bytes(255 - pixel for pixel in image)


@pandas_udf(StringType())
def shout_all(texts: pd.Series) -> pd.Series:
    return texts.str.upper()


@pytest.mark.parametrize("function", [shout, shout_all])
def test_a_python_function_of_labels(
    good: DataFrame, path: str, function: Callable[[Column], Column]
) -> None:
    label = fs.classify("image", path)
    table = good.select("id", label.alias("label"), function(label).alias("loud"))
    rows = table.collect()
    assert [row.loud for row in rows] == [row.label.upper() for row in rows]
    assert scored(table) == ROWS == len(rows)


def test_labels_of_what_a_python_function_gives(good: DataFrame, path: str) -> None:
    # The negative of a picture of exclusive or has the same label.
    table = good.select(fs.classify(negative("image"), path).alias("label"), "truth")
    rows = table.collect()
    assert [row.label for row in rows] == [["same", "different"][row.truth] for row in rows]
    assert scored(table) == ROWS == len(rows)


def test_python_functions_above_and_below(good: DataFrame, path: str) -> None:
    label, other = fs.classify("image", path), fs.classify(negative("image"), path)
    table = good.where(shout(label) == "SAME").select(shout(label), shout_all(label), shout(other), other)
    rows = table.collect()
    assert {tuple(row) for row in rows} == {("SAME", "SAME", "SAME", "same")}
    assert len(rows) == ROWS // 2
    # All of the photos, and of the negatives those that the filter leaves.
    assert scored(table) == ROWS + ROWS // 2


@pytest.mark.parametrize("arrow", ["true", "false"])
def test_to_pandas(good: DataFrame, path: str, conf: Callable[[str, str], None], arrow: str) -> None:
    conf("spark.sql.execution.arrow.pyspark.enabled", arrow)
    table = good.select("truth", fs.classify("image", path), fs.classify_score("image", path))
    found = table.toPandas()
    assert (found.iloc[:, 1] == np.where(found.truth == 1, "different", "same")).all()
    assert found.iloc[:, 2].dtype == np.float32
    assert scored(table) == ROWS == len(found)


def test_filter_and_select_share_their_scores(spark: SparkSession, view: str, path: str) -> None:
    table = spark.sql(
        f"SELECT id, classify(image, '{path}') FROM {view} WHERE classify(image, '{path}') = 'same' AND id < 100"
    )
    assert len(table.collect()) == 50
    assert scored(table) == 100


# ---- functions and views of models ----


def test_a_model_becomes_a_function(
    spark: SparkSession, good: DataFrame, view: str, path: str, trained: CnnClassificationModel
) -> None:
    Firesteel.registerFunction(spark, "likeness", trained)
    try:
        table = spark.sql(f"SELECT likeness(image) AS label, count(*) AS n FROM {view} GROUP BY 1 ORDER BY 1")
        assert [tuple(row) for row in table.collect()] == [("different", 100), ("same", 100)]
        assert scored(table) == ROWS
        assert spark.sql(f"SELECT likeness(image) FROM {view}").columns == ["likeness(image)"]
        assert spark.sql("SELECT try_likeness(X'00'), try_likeness(X'0000')").first()[:] == (None, "same")
        # Of this session alone.
        with pytest.raises(AnalysisException, match="UNRESOLVED_ROUTINE"):
            spark.newSession().sql("SELECT likeness(X'0000')")
    finally:
        spark.sql("DROP TEMPORARY FUNCTION likeness")
        spark.sql("DROP TEMPORARY FUNCTION try_likeness")


@pytest.mark.parametrize("temporary", ["", "TEMPORARY"])
def test_sql_makes_a_function_of_a_model(
    spark: SparkSession, good: DataFrame, view: str, path: str, temporary: str
) -> None:
    create = f"CREATE {temporary} FUNCTION likeness(i BINARY) RETURNS STRING RETURN classify(i, '{path}')"
    spark.sql(create)
    try:
        table = spark.sql(
            f"SELECT likeness(image), likeness(image) FROM {view} WHERE likeness(image) = 'same'"
        )
        assert len(table.collect()) == ROWS // 2
        assert scored(table) == ROWS
        assert values(good, expr("likeness(image)")) == values(good, fs.classify("image", path))
    finally:
        spark.sql(f"DROP {temporary} FUNCTION likeness")


def test_views(spark: SparkSession, good: DataFrame, path: str, conf: Callable[[str, str], None]) -> None:
    good.write.saveAsTable("scans")
    conf("spark.firesteel.model", path)
    good.select("id", "truth", fs.classify("image").alias("label")).createOrReplaceTempView("read")
    spark.sql("CREATE VIEW labelled AS SELECT id, classify(image) AS label FROM scans")
    try:
        right = "int(label = 'different') = truth"
        assert spark.table("read").where(right).count() == ROWS
        table = spark.table("labelled").where("label = 'same'")
        assert len(table.collect()) == ROWS // 2
        assert scored(table) == ROWS
        # Nobody asks for the labels: no image is looked at.
        table = spark.sql("SELECT count(*) FROM labelled")
        assert table.first()[0] == ROWS
        assert scored(table) == 0
    finally:
        spark.catalog.dropTempView("read")
        spark.sql("DROP VIEW IF EXISTS labelled")
        spark.sql("DROP TABLE scans")
