"""Makes expected/pretrained.json: the scores of networks with real weights, on pixels by the formula."""

import os
from pathlib import Path

import expected
import formula
import numpy as np
import safetensors.torch
import torch
import zoo

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def plain(values: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Weights in float32 without the prefix of DataParallel."""
    return {name.removeprefix("module."): tensor.float() for name, tensor in values.items()}


def networks(folder: Path) -> list[tuple]:
    """Name, file, module, its weights, side, and mean and deviation of the pixels."""
    squeezenet = torch.load(folder / "squeezenet1_1.pth", weights_only=True)
    mobilenet = safetensors.torch.load_file(folder / "mobilenet_v1_075.safetensors")
    resnet = torch.load(folder / "resnet20-12fca82f.th", map_location="cpu", weights_only=True)["state_dict"]
    ones = ((0.5, 0.5, 0.5),) * 2
    return [
        (
            "squeezenet1_1",
            "squeezenet1_1.pth",
            zoo.torchvision_model("squeezenet1_1"),
            squeezenet,
            224,
            MEAN,
            STD,
        ),
        (
            "mobilenet_v1_075",
            "mobilenet_v1_075.safetensors",
            zoo.MobilenetV1(0.75, 1000),
            mobilenet,
            224,
            *ones,
        ),
        ("cifar_resnet20", "resnet20-12fca82f.th", zoo.CifarResnet(3, 10), resnet, 32, MEAN, STD),
    ]


def load(name: str, model: torch.nn.Module, weights: dict) -> None:
    """Puts weights into a module: all that it has, and no others."""
    missing, unexpected = model.load_state_dict(plain(weights), strict=False)
    if unexpected or any(not key.endswith("num_batches_tracked") for key in missing):
        raise SystemExit(f"{name}: {missing} {unexpected}")


@torch.no_grad()
def case(
    name: str, file: str, model: torch.nn.Module, weights: dict, side: int, mean: tuple, std: tuple
) -> dict:
    """The scores of an image of noise."""
    load(name, model, weights)
    pixels = formula.integers("input", (1, 3, side, side), 256) / 255
    shape = (1, 3, 1, 1)
    x = (pixels - np.array(mean).reshape(shape)) / np.array(std).reshape(shape)
    scores = model.eval().double()(torch.from_numpy(x))[0].numpy()
    every = max(1, len(scores) // 60)
    return {
        "name": name,
        "file": file,
        "every": every,
        "scores": expected.float32(scores[::every]),
        "best": int(scores.argmax()),
        "largest": expected.float32(np.abs(scores).max()),
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    folder = Path(os.environ["FIRESTEEL_DATA"]) / "weights"
    check = expected.arguments().parse_args().check
    expected.finish("pretrained.json", [case(*network) for network in networks(folder)], check)
