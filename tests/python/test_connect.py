"""Spark Connect: a server with the jar, and a client that has it on its PYTHONPATH alone."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import JAR, SUBMIT, outside
from firesteel.ml import CnnClassificationModel
from pyspark.sql import DataFrame


class Server(NamedTuple):
    address: str
    group: int  # of its processes

    def libraries(self) -> list[set[str]]:
        """The files of libfiresteel that each executor of the server has loaded."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                ours = os.getpgid(int(process.name)) == self.group
                if ours and b"CoarseGrainedExecutorBackend" in (process / "cmdline").read_bytes():
                    maps = (process / "maps").read_text().splitlines()
                    found.append({line.split(maxsplit=5)[5] for line in maps if "libfiresteel." in line})
        return found


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server, whose executor is a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = "org.apache.spark.sql.connect.service.SparkConnectServer"
    options = ("--master", "local-cluster[1,2,1024]", "--jars", JAR, "--class", server)
    options += ("--conf", f"spark.connect.grpc.binding.port={port}")
    log = tmp_path / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*SUBMIT, *options],
            cwd=tmp_path,
            env=outside(),
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        for _ in range(600):
            assert process.poll() is None, log.read_text()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.2)
        yield Server(f"sc://127.0.0.1:{port}", process.pid)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def test_a_client_trains_classifies_saves_and_loads(
    server: Server, trained: CnnClassificationModel, xor: DataFrame, tmp_path: Path
) -> None:
    scores = [row.rawPrediction.tolist() for row in trained.transform(xor).limit(4).collect()]
    client = Path(__file__).with_name("connect_client.py")
    words = [sys.executable, str(client), server.address, str(tmp_path), json.dumps(scores)]
    environment = {**outside(), "PYTHONPATH": os.pathsep.join([os.environ["PYTHONPATH"], JAR])}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "all is well\n"
    # Two sessions, and yet one executor that loaded the library once.
    assert [len(loaded) for loaded in server.libraries()] == [1]
