"""The model: a trained network as a transformer."""

from __future__ import annotations

from typing import Any

from pyspark.ml.classification import _JavaProbabilisticClassificationModel
from pyspark.ml.linalg import Vector
from pyspark.ml.util import JavaMLReadable, JavaMLReader, JavaMLWritable
from pyspark.sql.utils import is_remote

from firesteel import _jvm
from firesteel.ml._cnn_params import _CnnModelParams
from firesteel.ml._cnn_training_summary import CnnTrainingSummary


class CnnClassificationModel(
    _JavaProbabilisticClassificationModel[Vector],
    _CnnModelParams,
    JavaMLWritable,
    JavaMLReadable["CnnClassificationModel"],
):
    """Classifies images, vectors or arrays with a trained network. libtorch is not needed.

    ``transform`` appends the columns ``rawPrediction`` (vector of a score per class, before softmax),
    ``probability`` (vector, adds up to 1) and ``prediction`` (double, the class from 0); a column whose name
    is set to ``""`` is left out. The scores of a row depend on nothing but the row.

    A model comes from :meth:`CnnClassifier.fit` or from :meth:`load`. It is saved as a folder of Spark's
    ``metadata/`` and one ``model.safetensors``.

    See Also
    --------
    CnnClassifier : trains such models.

    Examples
    --------
    >>> model = CnnClassificationModel.load("/models/digits")  # doctest: +SKIP
    >>> model.setHandleInvalid("skip").transform(photos).select("prediction")  # doctest: +SKIP
    """

    __module__ = "firesteel.ml"

    @property
    def digest(self) -> str:
        """The SHA-256 of the model file, as 64 hexadecimal digits: what identifies the model."""
        return str(self._own("digest"))

    @property
    def network(self) -> str:
        """The network's description, as JSON."""
        return str(self._own("network"))

    @property
    def labels(self) -> list[str]:
        """The classes' names; empty where they have none."""
        return list(self._own("labels"))

    @property
    def numParameters(self) -> int:
        """The number of trained weights."""
        return int(self._own("numParameters"))

    @property
    def plan(self) -> str:
        """How images are scored: a table with a line for each step.

        A line has the first of the step's layers, the kernel, the shape of the result, millions of operations and
        bytes of weights; then come the sums, and the bytes of memory that a task takes. It is the driver's:
        executors with other processors may use other kernels.
        """
        return str(self._own("plan"))

    def explain(self) -> None:
        """Prints :attr:`plan`. Nothing is scored for it."""
        print(self.plan)

    @property
    def hasSummary(self) -> bool:
        """Whether this model comes from a fit in this application."""
        return not is_remote() and bool(self._own("hasSummary"))

    @property
    def summary(self) -> CnnTrainingSummary:
        """How the training went.

        Raises
        ------
        RuntimeError
            For a model that was loaded, and with Spark Connect.
        """
        if not self.hasSummary:
            raise RuntimeError(
                f"{self.uid} has no training summary: it was loaded, or trained through Spark Connect"
            )
        return CnnTrainingSummary(self._own("summary"))

    def setHandleInvalid(self, value: str) -> CnnClassificationModel:
        """Sets what ``transform`` does with rows that cannot be scored: "error", "skip" or "keep"."""
        return self._set(handleInvalid=value)

    @classmethod
    def read(cls) -> JavaMLReader[CnnClassificationModel]:
        """A reader of saved models; ``load`` takes a model's folder, or a ``model.safetensors`` by itself."""
        _jvm.check("firesteel.ml.CnnClassificationModel")
        return super().read()

    def _own(self, name: str) -> Any:
        """What Spark's own models do not have."""
        if is_remote():
            # An AttributeError, as Spark's hasParam asks for attributes of any name.
            raise AttributeError(
                f"'{name}' cannot be had through Spark Connect, which gives only what Spark's own models have"
            )
        return self._call_java(name)
