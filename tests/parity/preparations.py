"""Makes expected/preparations.json: how torchvision prepares the images of its first weights for ImageNet."""

from types import SimpleNamespace

import expected
import torch
import torchvision
import zoo


def preparation(name: str) -> dict:
    """What torchvision's own preset says, and what its network sees of a pixel from 0 to 1: `(v - mean) / std`."""
    preset = torchvision.models.get_model_weights(name).IMAGENET1K_V1.transforms()
    [short_side], [crop] = preset.resize_size, preset.crop_size
    black, white = (seen(name, preset, value) for value in (0.0, 1.0))
    std = 1 / (white - black)
    return {
        "short_side": short_side,
        "crop": crop,
        "filter": preset.interpolation.value,
        "mean": expected.float32(-black * std),
        "std": expected.float32(std),
    }


def seen(name: str, preset: torch.nn.Module, value: float) -> torch.Tensor:
    """The three channels of a pixel as they come to the first layer."""
    mean, std = (torch.tensor(numbers, dtype=torch.float64) for numbers in (preset.mean, preset.std))
    pixel = ((value - mean) / std).reshape(1, 3, 1, 1)
    if name == "inception_v3":
        # With weights, the network itself turns ImageNet's mean and deviation into others.
        network = SimpleNamespace(transform_input=True)
        pixel = torchvision.models.Inception3._transform_input(network, pixel)
    return pixel.flatten()


if __name__ == "__main__":
    check = expected.arguments().parse_args().check
    expected.finish("preparations.json", {name: preparation(name) for name in zoo.TORCHVISION}, check)
