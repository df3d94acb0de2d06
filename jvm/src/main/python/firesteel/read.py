"""Files into DataFrames."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_ENDINGS = ("jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff")


class Images:
    """Folders of images as tables."""

    __module__ = "firesteel.read"

    @staticmethod
    def read(spark: SparkSession, path: str) -> DataFrame:
        """The images of a folder and of all folders below it, encoded as they are.

        Parameters
        ----------
        spark : SparkSession
            The session, of Spark Connect too.
        path : str
            A folder of any Hadoop file system, or a pattern of such.

        Returns
        -------
        DataFrame
            ``path`` STRING, ``content`` BINARY and ``label`` STRING, the name of the folder that a file is in. Files
            whose names do not end as those of images (``.jpg``, ``.jpeg``, ``.png``, ``.webp``, ``.gif``, ``.bmp``,
            ``.tif``, ``.tiff``, in whatever case) are left out.

        Notes
        -----
        A model decodes JPEG, PNG and WebP by default: GIF, BMP and TIFF files are rows, but bad ones for it unless
        ``formats`` of its ``preprocessing.image`` names their format.
        """
        from pyspark.sql import functions as f

        patterns = ("".join(f"[{c}{c.upper()}]" for c in ending) for ending in _ENDINGS)
        return (
            spark.read.format("binaryFile")
            .option("recursiveFileLookup", "true")
            .option("pathGlobFilter", "*.{" + ",".join(patterns) + "}")
            .load(path)
            .select("path", "content", f.element_at(f.split("path", "/"), -2).alias("label"))
        )
