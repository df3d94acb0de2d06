"""Builds the description of a network."""

from __future__ import annotations

import json as _json
import math
from itertools import count
from operator import index
from typing import Any

from firesteel import _jvm
from firesteel.ml._network_layers import NetworkLayers


class Network(NetworkLayers):
    """A network: the shape of its input, and layers, each of which reads the one before it.

    :meth:`input` starts one. A network is immutable: every method gives a new one. Nothing is checked until it
    is used or :meth:`summary` is called.

    Each layer is named by its kind and number (``conv1``, ``relu1``, ...), or by :meth:`named`. Branches part
    at a name (:meth:`after`) and meet at one (:meth:`add`, :meth:`concat`, :meth:`multiply`); ``input`` names
    the network's input.

    In the shapes below ``c`` is a number of channels, ``h`` and ``w`` are a height and a width in pixels. A
    size is a number, which stands for both, or a pair (height, width).

    Examples
    --------
    >>> Network.input(2).dense(8).relu().dense(2).toJson()[:67]
    '{"input":[2],"nodes":[{"name":"dense1","op":"dense","inputs":["inpu'

    A block of a residual network:

    >>> network = Network.input(3, 32, 32).conv(16, kernel=3, padding=1).batchNorm().relu().named("block")
    >>> network = network.conv(16, kernel=3, padding=1).batchNorm().relu()
    >>> network = network.conv(16, kernel=3, padding=1).batchNorm().add("block").relu()
    >>> network = network.globalAvgPool().flatten().dense(10)
    """

    __module__ = "firesteel.ml"
    __slots__ = ("_input", "_nodes", "_output")

    def __init__(
        self, input: tuple[int, ...], nodes: tuple[dict[str, Any], ...] = (), output: str = "input"
    ) -> None:
        self._input = input
        self._nodes = nodes
        self._output = output

    @staticmethod
    def input(*shape: int) -> Network:
        """Starts a network.

        Parameters
        ----------
        *shape : int
            The shape of one input: channels, height, width; or the length of a vector.

        Returns
        -------
        Network
            A network without layers.
        """
        return Network(tuple(index(n) for n in shape))

    @staticmethod
    def fromJson(json: str) -> Network:
        """A network by its description, to which more layers may be added. Nothing is checked yet."""
        description = _json.loads(json)
        return Network(tuple(description["input"]), tuple(description["nodes"]), description["output"])

    def named(self, name: str) -> Network:
        """Names the layer that was added last. Its weights in a saved model have this prefix.

        Parameters
        ----------
        name : str
            Letters, digits, ``_``, ``-`` and ``.``.

        Returns
        -------
        Network
            This network with the layer's name.

        Raises
        ------
        ValueError
            If no layer has just been added.
        """
        if not self._nodes or self._nodes[-1]["name"] != self._output:
            raise ValueError(f"named('{name}') must follow the layer that it names: there is none")
        return Network(self._input, (*self._nodes[:-1], {**self._nodes[-1], "name": name}), name)

    def after(self, layer: str) -> Network:
        """Begins a branch: the layer that is added next reads `layer`, not the one that was added last."""
        return Network(self._input, self._nodes, layer)

    def toJson(self) -> str:
        """The description as JSON, as the parameter ``network`` takes it."""
        description = {"input": self._input, "nodes": self._nodes, "output": self._output}
        return _json.dumps(description, separators=(",", ":"))

    def summary(self) -> str:
        """A table of the layers with their shapes and numbers of parameters. It needs a Spark session.

        Returns
        -------
        str
            A line per layer, between a heading and the total.

        Raises
        ------
        pyspark.errors.IllegalArgumentException
            Naming the layer and the shapes that do not fit.
        RuntimeError
            If there is no Spark session, or it is one of Spark Connect or without Firesteel's jar.
        """
        table: str = _jvm.module("firesteel.ml.Network").summary(self.toJson())
        return table

    def __str__(self) -> str:
        return self.toJson()

    def __repr__(self) -> str:
        return f"Network({self.toJson()})"

    def __eq__(self, other: object) -> bool:
        return self.toJson() == other.toJson() if isinstance(other, Network) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.toJson())

    def _append(self, kind: str, op: str, others: tuple[str, ...] = (), **options: Any) -> Network:
        taken = {node["name"] for node in self._nodes}
        name = next(name for name in map(f"{kind}{{}}".format, count(1)) if name not in taken)
        # JSON has no other numbers.
        for option, value in options.items():
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError(f"layer '{name}' ({op}): {option} is {value}: it must be a finite number")
        node = {"name": name, "op": op, "inputs": [self._output, *others], **options}
        return Network(self._input, (*self._nodes, node), name)
