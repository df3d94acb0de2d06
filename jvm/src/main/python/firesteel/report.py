"""How well a classifier does: figures of a table of labels and predictions, as numbers, text, tables and a page.

Examples
--------
>>> from firesteel.report import Evaluation
>>> evaluation = Evaluation.of(model.transform(test), labels=model.labels)  # doctest: +SKIP
>>> print(evaluation)  # doctest: +SKIP
>>> evaluation.saveHtml("hdfs:///reports/digits.html")  # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import index

from pyspark.ml.common import _java2py
from pyspark.ml.wrapper import JavaWrapper
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.utils import is_remote

from firesteel import _jvm

__all__ = ["Evaluation"]


class Evaluation(JavaWrapper):
    """The figures of a classifier, each defined as by Spark's ``MulticlassMetrics``.

    A ratio whose denominator is 0 is 0. The figures are of the rows that have a prediction. Lists have an entry for
    each class, in the order of :attr:`labels`. :meth:`of` makes one.
    """

    @staticmethod
    def of(
        predictions: DataFrame,
        labelCol: str = "label",
        predictionCol: str = "prediction",
        probabilityCol: str = "probability",
        labels: Sequence[str] = (),
    ) -> Evaluation:
        """Evaluates predictions, in one Spark job that collects nothing but numbers of rows.

        Classes are numbers 0, 1, ... or names, in each column. Both columns may hold names, as SQL's ``classify``
        gives them; where one holds numbers and the other names, `labels` or a column's metadata must tell which is
        which.

        Parameters
        ----------
        predictions : DataFrame
            A table with labels and predictions.
        labelCol : str, default "label"
            The column of labels; each row must have one.
        predictionCol : str, default "prediction"
            The column of predictions; rows where it is null or NaN are counted apart.
        probabilityCol : str, default "probability"
            The column of probabilities, a vector or an array with one for each class, of which :meth:`topKAccuracy`
            comes; "", or a table without a column ``probability``, leaves it out.
        labels : sequence of str, optional
            The names of all classes, in the order of their numbers; by default those in the metadata of the label
            column, else of the prediction column, else what the columns hold.

        Returns
        -------
        Evaluation
            The figures.

        Raises
        ------
        pyspark.errors.IllegalArgumentException
            If a column is missing or of another type, a label is null, negative or fractional, a class is not among
            `labels`, there are more than 10,000 classes, or no row has a prediction.
        RuntimeError
            For a table of Spark Connect, where the message says what to do instead.
        """
        if is_remote():
            raise RuntimeError(
                "Evaluation is out of the reach of Spark Connect: evaluate in a classic session, or count by "
                f"predictions.groupBy('{labelCol}', '{predictionCol}').count()"
            )
        evaluate = _jvm.module("firesteel.report.Evaluation").of
        string = predictions.sparkSession.sparkContext._jvm.java.lang.String
        names = JavaWrapper._new_java_array(list(labels), string)
        return Evaluation(evaluate(predictions._jdf, labelCol, predictionCol, probabilityCol, names))

    @property
    def labels(self) -> list[str]:
        """The classes' names."""
        return list(self._call_java("labels"))

    @property
    def rows(self) -> int:
        """The number of rows, with those that have no prediction."""
        return int(self._call_java("rows"))

    @property
    def rowsWithoutPrediction(self) -> int:
        """The number of rows whose prediction is null or NaN. All other figures leave them out."""
        return int(self._call_java("rowsWithoutPrediction"))

    @property
    def accuracy(self) -> float:
        """The share of rows that are classified as labelled: 0 to 1."""
        return float(self._call_java("accuracy"))

    def topKAccuracy(self, k: int) -> float:
        """The share of rows whose label is among the k most likely classes: 0 to 1.

        Of equal probabilities the class that comes first is the more likely one. A label without a probability (of a
        class that the model does not have) is not among them.

        Parameters
        ----------
        k : int
            1 or more.

        Returns
        -------
        float
            The share.

        Raises
        ------
        py4j.protocol.Py4JJavaError
            If there were no probabilities.
        """
        return float(self._call_java("topKAccuracy", index(k)))

    @property
    def precision(self) -> list[float]:
        """Of the rows classified as a class, the share that is labelled so; 0 for a class that is never predicted."""
        return list(self._call_java("precision"))

    @property
    def recall(self) -> list[float]:
        """Of the rows labelled as a class, the share that is classified so; 0 for a class without rows."""
        return list(self._call_java("recall"))

    @property
    def f1(self) -> list[float]:
        """The harmonic mean of precision and recall; 0 where both are 0."""
        return list(self._call_java("f1"))

    @property
    def support(self) -> list[int]:
        """The number of rows labelled as each class."""
        return list(self._call_java("support"))

    @property
    def macroPrecision(self) -> float:
        """The mean precision of the classes that are labels or predictions of rows."""
        return float(self._call_java("macroPrecision"))

    @property
    def macroRecall(self) -> float:
        """The mean recall of the classes that are labels or predictions of rows."""
        return float(self._call_java("macroRecall"))

    @property
    def macroF1(self) -> float:
        """The mean f1 of the classes that are labels or predictions of rows."""
        return float(self._call_java("macroF1"))

    @property
    def weightedPrecision(self) -> float:
        """The mean precision of the classes, each weighing as many as its rows."""
        return float(self._call_java("weightedPrecision"))

    @property
    def weightedRecall(self) -> float:
        """The mean recall of the classes, each weighing as many as its rows."""
        return float(self._call_java("weightedRecall"))

    @property
    def weightedF1(self) -> float:
        """The mean f1 of the classes, each weighing as many as its rows."""
        return float(self._call_java("weightedF1"))

    @property
    def confusionMatrix(self) -> list[list[int]]:
        """The numbers of rows: a list for each label, in it a number for each prediction."""
        from pyspark import SparkContext  # which clients of Spark Connect may not have

        # Row by row, since Spark cannot pickle an array of arrays of integers.
        context, matrix = SparkContext._active_spark_context, self._java_obj.confusionMatrix()
        return [list(_java2py(context, row)) for row in matrix]

    def byClass(self, spark: SparkSession) -> DataFrame:
        """A row per class.

        Its columns: ``class`` (its number), ``label`` (its name), ``precision``, ``recall``, ``f1``, ``support``.
        """
        return DataFrame(self._java_obj.byClass(spark._jsparkSession), spark)

    def confusions(self, spark: SparkSession) -> DataFrame:
        """What was taken for something else, the most frequent first.

        Its columns: ``label`` and ``prediction`` (names), ``count``.
        """
        return DataFrame(self._java_obj.confusions(spark._jsparkSession), spark)

    def stats(self) -> str:
        """The figures, the most frequent confusions and, of a few classes, the matrix, as text."""
        text: str = self._call_java("stats")
        return text

    def html(self) -> str:
        """A page with the figures, those of each class, and the matrix: HTML that is XML too, and stands alone."""
        page: str = self._call_java("html")
        return page

    def saveHtml(self, path: str) -> None:
        """Writes :meth:`html`, in UTF-8, to a file of any Hadoop file system, in place of one that is there."""
        self._call_java("saveHtml", path)

    def __repr__(self) -> str:
        return self.stats()
