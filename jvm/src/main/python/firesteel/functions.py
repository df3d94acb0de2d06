"""The SQL functions for the DataFrame API, on classic sessions and over Spark Connect.

An image is a column of BINARY (an encoded image, or a byte for each value of the network's input), of Spark's image,
of vectors or of arrays of numbers; :func:`image_info` and :func:`image_resize` refuse vectors and arrays of numbers
other than bytes. For a column of ARRAY<BINARY> ``classify`` gives an array with a label for each image. A null image
gives null.

A model is the path of a saved model's folder or of its ``model.safetensors``, on any Hadoop file system, or a name
below the folder that ``spark.firesteel.models.dir`` names. Without one it is that of ``spark.firesteel.model``. What
it says is read when the query is analysed, its weights when it runs.

An image that is bad (of another size than the network's input, or with a value that is no number) fails the query,
which then names the row. The twin ``try_...`` of each function gives null for it.

Examples
--------
>>> from firesteel import functions as fs
>>> photos.select("path", fs.classify("content", model="/models/lenet"))  # doctest: +SKIP
>>> photos.where(fs.try_classify_score("content") > 0.9)  # doctest: +SKIP
"""

from __future__ import annotations

from operator import index
from typing import Union

from pyspark.sql import Column
from pyspark.sql.functions import call_function, lit

__all__ = [
    "classify",
    "classify_probabilities",
    "classify_score",
    "classify_topk",
    "image_features",
    "image_info",
    "image_resize",
    "model_version",
    "try_classify",
    "try_classify_probabilities",
    "try_classify_score",
    "try_classify_topk",
    "try_image_features",
    "try_image_info",
    "try_image_resize",
]

Image = Union[Column, str]


def classify(image: Image, model: str | None = None) -> Column:
    """The label of the most likely class.

    Parameters
    ----------
    image : Column or str
        The image, or the name of its column.
    model : str, optional
        The model's path or name.

    Returns
    -------
    Column
        STRING: the class's name, or its number from 0 where the model has no labels.

    Raises
    ------
    pyspark.errors.AnalysisException
        When the column is used in a query: if there is no such model, it cannot be read or its network takes other
        images, or no model is named at all.
    """
    return call_function("classify", image, *_constants(model))


def classify_score(image: Image, model: str | None = None) -> Column:
    """The probability of the most likely class: FLOAT, 0 to 1. See :func:`classify`."""
    return call_function("classify_score", image, *_constants(model))


def classify_topk(image: Image, k: int, model: str | None = None) -> Column:
    """The most likely classes.

    Parameters
    ----------
    image : Column or str
        The image, or the name of its column.
    k : int
        How many classes: 1 or more; all of them where there are fewer.
    model : str, optional
        The model's path or name.

    Returns
    -------
    Column
        ARRAY<STRUCT<label STRING, probability FLOAT>>, the most likely first.

    Raises
    ------
    pyspark.errors.AnalysisException
        As with :func:`classify`, and for a `k` below 1.
    """
    return call_function("classify_topk", image, *_constants(index(k), model))


def classify_probabilities(image: Image, model: str | None = None) -> Column:
    """The probability of each class: ARRAY<FLOAT> that adds up to 1. See :func:`classify`."""
    return call_function("classify_probabilities", image, *_constants(model))


def image_features(image: Image, model: str | None = None, layer: str | None = None) -> Column:
    """What a layer of the network makes of an image.

    Parameters
    ----------
    image : Column or str
        The image, or the name of its column.
    model : str, optional
        The model's path or name.
    layer : str, optional
        The layer's name, such as ``"relu1"``, or ``"mean(relu1)"`` for the mean of each channel of its map; several
        with commas between, whose outputs are put one behind the other. By default the layer that the network's last
        one with weights reads: of a map the means.

    Returns
    -------
    Column
        ARRAY<FLOAT>: the layers' output, a map of ``[c, h, w]`` channel by channel and row by row.

    Raises
    ------
    pyspark.errors.AnalysisException
        As with :func:`classify`, and if there is no such layer: the message lists the layers.
    """
    return call_function("image_features", image, *_constants(model, layer))


def image_info(image: Image) -> Column:
    """What the header of an encoded image says, without a pixel being decoded.

    Returns
    -------
    Column
        STRUCT(format STRING, width INT, height INT, channels INT, orientation INT): jpeg, png, webp, gif, bmp or tiff,
        or frame for Spark's image; columns, rows and values of a pixel as stored; EXIF's orientation, 1 to 8, where 1
        is upright.
    """
    return call_function("image_info", image)


def image_resize(image: Image, width: int, height: int) -> Column:
    """An encoded image turned upright and resized to so many columns and rows, bilinearly: BINARY, a PNG.

    It takes JPEG, PNG, WebP and Spark's image; GIF, BMP and TIFF, which :func:`image_info` reads, are bad images here.
    So is one that takes more than ``spark.firesteel.image.maxAllocation`` together with the resized one.
    """
    return call_function("image_resize", image, lit(index(width)), lit(index(height)))


def model_version(model: str | None = None) -> Column:
    """The SHA-256 of a model's file: STRING of 64 hexadecimal digits, one for the whole query.

    In a stream it is looked up again for each micro-batch, as the model itself is. See :func:`classify`.
    """
    return call_function("model_version", *_constants(model))


def try_classify(image: Image, model: str | None = None) -> Column:
    """:func:`classify` with null for a bad image."""
    return call_function("try_classify", image, *_constants(model))


def try_classify_score(image: Image, model: str | None = None) -> Column:
    """:func:`classify_score` with null for a bad image."""
    return call_function("try_classify_score", image, *_constants(model))


def try_classify_topk(image: Image, k: int, model: str | None = None) -> Column:
    """:func:`classify_topk` with null for a bad image."""
    return call_function("try_classify_topk", image, *_constants(index(k), model))


def try_classify_probabilities(image: Image, model: str | None = None) -> Column:
    """:func:`classify_probabilities` with null for a bad image."""
    return call_function("try_classify_probabilities", image, *_constants(model))


def try_image_features(image: Image, model: str | None = None, layer: str | None = None) -> Column:
    """:func:`image_features` with null for a bad image."""
    return call_function("try_image_features", image, *_constants(model, layer))


def try_image_info(image: Image) -> Column:
    """:func:`image_info` with null for a bad image."""
    return call_function("try_image_info", image)


def try_image_resize(image: Image, width: int, height: int) -> Column:
    """:func:`image_resize` with null for a bad image."""
    return call_function("try_image_resize", image, lit(index(width)), lit(index(height)))


def _constants(*values: str | int | None) -> list[Column]:
    """Arguments without those at the end that are left out; one in the middle is NULL, which means the same."""
    given = max((place for place, value in enumerate(values, 1) if value is not None), default=0)
    return [lit(value) for value in values[:given]]
