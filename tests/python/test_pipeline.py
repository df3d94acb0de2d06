"""Inside what Spark ML builds of stages: pipelines, cross-validation, train-validation split."""

from __future__ import annotations

import pytest
from firesteel.ml import CnnClassificationModel, CnnClassifier, Network
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.evaluation import Evaluator, MulticlassClassificationEvaluator
from pyspark.ml.feature import StandardScaler
from pyspark.ml.tuning import (
    CrossValidator,
    CrossValidatorModel,
    ParamGridBuilder,
    TrainValidationSplit,
    TrainValidationSplitModel,
)
from pyspark.sql import DataFrame, SparkSession


@pytest.fixture
def evaluator(spark: SparkSession) -> Evaluator:
    return MulticlassClassificationEvaluator(metricName="accuracy")


def test_pipeline_is_fitted_saved_and_loaded(
    classifier: CnnClassifier, evaluator: Evaluator, xor: DataFrame, folder: str
) -> None:
    scaler = StandardScaler(inputCol="features", outputCol="scaled", withMean=True)
    pipeline = Pipeline(stages=[scaler, classifier.setFeaturesCol("scaled")])
    model = pipeline.fit(xor)
    predictions = model.transform(xor)
    assert evaluator.evaluate(predictions) == 1.0

    model.save(folder + "/model")
    loaded = PipelineModel.load(folder + "/model")
    assert type(loaded.stages[1]) is CnnClassificationModel
    assert loaded.stages[1].digest == model.stages[1].digest
    assert loaded.transform(xor).collect() == predictions.collect()

    pipeline.save(folder + "/pipeline")
    estimator = Pipeline.load(folder + "/pipeline").getStages()[1]
    assert type(estimator) is CnnClassifier
    assert estimator.uid == classifier.uid
    assert estimator.getNetwork() == classifier.getNetwork()


def test_cross_validation_finds_the_learning_rate(
    classifier: CnnClassifier, evaluator: Evaluator, xor: DataFrame, folder: str
) -> None:
    grid = ParamGridBuilder().addGrid(classifier.learningRate, [1e-6, 0.1]).build()
    validator = CrossValidator(
        estimator=classifier, estimatorParamMaps=grid, evaluator=evaluator, numFolds=2, seed=1
    )
    model = validator.fit(xor)
    slow, fast = model.avgMetrics
    assert slow < fast == 1.0
    assert type(model.bestModel) is CnnClassificationModel
    assert evaluator.evaluate(model.transform(xor)) == 1.0
    # Trials beside each other give the same as one after the other.
    assert validator.setParallelism(2).fit(xor).avgMetrics == model.avgMetrics

    model.save(folder + "/cv")
    loaded = CrossValidatorModel.load(folder + "/cv")
    assert loaded.bestModel.digest == model.bestModel.digest
    assert loaded.avgMetrics == model.avgMetrics
    rates = [maps[loaded.getEstimator().learningRate] for maps in loaded.getEstimatorParamMaps()]
    assert rates == [1e-6, 0.1]


def test_validation_split_finds_the_network(
    classifier: CnnClassifier, evaluator: Evaluator, xor: DataFrame, folder: str
) -> None:
    networks = [Network.input(2).dense(2), Network.input(2).dense(8).relu().dense(2)]
    grid = ParamGridBuilder().addGrid(classifier.network, networks).build()
    split = TrainValidationSplit(estimator=classifier, estimatorParamMaps=grid, evaluator=evaluator, seed=1)
    model = split.fit(xor)
    one, two = model.validationMetrics
    assert one <= 0.75
    assert two == 1.0
    assert model.bestModel.numParameters == 42

    model.save(folder + "/split")
    loaded = TrainValidationSplitModel.load(folder + "/split")
    assert loaded.bestModel.digest == model.bestModel.digest
    maps = loaded.getEstimatorParamMaps()
    assert [m[loaded.getEstimator().network] for m in maps] == [network.toJson() for network in networks]
