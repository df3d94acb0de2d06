"""Sets up what a goal needs: `setup.py demo|jar|test|test-all|bench`."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import fetch
import machine
import pins
from fetch import Piece, Work

TOOLS = pins.venv("tools")
PIP = (TOOLS / "bin" / "python", "-m", "pip", "--no-input", "--disable-pip-version-check", "--no-cache-dir")
RAW = ("--progress-bar", "raw")


def fill_tools(work: Work) -> None:
    """A pip of a known version, and what it needs to look into a source package."""
    work.run(sys.executable, "-m", "venv", work.folder)
    work.run(*PIP, "install", *pins.PIP)


def fill_libtorch(work: Work) -> None:
    """Headers and CPU libraries out of torch's package, which itself needs all of CUDA and is not kept."""
    wheels = work.folder / "wheels"
    tags = ("manylinux_2_28", "manylinux_2_25", "manylinux_2_17", "manylinux2014")
    whatever_runs_this = [
        "--only-binary=:all:",
        "--python-version=311",
        *(f"--platform={t}_x86_64" for t in tags),
    ]
    work.run(*PIP, "download", *RAW, "--no-deps", *whatever_runs_this, "-d", wheels, *pins.TORCH)
    libraries = ("libtorch_cpu.so", "libc10.so", "libgomp.so.1", "libcudart.so.13", "libcupti.so.13")
    for wheel in wheels.iterdir():
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if name.startswith("torch/include/") and not name.endswith("/"):
                    _copy(archive.open(name), work.folder / name[len("torch/") :])
                elif Path(name).name in libraries:
                    _copy(archive.open(name), work.folder / "lib" / Path(name).name)
    shutil.rmtree(wheels)
    # tch links to libtorch.so; the real one only adds CUDA to libtorch_cpu.so.
    stub = work.folder / "lib" / "libtorch.so"
    work.run("cc", "-shared", "-Wl,-soname,libtorch.so", "-o", stub, "-x", "c", os.devnull)


def fill_spark(work: Work) -> None:
    """The distribution that PySpark's source package holds, laid out as Spark's own download is."""
    version = work.folder.name.split("-", 1)[1]
    source, scratch = work.folder / "source", work.folder / "tmp"
    scratch.mkdir()
    here = dict(os.environ, TMPDIR=str(scratch))
    only_source = ("--no-deps", "--no-binary=:all:", "--no-build-isolation", "--ignore-requires-python")
    work.run(*PIP, "download", *RAW, *only_source, "-d", source, f"pyspark=={version}", env=here)
    places = {"deps": "", "pyspark": "python/pyspark", "lib": "python/lib"}
    with tarfile.open(next(source.iterdir())) as archive:
        for member in archive:
            _, top, rest = (*member.name.split("/", 2), "", "")[:3]
            if top in places and rest and member.isfile():
                target = work.folder / places[top] / rest
                _copy(archive.extractfile(member), target)
                target.chmod(member.mode)
    shutil.rmtree(source)
    shutil.rmtree(scratch)


def fill_venv(work: Work) -> None:
    """A virtual environment with what one of the requirements files lists."""
    python, name = work.folder / "bin" / "python", work.folder.name.split("-")[1]
    work.run(sys.executable, "-m", "venv", "--without-pip", work.folder)
    work.run(*PIP, "--python", python, "install", *RAW, "-r", pins.REQUIREMENTS / f"{name}.txt")


def fill_crates(work: Work) -> None:
    work.run("cargo", "fetch", cwd=pins.ROOT)


def fill_cargo_deny(work: Work) -> None:
    tool = ("cargo-deny", "--version", pins.CARGO_DENY)
    work.run("cargo", "install", "--locked", "--root", work.folder, *tool)


def fill_aarch64(work: Work) -> None:
    work.run("rustup", "target", "add", pins.AARCH64)


