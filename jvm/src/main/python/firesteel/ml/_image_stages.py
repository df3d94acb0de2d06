"""Stages that apply a stored model to a column of images."""

from __future__ import annotations

from typing import Any

from pyspark import keyword_only
from pyspark.ml.param import Param, Params, TypeConverters
from pyspark.ml.param.shared import HasInputCol, HasOutputCol
from pyspark.ml.util import JavaMLReadable, JavaMLReader, JavaMLWritable
from pyspark.ml.wrapper import JavaTransformer

from firesteel import _jvm
from firesteel.ml._cnn_params import _HasHandleInvalid


class _ImageStage(JavaTransformer, HasInputCol, HasOutputCol, _HasHandleInvalid):
    """What the stages share."""

    model: Param[str] = Param(
        Params._dummy(),
        "model",
        "path of the model, or a bare name below spark.firesteel.models.dir; "
        "if not set, that of spark.firesteel.model",
        typeConverter=TypeConverters.toString,
    )

    _input_kwargs: dict[str, Any]

    def _make(self, name: str) -> None:
        _jvm.check(name)
        self._java_obj = self._new_java_obj(name, self.uid)

    def _set_given(self) -> Any:
        return self._set(**{name: value for name, value in self._input_kwargs.items() if value is not None})

    def setInputCol(self, value: str) -> Any:
        """Sets the column of images."""
        return self._set(inputCol=value)

    def setOutputCol(self, value: str) -> Any:
        """Sets the column that is appended."""
        return self._set(outputCol=value)

    def setModel(self, value: str) -> Any:
        """Sets the model: a path, or a bare name below ``spark.firesteel.models.dir``."""
        return self._set(model=value)

    def setHandleInvalid(self, value: str) -> Any:
        """Sets what becomes of rows that cannot be scored: "error", "skip" or "keep"."""
        return self._set(handleInvalid=value)

    def getModel(self) -> str:
        """The model; a KeyError if not set."""
        return self.getOrDefault(self.model)


class ImagePredictor(_ImageStage, JavaMLWritable, JavaMLReadable["ImagePredictor"]):
    """Appends the most likely classes of each image with their probabilities, the most likely first.

    The output is an ARRAY of STRUCT(label STRING, probability FLOAT).

    Parameters
    ----------
    inputCol : str
        Column of encoded images (BINARY), of Spark's images, or of inputs of the network's shape.
    outputCol : str, optional
        Column that is appended.
    model : str, optional
        Path of the model on any Hadoop file system, or a bare name below ``spark.firesteel.models.dir``; by default
        that of ``spark.firesteel.model``.
    topK : int, default 5
        How many classes are told of each image; 1 or more.
    handleInvalid : {"error", "skip", "keep"}, default "error"
        What becomes of rows whose image cannot be scored: fail, leave the row out, or null.

    Examples
    --------
    >>> predictor = ImagePredictor(inputCol="content", outputCol="objects", model="/models/squeezenet1_1")
    ... # doctest: +SKIP
    >>> predictor.transform(photos).select("path", "objects").show()  # doctest: +SKIP
    """

    __module__ = "firesteel.ml"

    topK: Param[int] = Param(
        Params._dummy(), "topK", "how many classes are told of each image", typeConverter=TypeConverters.toInt
    )

    @keyword_only
    def __init__(
        self,
        *,
        inputCol: str | None = None,
        outputCol: str | None = None,
        model: str | None = None,
        topK: int = 5,
        handleInvalid: str = "error",
    ) -> None:
        super().__init__()
        self._make("firesteel.ml.ImagePredictor")
        self._setDefault(topK=5)
        self.setParams(**self._input_kwargs)

    @keyword_only
    def setParams(
        self,
        *,
        inputCol: str | None = None,
        outputCol: str | None = None,
        model: str | None = None,
        topK: int = 5,
        handleInvalid: str = "error",
    ) -> ImagePredictor:
        """Sets the parameters that are given and not None, as the constructor does."""
        return self._set_given()

    def setTopK(self, value: int) -> ImagePredictor:
        """Sets how many classes are told of each image; 1 or more."""
        return self._set(topK=value)

    def getTopK(self) -> int:
        """How many classes are told of each image."""
        return self.getOrDefault(self.topK)

    @classmethod
    def read(cls) -> JavaMLReader[ImagePredictor]:
        """A reader of saved stages."""
        _jvm.check("firesteel.ml.ImagePredictor")
        return super().read()


class ImageFeaturizer(_ImageStage, JavaMLWritable, JavaMLReadable["ImageFeaturizer"]):
    """Appends what a layer of a network makes of each image, as a vector: features from which a stage learns.

    Where the same images are needed again and again, as in a CrossValidator, ``spark.firesteel.cache.bytes`` lets
    executors remember what they have computed.

    Parameters
    ----------
    inputCol : str
        Column of encoded images (BINARY), of Spark's images, or of inputs of the network's shape.
    outputCol : str, optional
        Column that is appended.
    model : str, optional
        Path of the model on any Hadoop file system, or a bare name below ``spark.firesteel.models.dir``; by default
        that of ``spark.firesteel.model``.
    layers : list of str, optional
        The layers whose outputs are put one behind the other; ``mean(name)`` stands for the mean of each channel of
        a layer's map. By default the one that the last layer with weights reads: the means where it gives a map.
    handleInvalid : {"error", "skip", "keep"}, default "error"
        What becomes of rows whose image cannot be scored: fail, leave the row out, or a vector of NaN.

    Examples
    --------
    >>> features = ImageFeaturizer(inputCol="content", outputCol="features", model="/models/squeezenet1_1")
    ... # doctest: +SKIP
    >>> Pipeline(stages=[features, LogisticRegression()]).fit(photos)  # doctest: +SKIP
    """

    __module__ = "firesteel.ml"

    layers: Param[list[str]] = Param(
        Params._dummy(),
        "layers",
        "the layers whose outputs are put one behind the other; "
        "mean(name) stands for the mean of each channel of a layer's map; "
        "if empty, the one that the last layer with weights reads",
        typeConverter=TypeConverters.toListString,
    )

    @keyword_only
    def __init__(
        self,
        *,
        inputCol: str | None = None,
        outputCol: str | None = None,
        model: str | None = None,
        layers: list[str] | None = None,
        handleInvalid: str = "error",
    ) -> None:
        super().__init__()
        self._make("firesteel.ml.ImageFeaturizer")
        self._setDefault(layers=[])
        self.setParams(**self._input_kwargs)

    @keyword_only
    def setParams(
        self,
        *,
        inputCol: str | None = None,
        outputCol: str | None = None,
        model: str | None = None,
        layers: list[str] | None = None,
        handleInvalid: str = "error",
    ) -> ImageFeaturizer:
        """Sets the parameters that are given and not None, as the constructor does."""
        return self._set_given()

    def setLayers(self, value: list[str]) -> ImageFeaturizer:
        """Sets the layers whose outputs are put one behind the other."""
        return self._set(layers=value)

    def getLayers(self) -> list[str]:
        """The layers; empty for the one that the last layer with weights reads."""
        return self.getOrDefault(self.layers)

    @classmethod
    def read(cls) -> JavaMLReader[ImageFeaturizer]:
        """A reader of saved stages."""
        _jvm.check("firesteel.ml.ImageFeaturizer")
        return super().read()
