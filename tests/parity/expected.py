"""Stores expectations as JSON, or with --check compares new ones with those stored."""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent / "expected"
TOLERANCE = 1e-6


def float32(values: Any) -> Any:
    """Numbers, arrays or tensors as Python numbers that JSON shows with the digits that a float32 needs."""
    array = np.asarray(values, dtype=np.float32)
    if array.ndim == 0:
        return float(str(array))
    return [float(str(value)) for value in array.ravel()]


def arguments() -> argparse.ArgumentParser:
    """The command line that all scripts share."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true", help="compare with the stored file, write nothing")
    return parser


def finish(name: str, computed: list | dict, check: bool, ignore: tuple[str, ...] = ()) -> None:
    """Writes `expected/<name>`, or compares with it, leaving out the keys in `ignore`."""
    path = FOLDER / name
    if check:
        problems = differences(json.loads(path.read_text()), json.loads(json.dumps(computed)), name, ignore)
        if problems:
            raise SystemExit("\n".join(problems[:20]))
        print(f"{name} agrees")
    else:
        path.write_text(lines(computed))
        print(f"{name}: {path.stat().st_size} bytes")


def lines(value: list | dict) -> str:
    """JSON with one line per entry of the outermost list or object."""
    if isinstance(value, dict):
        entries = [f"{json.dumps(key)}: {json.dumps(entry)}" for key, entry in value.items()]
        return "{\n" + ",\n".join(entries) + "\n}\n"
    return "[\n" + ",\n".join(json.dumps(entry) for entry in value) + "\n]\n"


def differences(stored: Any, computed: Any, where: str, ignore: tuple[str, ...]) -> list[str]:
    """What differs; numbers may by 1e-6 of the largest one in their list."""
    if isinstance(stored, dict) and isinstance(computed, dict) and stored.keys() == computed.keys():
        keys = [key for key in stored if key not in ignore]
        return [d for key in keys for d in differences(stored[key], computed[key], f"{where}.{key}", ignore)]
    if isinstance(stored, list) and isinstance(computed, list) and len(stored) == len(computed):
        if all(isinstance(value, float) for value in stored + computed):
            scale = max(map(abs, stored), default=0.0)
            worst = max((abs(s - c) for s, c in zip(stored, computed)), default=0.0)
            return [f"{where}: differs by {worst:.3g} of {scale:.3g}"] if worst > TOLERANCE * scale else []
        pairs = enumerate(zip(stored, computed))
        return [d for i, (s, c) in pairs for d in differences(s, c, f"{where}[{i}]", ignore)]
    if isinstance(stored, float) and isinstance(computed, float):
        return differences([stored], [computed], where, ignore)
    return [] if stored == computed else [f"{where}: {stored}, now {computed}"]