def fill_maven(work: Work) -> None:
    """What Gradle fetches into its own cache."""
    work.grows = Path(os.environ.get("GRADLE_USER_HOME") or Path.home() / ".gradle", "caches")
    environment = dict(os.environ, JAVA_HOME=str(machine.java_home()))
    work.run("gradle", "--no-daemon", "--console=plain", work.folder.name, cwd=pins.ROOT, env=environment)


def fill_gradle(work: Work) -> None:
    """Debian's Gradle."""
    for action in (["update"], ["install", "-y", "--no-install-recommends", "gradle"]):
        work.run(*machine.as_root(), "apt-get", "-q", "-o", "DPkg::Lock::Timeout=600", *action)


def _copy(source, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with source, open(target, "wb") as out:
        shutil.copyfileobj(source, out, 1 << 20)


def digest(pattern: str, file: str, variable: str) -> str:
    """A key that changes with what a file asks for and with where a tool keeps it."""
    asked = re.findall(pattern, (pins.ROOT / file).read_text())
    place = [os.environ.get(v, "") for v in ("HOME", variable)]
    return hashlib.sha256(repr((asked, place)).encode()).hexdigest()[:12]


def pieces(goal: str) -> list[Piece]:
    """What a goal needs."""
    tests = goal.startswith("test")
    jars, crates = pins.CACHE / ("fetchTest" if tests else "fetchBuild"), pins.CACHE / "crates"
    artifacts = digest(r"[\w.]+:[\w.-]+:[\w.$-]+|Version = '.*'", "build.gradle", "GRADLE_USER_HOME")
    locked = digest(r'checksum = ".*"', "Cargo.lock", "CARGO_HOME")
    needed = [
        Piece("jars for Gradle", jars, "350 MB", fill_maven, artifacts),
        Piece("crates for cargo", crates, "60 MB", fill_crates, locked),
    ]
    if not os.environ.get("LIBTORCH"):
        needed.append(Piece("libtorch 2.13.0", pins.libtorch(), "540 MB", fill_libtorch))
    several = {"jar": (), "test": pins.SPARKS, "test-all": pins.SPARKS + pins.MORE_SPARKS}
    sparks = several.get(goal, pins.SPARKS[:1])
    needed += [Piece(f"Spark {v}", pins.spark(v), "450 MB", fill_spark) for v in sparks]
    if goal != "jar":
        name = goal.split("-")[0]
        size = {"demo": "60 MB", "test": "150 MB", "bench": "3 GB"}[name]
        needed.append(Piece(f"Python packages for {name}", pins.venv(name), size, fill_venv))
    if goal == "test-all":
        needed.append(Piece("cargo-deny", pins.cargo_deny(), "built from source", fill_cargo_deny))
        toolchain = Path(machine.said("rustc", "--print", "sysroot").strip())
        if not (toolchain / "lib" / "rustlib" / pins.AARCH64).exists():  # installed elsewhere, as Gradle
            key = str(time.time())
            needed.append(
                Piece("Rust's library for aarch64", pins.CACHE / "aarch64", "30 MB", fill_aarch64, key)
            )
    return needed


def main() -> None:
    goal = sys.argv[1]
    missing = machine.problems(goal)
    if missing:
        sys.exit("This machine still needs:\n" + "\n".join(f"  - {m}" for m in missing))
    try:
        first = [Piece("pip", TOOLS, "5 MB", fill_tools)]
        if not shutil.which("gradle"):  # it is installed elsewhere, so no stamp may vouch for it
            key = str(time.time())
            first.append(Piece("Gradle from Debian", pins.CACHE / "gradle", "70 MB", fill_gradle, key))
        if not all(piece.complete() for piece in [*first, *pieces(goal)]):
            print(f"set-up: what is fetched stays in {pins.CACHE}", flush=True)
            fetch.fetch(first)
            fetch.fetch(pieces(goal))
    except fetch.Failed as error:
        sys.exit(f"The set-up failed.\n{error}")


if __name__ == "__main__":
    main()
