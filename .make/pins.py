"""The versions of what is fetched, and the folders where it lies."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = Path(
    os.environ.get("FIRESTEEL_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "firesteel")
).absolute()
LOGS = ROOT / "target" / "logs"
REQUIREMENTS = ROOT / ".make" / "requirements"

# tch 0.26 belongs to torch 2.13. The two small packages hold libraries that torch's CPU library is linked to.
TORCH = ("torch==2.13.0", "nvidia-cuda-runtime==13.0.96", "nvidia-cuda-cupti==13.0.85")
PIP = ("pip==25.3", "setuptools==80.9.0", "wheel==0.45.1")
CARGO_DENY = "0.20.2"
AARCH64 = "aarch64-unknown-linux-gnu"

SPARKS = ("4.3.0", "4.0.1")  # the newest and the oldest that are supported
MORE_SPARKS = ("4.2.1", "4.1.4")


def libtorch() -> Path:
    """The folder with include/ and lib/ of libtorch: the user's own, or ours."""
    return Path(os.environ.get("LIBTORCH") or CACHE / "libtorch-2.13.0").absolute()


def spark(version: str) -> Path:
    """The SPARK_HOME of a version."""
    return CACHE / f"spark-{version}"


def cargo_deny() -> Path:
    """The folder where cargo-deny is installed."""
    return CACHE / f"cargo-deny-{CARGO_DENY}"


def venv(name: str) -> Path:
    """The virtual environment of a requirements file; another Python or other packages make another one."""
    key = repr((sys.version_info[:2], sys.base_prefix, PIP, _requirements(name)))
    return CACHE / f"python-{name}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"


def _requirements(name: str) -> list[str]:
    """The lines of a requirements file and of those that it names."""
    file = REQUIREMENTS / f"{name}.txt"
    lines = file.read_text().splitlines() if file.exists() else []
    return lines + [line for own in lines if own.startswith("-r ") for line in _requirements(own[3:-4])]


def project_version() -> str:
    """The version under [workspace.package] in Cargo.toml."""
    package = (ROOT / "Cargo.toml").read_text().split("[workspace.package]", 1)[1]
    return package.split('version = "', 1)[1].split('"', 1)[0]
