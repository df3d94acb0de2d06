"""Networks that Spark ML trains and applies: estimators, models and the builder of networks.

Examples
--------
>>> from firesteel.ml import CnnClassifier, Network
>>> lenet = Network.input(1, 28, 28).conv(20, kernel=5).relu().maxPool(2).flatten().dense(10)
>>> model = CnnClassifier(featuresCol="image", network=lenet, epochs=3).fit(train)  # doctest: +SKIP
>>> model.transform(test)  # doctest: +SKIP
"""

from firesteel.ml._augmentation import Augmentation
from firesteel.ml._cnn_classification_model import CnnClassificationModel
from firesteel.ml._cnn_classifier import CnnClassifier
from firesteel.ml._cnn_training_summary import CnnTrainingSummary
from firesteel.ml._image_stages import ImageFeaturizer, ImagePredictor
from firesteel.ml._network import Network
from firesteel.ml._zoo import Zoo

__all__ = [
    "Augmentation",
    "CnnClassificationModel",
    "CnnClassifier",
    "CnnTrainingSummary",
    "ImageFeaturizer",
    "ImagePredictor",
    "Network",
    "Zoo",
]
