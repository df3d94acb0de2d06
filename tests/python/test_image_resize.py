"""What image_resize gives, beside Pillow: the same pixels."""

from __future__ import annotations

import io
import os
from collections import Counter
from pathlib import Path

import pytest
from firesteel import functions as fs
from PIL import Image, ImageOps
from pyspark.sql import SparkSession
from sklearn.datasets import load_sample_images

DATA = os.environ.get("FIRESTEEL_DATA")
ORIENTATION = 0x0112
# Columns and rows: smaller, larger, and one side much smaller than the other.
SIZES = [(97, 61), (700, 650), (3, 200), (1, 1)]


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    image.save(out := io.BytesIO(), format, **options)
    return out.getvalue()


def compare(spark: SparkSession, files: list[bytes]) -> Counter[str]:
    """Compares each file in each size; counts the files, and those that are grey, turned or transparent."""
    table = spark.createDataFrame(
        [(i, bytearray(file)) for i, file in enumerate(files)], "id INT, file BINARY"
    )
    resized = [fs.image_resize("file", width, height).alias(f"{width}x{height}") for width, height in SIZES]
    seen: Counter[str] = Counter()
    for row in table.select("id", *resized).collect():
        with Image.open(io.BytesIO(files[row[0]])) as opened:
            grey, alpha = opened.mode in ("L", "LA"), opened.mode in ("LA", "RGBA")
            turned = opened.getexif().get(ORIENTATION, 1) > 1
            seen.update(["files"], grey=int(grey), alpha=int(alpha), turned=int(turned))
            upright = ImageOps.exif_transpose(opened).convert("L" if grey else "RGB")
        for size, png in zip(SIZES, row[1:], strict=True):
            expected = upright.resize(size, Image.Resampling.BILINEAR)
            found = Image.open(io.BytesIO(png))
            assert (found.format, found.mode, found.size) == ("PNG", expected.mode, size)
            assert found.tobytes() == expected.tobytes(), f"file {row[0]}, {upright.size} to {size}"
    return seen


def test_what_pillow_saved_is_resized_as_by_pillow(spark: SparkSession) -> None:
    photo = Image.fromarray(load_sample_images().images[0]).crop((0, 0, 365, 267))
    grey = photo.convert("L")
    alpha = grey.point(lambda value: 255 - value // 2)
    transparent = Image.merge("RGBA", (*photo.split(), alpha))
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    files = [
        encoded(photo, "JPEG"),
        encoded(photo, "JPEG", exif=exif.tobytes()),
        encoded(grey, "JPEG", exif=exif.tobytes()),
        encoded(photo, "PNG"),
        encoded(grey, "PNG"),
        encoded(transparent, "PNG"),
        encoded(Image.merge("LA", (grey, alpha)), "PNG"),
        encoded(photo, "WEBP"),
        encoded(transparent, "WEBP"),
    ]
    assert compare(spark, files) == {"files": 9, "grey": 3, "alpha": 3, "turned": 2}


@pytest.mark.skipif(not DATA, reason="FIRESTEEL_DATA names no folder with photos/ and odd/")
def test_real_files_are_resized_as_by_pillow(spark: SparkSession) -> None:
    names = [
        "photos/n045*.JPEG",
        "odd/jpeg-grey__*.jpg",
        "odd/jpeg-exif-orientation__*.jpg",
        "odd/webp*__*transparent.webp",
        "odd/webp-alpha__*.webp",
        "odd/png-16bit-alpha__*.png",
    ]
    files = [path.read_bytes() for name in names for path in sorted(Path(DATA).glob(name))]
    assert compare(spark, files) == {"files": 17, "grey": 3, "alpha": 3, "turned": 8}
