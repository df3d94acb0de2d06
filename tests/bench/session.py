"""The Spark session of a benchmark's program."""

from __future__ import annotations

import os

from pyspark.sql import SparkSession


def session(master: str, **settings: str) -> SparkSession:
    """A session with Firesteel's jar; settings have `_` for the dots of Spark's names."""
    builder = (
        SparkSession.builder.master(master)
        .appName("firesteel-bench")
        .config("spark.jars", os.environ["FIRESTEEL_JAR"])
        .config("spark.firesteel.libtorch.dir", os.path.join(os.environ["LIBTORCH"], "lib"))
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.memory", "4g")
        .config("spark.driver.bindAddress", "127.0.0.1")
    )
    for name, value in settings.items():
        builder = builder.config(name.replace("_", "."), value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def operator(plan):
    """The operator in a physical plan of the JVM."""
    if plan.nodeName() == "Classify":
        return plan
    if plan.nodeName() == "AdaptiveSparkPlan":
        return operator(plan.executedPlan())
    if plan.nodeName() == "ResultQueryStage":
        return operator(plan.plan())
    children = plan.children()
    found = (operator(children.apply(i)) for i in range(children.size()))
    return next((node for node in found if node is not None), None)
