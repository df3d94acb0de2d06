"""Networks built in Python are those built in Scala, byte for byte but for how fractions are written."""

from __future__ import annotations

import inspect
import json
import pickle
import re
from typing import Any, Callable

import numpy as np
import pytest
from firesteel.ml import Network
from pyspark.errors import IllegalArgumentException
from pyspark.sql import SparkSession


class Scala:
    """Scala's builder with the methods of Python's. What a call leaves out, it takes from Scala's defaults."""

    def __init__(self, jvm: Any, network: Any) -> None:
        self.jvm = jvm
        self.network = network

    def __getattr__(self, method: str) -> Callable[..., Scala]:
        signature = inspect.signature(getattr(Network, method))
        own = next(own for own in self.network.getClass().getMethods() if own.getName() == method)
        kinds = [kind.getSimpleName() for kind in own.getParameterTypes()]

        def call(*args: Any, **kwargs: Any) -> Scala:
            given = signature.bind(self, *args, **kwargs).arguments
            values = [
                self.argument(kind, given[name])
                if name in given
                else getattr(self.network, f"{method}$default${i}")()
                for i, (name, kind) in enumerate(zip(list(signature.parameters)[1:], kinds, strict=True), 1)
            ]
            return Scala(self.jvm, getattr(self.network, method)(*values))

        return call

    def argument(self, kind: str, value: Any) -> Any:
        ml, scala = self.jvm.firesteel.ml, self.jvm.scala
        if kind == "Size":
            return ml.Size(*value) if isinstance(value, tuple) else ml.Size.square(value)
        if kind == "Seq":
            return self.jvm.PythonUtils.toSeq(list(value))
        if kind != "Padding":
            return float(value) if kind == "double" else value
        if value == "same":
            return getattr(getattr(ml, "Padding$Same$"), "MODULE$")
        if not isinstance(value, tuple):
            return ml.Padding.square(value)
        return (
            ml.Padding.pair(scala.Tuple2(*value))
            if len(value) == 2
            else ml.Padding.sides(scala.Tuple4(*value))
        )

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
    "pools with all arguments": lambda input: (
        input(2, 13, 12)
        .maxPool((3, 2), 2, (1, 0), ceilMode=True)
        .avgPool(3, (2, 1), 1, ceilMode=True, countIncludePad=False)
        .avgPool(2, countIncludePad=False)
        .adaptiveAvgPool((3, 2))
        .adaptiveAvgPool(2)
    ),
    "sides": lambda input: input(3, 9, 9).conv(6, 3, padding=(0, 1, 2, 3)),
    "norms": lambda input: (
        input(3, 9, 9)
        .batchNorm()
        .batchNorm(1e-3, momentum=0.01)
        .batchNorm(eps=1e-12)
        .localResponseNorm(5)
        .localResponseNorm(size=3, alpha=1e-3, beta=0.5, k=2)
    ),
    "activations": lambda input: (
        input(3, 9, 9)
        .relu6()
        .leakyRelu()
        .leakyRelu(0.2)
        .sigmoid()
        .silu()
        .hardsigmoid()
        .hardswish()
        .dropout()
        .dropout(0.25)
    ),
    "a residual block": lambda input: (
        input(3, 8, 8)
        .conv(4, 3, padding=1, bias=False)
        .batchNorm()
        .relu()
        .named("block")
        .conv(8, 3, stride=2, padding=1)
        .batchNorm()
        .named("main")
        .after("block")
        .conv(8, 1, stride=2)
        .add("main")
        .relu()
    ),
    "a block without weights": lambda input: (
        input(4, 8, 8)
        .relu()
        .subsample(2)
        .padChannels(2, after=2)
        .named("shortcut")
        .after("relu1")
        .conv(8, 3, (2, 2), "same")
        .add("shortcut")
        .padChannels()
        .subsample((1, 2))
    ),
    "squeeze and excitation": lambda input: (
        input(4, 8, 8)
        .globalAvgPool()
        .conv(2, 1)
        .silu()
        .conv(4, 1)
        .hardsigmoid()
        .named("factors")
        .after("input")
        .multiply("factors")
    ),
    "an inception": lambda input: (
        input(4, 8, 8)
        .conv(2, 1)
        .named("a")
        .after("input")
        .conv(2, 3, padding=1)
        .named("b")
        .after("input")
        .maxPool(3, 1, 1)
        .concat("a", "b")
    ),
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

    def fraction(number: re.Match[str]) -> str:
        """As Python writes it: 1e-05 for Java's 1.0E-5."""
        return repr(float(number[0]))

    build = BUILDERS[name]
    theirs = re.sub(r"\d+\.\d+(E-?\d+)?", fraction, build(scala).toJson())
    assert build(Network.input).toJson() == theirs


def test_every_layer_is_compared_with_scalas(spark: SparkSession) -> None:
    unknown = {"name": "x", "op": "none", "inputs": ["input"]}
    network = Network.fromJson(json.dumps({"input": [1], "nodes": [unknown], "output": "x"}))
    with pytest.raises(IllegalArgumentException, match="expected one of") as refusal:
        network.summary()
    known = set(re.findall(r"`(\w+)`", str(refusal.value).split("expected one of")[1]))
    assert len(known) >= 24
    assert "batch_norm" in known
    networks = [json.loads(build(Network.input).toJson()) for build in BUILDERS.values()]
    assert {node["op"] for network in networks for node in network["nodes"]} == known


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


def test_summary_tells_which_branch_does_not_fit(spark: SparkSession) -> None:
    with pytest.raises(IllegalArgumentException, match="layer 'add1'.*its inputs are 2x6x6 and 3x8x8"):
        Network.input(3, 8, 8).conv(2, 3).add("input").summary()
    with pytest.raises(IllegalArgumentException, match="layer 'relu1'.*its input 'stem' is neither"):
        Network.input(3, 8, 8).after("stem").relu().summary()


def test_a_name_follows_its_layer() -> None:
    for network in (Network.input(3), Network.input(3).relu().after("input")):
        with pytest.raises(ValueError, match=r"named\('a'\) must follow the layer that it names"):
            network.named("a")


def test_options_must_be_finite() -> None:
    with pytest.raises(
        ValueError, match=r"layer 'bn1' \(batch_norm\): eps is nan: it must be a finite number"
    ):
        Network.input(3, 8, 8).batchNorm(eps=float("nan"))


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
