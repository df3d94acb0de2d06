"""What an application asks of Firesteel beside its stages and functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from firesteel.ml import CnnClassificationModel


class Firesteel:
    """What belongs to a session."""

    __module__ = "firesteel"

    @staticmethod
    def importModel(
        spark: SparkSession,
        architecture: str,
        weights: str,
        labels: str,
        output: str,
        preprocessing: str = "{}",
    ) -> CnnClassificationModel:
        """Makes a model of weights that others trained, and saves it.

        Nothing in the file of weights is executed.

        Parameters
        ----------
        spark : SparkSession
            The session.
        architecture : str
            A name of :class:`firesteel.ml.Zoo`, as ``"squeezenet1_1"``.
        weights : str
            The path of a safetensors file, or of a state dictionary that PyTorch saved (``.pth``, ``.th``, ``.pt``).
        labels : str
            ``"imagenet"`` for the classes of ILSVRC 2012; the path of a text file with a name on each line, in the
            order of the classes; or ``""``: then the classes are numbers.
        output : str
            The path of the model's folder, which is replaced.
        preprocessing : str, default "{}"
            What differs from the network's own preprocessing, as JSON. torchvision's second weights of ResNet-50 need
            ``'{"image": {"resize": {"shortSide": 232}}}'``.

        Returns
        -------
        CnnClassificationModel
            The model.

        Raises
        ------
        pyspark.errors.IllegalArgumentException
            Naming the file, with every weight that is missing, unexpected or of another shape; or what is wrong with
            the preprocessing.
        """
        from firesteel import _jvm
        from firesteel.ml import CnnClassificationModel

        made = _jvm.module("firesteel.Firesteel").importModel
        arguments = (spark._jsparkSession, architecture, weights, labels, output, preprocessing)
        return CnnClassificationModel(made(*arguments))

    @staticmethod
    def registerFunction(spark: SparkSession, name: str, model: CnnClassificationModel) -> None:
        """Makes an SQL function of a model, which need not be saved.

        ``name(image)`` gives the label of the most likely class, and ``try_name(image)`` gives NULL for a bad image,
        where that one fails. The functions are temporary: known to this session alone, as long as it lives.

        Parameters
        ----------
        spark : SparkSession
            The session whose SQL has the function from now on.
        name : str
            The function's name, in place of any function of this name.
        model : CnnClassificationModel
            The model.

        Raises
        ------
        RuntimeError
            For a session of Spark Connect, where the message says what to do instead.

        Examples
        --------
        >>> Firesteel.registerFunction(spark, "digit", model)  # doctest: +SKIP
        >>> spark.sql("SELECT digit(image), count(*) FROM scans GROUP BY 1")  # doctest: +SKIP
        """
        from pyspark.sql.utils import is_remote

        from firesteel import _jvm

        if is_remote():
            raise RuntimeError(
                "a function cannot be made of a model in memory through Spark Connect: save the model, then "
                f"CREATE FUNCTION {name}(image BINARY) RETURNS STRING RETURN classify(image, '<the model's path>')"
            )
        register = _jvm.module("firesteel.Firesteel").registerFunction
        register(spark._jsparkSession, name, model._to_java())
