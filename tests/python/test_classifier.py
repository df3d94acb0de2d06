"""The estimator: its parameters in Python, what it learns, and what it says about mistakes."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from firesteel import _jvm
from firesteel.ml import CnnClassificationModel, CnnClassifier, Network
from pyspark import SparkContext
from pyspark.errors import IllegalArgumentException
from pyspark.ml.evaluation import MulticlassClassificationEvaluator
from pyspark.ml.feature import StringIndexer
from pyspark.ml.linalg import Vectors
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F


def accuracy(model: CnnClassificationModel, rows: DataFrame) -> float:
    return MulticlassClassificationEvaluator(metricName="accuracy").evaluate(model.transform(rows))


# ---- parameters ----


def test_constructor_takes_every_parameter_by_its_name(spark: SparkSession) -> None:
    names = {param.name for param in CnnClassifier().params}
    for function in (CnnClassifier.__init__, CnnClassifier.setParams):
        arguments = [p for p in inspect.signature(function).parameters.values() if p.name != "self"]
        assert {p.name for p in arguments} == names
        assert {p.kind for p in arguments} == {inspect.Parameter.KEYWORD_ONLY}


def test_defaults_that_the_signature_shows_are_true(spark: SparkSession) -> None:
    classifier = CnnClassifier()
    for function in (CnnClassifier.__init__, CnnClassifier.setParams):
        for name, argument in inspect.signature(function).parameters.items():
            if name != "self" and argument.default is not None:
                assert classifier.getOrDefault(name) == argument.default, name


def test_constructor_sets_what_is_given_and_nothing_else(spark: SparkSession) -> None:
    classifier = CnnClassifier(epochs=1, std=[0.5], thresholds=None)
    assert {param.name: value for param, value in classifier._paramMap.items()} == {"epochs": 1, "std": [0.5]}


def test_constructor_takes_no_positional_arguments(spark: SparkSession) -> None:
    with pytest.raises(TypeError, match="keyword"):
        CnnClassifier("features")


def test_set_params_keeps_what_is_not_given(spark: SparkSession) -> None:
    classifier = CnnClassifier(epochs=3, batchSize=8)
    assert classifier.setParams(batchSize=16, epochs=None) is classifier
    assert (classifier.getEpochs(), classifier.getBatchSize()) == (3, 16)


def test_network_is_a_network_or_json(spark: SparkSession) -> None:
    network, classifier = Network.input(2).dense(2), CnnClassifier()
    ways = [
        CnnClassifier(network=network),
        CnnClassifier(network=network.toJson()),
        CnnClassifier().setNetwork(network),
        CnnClassifier().setNetwork(network.toJson()),
        classifier.copy({classifier.network: network}),
    ]
    assert [way.getNetwork() for way in ways] == [network.toJson()] * 5


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("network", 3),
        ("epochs", 1.5),
        ("learningRate", "fast"),
        ("mean", 0.5),
        ("labels", [1]),
        ("verbose", 1),
    ],
)
def test_values_of_another_type_are_refused_at_once(spark: SparkSession, name: str, value: Any) -> None:
    with pytest.raises(TypeError, match=f'Invalid param value given for param "{name}"'):
        CnnClassifier(**{name: value})


def test_estimator_is_saved_and_loaded(classifier: CnnClassifier, folder: str) -> None:
    classifier.setMean([0.25, 0.5]).save(folder + "/e")
    loaded = CnnClassifier.load(folder + "/e")
    assert type(loaded) is CnnClassifier
    assert loaded.uid == classifier.uid
    assert {p.name: v for p, v in loaded.extractParamMap().items()} == {
        p.name: v for p, v in classifier.extractParamMap().items()
    }


def test_copy_is_independent(classifier: CnnClassifier) -> None:
    copied = classifier.copy({classifier.epochs: 2})
    copied.setBatchSize(5)
    assert (copied.getEpochs(), copied.getBatchSize()) == (2, 5)
    assert (classifier.getEpochs(), classifier.getBatchSize()) == (20, 16)
    assert copied.getNetwork() == classifier.getNetwork()


# ---- training ----


def test_two_layers_learn_exclusive_or(trained: CnnClassificationModel, xor: DataFrame) -> None:
    assert accuracy(trained, xor) == 1.0


def test_vectors_and_arrays_give_the_same_model(
    classifier: CnnClassifier, trained: CnnClassificationModel, xor: DataFrame
) -> None:
    from pyspark.ml.functions import vector_to_array

    arrays = xor.select(vector_to_array("features", "float32").alias("features"), "label")
    assert classifier.fit(arrays).digest == trained.digest


def test_digits_are_learned_in_a_few_epochs(digits: tuple[DataFrame, DataFrame]) -> None:
    network = Network.input(1, 8, 8).conv(32, kernel=3, padding="same").relu().maxPool(2).flatten().dense(10)
    classifier = CnnClassifier(
        featuresCol="image", network=network, epochs=8, learningRate=0.05, momentum=0.9, scale=1 / 16, seed=3
    )
    model = classifier.setVerbose(False).fit(digits[0])
    assert accuracy(model, digits[1]) >= 0.95
    # Bytes are what they are scaled to.
    numbers = digits[1].select(
        F.transform(F.sequence(F.lit(1), F.lit(64)), lambda i: _byte(i) / 16).alias("image"), "label"
    )
    same = model.transform(numbers).select("prediction").collect()
    assert same == model.transform(digits[1]).select("prediction").collect()


def _byte(i: Any) -> Any:
    """The i-th byte of a digit, as a number."""
    return F.conv(F.hex(F.col("image").substr(i, F.lit(1))), 16, 10).cast("float")


def test_seed_decides(classifier: CnnClassifier, trained: CnnClassificationModel, xor: DataFrame) -> None:
    assert classifier.fit(xor).digest == trained.digest
    assert classifier.setSeed(2).fit(xor).digest != trained.digest


def test_default_seed_is_always_the_same(classifier: CnnClassifier, xor: DataFrame) -> None:
    classifier.clear(classifier.seed)
    assert classifier.getSeed() == CnnClassifier().getSeed() == 765810990


def test_history_has_a_row_per_epoch(classifier: CnnClassifier, xor: DataFrame) -> None:
    model = classifier.setEpochs(5).fit(xor)
    assert model.hasSummary
    history = model.summary.history
    assert [(f.name, f.dataType.simpleString()) for f in history.schema] == [
        ("epoch", "int"),
        ("loss", "double"),
        ("accuracy", "double"),
        ("rows", "bigint"),
        ("seconds", "double"),
    ]
    rows = history.collect()
    assert [(row.epoch, row.rows) for row in rows] == [(i, 256) for i in range(1, 6)]
    assert rows[-1].loss < rows[0].loss
    assert all(0 <= row.accuracy <= 1 and row.seconds > 0 for row in rows)
    assert model.summary.objectiveHistory == [row.loss for row in rows]
    assert model.summary.totalIterations == 5


def test_fit_takes_parameters(classifier: CnnClassifier, xor: DataFrame) -> None:
    assert classifier.fit(xor, {classifier.epochs: 2}).summary.totalIterations == 2
    models = classifier.fit(xor, [{classifier.epochs: 1}, {classifier.epochs: 3, classifier.seed: 5}])
    assert [model.summary.totalIterations for model in models] == [1, 3]
    assert classifier.getEpochs() == 20


def test_labels_come_from_the_label_columns_metadata(classifier: CnnClassifier, xor: DataFrame) -> None:
    text = xor.withColumn("kind", F.when(xor.label == 0, "same").otherwise("unlike"))
    indexed = StringIndexer(inputCol="kind", outputCol="number", stringOrderType="alphabetDesc").fit(text)
    classifier.clear(classifier.labels)
    model = classifier.setLabelCol("number").setEpochs(1).fit(indexed.transform(text))
    assert model.labels == ["unlike", "same"]
    assert classifier.setLabelCol("label").fit(xor).labels == []
    assert classifier.setLabels(["a", "b"]).fit(xor).labels == ["a", "b"]


# ---- mistakes ----

NETWORK = Network.input(2).dense(2)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"network": None}, "the parameter network of CnnClassifier_.* is not set"),
        ({"network": "{"}, "not valid JSON of a network description"),
        ({"network": Network.input(1, 2, 2).conv(2, kernel=3)}, "layer 'conv1'"),
        ({"network": Network.input(3).dense(2)}, "'features' has 2 values, the network's input 3 has 3"),
        ({"network": Network.input(2).dense(1)}, "'label' is 1.0: labels must be whole numbers from 0 to 0"),
        ({"epochs": 0}, "parameter epochs given invalid value 0"),
        ({"momentum": 1.0}, "parameter momentum given invalid value 1.0"),
        ({"learningRate": -1.0}, "parameter learningRate given invalid value -1.0"),
        ({"initializer": "random"}, "parameter initializer given invalid value random"),
        ({"handleInvalid": "ignore"}, "parameter handleInvalid given invalid value ignore"),
        ({"labels": ["one"]}, "label"),
        ({"featuresCol": "nope"}, "there is no column 'nope': the columns are features, label"),
        ({"labelCol": "features"}, "'features' is .*: labels must be numbers"),
        ({"featuresCol": "label"}, "'label' is BIGINT: features must be BINARY"),
        ({"predictionCol": "label"}, "column 'label' exists already"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_mistakes_are_told(xor: DataFrame, settings: dict[str, Any], message: str) -> None:
    classifier = CnnClassifier(**{"network": NETWORK, "verbose": False, **settings})
    with pytest.raises(IllegalArgumentException, match=message):
        classifier.fit(xor)


def test_rows_that_are_wrong_are_named(spark: SparkSession, classifier: CnnClassifier) -> None:
    good = (Vectors.dense(0, 1), 1.0)
    for bad, message in [
        ((None, 0.0), "row 1 of partition 0: column 'features' is null"),
        ((Vectors.dense(1), 0.0), "row 1 of partition 0: column 'features' has 1 values"),
        ((Vectors.dense(0, 1), None), "row 1 of partition 0: column 'label' is null"),
        ((Vectors.dense(0, 1), 0.5), "row 1 of partition 0: column 'label' is 0.5"),
        ((Vectors.dense(0, 1), 2.0), "row 1 of partition 0: column 'label' is 2.0"),
    ]:
        rows = spark.createDataFrame([good, bad, good], ["features", "label"]).coalesce(1)
        with pytest.raises(IllegalArgumentException, match=message):
            classifier.fit(rows)


def test_no_rows_are_an_error(classifier: CnnClassifier, xor: DataFrame) -> None:
    with pytest.raises(IllegalArgumentException, match="no rows"):
        classifier.fit(xor.limit(0))


def test_without_a_session_the_error_says_so(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as without:
        without.setattr(SparkContext, "_jvm", None)
        for use in (
            CnnClassifier,
            lambda: CnnClassifier.load("x"),
            lambda: CnnClassificationModel.load("x"),
            NETWORK.summary,
        ):
            with pytest.raises(RuntimeError, match="no Spark session yet"):
                use()


def test_without_the_jar_the_error_says_so(spark: SparkSession) -> None:
    with pytest.raises(RuntimeError, match="Spark does not have firesteel.ml.Missing.*--jars"):
        _jvm.check("firesteel.ml.Missing")
