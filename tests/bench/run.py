"""Training and inference of LeNet on MNIST, beside libtorch through tch and beside PyTorch; and what the SQL operator
costs.

Every peer is a process of its own with one thread (but for Firesteel on two cores); they run in turn, several rounds,
and the ratios are of one round each, so that a machine whose speed drifts does not decide. Two parts of RESULTS.md.
"""

from __future__ import annotations

import gzip
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import common
from common import row, spread

ROUNDS = common.rounds(2)
EPOCHS = 2
FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def firesteel(folder: Path, cores: int) -> dict:
    return common.spark("spark.py", folder, cores, EPOCHS)


def plain_tch(folder: Path) -> dict:
    plain = common.example("firesteel-torch-train", "plain")
    return common.run([plain, folder, EPOCHS], **common.libtorch())


def pytorch(folder: Path) -> dict:
    script = common.ROOT / "tests" / "parity" / "mnist.py"
    result = common.run([sys.executable, script, "--bench", "--epochs", EPOCHS, folder])
    return {
        "training": [result["train_images_per_second"]],
        "inference": result["predict_32_images_per_second"],
        "accuracy": result["test_accuracy"],
    }


def speed(result: dict, what: str) -> float:
    """Images per second; of training, the mean over the epochs."""
    return statistics.harmonic_mean(result[what]) if what == "training" else result[what]


def table(results: dict[str, list[dict]], what: str, base: str) -> list[str]:
    ratio = f"ratio to {base}, median (lowest to highest)"
    lines = [row(f"{what}, images/s", "median", "best", ratio), "|---|---|---|---|"]
    for name, rounds in results.items():
        speeds = [speed(r, what) for r in rounds if what in r]
        if speeds:
            ratios = common.ratios(speeds, (speed(other, what) for other in results[base]))
            lines.append(
                row(name, f"{statistics.median(speeds):,.0f}", f"{max(speeds):,.0f}", spread(ratios))
            )
    return [*lines, ""]


def overhead_table(rounds: list[dict]) -> list[str]:
    """What the SQL operator costs."""
    parts = {
        "all of it": "total",
        "the operator's own": "own",
        "the native boundary": "boundary",
        "prediction": "predict",
    }
    sizes = list(rounds[0])
    lines = [row("nanoseconds a row", *(f"{int(size):,} bytes a row" for size in sizes)), "|---|---|---|"]
    for words, what in parts.items():
        lines.append(row(words, *(spread([found[size][what] for found in rounds], ",.0f") for size in sizes)))
    return [*lines, ""]


def main() -> None:
    mnist = common.data("mnist") / "mnist"
    peers = {
        "libtorch by tch, plain loop": lambda unpacked: plain_tch(unpacked),
        "PyTorch 2.13.0, channels_last": lambda _: pytorch(mnist),
        "Firesteel, local[1]": lambda _: firesteel(mnist, 1),
        "Firesteel, local[2]": lambda _: firesteel(mnist, 2),
    }
    results: dict[str, list[dict]] = {name: [] for name in peers}
    overheads = []
    with tempfile.TemporaryDirectory() as temporary:
        unpacked = Path(temporary)
        for name in FILES:
            with gzip.open(mnist / f"{name}.gz") as source, open(unpacked / name, "wb") as target:
                shutil.copyfileobj(source, target)
        for i in range(ROUNDS):
            for name, peer in peers.items():
                print(f"round {i + 1} of {ROUNDS}: {name}", flush=True)
                results[name].append(peer(unpacked))
            print(f"round {i + 1} of {ROUNDS}: the SQL operator", flush=True)
            overheads.append(common.spark("sql_overhead.py"))

    tch, torch = list(peers)[:2]
    fit = {name: [{"training": [r["fit"]]} if "fit" in r else r for r in rs] for name, rs in results.items()}
    sizes = " and ".join(f"{found['rows']:,} of {int(size):,} bytes" for size, found in overheads[0].items())
    spark = Path(os.environ["SPARK_HOME"]).name.removeprefix("spark-")
    where = f"{common.where()}, Spark {spark}, libtorch 2.13.0; {ROUNDS} rounds, the peers in turn."
    lines = [
        where,
        "",
        f"60,000 images, batch 64, {EPOCHS} epochs; inference of the same images, so"
        " that a query takes seconds; accuracies on the 10,000 others.",
        "",
        "### Training",
        "",
        "The epochs alone; Firesteel with its Spark jobs, shuffling and JNI:",
        "",
        *table(results, "training", tch),
        "The whole of `fit`, with packing and shuffling before the first epoch, against the peers' epochs alone:",
        "",
        *table(fit, "training", tch),
        "One worker trains, whatever the cores: the second core of local[2] does not help it yet.",
        "",
        "### Inference",
        "",
        "`transform` and a count of the right predictions, against the peers' bare forward pass in batches of 32:",
        "",
        *table(results, "inference", torch),
        "Accuracies: " + ", ".join(f"{name} {rs[0]['accuracy']:.4f}" for name, rs in results.items()) + ".",
    ]
    common.write("LeNet on MNIST", lines)
    lines = [
        where,
        "",
        f"What a query that counts rows takes longer by `classify(image, model)` than by `length(image)`: rows of raw"
        f" bytes, {sizes}, all of them different, local[1], a network of one dense layer; median of the rounds (lowest"
        " to highest). Prediction is that of the same rows by the same model in a Rust program. The native boundary is"
        " what the operator's native calls take beyond it: the passing of arrays through JNI, their copies, and an"
        " object for each result. The operator's own is what is left without the native calls: batches, hashes against"
        " equal images, rows. All but prediction is the same for any network; the shares beside a network for photos"
        " are shown there.",
        "",
        *overhead_table(overheads),
    ]
    common.write("The SQL operator", lines)


if __name__ == "__main__":
    main()
