"""The benchmarks: training and inference of LeNet on MNIST, beside libtorch through tch and beside PyTorch; photos
from JPEG to label, beside Spark's predict_batch_udf with PyTorch.

Every peer is a process of its own with one thread (but for Firesteel on two cores); they run in turn, several rounds,
and the ratios are of one round each, so that a machine whose speed drifts does not decide. Writes RESULTS.md.
"""

from __future__ import annotations

import gzip
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
EPOCHS = 2
FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def run(command: list[str]) -> dict:
    """The JSON in the last line that a process prints."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    environment["LD_LIBRARY_PATH"] = str(Path(os.environ["LIBTORCH"]) / "lib")
    if "mnist.py" in command[1] or "udf" in command:  # which bring their own libtorch
        del environment["LD_LIBRARY_PATH"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def submit(cores: int, script: str, *arguments: str) -> dict:
    spark_home = Path(os.environ["SPARK_HOME"])
    jar = os.environ["FIRESTEEL_JAR"]
    command = [str(spark_home / "bin" / "spark-submit"), "--jars", jar, "--py-files", jar]
    command += ["--master", f"local[{cores}]", "--driver-memory", "4g"]
    return run([*command, str(ROOT / "tests" / "bench" / script), *arguments])


def firesteel(folder: Path, cores: int) -> dict:
    return submit(cores, "spark.py", str(folder), str(cores), str(EPOCHS))


def plain_tch(folder: Path) -> dict:
    build = ["cargo", "build", "--quiet", "--release", "-p", "firesteel-torch-train", "--example", "plain"]
    subprocess.run(build, cwd=ROOT, check=True)
    return run([str(ROOT / "target" / "release" / "examples" / "plain"), str(folder), str(EPOCHS)])


def pytorch(folder: Path) -> dict:
    script = str(ROOT / "tests" / "parity" / "mnist.py")
    result = run([sys.executable, script, "--bench", "--epochs", str(EPOCHS), str(folder)])
    return {
        "training": [result["train_images_per_second"]],
        "inference": result["predict_32_images_per_second"],
        "accuracy": result["test_accuracy"],
    }


def speed(result: dict, what: str) -> float:
    """Images per second; of training, the mean over the epochs."""
    return statistics.harmonic_mean(result[what]) if what == "training" else result[what]


def table(results: dict[str, list[dict]], what: str, base: str) -> list[str]:
    lines = [
        f"| {what}, images/s | median | best | ratio to {base}, median (lowest to highest) |",
        "|---|---|---|---|",
    ]
    for name, rounds in results.items():
        speeds = [speed(r, what) for r in rounds if what in r]
        if not speeds:
            continue
        ratios = [own / speed(other, what) for own, other in zip(speeds, results[base])]
        ratio = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        lines.append(f"| {name} | {statistics.median(speeds):,.0f} | {max(speeds):,.0f} | {ratio} |")
    return [*lines, ""]


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()


def main() -> None:
    data = os.environ.get("FIRESTEEL_DATA")
    if not data or not (Path(data) / "mnist").is_dir():
        sys.exit("set FIRESTEEL_DATA to a folder that holds mnist/ with the four files of MNIST (.gz)")
    mnist = Path(data) / "mnist"
    peers = {
        "libtorch by tch, plain loop": lambda unpacked: plain_tch(unpacked),
        "PyTorch 2.13.0, channels_last": lambda _: pytorch(mnist),
        "Firesteel, local[1]": lambda _: firesteel(mnist, 1),
        "Firesteel, local[2]": lambda _: firesteel(mnist, 2),
    }
    results: dict[str, list[dict]] = {name: [] for name in peers}
    overheads = []
    photos: dict[str, list[dict]] = {"firesteel": [], "udf": []}
    images = [str(Path(data) / "photos"), str(Path(data) / "weights" / "squeezenet1_1.pth")]
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
            overheads.append(submit(1, "sql_overhead.py"))
            for kind, found in photos.items():
                print(f"round {i + 1} of {ROUNDS}: photos, {kind}", flush=True)
                found.append(submit(1, "photos.py", kind, *images))

    tch, torch = list(peers)[:2]
    fit = {name: [{"training": [r["fit"]]} if "fit" in r else r for r in rs] for name, rs in results.items()}
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`. Only ratios within one run mean anything: the machine's speed drifts.",
        "",
        f"{date.today()}, commit {commit}, {processor()}, {os.cpu_count()} cores,"
        f" Spark {Path(os.environ['SPARK_HOME']).name.removeprefix('spark-')}, libtorch 2.13.0.",
        f"LeNet on MNIST: 60,000 images, batch 64, {EPOCHS} epochs; inference of 10,000 images."
        f" {ROUNDS} rounds, the peers in turn.",
        "",
        "## Training",
        "",
        "The epochs alone; Firesteel with its Spark jobs, shuffling and JNI:",
        "",
        *table(results, "training", tch),
        "The whole of `fit`, with packing and shuffling before the first epoch, against the peers' epochs alone:",
        "",
        *table(fit, "training", tch),
        "One worker trains, whatever the cores: the second core of local[2] does not help it yet.",
        "",
        "## Inference",
        "",
        "`transform` and a count of the right predictions, against the peers' bare forward pass in batches of 32:",
        "",
        *table(results, "inference", torch),
        "Accuracies: " + ", ".join(f"{name} {rs[0]['accuracy']:.4f}" for name, rs in results.items()) + ".",
        "",
        "## The SQL operator",
        "",
        "What `classify(image, model)` adds to the same query without it, in nanoseconds a row: 2,000,000 images of"
        " 8 bytes, all of them different, local[1], a network of one dense layer. The operator's own share is what is"
        " left without the native calls; each round is the median of 5.",
        "",
        "| | median of the rounds | lowest to highest |",
        "|---|---|---|",
        *(
            f"| {words} | {statistics.median(found):,.0f} | {min(found):,.0f} to {max(found):,.0f} |"
            for words, what in (("all of it", "total"), ("the operator's own", "own"))
            for found in [[o[what] for o in overheads]]
        ),
        "",
    ]
    ours, theirs = ([r["photos"] for r in rounds] for rounds in photos.values())
    ratios = [own / other for own, other in zip(ours, theirs)]
    labels, others = (rounds[0]["labels"] for rounds in photos.values())
    same = sum(label == others[file] for file, label in labels.items())
    lines += [
        "## Photos",
        "",
        "From JPEG to label with SqueezeNet 1.1, local[1]: `classify` in SQL, and Spark's `predict_batch_udf` with"
        " PyTorch (channels_last), torchvision and Pillow. The stages alone stand in IMAGES.md.",
        "",
        "| photos/s | median | best | ratio to predict_batch_udf, median (lowest to highest) |",
        "|---|---|---|---|",
        f"| predict_batch_udf | {statistics.median(theirs):.1f} | {max(theirs):.1f} | 1.00 |",
        f"| Firesteel | {statistics.median(ours):.1f} | {max(ours):.1f} | {statistics.median(ratios):.2f}"
        f" ({min(ratios):.2f} to {max(ratios):.2f}) |",
        "",
        f"Equal labels: {same} of {len(labels)}.",
        "",
    ]
    (ROOT / "tests" / "bench" / "RESULTS.md").write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
