"""Reaches Firesteel's classes in the JVM, and says what to do where they are missing."""

from __future__ import annotations

from typing import Any

from pyspark.sql.utils import is_remote


def check(name: str) -> None:
    """Refuses to go on without a Spark session that has a class. Spark Connect's server checks by itself.

    Parameters
    ----------
    name : str
        The full name of a class of Firesteel.
    """
    if not is_remote():
        _find(name)


def module(name: str) -> Any:
    """The Scala object of a class, through Py4J."""
    if is_remote():
        raise RuntimeError(f"{name} is in the JVM of the server, out of the reach of Spark Connect")
    return getattr(_find(name + "$"), "MODULE$")


def _find(name: str) -> Any:
    from py4j.java_gateway import JavaClass
    from pyspark import SparkContext

    if SparkContext._jvm is None:
        raise RuntimeError("there is no Spark session yet: start one by SparkSession.builder.getOrCreate()")
    found: Any = SparkContext._jvm
    for part in name.split("."):
        found = getattr(found, part)
    if not isinstance(found, JavaClass):
        raise RuntimeError(
            f"Spark does not have {name}: start it with Firesteel's jar, by --jars or spark.jars; "
            "a session that runs already cannot take it any more"
        )
    return found
