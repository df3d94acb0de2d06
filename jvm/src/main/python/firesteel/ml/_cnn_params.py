"""The parameters of networks and of their training, a class per subject."""

from __future__ import annotations

from typing import Any

from pyspark.ml.param import Param, Params, TypeConverters
from pyspark.ml.param.shared import HasSeed

from firesteel.ml._augmentation import Augmentation
from firesteel.ml._network import Network


class _HasPreprocessing(Params):
    """How bytes become the numbers that a network sees: ``(byte * scale - mean) / std``."""

    scale: Param[float] = Param(
        Params._dummy(),
        "scale",
        "factor of every byte of a BINARY features column, not 0; "
        "numbers in vectors and arrays are taken as they are",
        typeConverter=TypeConverters.toFloat,
    )
    mean: Param[list[float]] = Param(
        Params._dummy(),
        "mean",
        "subtracted from scaled bytes: a number per channel, one for all channels, or none",
        typeConverter=TypeConverters.toListFloat,
    )
    std: Param[list[float]] = Param(
        Params._dummy(),
        "std",
        "divides scaled bytes after mean is subtracted, above 0: "
        "a number per channel, one for all channels, or none",
        typeConverter=TypeConverters.toListFloat,
    )

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._setDefault(scale=1.0 / 255.0, mean=[], std=[])

    def getScale(self) -> float:
        """The factor of every byte."""
        return self.getOrDefault(self.scale)

    def getMean(self) -> list[float]:
        """What is subtracted from scaled bytes."""
        return self.getOrDefault(self.mean)

    def getStd(self) -> list[float]:
        """What divides scaled bytes after the mean is subtracted."""
        return self.getOrDefault(self.std)


class _HasHandleInvalid(Params):
    """What becomes of rows that cannot be scored."""

    handleInvalid: Param[str] = Param(
        Params._dummy(),
        "handleInvalid",
        "what transform does with rows whose features are null, of the wrong size or not finite: "
        "error (fail), skip (leave the row out) or keep (NaN or null in the outputs)",
        typeConverter=TypeConverters.toString,
    )

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._setDefault(handleInvalid="error")

    def getHandleInvalid(self) -> str:
        """What ``transform`` does with rows that cannot be scored: error, skip or keep."""
        return self.getOrDefault(self.handleInvalid)


class _CnnModelParams(_HasHandleInvalid):
    """What a model and its estimator share."""


def _network(value: Any) -> str:
    """What the parameter ``network`` holds: JSON."""
    return value.toJson() if isinstance(value, Network) else TypeConverters.toString(value)


def _augmentations(value: Any) -> list[str]:
    """What the parameter ``augmentations`` holds: JSON of each."""
    changes = TypeConverters.toList(value)
    return TypeConverters.toListString([c.toJson() if isinstance(c, Augmentation) else c for c in changes])


