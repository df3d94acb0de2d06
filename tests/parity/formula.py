"""The values of weights, inputs and labels: a formula of a tensor's name, so that no binary files are stored.

The Rust tests compute the same numbers.
"""

import math

import numpy as np


def hashes(name: str, count: int) -> np.ndarray:
    """The first `count` 32-bit hashes of a tensor; everything else is derived from them."""
    h = 0x811C9DC5
    for byte in name.encode():  # FNV-1a
        h = ((h ^ byte) * 0x01000193) % 2**32
    x = (h + np.arange(count, dtype=np.uint64) * 2654435761) % 2**32
    x ^= x >> 16
    x = x * 0x045D9F3B % 2**32
    x ^= x >> 16
    return x


def floats(name: str, shape: tuple[int, ...], bound: float = 1.0) -> np.ndarray:
    """float32 in [-bound, bound)."""
    u = hashes(name, math.prod(shape)) / 2**32
    return ((2 * u - 1) * bound).astype(np.float32).reshape(shape)


def integers(name: str, shape: tuple[int, ...], count: int) -> np.ndarray:
    """Integers in 0..count: pixels (count 256) or labels (count = number of classes)."""
    u = hashes(name, math.prod(shape)) / 2**32
    return np.floor(u * count).astype(np.int64).reshape(shape)


def layer(name: str, weight_shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Weight and bias of a layer, both within +-1/sqrt(fan_in) as PyTorch initialises them."""
    bound = 1 / math.sqrt(math.prod(weight_shape[1:]))
    return floats(f"{name}.weight", weight_shape, bound), floats(f"{name}.bias", weight_shape[:1], bound)


def batch_norm(name: str, channels: int) -> dict[str, np.ndarray]:
    """Weights of a batch normalisation: scale and variance near 1, shift and mean near 0."""
    near_0 = {part: floats(f"{name}.{part}", (channels,), 0.1) for part in ("bias", "running_mean")}
    near_1 = {part: 1 + floats(f"{name}.{part}", (channels,), 0.25) for part in ("weight", "running_var")}
    return {part: values.astype(np.float32) for part, values in (near_0 | near_1).items()}
