"""Random changes of training images."""

from __future__ import annotations

import json as _json
from operator import index
from typing import Any


class Augmentation:
    """A random change of training images, named after torchvision's transform where it has one, and computed as
    Pillow computes it. Nothing is checked until a :class:`CnnClassifier` is fitted.

    Examples
    --------
    >>> Augmentation.randomHorizontalFlip().toJson()
    '{"randomHorizontalFlip":{"probability":0.5}}'
    """

    __module__ = "firesteel.ml"
    __slots__ = ("_json",)

    def __init__(self, json: str) -> None:
        self._json = json

    @staticmethod
    def randomCrop(rows: int, columns: int, padding: int = 0) -> Augmentation:
        """A part of that size, anywhere: torchvision's ``RandomCrop``.

        Parameters
        ----------
        rows, columns : int
            Of the part, in pixels.
        padding : int, default 0
            Zeros that are put on each side of the image before.
        """
        return _change("randomCrop", size=_size(rows, columns), padding=index(padding))

    @staticmethod
    def randomResizedCrop(
        rows: int,
        columns: int,
        scale: tuple[float, float] = (0.08, 1.0),
        ratio: tuple[float, float] = (3.0 / 4.0, 4.0 / 3.0),
    ) -> Augmentation:
        """A part of random area and proportion, resized bilinearly: torchvision's ``RandomResizedCrop``.

        Parameters
        ----------
        rows, columns : int
            Of the result, in pixels.
        scale : (float, float), default (0.08, 1)
            Least and largest share of the image's area, above 0 to 1.
        ratio : (float, float), default (3/4, 4/3)
            Least and largest width / height of the part, above 0.
        """
        return _change("randomResizedCrop", size=_size(rows, columns), scale=_pair(scale), ratio=_pair(ratio))

    @staticmethod
    def randomHorizontalFlip(probability: float = 0.5) -> Augmentation:
        """Left and right exchanged: torchvision's ``RandomHorizontalFlip``.

        Parameters
        ----------
        probability : float, default 0.5
            How often, 0 to 1.
        """
        return _change("randomHorizontalFlip", probability=float(probability))

    @staticmethod
    def randomShift(rows: float, columns: float) -> Augmentation:
        """Moved by whole pixels, zeros moving in: the ``translate`` of torchvision's ``RandomAffine``.

        Parameters
        ----------
        rows : float
            How far up or down at most, as a share of the height, 0 to 1.
        columns : float
            How far left or right at most, as a share of the width, 0 to 1.
        """
        return _change("randomShift", rows=float(rows), columns=float(columns))

    @staticmethod
    def randomRotation(degrees: float) -> Augmentation:
        """Turned about its centre, by the nearest pixel, zeros in the corners: torchvision's ``RandomRotation``.

        Parameters
        ----------
        degrees : float
            The largest angle either way, 0 to 180.
        """
        return _change("randomRotation", degrees=float(degrees))

    @staticmethod
    def colorJitter(
        brightness: float = 0.0, contrast: float = 0.0, saturation: float = 0.0, hue: float = 0.0
    ) -> Augmentation:
        """Brightness, contrast, saturation and hue changed in a random order: torchvision's ``ColorJitter``.

        Grey images have neither saturation nor hue.

        Parameters
        ----------
        brightness, contrast, saturation : float, default 0
            How far the factor may be from 1; at least 0.
        hue : float, default 0
            How far it may be moved, as a share of the circle of hues, 0 to 0.5.
        """
        return _change(
            "colorJitter",
            brightness=float(brightness),
            contrast=float(contrast),
            saturation=float(saturation),
            hue=float(hue),
        )

    def toJson(self) -> str:
        """The change as JSON, as the parameter ``augmentations`` takes it."""
        return self._json

    def __str__(self) -> str:
        return self._json

    def __repr__(self) -> str:
        return f"Augmentation({self._json})"

    def __eq__(self, other: object) -> bool:
        return self._json == other._json if isinstance(other, Augmentation) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._json)


def _change(name: str, **options: Any) -> Augmentation:
    return Augmentation(_json.dumps({name: options}, separators=(",", ":")))


def _size(rows: int, columns: int) -> tuple[int, int]:
    return index(rows), index(columns)


def _pair(values: tuple[float, float]) -> tuple[float, float]:
    least, largest = values
    return float(least), float(largest)