class _CnnClassifierParams(_CnnModelParams, _HasPreprocessing, HasSeed):
    """What is needed to train."""

    network: Param[str] = Param(
        Params._dummy(),
        "network",
        "the network's description, as JSON; Network builds it",
        typeConverter=_network,
    )
    epochs: Param[int] = Param(
        Params._dummy(), "epochs", "number of passes over the data", typeConverter=TypeConverters.toInt
    )
    batchSize: Param[int] = Param(
        Params._dummy(), "batchSize", "number of rows of each update", typeConverter=TypeConverters.toInt
    )
    learningRate: Param[float] = Param(
        Params._dummy(), "learningRate", "factor of each update", typeConverter=TypeConverters.toFloat
    )
    momentum: Param[float] = Param(
        Params._dummy(),
        "momentum",
        "share of each update that goes into the next, as in torch.optim.SGD",
        typeConverter=TypeConverters.toFloat,
    )
    weightDecay: Param[float] = Param(
        Params._dummy(),
        "weightDecay",
        "factor of the weights that is added to their gradient, as in torch.optim.SGD",
        typeConverter=TypeConverters.toFloat,
    )
    initializer: Param[str] = Param(
        Params._dummy(),
        "initializer",
        "how initial weights are drawn: uniform within 1/sqrt(fan_in), PyTorch's default; "
        "xavier (Glorot and Bengio 2010), he (He et al. 2015), "
        "normal with variance 1/fan_in (LeCun et al. 1998), zeros",
        typeConverter=TypeConverters.toString,
    )
    labels: Param[list[str]] = Param(
        Params._dummy(),
        "labels",
        "the classes' names, kept in the model; if not set, those in the label column's metadata, if any",
        typeConverter=TypeConverters.toListString,
    )
    resize: Param[str] = Param(
        Params._dummy(),
        "resize",
        "how encoded images become as large as the network's input: none (they must be so large), "
        "crop (the shorter side is resized to shortSide, and the middle cut out), "
        "stretch (whatever the proportion) or pad (with black)",
        typeConverter=TypeConverters.toString,
    )
    shortSide: Param[int] = Param(
        Params._dummy(),
        "shortSide",
        "the shorter side in pixels before the middle is cut out, where resize is crop; "
        "0 for that of the network's input",
        typeConverter=TypeConverters.toInt,
    )
    initialModel: Param[str] = Param(
        Params._dummy(),
        "initialModel",
        "path of a saved model whose weights training begins with, and whose preprocessing holds unless set here; "
        "where it has another number of classes, the last layer with weights is drawn anew",
        typeConverter=TypeConverters.toString,
    )
    trainableLayers: Param[list[str]] = Param(
        Params._dummy(),
        "trainableLayers",
        "the layers that learn, by their names or by the beginnings of their names up to a dot; if empty, all",
        typeConverter=TypeConverters.toListString,
    )
    augmentations: Param[list[str]] = Param(
        Params._dummy(),
        "augmentations",
        "random changes of each training image in each epoch, one after the other, each as JSON; "
        "Augmentation builds them",
        typeConverter=_augmentations,
    )
    verbose: Param[bool] = Param(
        Params._dummy(),
        "verbose",
        "whether fit shows its progress on the driver's console",
        typeConverter=TypeConverters.toBoolean,
    )

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._setDefault(
            epochs=1,
            batchSize=32,
            learningRate=0.01,
            momentum=0.0,
            weightDecay=0.0,
            initializer="uniform",
            resize="none",
            shortSide=0,
            trainableLayers=[],
            augmentations=[],
            verbose=True,
            # Spark's default in the JVM; its own Python classes have another one in each process.
            seed=_java_hash(f"{type(self).__module__}.{type(self).__name__}"),
        )

    def getNetwork(self) -> str:
        """The network's description, as JSON."""
        return self.getOrDefault(self.network)

    def getEpochs(self) -> int:
        """The number of passes over the data."""
        return self.getOrDefault(self.epochs)

    def getBatchSize(self) -> int:
        """The number of rows of each update."""
        return self.getOrDefault(self.batchSize)

    def getLearningRate(self) -> float:
        """The factor of each update."""
        return self.getOrDefault(self.learningRate)

    def getMomentum(self) -> float:
        """The share of each update that goes into the next."""
        return self.getOrDefault(self.momentum)

    def getWeightDecay(self) -> float:
        """The factor of the weights that is added to their gradient."""
        return self.getOrDefault(self.weightDecay)

    def getInitializer(self) -> str:
        """How initial weights are drawn."""
        return self.getOrDefault(self.initializer)

    def getLabels(self) -> list[str]:
        """The classes' names; a KeyError if not set."""
        return self.getOrDefault(self.labels)

    def getResize(self) -> str:
        """How encoded images become as large as the network's input."""
        return self.getOrDefault(self.resize)

    def getShortSide(self) -> int:
        """The shorter side before the middle is cut out."""
        return self.getOrDefault(self.shortSide)

    def getInitialModel(self) -> str:
        """The path of the model that training begins with; a KeyError if not set."""
        return self.getOrDefault(self.initialModel)

    def getTrainableLayers(self) -> list[str]:
        """The layers that learn; empty for all."""
        return self.getOrDefault(self.trainableLayers)

    def getAugmentations(self) -> list[str]:
        """The random changes of training images, each as JSON."""
        return self.getOrDefault(self.augmentations)

    def getVerbose(self) -> bool:
        """Whether fit shows its progress."""
        return self.getOrDefault(self.verbose)


def _java_hash(text: str) -> int:
    """String.hashCode of Java."""
    value = 0
    for char in text:
        value = (31 * value + ord(char)) & 0xFFFFFFFF
    return value - (1 << 32) if value >> 31 else value
