"""What is known of a training."""

from __future__ import annotations

from pyspark.ml.wrapper import JavaWrapper
from pyspark.sql import DataFrame


class CnnTrainingSummary(JavaWrapper):
    """How a training went. It is not saved with the model."""

    __module__ = "firesteel.ml"

    @property
    def history(self) -> DataFrame:
        """A row per epoch.

        Its columns: ``epoch`` (from 1), ``loss`` (mean cross-entropy of its rows, each before the update that
        it caused), ``accuracy`` (share of rows classified as labelled, likewise), ``rows``, ``seconds``.
        """
        table: DataFrame = self._call_java("history")
        return table

    @property
    def objectiveHistory(self) -> list[float]:
        """The loss of each epoch."""
        return list(self._call_java("objectiveHistory"))

    @property
    def totalIterations(self) -> int:
        """The number of epochs."""
        return int(self._call_java("totalIterations"))
