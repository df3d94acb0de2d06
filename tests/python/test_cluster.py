"""A cluster of two hosts, which are two addresses of this machine: a task that hangs is run again on the other."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import JAR, SETTINGS, SUBMIT, outside
from firesteel.ml import CnnClassificationModel

APPLICATION = """
import sys, time
from pyspark import TaskContext
from pyspark.sql import SparkSession
from pyspark.sql.functions import col, udf
from firesteel import functions as fs

spark = SparkSession.builder.getOrCreate()
model = sys.argv[1]
pictures = spark.range(0, 4000, 1, 4).selectExpr(
    "id", "IF(id % 2 = 0, X'00FF', X'FFFF') AS image", "IF(id % 2 = 0, 'different', 'same') AS truth")

@udf("string")
def slow(label):
    task = TaskContext.get()
    if task.partitionId() == 3 and task.attemptNumber() == 0:
        time.sleep(600)
    return label

labels = pictures.withColumn("label", slow(fs.classify("image", model=model)))
labels.write.parquet(sys.argv[2])
found = spark.read.parquet(sys.argv[2])
print("rows:", found.count(), found.select("id").distinct().count(), found.where("label <> truth").count())
# The executors that were interrupted go on.
print("again:", pictures.where(fs.classify("image", model=model) == col("truth")).count())
print("executors:", len(spark.sparkContext._jsc.sc().statusTracker().getExecutorInfos()) - 1)
spark.stop()
"""


@pytest.fixture
def master(tmp_path: Path) -> Iterator[str]:
    """The address of a cluster with a worker on each of two hosts."""
    program = SUBMIT[0].replace("spark-submit", "spark-class")
    processes: list[subprocess.Popen[bytes]] = []

    def start(role: str, host: str, *words: str) -> Path:
        log = tmp_path / f"{role}-{host}.log"
        command = [program, f"org.apache.spark.deploy.{role.lower()}.{role}", "--host", host]
        with log.open("wb") as out:
            processes.append(
                subprocess.Popen(
                    [*command, "--webui-port", "0", *words],
                    cwd=tmp_path,
                    env={**outside(), "SPARK_LOCAL_IP": host, "PYSPARK_PYTHON": sys.executable},
                    stdout=out,
                    stderr=out,
                )
            )
        return log

    def told(log: Path, pattern: str) -> str:
        for _ in range(300):
            found = re.search(pattern, log.read_text())
            if found:
                return found[0]
            time.sleep(0.2)
        raise AssertionError(log.read_text())

    try:
        address = told(start("Master", "127.0.0.1", "--port", "0"), r"spark://127\.0\.0\.1:[1-9]\d*")
        for host in ("127.0.0.2", "127.0.0.3"):
            log = start(
                "Worker", host, "--cores", "2", "--memory", "1g", "--work-dir", str(tmp_path), address
            )
            told(log, "Successfully registered with master")
        yield address
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(30)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8 without set-up")
def test_a_task_that_hangs_is_run_again_elsewhere(
    master: str, trained: CnnClassificationModel, tmp_path: Path
) -> None:
    trained.save(str(tmp_path / "model"))
    (tmp_path / "application.py").write_text(APPLICATION)
    (tmp_path / "events").mkdir()
    settings = {
        **SETTINGS,
        "spark.speculation": "true",
        "spark.speculation.interval": "100ms",
        "spark.speculation.quantile": "0.5",
        "spark.executor.memory": "600m",
        "spark.executor.cores": "2",
        "spark.driver.host": "127.0.0.1",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.compress": "false",
        "spark.eventLog.rolling.enabled": "false",
        "spark.eventLog.dir": (tmp_path / "events").as_uri(),
    }
    command = [SUBMIT[0], "--master", master, "--jars", JAR, "--py-files", JAR]
    for setting in settings.items():
        command += ["--conf", "=".join(setting)]
    command += ["application.py", str(tmp_path / "model"), str(tmp_path / "labels")]
    environment = {**outside(), "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=150)
    assert done.returncode == 0, done.stdout + done.stderr
    # The fault happened: the first attempt hung and was killed, the second ran on the other host.
    (log,) = (
        file for file in (tmp_path / "events").rglob("*") if file.is_file() and os.access(file, os.R_OK)
    )
    events = [json.loads(line) for line in log.read_text().splitlines()]
    ends = [event for event in events if event["Event"] == "SparkListenerTaskEnd"]
    tasks = [(end["Task Info"], end["Task End Reason"]["Reason"]) for end in ends]
    hung = [(info, reason) for info, reason in tasks if reason == "TaskKilled"]
    assert len(hung) == 1, tasks
    (again,) = (
        info for info, reason in tasks if info["Speculative"] and info["Index"] == hung[0][0]["Index"]
    )
    assert not hung[0][0]["Speculative"]
    assert {again["Host"], hung[0][0]["Host"]} == {"127.0.0.2", "127.0.0.3"}
    assert done.stdout.splitlines() == ["rows: 4000 4000 0", "again: 4000", "executors: 2"]
    removed = [event for event in events if event["Event"] == "SparkListenerExecutorRemoved"]
    assert all("ended" in event["Removed Reason"] or not event["Removed Reason"] for event in removed), (
        removed
    )
