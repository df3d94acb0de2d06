"""Saves photos in many forms by Pillow, with what Pillow makes of each: `expected.json` beside them.

python tests/parity/forms.py FOLDER: scikit-learn's two photos, and some of $FIRESTEEL_DATA/photos where that is given.
"""

import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import images
import numpy as np
import sklearn.datasets
from PIL import Image

ORIENTATION = 0x0112
# The form whose pixels are others in native/image.
OTHER_PIXELS = "jpeg.tiff"


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def turned(orientation: int) -> bytes:
    """An EXIF block that holds an orientation alone."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return exif.tobytes()


def without_last_scan(jpeg: bytes) -> bytes:
    """A progressive JPEG without the data that refine it last; the scan's header stays, and the file's end."""
    header = jpeg.rindex(b"\xff\xda") + 2
    data = header + int.from_bytes(jpeg[header : header + 2])
    return jpeg[:data] + jpeg[-2:]


def jpegs(image: Image.Image, grey: Image.Image) -> Iterator[tuple[str, bytes]]:
    for name, options in {
        "444": {"subsampling": 0, "quality": 85},
        "422": {"subsampling": 1, "quality": 85},
        "420": {"subsampling": 2, "quality": 85},
        "poor": {"quality": 5},
        "progressive": {"progressive": True},
        "optimised": {"progressive": True, "optimize": True, "quality": 95},
        "restarts": {"restart_marker_blocks": 3},
        "rgb": {"keep_rgb": True},
        **{f"turned{o}": {"exif": turned(o)} for o in range(1, 9)},
    }.items():
        yield f"{name}.jpg", encoded(image, "JPEG", **options)
    yield "lacks-detail.jpg", without_last_scan(encoded(image, "JPEG", progressive=True))
    yield "grey.jpg", encoded(grey, "JPEG")
    yield "grey-progressive.jpg", encoded(grey, "JPEG", progressive=True)
    yield "cmyk.jpg", encoded(image.convert("CMYK"), "JPEG")


def pngs(image: Image.Image, grey: Image.Image, alpha: Image.Image) -> Iterator[tuple[str, bytes]]:
    palette = image.quantize(100)
    for name, source, options in [
        ("rgb", image, {}),
        ("colour-key", image, {"transparency": (10, 20, 30)}),
        ("turned6", image, {"exif": turned(6)}),
        ("rgba", transparent(image, alpha), {}),
        ("grey", grey, {}),
        ("grey-alpha", Image.merge("LA", (grey, alpha)), {}),
        ("grey16", Image.fromarray(np.asarray(grey).astype(np.uint16) * 5), {}),
        ("palette", palette, {}),
        ("palette4", image.quantize(16), {"bits": 4}),
        ("palette-key", palette, {"transparency": 3}),
        ("palette-alpha", palette, {"transparency": bytes(range(100))}),
        ("1bit", image.convert("1"), {}),
    ]:
        yield f"{name}.png", encoded(source, "PNG", **options)


def webps(image: Image.Image, alpha: Image.Image) -> Iterator[tuple[str, bytes]]:
    for name, source, options in [
        *((f"quality{quality}", image, {"quality": quality}) for quality in (0, 30, 80, 100)),
        ("slow", image, {"quality": 70, "method": 6}),
        ("lossless", image, {"lossless": True}),
        ("turned5", image, {"exif": turned(5)}),
        ("rgba", transparent(image, alpha), {"quality": 80}),
        ("rgba-lossless", transparent(image, alpha), {"lossless": True}),
        ("rgba-exact", transparent(image, alpha), {"lossless": True, "exact": True}),
    ]:
        yield f"{name}.webp", encoded(source, "WEBP", **options)


def others(image: Image.Image, grey: Image.Image, alpha: Image.Image) -> Iterator[tuple[str, bytes]]:
    yield "palette.gif", encoded(image, "GIF")
    for name, source in {"rgb": image, "grey": grey, "palette": image.quantize(256)}.items():
        yield f"{name}.bmp", encoded(source, "BMP")
    for name, source, options in [
        ("rgb", image, {}),
        ("lzw", image, {"compression": "tiff_lzw"}),
        ("deflate", image, {"compression": "tiff_adobe_deflate"}),
        ("jpeg", image, {"compression": "jpeg"}),
        ("grey", grey, {}),
        ("rgba", transparent(image, alpha), {}),
        ("cmyk", image.convert("CMYK"), {}),
        ("palette", image.quantize(256), {}),
        ("1bit", image.convert("1"), {}),
    ]:
        yield f"{name}.tiff", encoded(source, "TIFF", **options)


def transparent(image: Image.Image, alpha: Image.Image) -> Image.Image:
    out = image.copy()
    out.putalpha(alpha)
    return out


def forms(image: Image.Image) -> Iterator[tuple[str, bytes]]:
    """The name and the bytes of each form."""
    grey = image.convert("L")
    alpha = grey.point(lambda value: 255 - value // 2)
    yield from jpegs(image, grey)
    yield from pngs(image, grey, alpha)
    yield from webps(image, alpha)
    yield from others(image, grey, alpha)


def photos() -> dict[str, Image.Image]:
    """A part of each photo, with sides that are no multiples of a block's."""
    samples = sklearn.datasets.load_sample_images().images
    found = {f"sample{i}": Image.fromarray(photo) for i, photo in enumerate(samples)}
    data = os.environ.get("FIRESTEEL_DATA")
    for path in sorted(Path(data, "photos").glob("*.JPEG"))[::40] if data else ():
        found[path.stem] = Image.open(path).convert("RGB")
    return {
        name: photo.crop((0, 0, min(photo.width, 365), min(photo.height, 267)))
        for name, photo in found.items()
    }


def main() -> None:
    folder = Path(sys.argv[1])
    expected = {}
    for photo, image in photos().items():
        (folder / photo).mkdir()
        for form, content in forms(image):
            name = f"{photo}/{form}"
            (folder / name).write_bytes(content)
            expected[name] = images.decoded(folder / name, pixels=form == OTHER_PIXELS)
    (folder / "expected.json").write_text(json.dumps(expected))


if __name__ == "__main__":
    main()
