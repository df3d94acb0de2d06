"""Makes expected/labels.json: the class that squeezenet1_1 gives each photo of $FIRESTEEL_DATA."""

import os
from pathlib import Path

import expected
import images
import pretrained
import torch
from PIL import Image, ImageOps
from torchvision.transforms.functional import normalize, to_tensor


@torch.no_grad()
def label(network: torch.nn.Module, path: Path) -> int:
    """As torchvision prepares photos: the short side to 256, the middle of 224."""
    photo = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    short = images.short_side(photo, images.SHORT, images.FILTERS["bilinear"])
    pixels = to_tensor(images.center_crop(short, images.CROP))
    return int(network(normalize(pixels, pretrained.MEAN, pretrained.STD)[None]).argmax())


def main() -> None:
    check = expected.arguments().parse_args().check
    folder = Path(os.environ["FIRESTEEL_DATA"])
    _, _, network, weights, *_ = pretrained.networks(folder / "weights")[0]
    network.load_state_dict(weights)
    network.eval()
    paths = sorted([*folder.glob("photos/*.JPEG"), *folder.glob("ants_bees/*/*/*.jpg")])
    labels = {str(path.relative_to(folder)): label(network, path) for path in paths}
    expected.finish("labels.json", labels, check)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
