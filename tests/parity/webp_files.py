"""Makes tests/data/webp: small WebP files with everything that libwebp puts into lossless data.

Many groups of prefix codes, palettes with and without several pixels in one, compressed alpha, a frame of an animation.
"""

import random
from pathlib import Path

from PIL import Image

FOLDER = Path(__file__).parents[1] / "data" / "webp"
BEST = {"lossless": True, "quality": 100, "method": 6}


def drawn() -> Image.Image:
    """Four kinds of contents, which libwebp tells apart by their groups of codes."""
    random.seed(1)
    whole = (-2.0, -1.2, 1.0, 1.2)
    image = Image.merge("RGB", [Image.effect_mandelbrot((160, 128), whole, 40 + 20 * i) for i in range(3)])
    for y in range(128):
        for x in range(160):
            if x < 80 and y < 64:
                image.putpixel((x, y), (x // 8 * 37 % 256, y // 8 * 91 % 256, x * y // 64 % 256))
            elif x >= 80 and y >= 64:
                image.putpixel((x, y), (200, x % 16 * 10, 30))
            elif x < 40:
                image.putpixel((x, y), (random.choice([0, 255]),) * 3)
    return image


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    image = drawn()
    image.save(FOLDER / "groups.webp", **BEST)
    for colors in (200, 12):
        image.quantize(colors).convert("RGB").save(FOLDER / f"palette-{colors}.webp", **BEST)
    alpha = image.copy()
    alpha.putalpha(image.convert("L").quantize(40).convert("L"))
    alpha.save(FOLDER / "alpha.webp", quality=30, method=6, alpha_quality=100)
    frames = [image.crop((x, x, 80 + x, 64 + x)).convert("RGBA") for x in (0, 40)]
    frames[0].save(FOLDER / "animation.webp", save_all=True, append_images=frames[1:], **BEST)


if __name__ == "__main__":
    main()
