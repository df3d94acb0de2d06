"""The networks' forward pass beside OpenVINO, ONNX Runtime and PyTorch, one thread each: `engine.py` writes ENGINE.md.

Every program runs on the same core and answers in turn, several rounds, and the ratios are of one round each, so that a
machine whose speed drifts does not decide. Each answer is the best of the batches of half a second.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
SECONDS = 0.5
NETWORKS = ("mobilenet_v2", "resnet18", "resnet50", "squeezenet1_1", "efficientnet_b0", "vgg16")
BATCHES = (1, 8, 32)
OURS = "Firesteel"


def start(command: list[str]) -> subprocess.Popen:
    core = ["taskset", "-c", "0"] if platform.system() == "Linux" else []
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    environment.pop("LD_LIBRARY_PATH", None)  # PyTorch brings its own libtorch.
    return subprocess.Popen(
        [*core, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )


def ask(name: str, program: subprocess.Popen, network: str, batch: int) -> float:
    """Images per second."""
    program.stdin.write(f"{network} {batch} {SECONDS}\n")
    program.stdin.flush()
    answer = program.stdout.readline()
    if not answer:
        sys.exit(f"{name} ended at {network} in batches of {batch}")
    return float(answer)


def main() -> None:
    build = ["cargo", "build", "--quiet", "--release", "-p", "firesteel-core", "--example", "throughput"]
    subprocess.run(build, cwd=ROOT, check=True)
    script = str(ROOT / "tests" / "bench" / "throughput.py")
    programs = {OURS: start([str(ROOT / "target" / "release" / "examples" / "throughput")])}
    for peer, package in (("OpenVINO", "openvino"), ("ONNX Runtime", "onnxruntime"), ("PyTorch", "torch")):
        programs[f"{peer} {version(package)}"] = start([sys.executable, script, package])
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    peers = [name for name in programs if name != OURS]
    lines = [
        "# The forward pass",
        "",
        "Written by `make bench`. Images per second on one thread, fp32, from pixels in memory to scores, all programs",
        "on one core in turn: the median of the rounds (the best), and the median of our ratios to each peer.",
        "",
        f"{date.today()}, commit {commit}, {processor()}, {ROUNDS} rounds.",
        "",
        "| network | batch | "
        + " | ".join(programs)
        + " | "
        + " | ".join(f"to {name}" for name in peers)
        + " |",
        "|---|---|" + "---|" * (len(programs) + len(peers)),
    ]
    logs = {name: [] for name in peers}
    for network in NETWORKS:
        for batch in BATCHES:
            found = {name: [] for name in programs}
            for _ in range(ROUNDS):
                for name, program in programs.items():
                    found[name].append(ask(name, program, network, batch))
            speeds = [f"{statistics.median(speeds):.1f} ({max(speeds):.1f})" for speeds in found.values()]
            ratios = {
                name: statistics.median(ours / theirs for ours, theirs in zip(found[OURS], found[name]))
                for name in peers
            }
            for name, ratio in ratios.items():
                logs[name].append(ratio)
            row = [network, str(batch), *speeds, *(f"{ratio:.2f}" for ratio in ratios.values())]
            lines.append(f"| {' | '.join(row)} |")
            print(lines[-1], flush=True)
    means = [f"{statistics.geometric_mean(ratios):.2f}" for ratios in logs.values()]
    lines += ["", "Geometric means of the ratios: " + ", ".join(map(" ".join, zip(means, peers))) + "."]
    (ROOT / "tests" / "bench" / "ENGINE.md").write_text("\n".join(lines) + "\n")
    print(lines[-1])
    for program in programs.values():
        program.stdin.close()
        program.wait()


def processor() -> str:
    """What Linux says of the first core."""
    with open("/proc/cpuinfo") as info:
        return next((line.split(":")[1].strip() for line in info if line.startswith("model name")), "unknown")


if __name__ == "__main__":
    main()
