"""Decoding and resizing beside Pillow, one thread each, in turn: `images.py [FOLDER]` writes IMAGES.md.

FOLDER holds photos/ with JPEG files; default $FIRESTEEL_DATA.
"""

from __future__ import annotations

import io
import json
import os
import statistics
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import PIL
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
FILTERS = ("bilinear", "bicubic", "lanczos")
STAGES = ("decode", "resize", "both")


def pillow(files: list[bytes], name: str) -> dict[str, float]:
    """Milliseconds an image; the resizing as torchvision's Resize(256) and CenterCrop(224) do it."""
    resampling = Image.Resampling[name.upper()]
    seconds = dict.fromkeys(("decode", "resize"), 0.0)
    for file in files:
        started = time.perf_counter()
        image = Image.open(io.BytesIO(file)).convert("RGB")
        image.load()
        seconds["decode"] += time.perf_counter() - started
        started = time.perf_counter()
        width, height = image.size
        size = (256, 256 * height // width) if width <= height else (256 * width // height, 256)
        left, top = (round((side - 224) / 2.0) for side in size)
        image.resize(size, resampling).crop((left, top, left + 224, top + 224)).load()
        seconds["resize"] += time.perf_counter() - started
    return {stage: total * 1e3 / len(files) for stage, total in seconds.items()}


def main() -> None:
    photos = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ["FIRESTEEL_DATA"]) / "photos"
    files = [path.read_bytes() for path in sorted(photos.glob("*.JPEG"))]
    build = ["cargo", "build", "--quiet", "--release", "-p", "firesteel-image", "--example", "stages"]
    subprocess.run(build, cwd=ROOT, check=True)
    example = str(ROOT / "target" / "release" / "examples" / "stages")
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    lines = [
        "# Decoding and resizing, beside Pillow",
        "",
        "Written by `tests/bench/images.py`. Only ratios within one run mean anything: the machine's speed drifts.",
        "",
        f"{date.today()}, commit {commit}, {os.cpu_count()} cores, Pillow {PIL.__version__}; {len(files)} photos, one"
        f" thread each, {ROUNDS} rounds in turn. The short side to 256, centre crop 224.",
        "",
        "| filter | stage | Firesteel, ms an image | Pillow, ms an image | ratio, median (lowest to highest) |",
        "|---|---|---|---|---|",
    ]
    for name in FILTERS:
        pillow(files, name)
        rounds = []
        for _ in range(ROUNDS):
            done = subprocess.run([example, str(photos), name], capture_output=True, text=True, check=True)
            own = json.loads(done.stdout)
            assert own.pop("files") == len(files)
            rounds.append((own, pillow(files, name)))
        for both in (measured for pair in rounds for measured in pair):
            both["both"] = both["decode"] + both["resize"]
        for stage in STAGES:
            owns, others = ([pair[i][stage] for pair in rounds] for i in (0, 1))
            ratios = [own / other for own, other in zip(owns, others)]
            lines.append(
                f"| {name} | {stage} | {statistics.median(owns):.2f} | {statistics.median(others):.2f} |"
                f" {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) |"
            )
    (ROOT / "tests" / "bench" / "IMAGES.md").write_text("\n".join([*lines, ""]))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
