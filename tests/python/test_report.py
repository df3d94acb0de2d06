"""The mirror of evaluations: the figures of the JVM, which are those of scikit-learn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from firesteel.ml import CnnClassificationModel
from firesteel.report import Evaluation
from py4j.protocol import Py4JJavaError
from pyspark.errors import IllegalArgumentException
from pyspark.ml.linalg import Vectors
from pyspark.sql import DataFrame, SparkSession
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support, top_k_accuracy_score

NAMES = ["null", "eins", "två", "три", "four"]


@pytest.fixture(scope="module")
def probabilities() -> np.ndarray:
    return np.random.default_rng(1).dirichlet(np.ones(5), 400)


@pytest.fixture(scope="module")
def truth(probabilities: np.ndarray) -> np.ndarray:
    """Labels that are often right, of all classes but the fourth."""
    right = np.random.default_rng(2).random(400) < 0.6
    labels = np.where(right, probabilities.argmax(1), np.random.default_rng(3).integers(0, 5, 400))
    return np.where(labels == 3, 2, labels)


@pytest.fixture(scope="module")
def predictions(spark: SparkSession, probabilities: np.ndarray, truth: np.ndarray) -> DataFrame:
    rows = [
        (int(label), float(values.argmax()), Vectors.dense(values))
        for label, values in zip(truth, probabilities)
    ]
    return spark.createDataFrame(rows, ["label", "prediction", "probability"]).cache()


def test_figures_are_those_of_scikit_learn(
    predictions: DataFrame, probabilities: np.ndarray, truth: np.ndarray
) -> None:
    evaluation = Evaluation.of(predictions, labels=NAMES)
    assert evaluation.labels == NAMES
    assert (evaluation.rows, evaluation.rowsWithoutPrediction) == (400, 0)
    predicted = probabilities.argmax(1)
    assert evaluation.confusionMatrix == confusion_matrix(truth, predicted).tolist()
    assert evaluation.accuracy == (truth == predicted).mean()
    for k in (1, 2, 4):
        expected = top_k_accuracy_score(truth, probabilities, k=k, labels=range(5))
        assert evaluation.topKAccuracy(k) == pytest.approx(expected, abs=1e-12)

    def figures(average: str | None):
        return precision_recall_fscore_support(truth, predicted, average=average, zero_division=0)

    precision, recall, f1, support = figures(None)
    assert evaluation.precision == pytest.approx(precision, abs=1e-12)
    assert evaluation.recall == pytest.approx(recall, abs=1e-12)
    assert evaluation.f1 == pytest.approx(f1, abs=1e-12)
    assert evaluation.support == support.tolist()
    found = (evaluation.macroPrecision, evaluation.macroRecall, evaluation.macroF1)
    assert found == pytest.approx(figures("macro")[:3], abs=1e-12)
    found = (evaluation.weightedPrecision, evaluation.weightedRecall, evaluation.weightedF1)
    assert found == pytest.approx(figures("weighted")[:3], abs=1e-12)


def test_text_page_and_tables(spark: SparkSession, predictions: DataFrame, tmp_path: Path) -> None:
    evaluation = Evaluation.of(predictions, labels=NAMES)
    assert evaluation.stats().startswith("400 rows in 5 classes\n\naccuracy ")
    assert str(evaluation) == repr(evaluation) == evaluation.stats()
    evaluation.saveHtml(str(tmp_path / "report.html"))
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == evaluation.html()
    assert "<th>три</th>" in evaluation.html()
    classes = evaluation.byClass(spark).collect()
    assert [(row["class"], row.label, row.support) for row in classes] == list(
        zip(range(5), NAMES, evaluation.support)
    )
    wrong = predictions.where("label <> prediction").count()
    assert evaluation.confusions(spark).groupBy().sum("count").first()[0] == wrong > 0


def test_a_model_is_evaluated(trained: CnnClassificationModel, xor: DataFrame) -> None:
    renamed = trained.transform(xor).toDF("features", "truth", "raw", "q", "p")
    evaluation = Evaluation.of(renamed, "truth", "p", "q", trained.labels)
    assert evaluation.labels == ["same", "different"]
    assert (evaluation.rows, evaluation.topKAccuracy(2)) == (256, 1.0)


def test_errors_say_what_to_do(predictions: DataFrame) -> None:
    with pytest.raises(IllegalArgumentException, match="there is no column 'l': the columns are label, "):
        Evaluation.of(predictions, labelCol="l")
    with pytest.raises(Py4JJavaError, match="name their column by probabilityCol"):
        Evaluation.of(predictions, probabilityCol="").topKAccuracy(2)
    with pytest.raises(TypeError, match="integer"):
        Evaluation.of(predictions).topKAccuracy(2.0)
