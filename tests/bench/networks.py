"""The benchmarks' networks in PyTorch, and their files, which all peers read."""

from __future__ import annotations

from pathlib import Path

import torch
import torchvision
from torch import nn

SIDE = 224


class Same(nn.Conv2d):
    """A convolution with stride 2 and the padding of TensorFlow: of an even side one row below, one column right."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(nn.functional.pad(x, (0, 1, 0, 1)))


def mobilenet_v1_100() -> nn.Module:
    """MobileNet v1, which torchvision lacks, as the zoo has it."""

    def layer(inputs: int, outputs: int, kernel: int, stride: int, groups: int = 1) -> list[nn.Module]:
        options = {"stride": stride, "groups": groups, "bias": False}
        conv = (
            Same(inputs, outputs, kernel, **options)
            if stride == 2
            else nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, **options)
        )
        return [conv, nn.BatchNorm2d(outputs, eps=1e-3), nn.ReLU6()]

    channels = 32
    layers = layer(3, channels, 3, 2)
    blocks = [
        (64, 1),
        (128, 2),
        (128, 1),
        (256, 2),
        (256, 1),
        (512, 2),
        *5 * [(512, 1)],
        (1024, 2),
        (1024, 1),
    ]
    for outputs, stride in blocks:
        layers += layer(channels, channels, 3, stride, channels) + layer(channels, outputs, 1, 1)
        channels = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 1000))


def network(name: str) -> nn.Module:
    """A network of the zoo with random weights, the same each time, ready for prediction."""
    torch.manual_seed(1)
    make = {"mobilenet_v1_100": mobilenet_v1_100}.get(name) or getattr(torchvision.models, name)
    return make().eval()


def export_onnx(network: nn.Module, file: Path) -> None:
    """Writes a network for batches of any size."""
    images = torch.rand(1, 3, SIDE, SIDE)
    axes = {"images": {0: "batch"}, "scores": {0: "batch"}}
    # The exporter that needs no more packages.
    torch.onnx.export(
        network,
        (images,),
        str(file),
        dynamo=False,
        input_names=["images"],
        output_names=["scores"],
        dynamic_axes=axes,
    )


def export_torchscript(network: nn.Module, file: Path) -> None:
    """Writes a network with its batch normalisations folded into its convolutions, for images with `channels_last`."""
    network = network.to(memory_format=torch.channels_last)
    images = torch.rand(1, 3, SIDE, SIDE).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        torch.jit.freeze(torch.jit.trace(network, images)).save(str(file))
