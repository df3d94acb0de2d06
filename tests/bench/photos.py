"""Photos from JPEG to label through Spark, beside what else Spark's users write: a part of RESULTS.md.

Spark and the program without Spark answer in turn, several rounds, Firesteel before each of the others, and the ratios
are of such pairs, so that a machine whose speed drifts does not decide.
"""

from __future__ import annotations

import csv
import json
import os
import statistics
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import common
import images
import torch
from common import Program, row, spread
from networks import export_onnx, network
from photo_queries import BASE, FIRESTEEL, LAST, QUERIES

ROUNDS = common.rounds(5)
# The JVM compiles what a query of eight seconds runs until its end: a second one runs what it compiled.
WARM_UPS = 2
LOOP = "The same in Rust, without Spark"
# How many copies of the photos a query labels on each core: of the faster ones more, so that all take about eight
# seconds, and what a query costs besides weighs the same for each.
COPIES = {FIRESTEEL: 12, LOOP: 12, BASE: 2, LAST: 3}
OTHERS = 8
SPEED, AGREEMENT = "mobilenet_v2", "squeezenet1_1"
PACKAGES = ("torch", "torchvision", "onnxruntime", "openvino", "pillow", "simplejpeg")


def save(folder: Path, weights: Path) -> None:
    """The files of both networks: one to measure, with random weights, and one with those that the labels are of."""
    for name in (SPEED, AGREEMENT):
        model = network(name)
        if name == AGREEMENT:
            model.load_state_dict(torch.load(weights, weights_only=True))
        torch.save(model.state_dict(), folder / f"{name}.pth")
        export_onnx(model, folder / f"{name}.onnx")


class Session:
    """Whatever labels photos on some cores: a Spark session, and the program without Spark."""

    def __init__(self, cores: int, photos: Path, models: Path):
        script = [sys.executable, common.BENCH / "photos_spark.py", cores, photos, models]
        self.cores = cores
        self.spark = Program(f"local[{cores}]", script, **common.with_firesteel())
        self.loop = Program(LOOP, [common.example("firesteel-core", "photos"), photos, models])

    def ask(self, query: str, network: str, copies: int) -> dict:
        own = query == LOOP
        words = [self.cores if own else query, network, copies]
        return json.loads((self.loop if own else self.spark).ask(json.dumps(words)))

    def run(self, query: str) -> dict:
        """Labels as many photos as take some seconds."""
        return self.ask(query, SPEED, self.cores * COPIES.get(query, OTHERS))


def table(session: Session, golden: dict[str, str]) -> list[str]:
    """Asks a session and shows what it answered."""
    others = [LOOP, *(query for query in QUERIES if query != FIRESTEEL)]
    same = {}
    for query in (FIRESTEEL, *others):
        labels = session.ask(query, AGREEMENT, 1)["labels"]
        same[query] = sum(labels[file] == label for file, label in golden.items() if file in labels)
        for _ in range(WARM_UPS):
            session.run(query)
    pairs: dict[str, list[tuple[float, float]]] = {query: [] for query in others}
    shares: dict[str, list[float]] = {"own": [], "boundary": []}
    for _ in range(ROUNDS):
        for query in others:
            own, other = session.run(FIRESTEEL), session.run(query)
            speeds = own["speed"], other["speed"]
            pairs[query].append(speeds)
            for part, found in shares.items():
                found.append(own[part])
            print(
                f"{session.spark.name}, Firesteel and {query}: {speeds[0]:.1f} and {speeds[1]:.1f} photos/s",
                flush=True,
            )
    lines = [
        row("photos/s", "median (best)", "Firesteel in SQL to it", "labels as PyTorch's"),
        "|---|---|---|---|",
    ]

    def line(query: str, speeds: list[float], ratio: str) -> str:
        best = f"{statistics.median(speeds):.1f} ({max(speeds):.1f})"
        return row(query, best, ratio, f"{same[query]} of {len(labels)}")

    lines.append(line(FIRESTEEL, [own for found in pairs.values() for own, _ in found], ""))
    for query, found in pairs.items():
        own, theirs = zip(*found)
        lines.append(line(query, theirs, spread(common.ratios(own, theirs))))
    own, boundary = (spread(found) for found in shares.values())
    parts = (
        f"Of the time of the operator's tasks, {own} % is not within native calls, and {boundary} % the passing of"
        " photos to them (what calls take that read the same photos' headers alone)."
    )
    return [f"### local[{session.cores}]", "", *lines, "", parts, ""]


def main() -> None:
    data = common.data("photos", "weights")
    photos = Path(os.environ.get("BENCH_PHOTOS") or data / "photos")
    with open(data / "weights" / f"{AGREEMENT}.top5.csv") as file:
        golden = {line["file"]: line["top1"] for line in csv.DictReader(file)}
    lines = [
        f"{common.where()}, Spark {Path(os.environ['SPARK_HOME']).name.removeprefix('spark-')}, "
        + ", ".join(f"{name} {version(name)}" for name in PACKAGES)
        + f"; {ROUNDS} rounds in turn, Firesteel before each of the others, of which two the ratio is.",
        "",
        f"MobileNetV2 with random weights, {COPIES[FIRESTEEL]} copies of each photo a core, {OTHERS} for mapInPandas,"
        f" {COPIES[LAST]} for predict_batch_udf with channels_last and {COPIES[BASE]} without, so that all"
        f" queries take about as long, in memory, after {WARM_UPS} of each to warm up;"
        " the short side to 256, the centre of 224. Spark's rows go to networks in batches of 32, whose engines have a"
        " thread a core; Python's workers and their networks are those of the query before. simplejpeg decodes at half"
        " the size where that is enough, and at any scale by eighths of it. Tuned is that in the fastest way we know:"
        " the crop alone is resized, in which pixels may differ by one level, values are normalised channel by channel,"
        " and engines get one image at a time, which makes them faster. Labels: SqueezeNet 1.1 with its trained"
        " weights, against those that PyTorch and Pillow give.",
        "",
    ]
    with tempfile.TemporaryDirectory() as temporary:
        models = Path(temporary)
        save(models, data / "weights" / f"{AGREEMENT}.pth")
        for cores in (1, 2):
            session = Session(cores, photos, models)
            with session.spark, session.loop:
                lines += table(session, golden)
        weights = models / f"{SPEED}.pth"
        stages = images.rows(photos, weights, SPEED, "bilinear", "MobileNetV2", ROUNDS)
    lines += [
        "### Stage by stage",
        "",
        "Without Spark, on one thread: Firesteel in Rust, and what predict_batch_udf calls, Pillow and PyTorch"
        " (channels_last). Both is decoding and resizing.",
        "",
        *images.header("network"),
        *stages,
    ]
    common.write("Photos from JPEG to label", lines)


if __name__ == "__main__":
    main()
