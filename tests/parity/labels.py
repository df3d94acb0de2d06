"""Makes expected/labels.json: the 3 likeliest classes of each photo of $FIRESTEEL_DATA, by squeezenet1_1."""

import os
from pathlib import Path

import expected
import images
import pretrained
import torch
from PIL import Image, ImageOps
from torchvision.transforms.functional import normalize, to_tensor


@torch.no_grad()
def likeliest(network: torch.nn.Module, path: Path) -> list[tuple[int, float]]:
    """As torchvision prepares photos: the short side to 256, the middle of 224."""
    photo = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    short = images.short_side(photo, images.SHORT, images.FILTERS["bilinear"])
    pixels = to_tensor(images.center_crop(short, images.CROP))
    scores = network(normalize(pixels, pretrained.MEAN, pretrained.STD)[None])[0]
    best = torch.softmax(scores.double(), 0).topk(3)
    return [(int(label), round(float(p), 6)) for p, label in zip(best.values, best.indices)]


def main() -> None:
    check = expected.arguments().parse_args().check
    folder = Path(os.environ["FIRESTEEL_DATA"])
    _, _, network, weights, *_ = pretrained.networks(folder / "weights")[0]
    network.load_state_dict(weights)
    network.eval()
    paths = sorted([*folder.glob("photos/*.JPEG"), *folder.glob("ants_bees/*/*/*.jpg")])
    labels = {str(path.relative_to(folder)): likeliest(network, path) for path in paths}
    expected.finish("labels.json", labels, check)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
