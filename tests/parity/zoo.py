"""Makes expected/zoo.json: what torchvision and others compute with the networks of the zoo, and their weights' names.

Weights and inputs are the formula's. The scores are computed in float64 and rounded.
"""

import hashlib
import math

import expected
import formula
import numpy as np
import torch
import torchvision
from torch import nn
from torch.nn import functional

# Name and side of the input: as small as the network takes it, for tests that take no time.
TORCHVISION = {
    "alexnet": 96, "vgg11": 32, "vgg13": 32, "vgg16": 32, "vgg19": 32,
    "vgg11_bn": 32, "vgg13_bn": 32, "vgg16_bn": 32, "vgg19_bn": 32,
    "squeezenet1_0": 96, "squeezenet1_1": 96,
    "resnet18": 64, "resnet34": 64, "resnet50": 64, "resnet101": 64, "resnet152": 64,
    "resnext50_32x4d": 64, "wide_resnet50_2": 64,
    "densenet121": 64, "inception_v3": 96,
    "mobilenet_v2": 64, "mobilenet_v3_small": 64, "mobilenet_v3_large": 64, "efficientnet_b0": 64,
}  # fmt: skip


class Lenet(nn.Module):
    """LeNet as the project's examples have it."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 20, 5), nn.Conv2d(20, 50, 5)
        self.dense1, self.dense2 = nn.Linear(800, 500), nn.Linear(500, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.max_pool2d(self.conv1(x), 2)
        x = functional.max_pool2d(self.conv2(x), 2).flatten(1)
        return self.dense2(self.dense1(x).relu())


class CifarBlock(nn.Module):
    """A block of a CIFAR ResNet with shortcuts of option A."""

    def __init__(self, before: int, planes: int, stride: int) -> None:
        super().__init__()
        self.stride, self.extra = stride, (planes - before) // 2
        self.conv1 = nn.Conv2d(before, planes, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        x = x[:, :, :: self.stride, :: self.stride]
        return (y + functional.pad(x, (0, 0, 0, 0, self.extra, self.extra))).relu()


class CifarResnet(nn.Module):
    """The ResNets of He et al. 2015, section 4.2."""

    def __init__(self, blocks: int, classes: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        stages, before = [], 16
        for stage, planes in enumerate((16, 32, 64)):
            strides = [2 if stage else 1] + [1] * (blocks - 1)
            stage_blocks = []
            for stride in strides:
                stage_blocks.append(CifarBlock(before, planes, stride))
                before = planes
            stages.append(nn.Sequential(*stage_blocks))
        self.layer1, self.layer2, self.layer3 = stages
        self.linear = nn.Linear(64, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.layer3(self.layer2(self.layer1(self.bn1(self.conv1(x)).relu())))
        return self.linear(x.mean((2, 3)))


class MobilenetV1(nn.Module):
    """MobileNet v1 with TensorFlow's padding."""

    def __init__(self, width: float, classes: int) -> None:
        super().__init__()
        strides = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
        full = (64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)
        channels = int(32 * width)
        self.conv1 = nn.Conv2d(3, channels, 3, 2, bias=False)
        self.bn1 = nn.BatchNorm2d(channels, eps=1e-3)
        blocks = []
        for filters, stride in zip(full, strides):
            filters = int(filters * width)
            block = nn.Module()
            block.dw = nn.Conv2d(channels, channels, 3, stride, groups=channels, bias=False)
            block.dw_bn = nn.BatchNorm2d(channels, eps=1e-3)
            block.pw = nn.Conv2d(channels, filters, 1, bias=False)
            block.pw_bn = nn.BatchNorm2d(filters, eps=1e-3)
            blocks.append(block)
            channels = filters
        self.blocks = nn.ModuleList(blocks)
        self.fc = nn.Linear(channels, classes)

    @staticmethod
    def pad(x: torch.Tensor, conv: nn.Conv2d) -> torch.Tensor:
        """For even sizes: nothing before and a zero after if the stride is 2, else one on each side."""
        before = 2 - conv.stride[0]
        return functional.pad(x, (before, 1, before, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.relu6(self.bn1(self.conv1(self.pad(x, self.conv1))))
        for block in self.blocks:
            x = functional.relu6(block.dw_bn(block.dw(self.pad(x, block.dw))))
            x = functional.relu6(block.pw_bn(block.pw(x)))
        return self.fc(x.mean((2, 3)))


def torchvision_model(name: str) -> nn.Module:
    """A network for ImageNet without its weights and without classifiers that only training uses."""
    options = {"aux_logits": False, "init_weights": False} if name == "inception_v3" else {}
    return torchvision.models.get_model(name, weights=None, **options)


def networks() -> list[tuple[str, int, int, callable]]:
    """Name, channels and side of the input, and what makes the module."""
    widths = {"100": 1, "075": 0.75, "050": 0.5, "025": 0.25}
    return [
        ("lenet", 1, 28, lambda: Lenet(10)),
        *((name, 3, side, lambda n=name: torchvision_model(n)) for name, side in TORCHVISION.items()),
        *((f"cifar_resnet{6 * n + 2}", 3, 32, lambda n=n: CifarResnet(n, 10)) for n in (3, 5, 7, 9)),
        *((f"mobilenet_v1_{n}", 3, 64, lambda w=w: MobilenetV1(w, 1000)) for n, w in widths.items()),
    ]


def weights(model: nn.Module) -> dict[str, torch.Tensor]:
    """The formula's values: batch normalisation near the identity, others such that scores stay sane."""
    norms = {name for name, module in model.named_modules() if isinstance(module, nn.BatchNorm2d)}
    values, shapes = {}, {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    for name, shape in shapes.items():
        layer, part = name.rsplit(".", 1)
        if part == "num_batches_tracked":
            continue
        if layer in norms:
            values[name] = formula.batch_norm(layer, shape[0])[part]
        else:
            bound = math.sqrt(6 / math.prod(shape[1:])) if part == "weight" else 0.1
            values[name] = formula.floats(name, shape, bound)
    return {name: torch.from_numpy(value) for name, value in values.items()}


def digest(values: dict[str, torch.Tensor]) -> str:
    """SHA-256 of all names and shapes, sorted by name: `name 1x2x3` and a newline for each."""
    lines = (f"{name} {'x'.join(map(str, tensor.shape))}\n" for name, tensor in sorted(values.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


@torch.no_grad()
def case(name: str, channels: int, side: int, make: callable) -> dict:
    """What a network makes of an input."""
    with torch.device("meta"):
        model = make()
    model.eval().to_empty(device="cpu")
    values = weights(model)
    model.load_state_dict(values, strict=False)
    model.double()
    shape = (1, channels, side, side)
    scores, others = (
        model(torch.from_numpy(formula.floats(input_name, shape)).double())[0].numpy()
        for input_name in ("input", "another input")
    )
    apart = np.abs(scores - others).max() / np.abs(scores).max()
    # Ten times the difference that the tests allow.
    if not (np.isfinite(scores).all() and apart > 1e-3):
        raise SystemExit(f"{name}: the input hardly matters ({apart:.1e}), or scores overflow")
    print(f"{name}: inputs differ by {apart:.2g}, largest score {np.abs(scores).max():.3g}")
    every = max(1, len(scores) // 60)
    return {
        "name": name,
        "input": list(shape[1:]),
        "classes": len(scores),
        "tensors": len(values),
        "values": sum(tensor.numel() for tensor in values.values()),
        "digest": digest(values),
        "every": every,
        "scores": expected.float32(scores[::every]),
        "largest": expected.float32(np.abs(scores).max()),
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    check = expected.arguments().parse_args().check
    expected.finish("zoo.json", [case(*network) for network in networks()], check)
