"""The Python classes have all that the Scala classes have, and nothing else. Found by reflection, so that nothing
new is forgotten: a stage from the jar's service files, a method from its class file, a function from SQL's list."""

from __future__ import annotations

import importlib
import inspect
import json
import re
import zipfile
from typing import Any

import pytest
from conftest import JAR
from firesteel import Firesteel, functions
from firesteel.ml import Zoo
from py4j.java_gateway import JavaObject
from pyspark.ml.common import _java2py
from pyspark.ml.param import Param
from pyspark.sql import SparkSession

SERVICES = [f"META-INF/services/org.apache.spark.ml.{kind}" for kind in ("Estimator", "Transformer")]
with zipfile.ZipFile(JAR) as archive:
    STAGES = [name for service in SERVICES for name in archive.read(service).decode().split()]
OTHERS = [
    "firesteel.ml.Augmentation",
    "firesteel.ml.CnnTrainingSummary",
    "firesteel.ml.Network",
    "firesteel.report.Evaluation",
]

# A value for each parameter, other than its default.
VALUES: dict[str, Any] = {
    "augmentations": ['{"randomRotation":{"degrees":10.0}}'],
    "batchSize": 7,
    "epochs": 3,
    "featuresCol": "f",
    "handleInvalid": "skip",
    "initialModel": "/models/first",
    "initializer": "he",
    "inputCol": "i",
    "labelCol": "l",
    "labels": ["zero", "eins", "två"],
    "layers": ["conv1", "dense1"],
    "learningRate": 0.25,
    "mean": [0.5, 0.25, 0.0],
    "model": "/models/second",
    "momentum": 0.5,
    "network": '{"input":[2],"nodes":[],"output":"input"}',
    "outputCol": "o",
    "predictionCol": "p",
    "probabilityCol": "q",
    "rawPredictionCol": "",
    "resize": "crop",
    "scale": 2.0,
    "seed": 1 << 40,
    "shortSide": 40,
    "std": [0.5],
    "thresholds": [0.5, 0.125],
    "topK": 3,
    "trainableLayers": ["layer4", "fc"],
    "verbose": False,
    "weightDecay": 0.125,
}

# Public in class files, but not for users: Scala's own, Spark's hooks, and what is private to a package.
HIDDEN = {
    *(
        "equals",
        "hashCode",
        "uid",
        "file",
        "train",
        "raw2probabilityInPlace",
        "transformSchema",
        "setSummary",
        "reference",
        "output",
        "storedModel",
        "mistakes",
        "shownTopK",
        "append",
    )
}
# What Python writes another way.
RENAMED = {"toString": "__repr__"}


def python_class(name: str) -> type:
    module, _, short = name.rpartition(".")
    return getattr(importlib.import_module(module), short)


def java(spark: SparkSession, name: str) -> Any:
    found: Any = spark.sparkContext._jvm
    for part in name.split("."):
        found = getattr(found, part)
    return found


def java_params(stage: JavaObject) -> dict[str, JavaObject]:
    return {param.name(): param for param in stage.params()}


def python_params(cls: type) -> dict[str, Param]:
    """Those that the class itself defines: an instance of a model takes over what its JVM object has."""
    return {name: getattr(cls, name) for name in dir(cls) if isinstance(getattr(cls, name), Param)}


def public_methods(spark: SparkSession, name: str) -> set[str]:
    """The names of the methods that a class of the JVM adds to those of Spark."""
    cls = java(spark, "java.lang.Class").forName(
        name, True, spark.sparkContext._jvm.Thread.currentThread().getContextClassLoader()
    )
    modifier = java(spark, "java.lang.reflect.Modifier")
    found = {
        method.getName()
        for method in cls.getDeclaredMethods()
        if modifier.isPublic(method.getModifiers()) and not method.isSynthetic()
    }
    return {RENAMED.get(n, n) for n in found if "$" not in n and n not in HIDDEN}


def plain(spark: SparkSession, value: Any) -> Any:
    """A value of the JVM as Python's."""
    value = _java2py(spark.sparkContext, value)
    return list(value) if hasattr(value, "__iter__") and not isinstance(value, str) else value


def test_the_service_files_name_the_stages() -> None:
    assert {"firesteel.ml.CnnClassifier", "firesteel.ml.CnnClassificationModel"} <= set(STAGES)


@pytest.mark.parametrize("name", STAGES + OTHERS)
def test_a_class_is_found_under_the_name_of_its_scala_class(name: str) -> None:
    cls = python_class(name)
    # Spark Connect, and pipelines that are loaded, make the one name out of the other.
    assert f"{cls.__module__}.{cls.__qualname__}" == name


@pytest.mark.parametrize("name", STAGES)
def test_parameters_are_the_same(spark: SparkSession, name: str) -> None:
    ours, theirs = python_params(python_class(name)), java_params(java(spark, name)())
    assert set(ours) == set(theirs)


