"""The networks' forward pass beside other engines, one thread each: a part of RESULTS.md.

Every program runs on the same core and answers in turn, several rounds, and the ratios are of one round each, so that a
machine whose speed drifts does not decide. Each answer is the fastest of the batches of some time. BENCH_NETWORKS may
name fewer networks.
"""

from __future__ import annotations

import itertools
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import common
from common import Program, row
from networks import export_onnx, export_torchscript, network

ROUNDS = common.rounds(3)
SECONDS = 0.25
BATCHES = (1, 8, 32)
MAIN = ("mobilenet_v2", "resnet18", "resnet50", "squeezenet1_1")
ALL = (*MAIN, "mobilenet_v1_100", "efficientnet_b0", "vgg16")
NETWORKS = tuple(os.environ.get("BENCH_NETWORKS", " ".join(ALL)).split())
PACKAGES = {"OpenVINO": "openvino", "ONNX Runtime": "onnxruntime", "PyTorch": "torch"}
CRATES = {"tch": "TorchScript by tch 0.26.0", "tract": "tract-onnx 0.23.9", "rten": "rten 0.27.0"}
# What holds the convolutions of OpenVINO, which are oneDNN's, and PyTorch to AVX2. ONNX Runtime cannot be held.
AVX2 = {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}


class Round(NamedTuple):
    """What one round found: GFLOP an image, the core's GFLOP/s at that time, and everyone's images per second."""

    gflop: float
    peak: float
    speeds: list[float]


class Contest(NamedTuple):
    """Our program and its peers, which read files of these endings in a folder, and what measures the core's peak."""

    ours: Program
    peers: list[tuple[Program, str]]
    folder: Path
    peak: Program

    def round(self, name: str, batch: int) -> Round:
        peak = float(self.peak.ask(0.05))
        speed, gflop = map(float, self.ours.ask(name, batch, SECONDS).split())
        others = [float(peer.ask(self.folder / (name + end), batch, SECONDS)) for peer, end in self.peers]
        return Round(gflop, peak, [speed, *others])

    def table(self, networks: tuple[str, ...], batches: tuple[int, ...], rounds: int) -> list[str]:
        """A row for each network and batch, and the means of our ratios."""
        peers = [peer.name for peer, _ in self.peers]
        titles = ["network", "batch", "Firesteel", *peers, *(f"to {peer}" for peer in peers)]
        lines = [row(*titles), "|---" * len(titles) + "|"]
        medians: list[tuple[str, list[float]]] = []  # of the ratios to each peer, a list a row
        for name, batch in itertools.product(networks, batches):
            found = [self.round(name, batch) for _ in range(rounds)]
            ours, *others = zip(*(one.speeds for one in found))
            medians.append((name, [statistics.median(common.ratios(ours, other)) for other in others]))
            shares = zip(*([speed * one.gflop / one.peak for speed in one.speeds] for one in found))
            speeds = (
                f"{statistics.median(own):.1f} ({max(own):.1f}) {statistics.median(share):.0%}"
                for own, share in zip((ours, *others), shares)
            )
            ratios = (f"{ratio:.2f}" for ratio in medians[-1][1])
            lines.append(row(name, batch, *speeds, *ratios))
            print(lines[-1], flush=True)

        def means(names: tuple[str, ...]) -> str:
            own = zip(*(ratios for name, ratios in medians if name in names))
            return ", ".join(f"{statistics.geometric_mean(all):.2f} {peer}" for peer, all in zip(peers, own))

        lines += ["", f"Geometric means of the ratios: {means(networks)}."]
        if set(MAIN) < set(networks):
            lines.append(f"Of {', '.join(MAIN)} alone: {means(MAIN)}.")
        return [*lines, ""]


def package(name: str, **variables: str) -> tuple[Program, str]:
    """A peer among Python's packages."""
    module = PACKAGES[name]
    script = [sys.executable, str(common.BENCH / "throughput.py"), module]
    program = Program(f"{name} {version(module)}", script, core=0, **variables)
    return program, ".pt" if module == "torch" else ".onnx"


def crate(name: str) -> tuple[Program, str]:
    """A peer among Rust's crates."""
    built = str(common.ROOT / "target" / "release" / name)
    return Program(CRATES[name], [built], core=0, **common.libtorch()), ".pt" if name == "tch" else ".onnx"


def main() -> None:
    throughput = common.example("firesteel-core", "throughput")
    peak = common.example("firesteel-kernels", "peak")
    build = ["cargo", "build", "--quiet", "--release", "--locked"]
    subprocess.run(build, cwd=common.BENCH / "peers", check=True)
    lines = [
        "Images per second on one thread, fp32, from pixels in memory to scores, all programs on one core in turn."
        f" A round's number is that of the fastest batch within {SECONDS} s. Shown are the median of the rounds, the"
        " best in brackets, and the share of the core's peak; then the median of our ratios to each peer. The peak is"
        " what fused multiply-adds reach in registers at that time, and the work twice the multiplications of a direct"
        " convolution: with fewer of them, as Winograd's algorithm has, the share may exceed 100 %.",
        "",
        f"{common.where()}, {ROUNDS} rounds in turn.",
        "",
    ]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for name in NETWORKS:
            export_onnx(network(name), folder / f"{name}.onnx")
            export_torchscript(network(name), folder / f"{name}.pt")

        def contest(isa: list[str], peers: list[tuple[Program, str]]) -> Contest:
            ours = Program("Firesteel", [throughput, *isa], core=0)
            measures = Program("the peak", [peak, *isa], core=0)
            for program in (ours, measures, *(peer for peer, _ in peers)):
                stack.enter_context(program)
            return Contest(ours, peers, folder, measures)

        engines = contest([], [package(name) for name in PACKAGES])
        lines += ["### Beside other engines", "", *engines.table(NETWORKS, BATCHES, ROUNDS)]
        crates = contest([], [crate(name) for name in CRATES])
        lines += ["### Beside other crates, one round", "", *crates.table(NETWORKS, BATCHES, 1)]
        if platform.machine() == "x86_64":
            held = contest(["avx2"], [package(name, **AVX2) for name in ("OpenVINO", "PyTorch")])
            lines += [
                "### All held to AVX2",
                "",
                "OpenVINO by oneDNN's variable, which its convolutions obey; its last layer may not.",
                "",
                *held.table(tuple(name for name in MAIN if name in NETWORKS), BATCHES, ROUNDS),
            ]
    common.write("The forward pass", lines)


if __name__ == "__main__":
    main()
