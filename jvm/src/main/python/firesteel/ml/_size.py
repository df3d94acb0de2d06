"""How large windows are, and how convolutions pad."""

from __future__ import annotations

from operator import index
from typing import Union

Size = Union[int, tuple[int, int]]
Padding = Union[Size, tuple[int, int, int, int], str]


def padding_json(padding: Padding) -> str | tuple[int, ...]:
    """A word, or the numbers of zeros: height and width, or top, left, bottom and right."""
    if isinstance(padding, str):
        return padding
    if isinstance(padding, (tuple, list)) and len(padding) == 4:
        return tuple(index(zeros) for zeros in padding)
    return size_json(padding)


def size_json(size: Size) -> tuple[int, int]:
    """The height and the width of a size."""
    height, width = size if isinstance(size, (tuple, list)) else (size, size)
    return index(height), index(width)
