"""Makes expected/images.json (formula images) and expected/image_files.json (real files) from Pillow.

python tests/parity/images.py [FOLDER], which holds photos/, ants_bees/ and odd/; default $FIRESTEEL_DATA; without it,
the formula images alone.
"""

import csv
import hashlib
import io
import json
import os
from pathlib import Path

import expected
import formula
import numpy as np
import PIL
from PIL import Image, ImageEnhance, ImageOps

FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
MODES = {1: "L", 3: "RGB", 4: "RGBA"}
SHORT, CROP = 256, 224
# Rows and columns before and after; the last four lose much more height than width, or only height, or nothing.
SIZES = [
    ((7, 5), (7, 5)), ((1, 1), (9, 4)), ((9, 4), (1, 1)), ((37, 53), (16, 23)), ((37, 53), (80, 61)),
    ((64, 48), (31, 97)), ((48, 64), (97, 31)), ((33, 33), (32, 32)), ((32, 32), (33, 33)), ((5, 300), (11, 7)),
    ((300, 5), (7, 11)), ((120, 90), (13, 7)), ((2, 3), (40, 50)), ((101, 67), (50, 67)), ((67, 101), (67, 50)),
    ((90, 40), (20, 39)), ((90, 40), (20, 40)), ((200, 31), (9, 30)), ((41, 23), (12, 30)),
]  # fmt: skip
# Images of these rows and columns: to the short side, then the crop; and into a letterbox.
PREPARED = [((40, 60), 20, 16), ((61, 40), 21, 16), ((33, 50), 15, 20), ((50, 34), 16, 16), ((9, 31), 8, 11)]
LETTERBOXES = [((40, 60), (20, 20)), ((61, 40), (21, 30)), ((7, 50), (16, 31)), ((3, 2), (17, 8))]
FILL = (10, 200, 30)
ANGLES = (-179.9, -90, -45, -13.7, 0, 1, 30, 90, 180)
ENHANCE = {
    "brightness": ImageEnhance.Brightness,
    "contrast": ImageEnhance.Contrast,
    "saturation": ImageEnhance.Color,
}
FACTORS = (0.0, 0.3, 0.77, 1.0, 1.25, 1.9)
HUES = (-0.5, -0.21, -0.001, 0.0, 0.1, 0.37, 0.5)


def digest(image: Image.Image | np.ndarray) -> str:
    """The first 64 bits of the SHA-256 of the pixels, row by row."""
    return hashlib.sha256(np.ascontiguousarray(image).tobytes()).hexdigest()[:16]


def drawn(height: int, width: int, channels: int) -> Image.Image:
    """The image of the formula."""
    pixels = formula.integers("image", (height, width, channels), 256).astype(np.uint8)
    return Image.fromarray(pixels[:, :, 0] if channels == 1 else pixels, MODES[channels])


def center_crop(image: Image.Image, size: int) -> Image.Image:
    """torchvision's, as its source computes it: PIL pads with zeros where it crops beyond the image."""
    width, height = image.size
    if width < size or height < size:
        left, top = max(size - width, 0) // 2, max(size - height, 0) // 2
        padded = Image.new(image.mode, (max(width, size), max(height, size)))
        padded.paste(image, (left, top))
        image, (width, height) = padded, padded.size
    top, left = round((height - size) / 2.0), round((width - size) / 2.0)
    return image.crop((left, top, left + size, top + size))


def short_side(image: Image.Image, short: int, resampling: Image.Resampling) -> Image.Image:
    """torchvision's Resize of one number."""
    width, height = image.size
    longer = int(short * max(width, height) / min(width, height))
    return image.resize((short, longer) if width <= height else (longer, short), resampling)


def hue(image: Image.Image, factor: float) -> Image.Image:
    """torchvision's adjust_hue of PIL images."""
    h, s, v = image.convert("HSV").split()
    # Rounded towards 0, then modulo 256.
    moved = np.asarray(h) + np.array(int(factor * 255) % 256, dtype=np.uint8)
    return Image.merge("HSV", (Image.fromarray(moved, "L"), s, v)).convert("RGB")


def augmented() -> dict:
    """The arithmetic of random changes, with the numbers given."""
    rotated = [
        {"size": [h, w], "degrees": angle, "pixels": digest(drawn(h, w, 3).rotate(angle))}
        for h, w in ((20, 31), (31, 20), (16, 16))
        for angle in ANGLES
    ]
    colours = []
    for channels in (1, 3):
        image = drawn(60, 70, channels)
        changed = [(c, f, make(image).enhance(f)) for c, make in ENHANCE.items() for f in FACTORS]
        changed += [("hue", f, hue(image, f)) for f in HUES if channels == 3]
        colours += [
            {"change": c, "factor": f, "channels": channels, "pixels": digest(made)} for c, f, made in changed
        ]
    return {"rotated": rotated, "colours": colours}


