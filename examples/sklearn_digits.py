"""Writes scikit-learn's 1,797 handwritten digits (8 x 8 pixels) as four files named and built like MNIST's.

    python sklearn_digits.py <folder>

The first 1,297 are for training and the last 500, by other writers, for testing.
"""

from __future__ import annotations

import gzip
import struct
import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

TEST = 500


def write_idx(path: Path, values: np.ndarray) -> None:
    """Writes bytes as an IDX file: the number of dimensions, their sizes, the values."""
    header = struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape)
    path.write_bytes(gzip.compress(header + values.astype(np.uint8).tobytes(), mtime=0))


def main(folder: Path) -> None:
    digits = load_digits()
    images = np.rint(digits.images * 255 / 16)  # 0 to 16 in the original
    folder.mkdir(parents=True, exist_ok=True)
    for name, part in (("train", slice(None, -TEST)), ("t10k", slice(-TEST, None))):
        write_idx(folder / f"{name}-images-idx3-ubyte.gz", images[part])
        write_idx(folder / f"{name}-labels-idx1-ubyte.gz", digits.target[part])
    print(f"{len(images) - TEST} digits for training and {TEST} for testing in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
