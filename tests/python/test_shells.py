"""Spark's own shells with nothing but the jar, as the README says: what a new user types."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import JAR, SUBMIT, outside
from firesteel.ml import CnnClassificationModel
from pyspark.sql import SparkSession

LABELS = {(0, 0): "same", (0, 255): "different", (255, 0): "different", (255, 255): "same"}


@pytest.fixture(scope="module")
def home(
    spark: SparkSession, trained: CnnClassificationModel, tmp_path_factory: pytest.TempPathFactory
) -> SimpleNamespace:
    """A folder with a saved model, a table of pictures, and the same pictures as files of raw pixels."""
    folder = tmp_path_factory.mktemp("home")
    trained.save(str(folder / "models" / "xor"))
    (folder / "scans").mkdir()
    for pixels in LABELS:
        (folder / "scans" / f"{LABELS[pixels]}-{pixels[0]}").write_bytes(bytes(pixels))
    rows = [(bytearray(pixels), label) for pixels, label in LABELS.items()] * 10
    spark.createDataFrame(rows, "image BINARY, truth STRING").write.parquet(str(folder / "table"))
    return SimpleNamespace(folder=folder, model=folder / "models" / "xor")


def shell(home: SimpleNamespace, program: str, *words: str, typed: str = "", **variables: str) -> list[str]:
    """The lines that a program of Spark answers to what is typed."""
    environment = {**outside(), **variables}
    command = [SUBMIT[0].replace("spark-submit", program), *SUBMIT[1:], *words]
    done = subprocess.run(
        command, cwd=home.folder, env=environment, input=typed, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout.splitlines()


def test_spark_sql(home: SimpleNamespace) -> None:
    statements = f"""
        CREATE TEMPORARY VIEW pictures USING parquet OPTIONS (path '{home.folder}/table');
        SELECT 'path', truth, classify(image, '{home.model}') FROM pictures LIMIT 3;
        CREATE FUNCTION likeness(i BINARY) RETURNS STRING RETURN classify(i, '{home.model}');
        SELECT 'function', likeness(image), count(*) FROM pictures GROUP BY 2 ORDER BY 2;
        SET spark.firesteel.models.dir={home.folder}/models;
        SELECT 'name', bool_and(classify(image, model => 'xor') = truth) FROM pictures;
        SET spark.firesteel.model=xor;
        SELECT 'conf', count(*) FROM pictures WHERE classify(image) = truth AND classify_score(image) > 0.5;
        SELECT 'file', path, classify(content) FROM binaryFile.`{home.folder}/scans`;
        DESCRIBE FUNCTION classify_topk;
    """
    output = shell(home, "spark-sql", "--jars", JAR, "-e", statements)
    rows = [line.split("\t") for line in output]
    assert [truth == label for what, truth, label in (row for row in rows if row[0] == "path")] == [True] * 3
    assert [row[1:] for row in rows if row[0] == "function"] == [["different", "20"], ["same", "20"]]
    assert ["name", "true"] in rows
    assert ["conf", "40"] in rows
    files = [row[1:] for row in rows if row[0] == "file"]
    assert len(files) == 4
    assert all(Path(path).name.startswith(label) for path, label in files)
    assert any(
        line.startswith("Usage: classify_topk(image, k, [model]) - the k most likely") for line in output
    )
    # Another shell, another day: the function is there.
    again = shell(home, "spark-sql", "--jars", JAR, "-e", "SELECT likeness(X'FFFF')")
    assert again == ["same"]


def test_spark_shell(home: SimpleNamespace) -> None:
    typed = f"""
        import firesteel.functions._
        val pictures = spark.read.parquet("{home.folder}/table")
        val right = pictures.where(classify($"image", "{home.model}") === $"truth").count()
        println(s"right: $right")
        val model = firesteel.ml.CnnClassificationModel.load("{home.model}")
        firesteel.Firesteel.registerFunction(spark, "likeness_", model)
        println("label: " + spark.sql("SELECT likeness_(X'00FF')").as[String].head())
    """
    output = shell(home, "spark-shell", "--jars", JAR, typed=typed)
    assert any(line.endswith("right: 40") for line in output), output
    assert any(line.endswith("label: different") for line in output), output


def test_pyspark(home: SimpleNamespace) -> None:
    typed = """
from firesteel import Firesteel, functions as fs
from firesteel.ml import CnnClassificationModel
pictures = spark.read.parquet("table")
print("right:", pictures.where(fs.classify("image", model="models/xor") == pictures.truth).count())
Firesteel.registerFunction(spark, "likeness_", CnnClassificationModel.load("models/xor"))
print("label:", spark.sql("SELECT likeness_(X'00FF')").first()[0])
"""
    # As if it was typed: Python takes no input that is not a terminal's for that.
    output = shell(
        home, "pyspark", "--jars", JAR, "--py-files", JAR, typed=typed, PYSPARK_DRIVER_PYTHON_OPTS="-i"
    )
    assert any(line.endswith("right: 40") for line in output), output
    assert any(line.endswith("label: different") for line in output), output


@pytest.mark.skipif(not os.environ.get("FIRESTEEL_SLOW"), reason="another server: FIRESTEEL_SLOW=1 runs it")
def test_thrift_server(home: SimpleNamespace) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"
    words = ["--jars", JAR, "--class", server, "spark-internal"]
    words += [
        "--hiveconf",
        f"hive.server2.thrift.port={port}",
        "--hiveconf",
        "hive.server2.thrift.bind.host=127.0.0.1",
    ]
    log = home.folder / "thrift.log"
    with log.open("wb") as out:
        process = subprocess.Popen([*SUBMIT, *words], cwd=home.folder, env=outside(), stdout=out, stderr=out)
    try:
        for _ in range(300):
            assert process.poll() is None, log.read_text()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.2)
        query = f"""SELECT classify(image, '{home.model}') AS label, count(*) AS n
            FROM parquet.`{home.folder}/table` GROUP BY label ORDER BY label;"""
        beeline = [
            SUBMIT[0].replace("spark-submit", "beeline"),
            "-u",
            f"jdbc:hive2://127.0.0.1:{port}",
            "--outputformat=csv2",
        ]
        done = subprocess.run(
            [*beeline, "-e", " ".join(query.split())],
            env=outside(),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr + log.read_text()
        assert done.stdout.splitlines() == ["label,n", "different,20", "same,20"]
    finally:
        process.terminate()
        process.wait(60)
