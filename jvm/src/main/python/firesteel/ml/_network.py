"""Builds the description of a network."""

from __future__ import annotations

import json as _json
from operator import index
from typing import Any, Union

from firesteel import _jvm

Size = Union[int, tuple[int, int]]
Padding = Union[int, tuple[int, int], str]


class Network:
    """A network: the shape of its input, and layers one after the other.

    :meth:`input` starts one. Each layer is named by its kind and number (``conv1``, ``relu1``, ...). A
    network is immutable: every method gives a new one. Nothing is checked until it is used or
    :meth:`summary` is called.

    In the shapes below ``c`` is a number of channels, ``h`` and ``w`` are a height and a width in pixels. A
    size is a number, which stands for both, or a pair (height, width).

    Examples
    --------
    >>> Network.input(2).dense(8).relu().dense(2).toJson()[:67]
    '{"input":[2],"nodes":[{"name":"dense1","op":"dense","inputs":["inpu'
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

    def conv(
        self,
        filters: int,
        kernel: Size,
        stride: Size = 1,
        padding: Padding = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
    ) -> Network:
        """Two-dimensional convolution: ``[c, h, w]`` -> ``[filters, h', w']``.

        Parameters
        ----------
        filters : int
            Number of output channels.
        kernel : int or (int, int)
            Size of the window.
        stride : int or (int, int), default 1
            Step of the window.
        padding : int, (int, int) or "same", default 0
            Zeros on each side; "same" keeps the size (divided by the stride), an odd zero goes after.
        dilation : int or (int, int), default 1
            Distance of two taps of the kernel.
        groups : int, default 1
            Groups of channels that do not see each other.
        bias : bool, default True
            Whether a number per filter is added.

        Returns
        -------
        Network
            This network and the layer.
        """
        return self._append(
            "conv",
            "conv2d",
            filters=index(filters),
            kernel=_size(kernel),
            stride=_size(stride),
            padding=padding if isinstance(padding, str) else _size(padding),
            dilation=_size(dilation),
            groups=index(groups),
            bias=bool(bias),
        )

    def maxPool(self, kernel: Size, stride: Size | None = None, padding: Size = 0) -> Network:
        """The largest value of each window: ``[c, h, w]`` -> ``[c, h', w']``.

        Parameters
        ----------
        kernel : int or (int, int)
            Size of the window.
        stride : int or (int, int), optional
            Step of the window; the kernel's size by default.
        padding : int or (int, int), default 0
            Values on each side that are never the largest.

        Returns
        -------
        Network
            This network and the layer.
        """
        return self._append("pool", "max_pool2d", **_window(kernel, stride, padding))

    def avgPool(self, kernel: Size, stride: Size | None = None, padding: Size = 0) -> Network:
        """The mean of each window, padding included: ``[c, h, w]`` -> ``[c, h', w']``.

        Parameters
        ----------
        kernel : int or (int, int)
            Size of the window.
        stride : int or (int, int), optional
            Step of the window; the kernel's size by default.
        padding : int or (int, int), default 0
            Zeros on each side.

        Returns
        -------
        Network
            This network and the layer.
        """
        return self._append("pool", "avg_pool2d", **_window(kernel, stride, padding))

    def globalMaxPool(self) -> Network:
        """The largest value of each map: ``[c, h, w]`` -> ``[c, 1, 1]``."""
        return self._append("pool", "global_max_pool2d")

    def globalAvgPool(self) -> Network:
        """The mean of each map: ``[c, h, w]`` -> ``[c, 1, 1]``."""
        return self._append("pool", "global_avg_pool2d")

    def dense(self, units: int, bias: bool = True) -> Network:
        """Fully connected layer: ``[n]`` -> ``[units]``.

        Parameters
        ----------
        units : int
            Number of outputs.
        bias : bool, default True
            Whether a number per output is added.

        Returns
        -------
        Network
            This network and the layer.
        """
        return self._append("dense", "dense", units=index(units), bias=bool(bias))

    def relu(self) -> Network:
        """``max(x, 0)``; the shape stays."""
        return self._append("relu", "relu")

    def flatten(self) -> Network:
        """A map as a vector: ``[c, h, w]`` -> ``[c * h * w]``."""
        return self._append("flatten", "flatten")

    def softmax(self) -> Network:
        """Probabilities: ``[n]`` -> ``[n]``. Needless at the end of a network: models apply it anyway."""
        return self._append("softmax", "softmax")

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

    def _append(self, kind: str, op: str, **options: Any) -> Network:
        name = f"{kind}{1 + sum(node['name'].startswith(kind) for node in self._nodes)}"
        node = {"name": name, "op": op, "inputs": [self._output], **options}
        return Network(self._input, (*self._nodes, node), name)


def _window(kernel: Size, stride: Size | None, padding: Size) -> dict[str, Any]:
    step = kernel if stride is None else stride
    return {"kernel": _size(kernel), "stride": _size(step), "padding": _size(padding)}


def _size(size: Size) -> tuple[int, int]:
    """The height and the width of a size."""
    height, width = size if isinstance(size, (tuple, list)) else (size, size)
    return index(height), index(width)