@pytest.mark.parametrize("name", STAGES)
def test_descriptions_of_parameters_are_the_same(spark: SparkSession, name: str) -> None:
    cls = python_class(name)
    ours, theirs = python_params(cls), java_params(java(spark, name)())
    # Spark words its own ones differently in its two languages.
    own = {
        param
        for param in ours
        if next(c for c in cls.__mro__ if param in vars(c)).__module__.startswith("firesteel.")
    }
    assert {"handleInvalid"} <= own
    assert {n: ours[n].doc for n in own} == {n: theirs[n].doc() for n in own}


@pytest.mark.parametrize("name", STAGES)
def test_defaults_are_the_same(spark: SparkSession, name: str) -> None:
    ours, theirs = python_class(name)(), java(spark, name)()
    found = {param.name: value for param, value in ours._defaultParamMap.items()}
    expected = {
        param: plain(spark, theirs.getDefault(p).get())
        for param, p in java_params(theirs).items()
        if theirs.hasDefault(p)
    }
    assert "handleInvalid" in expected
    if "outputCol" in expected:  # which holds the stage's uid
        expected["outputCol"] = expected["outputCol"].replace(theirs.uid(), ours.uid)
    assert found == expected
    assert {n: type(v) for n, v in found.items()} == {n: type(v) for n, v in expected.items()}


@pytest.mark.parametrize("name", STAGES)
def test_setters_and_getters_are_the_same(spark: SparkSession, name: str) -> None:
    cls, theirs = python_class(name), java(spark, name)()
    methods = {method.getName() for method in theirs.getClass().getMethods()}
    for param in java_params(theirs):
        for verb in ("get", "set"):
            accessor = verb + param[0].upper() + param[1:]
            assert hasattr(cls, accessor) == (accessor in methods), accessor


@pytest.mark.parametrize("name", STAGES)
def test_values_reach_the_jvm_and_come_back(spark: SparkSession, name: str) -> None:
    cls, theirs = python_class(name), java(spark, name)()
    stage = cls() if hasattr(cls, "_create_model") else cls._from_java(theirs)
    for param in java_params(theirs):
        value, accessor = VALUES[param], param[0].upper() + param[1:]
        assert value != stage._defaultParamMap.get(stage.getParam(param))
        if hasattr(stage, "set" + accessor):
            assert getattr(stage, "set" + accessor)(value) is stage
        else:
            stage._set(**{param: value})
        assert getattr(stage, "get" + accessor)() == value
        assert plain(spark, getattr(stage._to_java(), "get" + accessor)()) == value
    again = cls._from_java(stage._to_java())
    assert {p.name: v for p, v in again._paramMap.items()} == {p: VALUES[p] for p in java_params(theirs)}
    assert again.uid == stage.uid


@pytest.mark.parametrize("name", STAGES + OTHERS)
def test_public_methods_are_the_same(spark: SparkSession, name: str) -> None:
    cls = python_class(name)
    wanted = public_methods(spark, name)
    assert len(wanted) >= 3
    assert {method for method in wanted if not hasattr(cls, method)} == set()
    ours = {
        method
        for base in cls.__mro__
        if base.__module__.startswith("firesteel.")
        for method in vars(base)
        if not method.startswith("_") and not isinstance(getattr(cls, method), Param)
    }
    # Spark's Python only, or in Scala in the companion object, or inherited from a trait there.
    extra = {"setParams", "read", "input", "fromJson", *(m for m in ours if re.match("get[A-Z]", m))}
    assert ours - wanted - extra == set()


def test_functions_are_the_same_in_sql_scala_and_python(spark: SparkSession) -> None:
    listed = getattr(java(spark, "firesteel.sql.Functions$"), "MODULE$").all()
    in_sql = {
        function.name(): [function.parameters().apply(i) for i in range(function.parameters().size())]
        for function in (listed.apply(i) for i in range(listed.size()))
    }
    in_python = {
        name: list(inspect.signature(getattr(functions, name)).parameters) for name in functions.__all__
    }
    assert in_python == in_sql
    assert all(getattr(functions, name).__doc__ for name in in_python)
    assert public_methods(spark, "firesteel.functions") == set(in_sql)
    assert set(in_sql) <= {row[0] for row in spark.sql("SHOW FUNCTIONS").collect()}


def test_the_object_of_sessions_is_the_same(spark: SparkSession) -> None:
    ours = {name for name in vars(Firesteel) if not name.startswith("_")}
    assert (
        ours
        == public_methods(spark, "firesteel.Firesteel")
        == {
            "importModel",
            "registerFunction",
        }
    )


def test_the_zoo_is_the_same(spark: SparkSession) -> None:
    ours = {name for name in vars(Zoo) if not name.startswith("_")}
    assert ours == public_methods(spark, "firesteel.ml.Zoo") == {"list", "network"}
    assert {"squeezenet1_1", "resnet50"} <= set(Zoo.list())
    assert Zoo.network("resnet18", 10).summary().splitlines()[-1].split()[-1] == "11,181,642"
    assert json.loads(Zoo.network("resnet18").toJson())["nodes"][-1]["units"] == 1000
