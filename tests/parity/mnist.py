"""Trains LeNet on MNIST in plain PyTorch: makes expected/mnist.json, and is the peer of the benchmark.

Everything lies in memory as tensors and runs on one thread; channels_last is PyTorch's faster layout for
convolutions on a CPU.
"""

import gzip
import json
import os
import statistics
import time
from pathlib import Path

import expected
import numpy as np
import torch
from torch import nn
from torch.nn import functional

EPOCHS, BATCH, SEEDS = 3, 64, (1, 2, 3, 4, 5)
SGD = {"lr": 0.01, "momentum": 0.9}


def read(folder: Path, part: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Images scaled to [0, 1], and their labels."""
    pixels = gzip.decompress((folder / f"{part}-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((folder / f"{part}-labels-idx1-ubyte.gz").read_bytes())
    images = np.frombuffer(pixels, np.uint8, offset=16).reshape(-1, 1, 28, 28).astype(np.float32) / 255
    return torch.from_numpy(images), torch.from_numpy(
        np.frombuffer(labels, np.uint8, offset=8).astype(np.int64)
    )


def lenet() -> nn.Module:
    """LeNet with PyTorch's initial weights."""
    model = nn.Sequential(
        nn.Conv2d(1, 20, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(20, 50, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(800, 500), nn.ReLU(), nn.Linear(500, 10),
    )  # fmt: skip
    return model.to(memory_format=torch.channels_last)


def train_epoch(
    model: nn.Module, optimizer: torch.optim.Optimizer, x: torch.Tensor, y: torch.Tensor
) -> float:
    """One pass in a new order; gives the mean loss."""
    model.train()
    total = 0.0
    for rows in torch.randperm(len(x)).split(BATCH):
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
        total += loss.item() * len(rows)
    return total / len(x)


@torch.inference_mode()
def predict(model: nn.Module, x: torch.Tensor, batch: int) -> torch.Tensor:
    """The class of each image."""
    model.eval()
    return torch.cat([model(rows).argmax(1) for rows in x.split(batch)])


def run(seed: int, epochs: int, train: tuple, test: tuple) -> tuple[nn.Module, dict, list[float]]:
    """A model, its history, and the seconds of each epoch without evaluation."""
    torch.manual_seed(seed)
    model = lenet()
    optimizer = torch.optim.SGD(model.parameters(), **SGD)
    history, seconds = {"seed": seed, "train_loss": [], "test_accuracy": []}, []
    for _ in range(epochs):
        start = time.perf_counter()
        history["train_loss"].append(round(train_epoch(model, optimizer, *train), 6))
        seconds.append(time.perf_counter() - start)
        right = (predict(model, test[0], 256) == test[1]).sum().item()
        history["test_accuracy"].append(round(right / len(test[1]), 6))
    return model, history, seconds


def bench(epochs: int, train: tuple, test: tuple) -> dict:
    """Images per second of training and prediction; a cpu_share below 1 says that others disturbed it."""
    wall, cpu = time.perf_counter(), time.process_time()
    model, history, seconds = run(SEEDS[0], epochs, train, test)
    result = {
        "threads": torch.get_num_threads(),
        "epochs": epochs,
        "train": len(train[0]),
        "train_images_per_second": round(epochs * len(train[0]) / sum(seconds)),
        "test_accuracy": history["test_accuracy"][-1],
    }
    for batch in (32, 256):
        times = []
        for _ in range(5):
            start = time.perf_counter()
            predict(model, test[0], batch)
            times.append(time.perf_counter() - start)
        result[f"predict_{batch}_images_per_second"] = round(len(test[0]) / statistics.median(times))
    result["cpu_share"] = round((time.process_time() - cpu) / (time.perf_counter() - wall), 2)
    return result


def main() -> None:
    """Reads the command line and does what it says."""
    parser = expected.arguments()
    parser.add_argument(
        "data", nargs="?", type=Path, help="folder of the gz files; default $FIRESTEEL_DATA/mnist"
    )
    parser.add_argument(
        "--bench", action="store_true", help="print one line of JSON with speeds, write nothing"
    )
    parser.add_argument("--epochs", type=int, default=1, help="epochs of --bench")
    parser.add_argument("--train", type=int, help="number of training images of --bench")
    options = parser.parse_args()
    torch.set_num_threads(1)
    folder = options.data or Path(os.environ["FIRESTEEL_DATA"]) / "mnist"
    train, test = read(folder, "train"), read(folder, "t10k")
    if options.bench:
        train = tuple(values[: options.train] for values in train)
        print(json.dumps(bench(options.epochs, train, test)))
        return
    runs, seconds = [], []
    for seed in SEEDS:
        _, history, times = run(seed, EPOCHS, train, test)
        print(history, flush=True)
        runs.append(history)
        seconds += times
    computed = {
        "settings": {"epochs": EPOCHS, "batch": BATCH, "threads": 1, **SGD},
        "runs": runs,
        "median_test_accuracy": statistics.median(history["test_accuracy"][-1] for history in runs),
        "train_images_per_second": round(len(train[0]) / statistics.median(seconds)),
    }
    expected.finish("mnist.json", computed, options.check, ignore=("train_images_per_second",))


if __name__ == "__main__":
    main()
