"""The layers that a network can be built of."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Any

from firesteel.ml._size import Padding, Size, padding_json, size_json

if TYPE_CHECKING:
    from firesteel.ml._network import Network


class NetworkLayers:
    """A method per layer, with the words and defaults of PyTorch.

    Each gives a new network that ends with the layer. In the shapes ``c`` is a number of channels, ``h`` and
    ``w`` are a height and a width in pixels; "any shape" stays as it is. A size is a number, which stands for
    both, or a pair (height, width).
    """

    __slots__ = ()

    def _append(self, kind: str, op: str, others: tuple[str, ...] = (), **options: Any) -> Network:
        """This network and a layer that reads the last one, and others."""
        raise NotImplementedError

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
        padding : int, (int, int), (int, int, int, int) or "same", default 0
            Zeros on each side; four numbers are top, left, bottom, right; "same" keeps the size (divided by
            the stride), an odd zero goes after.
        dilation : int or (int, int), default 1
            Distance of two taps of the kernel.
        groups : int, default 1
            Groups of channels that do not see each other; as many as there are channels for a depthwise
            convolution.
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
            kernel=size_json(kernel),
            stride=size_json(stride),
            padding=padding_json(padding),
            dilation=size_json(dilation),
            groups=index(groups),
            bias=bool(bias),
        )

    def maxPool(
        self, kernel: Size, stride: Size | None = None, padding: Size = 0, ceilMode: bool = False
    ) -> Network:
        """The largest value of each window: ``[c, h, w]`` -> ``[c, h', w']``.

        Parameters
        ----------
        kernel : int or (int, int)
            Size of the window.
        stride : int or (int, int), optional
            Step of the window; the kernel's size by default.
        padding : int or (int, int), default 0
            Values on each side that are never the largest, at most half of the kernel.
        ceilMode : bool, default False
            Whether a last window that only begins inside the input or the padding before it counts.

        Returns
        -------
        Network
            This network and the layer.
        """
        return self._append("pool", "max_pool2d", **_window(kernel, stride, padding, ceilMode))

    def avgPool(
        self,
        kernel: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceilMode: bool = False,
        countIncludePad: bool = True,
    ) -> Network:
        """The mean of each window: ``[c, h, w]`` -> ``[c, h', w']``.

        Parameters
        ----------
        kernel : int or (int, int)
            Size of the window.
        stride : int or (int, int), optional
            Step of the window; the kernel's size by default.
        padding : int or (int, int), default 0
            Zeros on each side, at most half of the kernel.
        ceilMode : bool, default False
            Whether a last window that only begins inside the input or the padding before it counts.
        countIncludePad : bool, default True
            Whether the padding's zeros count in the mean.

        Returns
        -------
        Network
            This network and the layer.
        """
        window = _window(kernel, stride, padding, ceilMode)
        return self._append("pool", "avg_pool2d", **window, count_include_pad=bool(countIncludePad))

    def adaptiveAvgPool(self, size: Size) -> Network:
        """The mean of as many windows as the result has values, fitted to it: ``[c, h, w]`` -> ``[c, size]``."""
        return self._append("pool", "adaptive_avg_pool2d", size=size_json(size))

    def globalMaxPool(self) -> Network:
        """The largest value of each map: ``[c, h, w]`` -> ``[c, 1, 1]``."""
        return self._append("pool", "global_max_pool2d")

    def globalAvgPool(self) -> Network:
        """The mean of each map: ``[c, h, w]`` -> ``[c, 1, 1]``."""
        return self._append("pool", "global_avg_pool2d")

    def dense(self, units: int, bias: bool = True) -> Network:
        """Fully connected layer: ``[n]`` -> ``[units]``; `bias` says whether a number per output is added."""
        return self._append("dense", "dense", units=index(units), bias=bool(bias))

    def batchNorm(self, eps: float = 1e-5, momentum: float = 0.1) -> Network:
        """Batch normalisation: ``[c, h, w]`` -> ``[c, h, w]``.

        Each map is normalised by the mean and variance of the mini-batch in training, by the running ones
        otherwise, then scaled and shifted.

        Parameters
        ----------
        eps : float, default 1e-5
            What is added to the variance, above 0.
        momentum : float, default 0.1
            Share of a mini-batch in the running mean and variance, 0 to 1.

        Returns
        -------
        Network
            This network and the layer.
        """
        return self._append("bn", "batch_norm", eps=float(eps), momentum=float(momentum))

    def localResponseNorm(
        self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
    ) -> Network:
        """Local response normalisation: ``[c, h, w]`` -> ``[c, h, w]``.

        Values become ``x / (k + alpha * mean of squares)^beta``, the mean over neighbouring maps.

        Parameters
        ----------
        size : int
            Number of neighbouring maps.
        alpha : float, default 1e-4
            Factor of the mean, at least 0.
        beta : float, default 0.75
            The power.
        k : float, default 1.0
            What is added, above 0.

        Returns
        -------
        Network
            This network and the layer.
        """
        options = {"alpha": float(alpha), "beta": float(beta), "k": float(k)}
        return self._append("lrn", "local_response_norm", size=index(size), **options)

    def dropout(self, p: float = 0.5) -> Network:
        """Sets values to 0 with the probability `p` and divides the others by ``1 - p``, in training alone."""
        return self._append("dropout", "dropout", p=float(p))

    def relu(self) -> Network:
        """``max(x, 0)``; any shape."""
        return self._append("relu", "relu")

    def relu6(self) -> Network:
        """``min(max(x, 0), 6)``; any shape."""
        return self._append("relu", "relu6")

    def leakyRelu(self, negativeSlope: float = 0.01) -> Network:
        """``x`` above 0, ``negativeSlope * x`` below; any shape."""
        return self._append("relu", "leaky_relu", slope=float(negativeSlope))

    def sigmoid(self) -> Network:
        """``1 / (1 + exp(-x))``; any shape."""
        return self._append("sigmoid", "sigmoid")

    def silu(self) -> Network:
        """``x * sigmoid(x)``; any shape."""
        return self._append("silu", "silu")

    def hardsigmoid(self) -> Network:
        """``min(max(x + 3, 0), 6) / 6``; any shape."""
        return self._append("hardsigmoid", "hard_sigmoid")

    def hardswish(self) -> Network:
        """``x * hardsigmoid(x)``; any shape."""
        return self._append("hardswish", "hard_swish")

    def flatten(self) -> Network:
        """A map as a vector: ``[c, h, w]`` -> ``[c * h * w]``."""
        return self._append("flatten", "flatten")

    def softmax(self) -> Network:
        """Probabilities: ``[n]`` -> ``[n]``. Needless at the end of a network: models apply it anyway."""
        return self._append("softmax", "softmax")

    def add(self, *layers: str) -> Network:
        """The sum with other layers of the same shape."""
        return self._append("add", "add", layers)

    def multiply(self, layer: str) -> Network:
        """The product with another layer of the same shape; or with one of ``[c, 1, 1]``, a factor per map."""
        return self._append("multiply", "multiply", (layer,))

    def concat(self, *layers: str) -> Network:
        """This and then other layers: maps of one height and width behind each other, or vectors."""
        return self._append("concat", "concat", layers)

    def subsample(self, step: Size) -> Network:
        """Every so-manieth row and column, beginning with the first: ``[c, h, w]`` -> ``[c, h', w']``."""
        return self._append("subsample", "subsample", step=size_json(step))

    def padChannels(self, before: int = 0, after: int = 0) -> Network:
        """Maps of zeros before the first and after the last: ``[c, h, w]`` -> ``[before + c + after, h, w]``."""
        return self._append("pad", "pad_channels", before=index(before), after=index(after))


def _window(kernel: Size, stride: Size | None, padding: Size, ceil_mode: bool) -> dict[str, Any]:
    return {
        "kernel": size_json(kernel),
        "stride": size_json(kernel if stride is None else stride),
        "padding": size_json(padding),
        "ceil_mode": bool(ceil_mode),
    }
