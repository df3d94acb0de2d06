"""Photos stage by stage, beside Pillow and PyTorch, one thread each, in turn: a part of RESULTS.md."""

from __future__ import annotations

import io
import statistics
import time
from pathlib import Path

import common
import PIL
import torch
from common import row, spread
from networks import network
from PIL import Image
from torchvision.transforms import functional

ROUNDS = common.rounds(3)
FILTERS = ("bilinear", "bicubic", "lanczos")
STAGES = ("decode", "resize", "both", "forward")
BATCH = 32


def theirs(files: list[bytes], filter: str, network: torch.nn.Module) -> dict[str, float]:
    """Milliseconds an image; the resizing as torchvision's Resize(256) and CenterCrop(224) do it."""
    resampling = Image.Resampling[filter.upper()]
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


def header(first: str) -> list[str]:
    return [
        f"| {first} | stage | Firesteel, ms an image | they, ms an image | ratio, median (lowest to highest) |",
        "|---|---|---|---|---|",
    ]


def rows(photos: Path, weights: Path, name: str, filter: str, first: str, rounds: int) -> list[str]:
    """The stages of all photos through a network by the name of torchvision and the zoo, one thread each, in turn."""
    files = [path.read_bytes() for path in sorted(photos.glob("*.JPEG"))]
    torch.set_num_threads(1)
    peer = network(name)
    peer.load_state_dict(torch.load(weights, weights_only=True))
    peer = peer.to(memory_format=torch.channels_last)
    example = common.example("firesteel-core", "stages")
    theirs(files, filter, peer)
    pairs = []
    for _ in range(rounds):
        own = common.run([example, photos, filter, name, weights])
        assert own.pop("files") == len(files)
        pairs.append((own, theirs(files, filter, peer)))
    for both in (measured for pair in pairs for measured in pair):
        both["both"] = both["decode"] + both["resize"]
    lines = []
    for stage in STAGES:
        owns, others = ([pair[i][stage] for pair in pairs] for i in (0, 1))
        medians = (f"{statistics.median(seconds):.2f}" for seconds in (owns, others))
        lines.append(row(first, stage, *medians, spread(common.ratios(owns, others))))
    return lines


def main() -> None:
    data = common.data("photos", "weights")
    photos, weights = data / "photos", data / "weights" / "squeezenet1_1.pth"
    lines = [
        f"{common.where()}, Pillow {PIL.__version__}, torch {torch.__version__}; the photos of FIRESTEEL_DATA, one"
        f" thread each, {ROUNDS} rounds in turn. The short side to 256, centre crop 224 (both: decode and resize);"
        f" forward: SqueezeNet 1.1 in batches of {BATCH}, PyTorch with channels_last.",
        "",
        *header("filter"),
    ]
    for filter in FILTERS:
        lines += rows(photos, weights, "squeezenet1_1", filter, filter, ROUNDS)
    common.write("Photos stage by stage", lines)


if __name__ == "__main__":
    main()
