"""Networks built in Python are those built in Scala, byte for byte."""

from __future__ import annotations

import json
import pickle
from typing import Any, Callable

import numpy as np
import pytest
from firesteel.ml import Network
from pyspark.errors import IllegalArgumentException
from pyspark.sql import SparkSession


class Scala:
    """Scala's builder with the methods of Python's. What a call leaves out, it takes from Scala's defaults."""

    ARGUMENTS = {
        "conv": ("filters", "kernel", "stride", "padding", "dilation", "groups", "bias"),
        "maxPool": ("kernel", "stride", "padding"),
        "avgPool": ("kernel", "stride", "padding"),
        "dense": ("units", "bias"),
    }

    def __init__(self, jvm: Any, network: Any) -> None:
        self.jvm = jvm
        self.network = network

    def __getattr__(self, method: str) -> Callable[..., Scala]:
        def call(*args: Any, **kwargs: Any) -> Scala:
            names = self.ARGUMENTS.get(method, ())
            given = {**dict(zip(names, args)), **kwargs}
            values = [
                self.argument(method, name, given[name])
                if name in given
                else getattr(self.network, f"{method}$default${i}")()
                for i, name in enumerate(names, 1)
            ]
            return Scala(self.jvm, getattr(self.network, method)(*values))

        return call

    def argument(self, method: str, name: str, value: Any) -> Any:
        ml = self.jvm.firesteel.ml
        if value == "same":
            return getattr(getattr(ml, "Padding$Same$"), "MODULE$")
        if (method, name) == ("conv", "padding"):
            height, width = value if isinstance(value, tuple) else (value, value)
            return ml.Padding.pair(self.jvm.scala.Tuple2(height, width))
        if name in ("kernel", "stride", "padding", "dilation"):
            return ml.Size(*value) if isinstance(value, tuple) else ml.Size.square(value)
        return value

    def toJson(self) -> str:
        return self.network.toJson()


BUILDERS: dict[str, Callable[[Callable[..., Any]], Any]] = {
    "nothing": lambda input: input(3),
    "perceptron": lambda input: input(2).dense(2),
    "no bias": lambda input: input(2).dense(8, bias=False).relu().dense(2, False).softmax(),
    "the issue's": lambda input: (
        input(1, 28, 28)
        .conv(20, kernel=5)
        .relu()
        .maxPool(2)
        .conv(50, kernel=5)
        .relu()
        .maxPool(2)
        .flatten()
        .dense(500)
        .relu()
        .dense(10)
    ),
    "all of conv": lambda input: input(4, 30, 20).conv(
        8, (3, 5), stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2, bias=False
    ),
    "same": lambda input: input(3, 9, 9).conv(6, 3, 2, "same").conv(6, kernel=1, groups=3),
    "pools": lambda input: input(1, 12, 12).maxPool(2).maxPool((3, 2), 1).maxPool(3, stride=2, padding=1),
    "means": lambda input: input(1, 12, 12).avgPool(2).avgPool((3, 2), (1, 2)).avgPool(3, padding=(1, 0)),
    "global": lambda input: input(2, 5, 5).globalMaxPool().globalAvgPool().flatten().dense(3),
    "a dozen of a kind": lambda input: _repeat(input(4), 12),
}


def _repeat(network: Any, times: int) -> Any:
    for _ in range(times):
        network = network.dense(4).relu()
    return network


@pytest.mark.parametrize("name", BUILDERS)
def test_json_is_scalas(spark: SparkSession, name: str) -> None:
    jvm = spark.sparkContext._jvm

    def scala(*shape: int) -> Scala:
        companion = getattr(getattr(jvm.firesteel.ml, "Network$"), "MODULE$")
        return Scala(jvm, companion.input(jvm.PythonUtils.toSeq(list(shape))))

    build = BUILDERS[name]
    assert build(Network.input).toJson() == build(scala).toJson()


def test_summary_is_scalas(spark: SparkSession) -> None:
    network = BUILDERS["the issue's"](Network.input)
    lines = network.summary().splitlines()
    assert lines[0].split() == ["layer", "operation", "output", "parameters"]
    assert lines[1].split() == ["conv1", "conv2d", "20x24x24", "520"]
    assert lines[-1].split() == ["431,080"]
    assert len(lines) == 12


def test_summary_tells_what_does_not_fit(spark: SparkSession) -> None:
    with pytest.raises(IllegalArgumentException, match="layer 'conv1'.*its input is 3"):
        Network.input(3).conv(2, kernel=3).summary()


def test_networks_are_values() -> None:
    small, large = Network.input(2).dense(2), Network.input(2).dense(3)
    assert small == Network.input(2).dense(2)
    assert hash(small) == hash(Network.input(2).dense(2))
    assert small != large
    assert small != small.toJson()
    assert len({small, large, Network.input(2).dense(2)}) == 2
    assert pickle.loads(pickle.dumps(large)) == large
    assert str(small) == small.toJson()
    assert repr(small) == f"Network({small.toJson()})"


def test_every_method_gives_a_new_network() -> None:
    start = Network.input(1, 8, 8)
    before = start.toJson()
    first, second = start.conv(2, 3), start.flatten()
    assert start.toJson() == before
    names = [[node["name"] for node in json.loads(n.toJson())["nodes"]] for n in (first, second)]
    assert names == [["conv1"], ["flatten1"]]


def test_integers_of_numpy_are_integers() -> None:
    assert Network.input(*np.array([1, 8, 8])).conv(np.int64(2), np.int32(3)) == Network.input(1, 8, 8).conv(
        2, 3
    )


@pytest.mark.parametrize(
    "build",
    [
        lambda: Network.input(2.0),
        lambda: Network.input(2).dense(2.5),
        lambda: Network.input(1, 8, 8).conv(2, kernel=3.0),
        lambda: Network.input(1, 8, 8).maxPool("2"),
    ],
)
def test_sizes_must_be_integers(build: Callable[[], Network]) -> None:
    with pytest.raises(TypeError, match="integer"):
        build()