def formula_images() -> dict:
    """Resizing and the rest on images of the formula."""
    resized = []
    for (h, w), (oh, ow) in SIZES:
        for channels in (1, 3):
            for name, resampling in FILTERS.items():
                image = drawn(h, w, channels)
                once = image.resize((ow, oh), resampling)
                # What Pillow up to 12 does: the horizontal pass first, whatever the sizes.
                twice = image.resize((ow, h), resampling).resize((ow, oh), resampling)
                resized.append(
                    {
                        "size": [h, w], "to": [oh, ow], "channels": channels, "filter": name,
                        "pillow13": digest(once), "pillow12": digest(twice),
                    }
                )  # fmt: skip
    prepared = []
    for (h, w), short, crop in PREPARED:
        image = center_crop(short_side(drawn(h, w, 3), short, FILTERS["bilinear"]), crop)
        planes = np.asarray(image).transpose(2, 0, 1)
        prepared.append({"size": [h, w], "short": short, "crop": crop, "planes": digest(planes)})
    letterboxes = []
    for (h, w), (oh, ow) in LETTERBOXES:
        image = ImageOps.pad(drawn(h, w, 3), (ow, oh), FILTERS["bilinear"], color=FILL)
        planes = np.asarray(image).transpose(2, 0, 1)
        letterboxes.append({"size": [h, w], "to": [oh, ow], "planes": digest(planes)})
    transparent = drawn(30, 20, 4)
    over = Image.alpha_composite(Image.new("RGBA", (20, 30), (*FILL, 255)), transparent)
    return {
        "pillow": PIL.__version__,
        "resized": resized,
        "prepared": prepared,
        "letterboxes": letterboxes,
        **augmented(),
        "alpha": {
            "dropped": digest(transparent.convert("RGB")),
            "over": digest(over.convert("RGB")),
            "grey": digest(transparent.convert("L")),
            "grey_over": digest(over.convert("L")),
        },
    }


def decoded(path: Path, pixels: bool = False) -> dict:
    """What Pillow makes of a file: sizes and digests, or that it refuses; with `pixels` also a PNG in hexadecimal."""
    try:
        # A limit of ours, which Pillow would only warn of.
        with Image.open(io.BytesIO(path.read_bytes())) as opened:
            if opened.width * opened.height > 40_000_000:
                return {"ok": False}
            opened.load()
            image = ImageOps.exif_transpose(opened)
    except Exception:  # Pillow raises whatever its parsers run into.
        return {"ok": False}
    rgb = image.convert("RGB")
    small = {
        name: digest(center_crop(short_side(rgb, SHORT, resampling), CROP))
        for name, resampling in FILTERS.items()
    }
    grey = image.convert("L")
    made = {"ok": True, "size": [rgb.height, rgb.width], "rgb": digest(rgb), "grey": digest(grey), **small}
    if pixels:
        rgb.save(png := io.BytesIO(), "PNG", optimize=True)
        made["png"] = png.getvalue().hex()
    return made


def main() -> None:
    parser = expected.arguments()
    parser.add_argument(
        "data", nargs="?", type=Path, help="folder with photos/, ants_bees/ and odd/; default $FIRESTEEL_DATA"
    )
    parser.add_argument(
        "--pixels", type=Path, help="print this file's expectations with its pixels, and no more"
    )
    options = parser.parse_args()
    if options.pixels:
        print(json.dumps(decoded(options.pixels, pixels=True)))
        return
    expected.finish("images.json", formula_images(), options.check)
    folder = options.data or Path(os.environ.get("FIRESTEEL_DATA", ""))
    if not (folder / "photos").is_dir():
        print("there is no folder with photos/, ants_bees/ and odd/: image_files.json is left alone")
        return
    names = []
    for name, table in (("photos", "labels.csv"), ("odd", "manifest.csv")):
        with (folder / name / table).open(newline="") as rows:
            names += [f"{name}/{row['file']}" for row in csv.DictReader(rows)]
    names += sorted(str(path.relative_to(folder)) for path in folder.glob("ants_bees/*/*/*.jpg"))
    files = {name: decoded(folder / name) for name in names}
    expected.finish("image_files.json", files, options.check)


if __name__ == "__main__":
    Image.MAX_IMAGE_PIXELS = None
    main()
