"""Folders of images as tables: the same files as Scala's reader finds."""

from __future__ import annotations

from pathlib import Path

from firesteel import functions as fs
from firesteel.read import Images
from PIL import Image
from pyspark.sql import SparkSession


def test_files_of_all_formats_are_read_of_which_three_are_decoded_by_default(
    spark: SparkSession, tmp_path: Path
) -> None:
    names = ["a.PNG", "b.jpg", "c.JPEG", "d.webp", "e.gif", "f.bmp", "g.tif", "h.Tiff"]
    (tmp_path / "cats").mkdir()
    for name in [*names, "i.txt"]:
        format = {"txt": "png", "jpg": "jpeg", "tif": "tiff"}.get(name[2:], name[2:])
        Image.new("RGB", (8, 8)).save(tmp_path / "cats" / name, format)
    table = Images.read(spark, str(tmp_path)).orderBy("path")
    rows = table.select("path", "label", fs.image_info("content").format).collect()
    assert [(Path(row[0]).name, row[1]) for row in rows] == [(name, "cats") for name in names]
    assert [row[2] for row in rows] == ["png", "jpeg", "jpeg", "webp", "gif", "bmp", "tiff", "tiff"]
    decoded = table.where(fs.try_image_resize("content", 4, 4).isNotNull()).collect()
    assert [Path(row.path).name for row in decoded] == names[:4]
