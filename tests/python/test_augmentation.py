"""Random changes built in Python are those built in Scala, byte for byte, and change what is learnt."""

from __future__ import annotations

import pickle
from typing import Any, Callable

import pytest
from firesteel.ml import Augmentation, CnnClassifier, Network
from pyspark.errors import IllegalArgumentException
from pyspark.sql import DataFrame, SparkSession

# Each change as Python and as Scala builds it; what is left out is Scala's default.
CHANGES: list[tuple[str, tuple[Any, ...]]] = [
    ("randomCrop", (28, 24)),
    ("randomCrop", (28, 24, 4)),
    ("randomResizedCrop", (224, 192)),
    ("randomResizedCrop", (224, 192, (0.5, 0.75), (1, 1))),
    ("randomHorizontalFlip", ()),
    ("randomHorizontalFlip", (1,)),
    ("randomShift", (0.1, 0)),
    ("randomRotation", (15,)),
    ("colorJitter", ()),
    ("colorJitter", (0.4, 0.3, 0.2, 0.1)),
]


def in_scala(spark: SparkSession, name: str, values: tuple[Any, ...]) -> str:
    jvm = spark.sparkContext._jvm
    companion = getattr(getattr(jvm.firesteel.ml, "Augmentation$"), "MODULE$")
    methods = [m for m in companion.getClass().getMethods() if m.getName() == name]
    count = len(methods[0].getParameterTypes())
    given = [argument(jvm, name, value) for value in values]
    defaults = [getattr(companion, f"{name}$default${i + 1}")() for i in range(len(values), count)]
    return getattr(companion, name)(*given, *defaults).toJson()


def argument(jvm: Any, name: str, value: Any) -> Any:
    if isinstance(value, tuple):
        return jvm.scala.Tuple2(*map(float, value))
    return value if name in ("randomCrop", "randomResizedCrop") else float(value)


@pytest.mark.parametrize(("name", "values"), CHANGES)
def test_json_is_scalas(spark: SparkSession, name: str, values: tuple[Any, ...]) -> None:
    assert getattr(Augmentation, name)(*values).toJson() == in_scala(spark, name, values)


def test_all_changes_are_compared() -> None:
    built = {name for name in vars(Augmentation) if isinstance(vars(Augmentation)[name], staticmethod)}
    assert {name for name, _ in CHANGES} == built


def test_changes_are_values() -> None:
    flip = Augmentation.randomHorizontalFlip(0.5)
    assert flip == Augmentation.randomHorizontalFlip()
    assert flip != Augmentation.randomHorizontalFlip(0.25)
    assert flip != flip.toJson()
    assert len({flip, Augmentation.randomHorizontalFlip(), Augmentation.randomRotation(5)}) == 2
    assert pickle.loads(pickle.dumps(flip)) == flip
    assert str(flip) == flip.toJson()
    assert repr(flip) == f"Augmentation({flip.toJson()})"


@pytest.mark.parametrize(
    "build",
    [lambda: Augmentation.randomCrop(2.5, 2), lambda: Augmentation.randomCrop(2, 2, 0.5)],
)
def test_sizes_must_be_integers(build: Callable[[], Augmentation]) -> None:
    with pytest.raises(TypeError, match="integer"):
        build()


@pytest.fixture(scope="module")
def corners(spark: SparkSession) -> DataFrame:
    """Images of 1x2x2 with one bright pixel: on the left, or on the right."""
    rows = [(bytearray(200 if place == i else 0 for i in range(4)), place % 2) for place in range(4)] * 20
    return spark.createDataFrame(rows, "features BINARY, label INT").coalesce(1)


def classifier(**more: Any) -> CnnClassifier:
    network = Network.input(1, 2, 2).flatten().dense(2)
    return CnnClassifier(network=network, learningRate=0.5, epochs=3, seed=1, verbose=False, **more)


def test_a_flip_of_all_images_is_that_of_the_images_by_hand(spark: SparkSession, corners: DataFrame) -> None:
    flipped = corners.rdd.map(lambda row: (bytearray(row[0][i] for i in (1, 0, 3, 2)), row[1]))
    by_hand = classifier().fit(spark.createDataFrame(flipped, corners.schema))
    changed = classifier(augmentations=[Augmentation.randomHorizontalFlip(1.0)]).fit(corners)
    assert changed.digest == by_hand.digest
    assert changed.digest != classifier().fit(corners).digest


def test_changes_are_objects_or_json(spark: SparkSession) -> None:
    change = Augmentation.randomRotation(5)
    ways = [
        CnnClassifier(augmentations=[change]),
        CnnClassifier(augmentations=[change.toJson()]),
        CnnClassifier().setAugmentations((change,)),
    ]
    assert [way.getAugmentations() for way in ways] == [[change.toJson()]] * 3
    with pytest.raises(TypeError, match='Invalid param value given for param "augmentations"'):
        CnnClassifier(augmentations=change)


def test_mistakes_are_named(corners: DataFrame) -> None:
    wrong = Augmentation.randomHorizontalFlip(2.0)
    with pytest.raises(
        IllegalArgumentException, match="augmentations: randomHorizontalFlip: probability: 2 is"
    ):
        classifier(augmentations=[wrong]).fit(corners)
