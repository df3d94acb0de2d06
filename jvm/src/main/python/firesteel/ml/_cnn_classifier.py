"""The estimator: trains a convolutional network inside Spark tasks."""

from __future__ import annotations

from typing import Any

from pyspark import keyword_only
from pyspark.ml.classification import _JavaProbabilisticClassifier
from pyspark.ml.util import JavaMLReadable, JavaMLReader, JavaMLWritable

from firesteel import _jvm
from firesteel.ml._augmentation import Augmentation
from firesteel.ml._cnn_classification_model import CnnClassificationModel
from firesteel.ml._cnn_params import _CnnClassifierParams
from firesteel.ml._network import Network

_CLASS = "firesteel.ml.CnnClassifier"


class CnnClassifier(
    _JavaProbabilisticClassifier[CnnClassificationModel],
    _CnnClassifierParams,
    JavaMLWritable,
    JavaMLReadable["CnnClassifier"],
):
    """Trains a network for classification by stochastic gradient descent on cross-entropy, in Spark tasks.

    ``fit`` needs libtorch; the trained model does not. The same seed, data and settings give the same
    weights, bit for bit, on the same build and processor features.

    Parameters
    ----------
    featuresCol : str, default "features"
        Column of encoded images (BINARY), of Spark's images, or of inputs of the network's shape,
        ``[channels, height, width]`` or ``[n]``: BINARY with a byte per value, a vector, or an array of numbers.
    labelCol : str, default "label"
        Column of numbers 0 to k - 1 for k classes.
    predictionCol : str, default "prediction"
        Column that the model appends: the class, from 0. ``""`` leaves it out, here and below.
    probabilityCol : str, default "probability"
        Column that the model appends: a vector of probabilities.
    rawPredictionCol : str, default "rawPrediction"
        Column that the model appends: a vector of scores, before softmax.
    thresholds : list of float, optional
        One for each class: the class with the largest probability over threshold is predicted.
    handleInvalid : {"error", "skip", "keep"}, default "error"
        What the model's ``transform`` does with rows whose features are null, of the wrong size or not
        finite: fail, leave the row out, or NaN in all outputs.
    network : Network or str
        The network or its description as JSON.
    epochs : int, default 1
        Number of passes over the data, 1 or more.
    batchSize : int, default 32
        Number of rows of each update, 1 or more.
    learningRate : float, default 0.01
        Factor of each update, above 0.
    momentum : float, default 0.0
        Share of each update that goes into the next, as in ``torch.optim.SGD``; at least 0 and below 1.
    weightDecay : float, default 0.0
        Factor of the weights that is added to their gradient, as in ``torch.optim.SGD``; at least 0.
    initializer : {"uniform", "xavier", "he", "normal", "zeros"}, default "uniform"
        How initial weights are drawn.
    labels : list of str, optional
        The classes' names, kept in the model; by default those in the label column's metadata, as
        StringIndexer leaves them, or none.
    scale : float, default 1/255
        Factor of every byte of a BINARY column, not 0. Numbers in vectors and arrays are taken as they are.
    mean : list of float, optional
        Subtracted from scaled bytes: a number per channel, or one for all.
    std : list of float, optional
        Divides scaled bytes after the mean is subtracted, above 0: a number per channel, or one for all.
    resize : {"none", "crop", "stretch", "pad"}, default "none", or what ``initialModel`` does
        How encoded images become as large as the network's input: they must be so large; the shorter side is
        resized to ``shortSide`` and the middle cut out; whatever the proportion; with black around.
    shortSide : int, default 0
        The shorter side in pixels before the middle is cut out; 0 for that of the network's input.
    initialModel : str, optional
        Path of a saved model whose weights training begins with, by their names, and whose preprocessing holds
        unless set here. Where it has another number of classes, the last layer with weights is drawn anew.
    trainableLayers : list of str, optional
        The layers that learn, by their names or by the beginnings of their names up to a dot (``layer4`` stands for
        ``layer4.0.conv1``); by default all. The others keep their weights, and their batch normalisation uses the
        running mean and variance and leaves them, as PyTorch's does after ``eval()``; dropout drops in all layers, as
        PyTorch's does unless ``eval()`` is called.
    augmentations : list of Augmentation or str, optional
        Random changes of each training image in each epoch, one after the other. They take pixels, so features must
        be images or bytes, not numbers; images are changed for training alone, never for scoring. The last change of
        size must give the network's; what it cuts from is as large as the network's input, but where ``resize`` is
        crop, a square of ``shortSide``. By default none.
    seed : int, optional
        What all randomness comes from; by default the same number always.
    verbose : bool, default True
        Whether ``fit`` shows its progress on the driver's console.

    Raises
    ------
    RuntimeError
        If there is no Spark session, or it lacks Firesteel's jar.
    pyspark.errors.IllegalArgumentException
        By ``fit``, if a parameter, the network, a column or a row does not fit; the message names it.

    See Also
    --------
    CnnClassificationModel : what ``fit`` gives.

    Examples
    --------
    >>> digits = spark.read.format("idx").load("mnist/train-images-idx3-ubyte.gz")  # doctest: +SKIP
    >>> network = Network.input(1, 28, 28).conv(20, kernel=5).relu().maxPool(2).flatten().dense(10)
    >>> cnn = CnnClassifier(featuresCol="image", network=network, epochs=3, momentum=0.9)  # doctest: +SKIP
    >>> cnn.fit(digits).transform(digits).select("label", "prediction")  # doctest: +SKIP
    """

    __module__ = "firesteel.ml"

    _input_kwargs: dict[str, Any]

    @keyword_only
    def __init__(
        self,
        *,
        featuresCol: str = "features",
        labelCol: str = "label",
        predictionCol: str = "prediction",
        probabilityCol: str = "probability",
        rawPredictionCol: str = "rawPrediction",
        thresholds: list[float] | None = None,
        handleInvalid: str = "error",
        network: Network | str | None = None,
        epochs: int = 1,
        batchSize: int = 32,
        learningRate: float = 0.01,
        momentum: float = 0.0,
        weightDecay: float = 0.0,
        initializer: str = "uniform",
        labels: list[str] | None = None,
        scale: float = 1.0 / 255.0,
        mean: list[float] | None = None,
        std: list[float] | None = None,
        resize: str | None = None,
        shortSide: int = 0,
        initialModel: str | None = None,
        trainableLayers: list[str] | None = None,
        augmentations: list[Augmentation | str] | None = None,
        seed: int | None = None,
        verbose: bool = True,
    ) -> None:
        super().__init__()
        _jvm.check(_CLASS)
        self._java_obj = self._new_java_obj(_CLASS, self.uid)
        self.setParams(**self._input_kwargs)

    @keyword_only
    def setParams(
        self,
        *,
        featuresCol: str = "features",
        labelCol: str = "label",
        predictionCol: str = "prediction",
        probabilityCol: str = "probability",
        rawPredictionCol: str = "rawPrediction",
        thresholds: list[float] | None = None,
        handleInvalid: str = "error",
        network: Network | str | None = None,
        epochs: int = 1,
        batchSize: int = 32,
        learningRate: float = 0.01,
        momentum: float = 0.0,
        weightDecay: float = 0.0,
        initializer: str = "uniform",
        labels: list[str] | None = None,
        scale: float = 1.0 / 255.0,
        mean: list[float] | None = None,
        std: list[float] | None = None,
        resize: str | None = None,
        shortSide: int = 0,
        initialModel: str | None = None,
        trainableLayers: list[str] | None = None,
        augmentations: list[Augmentation | str] | None = None,
        seed: int | None = None,
        verbose: bool = True,
    ) -> CnnClassifier:
        """Sets the parameters that are given and not None, as the constructor does."""
        return self._set(**{name: value for name, value in self._input_kwargs.items() if value is not None})

    def setNetwork(self, value: Network | str) -> CnnClassifier:
        """Sets the network: a :class:`Network` or its description as JSON."""
        return self._set(network=value)

    def setEpochs(self, value: int) -> CnnClassifier:
        """Sets the number of passes over the data; 1 or more."""
        return self._set(epochs=value)

    def setBatchSize(self, value: int) -> CnnClassifier:
        """Sets the number of rows of each update; 1 or more."""
        return self._set(batchSize=value)

    def setLearningRate(self, value: float) -> CnnClassifier:
        """Sets the factor of each update; above 0."""
        return self._set(learningRate=value)

    def setMomentum(self, value: float) -> CnnClassifier:
        """Sets the share of each update that goes into the next; at least 0 and below 1."""
        return self._set(momentum=value)

    def setWeightDecay(self, value: float) -> CnnClassifier:
        """Sets the factor of the weights that is added to their gradient; at least 0."""
        return self._set(weightDecay=value)

    def setInitializer(self, value: str) -> CnnClassifier:
        """Sets how initial weights are drawn: "uniform", "xavier", "he", "normal" or "zeros"."""
        return self._set(initializer=value)

    def setLabels(self, value: list[str]) -> CnnClassifier:
        """Sets the classes' names, which the model keeps."""
        return self._set(labels=value)

    def setScale(self, value: float) -> CnnClassifier:
        """Sets the factor of every byte of a BINARY column; not 0."""
        return self._set(scale=value)

    def setMean(self, value: list[float]) -> CnnClassifier:
        """Sets what is subtracted from scaled bytes: a number per channel, one for all, or none."""
        return self._set(mean=value)

    def setStd(self, value: list[float]) -> CnnClassifier:
        """Sets what divides scaled bytes, above 0: a number per channel, one for all, or none."""
        return self._set(std=value)

    def setResize(self, value: str) -> CnnClassifier:
        """Sets how encoded images become as large as the input: "none", "crop", "stretch" or "pad"."""
        return self._set(resize=value)

    def setShortSide(self, value: int) -> CnnClassifier:
        """Sets the shorter side before the middle is cut out; 0 for that of the network's input."""
        return self._set(shortSide=value)

    def setInitialModel(self, value: str) -> CnnClassifier:
        """Sets the path of the model that training begins with."""
        return self._set(initialModel=value)

    def setTrainableLayers(self, value: list[str]) -> CnnClassifier:
        """Sets the layers that learn, by their names or the beginnings of their names up to a dot."""
        return self._set(trainableLayers=value)

    def setAugmentations(self, value: list[Augmentation | str]) -> CnnClassifier:
        """Sets the random changes of training images: each an :class:`Augmentation` or its JSON."""
        return self._set(augmentations=value)

    def setSeed(self, value: int) -> CnnClassifier:
        """Sets what all randomness comes from."""
        return self._set(seed=value)

    def setHandleInvalid(self, value: str) -> CnnClassifier:
        """Sets what the model does with rows that cannot be scored: "error", "skip" or "keep"."""
        return self._set(handleInvalid=value)

    def setVerbose(self, value: bool) -> CnnClassifier:
        """Sets whether ``fit`` shows its progress on the driver's console."""
        return self._set(verbose=value)

    @classmethod
    def read(cls) -> JavaMLReader[CnnClassifier]:
        """A reader of saved estimators."""
        _jvm.check(_CLASS)
        return super().read()

    def _create_model(self, java_model: Any) -> CnnClassificationModel:
        return CnnClassificationModel(java_model)
