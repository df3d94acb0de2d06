"""The first photo of an executor, beside what else Spark's users write: a part of RESULTS.md."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import common
import torch
from common import Program, row, spread
from first_photo import MASTER, NOTHING
from networks import export_onnx, network
from photo_queries import BASE, FIRESTEEL

NETWORK = "mobilenet_v2"
QUERIES = (NOTHING, FIRESTEEL, BASE, "mapInPandas, ONNX Runtime, Pillow")
# What a first query takes differs by a third from one JVM to the next.
ROUNDS = common.rounds(9)
SENT = (
    "Firesteel's driver sent its model before, so the executor gets it from there; the others' workers read theirs from"
    " the disk."
)
READ = "Firesteel's driver reads and sends its model, too."


def new_sessions(photo: Path, models: Path) -> dict[str, list[float]]:
    """Seconds of each round's queries, each of a session of its own."""
    taken: dict[str, list[float]] = {query: [] for query in QUERIES}
    for _ in range(ROUNDS):
        for query, seconds in taken.items():
            seconds.append(common.spark("first_photo.py", query, photo, models, NETWORK)["seconds"])
            print(f"a new session, {query}: {seconds[-1]:.2f} s", flush=True)
    return taken


def new_executors(photo: Path, models: Path) -> dict[str, list[float]]:
    """Seconds of each round's queries, each on an executor of its own; the driver has run all of them before."""
    taken: dict[str, list[float]] = {query: [] for query in QUERIES}
    script = [sys.executable, common.BENCH / "new_executor.py", photo, models, NETWORK]
    with Program("new_executor.py", script, **common.with_firesteel()) as program:
        for query in QUERIES:
            program.ask(query)
        for _ in range(ROUNDS):
            for query, seconds in taken.items():
                seconds.append(float(program.ask(query)))
                print(f"a new executor, {query}: {seconds[-1]:.2f} s", flush=True)
    return taken


def table(title: str, taken: dict[str, list[float]], model: str) -> list[str]:
    """What the queries with a network take beyond the one without, each in its own round."""
    nothing = taken[NOTHING]
    lines = [
        f"### {title}",
        "",
        model,
        "",
        f"Counting the bytes: {spread(nothing)} s.",
        "",
        row("seconds beyond it", "median (lowest to highest)"),
        "|---|---|",
    ]
    for query, seconds in taken.items():
        if query != NOTHING:
            lines.append(row(query, spread([own - without for own, without in zip(seconds, nothing)])))
    return [*lines, ""]


def main() -> None:
    photo = next(iter(sorted((common.data("photos") / "photos").glob("*.JPEG"))))
    with tempfile.TemporaryDirectory() as temporary:
        models = Path(temporary)
        model = network(NETWORK)
        torch.save(model.state_dict(), models / f"{NETWORK}.pth")
        export_onnx(model, models / f"{NETWORK}.onnx")
        executors = new_executors(photo, models)
        sessions = new_sessions(photo, models)
    lines = [
        f"{common.where()}; {ROUNDS} rounds in turn.",
        "",
        f"A query of one photo, from planning to its row, with MobileNetV2 from a local disk (`{MASTER}`, on the same"
        " machine), beyond a query that counts the photo's bytes in SQL.",
        "",
        *table("A new executor of a session that has run these queries before", executors, SENT),
        *table("A new session, whose driver is as new as its executor", sessions, READ),
    ]
    common.write("The first photo", lines)


if __name__ == "__main__":
    main()
