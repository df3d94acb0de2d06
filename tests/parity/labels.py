"""Makes expected/labels.json: the 3 likeliest classes of each photo of $FIRESTEEL_DATA, by networks for ImageNet."""

import os
from pathlib import Path

import expected
import images
import pretrained
import torch
from PIL import Image, ImageOps
from torchvision.transforms.functional import normalize, to_tensor

Network = tuple[torch.nn.Module, tuple, tuple]


@torch.no_grad()
def likeliest(network: Network, pixels: torch.Tensor) -> list[tuple[int, float]]:
    """The classes and their probabilities, of a network with the mean and deviation that it wants of pixels."""
    module, mean, std = network
    scores = module(normalize(pixels, mean, std)[None])[0]
    best = torch.softmax(scores.double(), 0).topk(3)
    return [(int(label), round(float(p), 6)) for p, label in zip(best.values, best.indices)]


def prepared(path: Path) -> torch.Tensor:
    """As torchvision prepares photos: the short side to 256, the middle of 224."""
    photo = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    short = images.short_side(photo, images.SHORT, images.FILTERS["bilinear"])
    return to_tensor(images.center_crop(short, images.CROP))


def networks(folder: Path) -> dict[str, Network]:
    """Those that take photos of that size, by name."""
    found = {}
    for name, _, module, weights, side, mean, std in pretrained.networks(folder):
        if side == images.CROP:
            pretrained.load(name, module, weights)
            found[name] = (module.eval(), mean, std)
    return found


def main() -> None:
    check = expected.arguments().parse_args().check
    folder = Path(os.environ["FIRESTEEL_DATA"])
    stock = networks(folder / "weights")
    paths = sorted([*folder.glob("photos/*.JPEG"), *folder.glob("ants_bees/*/*/*.jpg")])
    labels = {}
    for path in paths:
        pixels = prepared(path)
        by_name = {name: likeliest(network, pixels) for name, network in stock.items()}
        labels[str(path.relative_to(folder))] = by_name
    expected.finish("labels.json", labels, check)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
