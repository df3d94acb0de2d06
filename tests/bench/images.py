"""Photos stage by stage, beside Pillow and PyTorch, one thread each, in turn: `images.py [FOLDER]` writes IMAGES.md.

FOLDER holds photos/ with JPEG files, and weights/squeezenet1_1.pth; default $FIRESTEEL_DATA.
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
import torch
from PIL import Image
from torchvision.models import squeezenet1_1
from torchvision.transforms import functional

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
FILTERS = ("bilinear", "bicubic", "lanczos")
STAGES = ("decode", "resize", "both", "forward")
BATCH = 32


def theirs(files: list[bytes], name: str, network: torch.nn.Module) -> dict[str, float]:
    """Milliseconds an image; the resizing as torchvision's Resize(256) and CenterCrop(224) do it."""
    resampling = Image.Resampling[name.upper()]
    seconds = dict.fromkeys(("decode", "resize", "forward"), 0.0)
    images = []
    for file in files:
        started = time.perf_counter()
        image = Image.open(io.BytesIO(file)).convert("RGB")
        image.load()
        seconds["decode"] += time.perf_counter() - started
        started = time.perf_counter()
        width, height = image.size
        size = (256, 256 * height // width) if width <= height else (256 * width // height, 256)
        left, top = (round((side - 224) / 2.0) for side in size)
        image = image.resize(size, resampling).crop((left, top, left + 224, top + 224))
        image.load()
        seconds["resize"] += time.perf_counter() - started
        images.append(functional.pil_to_tensor(image))
    with torch.inference_mode():
        for start in range(0, len(images), BATCH):
            pixels = torch.stack(images[start : start + BATCH])
            started = time.perf_counter()
            batch = functional.normalize(pixels / 255, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
            network(batch.contiguous(memory_format=torch.channels_last))
            seconds["forward"] += time.perf_counter() - started
    return {stage: total * 1e3 / len(files) for stage, total in seconds.items()}


def main() -> None:
    photos = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ["FIRESTEEL_DATA"]) / "photos"
    files = [path.read_bytes() for path in sorted(photos.glob("*.JPEG"))]
    build = ["cargo", "build", "--quiet", "--release", "-p", "firesteel-core", "--example", "stages"]
    subprocess.run(build, cwd=ROOT, check=True)
    example = str(ROOT / "target" / "release" / "examples" / "stages")
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    weights = str(photos.with_name("weights") / "squeezenet1_1.pth")
    torch.set_num_threads(1)
    network = squeezenet1_1()
    network.load_state_dict(torch.load(weights, weights_only=True))
    network = network.eval().to(memory_format=torch.channels_last)
    lines = [
        "# Photos stage by stage, beside Pillow and PyTorch",
        "",
        "Written by `tests/bench/images.py`. Only ratios within one run mean anything: the machine's speed drifts.",
        "",
        f"{date.today()}, commit {commit}, {os.cpu_count()} cores, Pillow {PIL.__version__}, torch"
        f" {torch.__version__}; {len(files)} photos, one thread each, {ROUNDS} rounds in turn. The short side to 256,"
        f" centre crop 224 (both: decode and resize); forward: SqueezeNet 1.1 in batches of {BATCH}, PyTorch with"
        " channels_last.",
        "",
        "| filter | stage | Firesteel, ms an image | they, ms an image | ratio, median (lowest to highest) |",
        "|---|---|---|---|---|",
    ]
    for name in FILTERS:
        theirs(files, name, network)
        rounds = []
        for _ in range(ROUNDS):
            done = subprocess.run(
                [example, str(photos), name, weights], capture_output=True, text=True, check=True
            )
            own = json.loads(done.stdout)
            assert own.pop("files") == len(files)
            rounds.append((own, theirs(files, name, network)))
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
