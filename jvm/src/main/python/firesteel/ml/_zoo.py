"""Networks that many people know."""

from __future__ import annotations

from firesteel import _jvm
from firesteel.ml._network import Network


class Zoo:
    """Networks by their names, those of torchvision where it has them: descriptions without weights.

    They are to be trained, or to be given the weights that others trained: :meth:`firesteel.Firesteel.importModel`.
    """

    __module__ = "firesteel.ml"

    @staticmethod
    def list() -> list[str]:
        """All names."""
        return [str(name) for name in _jvm.module("firesteel.ml.Zoo").list()]

    @staticmethod
    def network(name: str, classes: int | None = None) -> Network:
        """A network.

        Parameters
        ----------
        name : str
            One of :meth:`list`.
        classes : int, optional
            The number of classes, at least 1; by default the usual one, 1000 for those of ImageNet.

        Raises
        ------
        pyspark.errors.IllegalArgumentException
            Listing all names where there is no such network.
        """
        zoo = _jvm.module("firesteel.ml.Zoo")
        found = zoo.network(name) if classes is None else zoo.network(name, classes)
        return Network.fromJson(found.toJson())
