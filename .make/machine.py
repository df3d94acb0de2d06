"""Checks that the machine has what the set-up cannot fetch, and names all that is missing at once."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pins

JDK = "a JDK 17 or 21: apt-get install openjdk-17-jdk-headless, or set JAVA_HOME to one"


def said(*command: str) -> str:
    """What a command prints, or nothing where it fails."""
    try:
        return subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""


def java_home() -> Path | None:
    """The JDK to use: JAVA_HOME, else the one of the `javac` on the PATH; None where it is not 17 or 21."""
    home = os.environ.get("JAVA_HOME")
    javac = shutil.which("javac", path=f"{home}/bin" if home else None)
    version = re.search(r"javac (\d+)", said(javac, "-version")) if javac else None
    return Path(javac).resolve().parent.parent if version and version[1] in ("17", "21") else None


def as_root() -> list[str] | None:
    """How to install with apt-get without asking for a password: the words before it, or None."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    return ["sudo", "-n"] if said("sudo", "-n", "echo", "yes") else None


def problems(goal: str) -> list[str]:
    """What a goal misses, each with the command that brings it."""
    tests = goal.startswith("test")
    missing = []
    cargo = re.match(r"cargo 1\.(\d+)", said("cargo", "--version"))
    oldest = 94 if goal == "bench" else 89  # some crates that the benchmarks compare with are newer
    if not cargo:
        missing.append(f"Rust 1.{oldest} or newer: install rustup, then: rustup default stable")
    elif int(cargo[1]) < oldest:
        missing.append(f"Rust 1.{oldest} or newer, this is 1.{cargo[1]}: rustup update stable")
    elif tests and not (said("cargo", "clippy", "--version") and said("cargo", "fmt", "--version")):
        missing.append("clippy and rustfmt: rustup component add clippy rustfmt")
    if not java_home():
        missing.append(JDK)
    if not shutil.which("gradle") and as_root() is None:
        missing.append("Gradle: sudo apt-get install --no-install-recommends gradle, or Gradle 8 on the PATH")
    needed = (3, 11) if tests else (3, 9)  # the newest Spark's Python asks for 3.11
    if sys.version_info < needed:
        missing.append(
            f"a python3 of {needed[0]}.{needed[1]} or newer on the PATH, not {platform.python_version()}"
        )
    if not said(sys.executable, "-c", "import venv, ensurepip; print('there')"):
        missing.append("Python's venv module: apt-get install python3-venv")
    for tool, package in (("cc", "gcc"), ("c++", "g++"), ("strip", "binutils"), ("git", "git")):
        if not shutil.which(tool):
            missing.append(f"{tool}: apt-get install {package}")
    if goal == "test-all" and not shutil.which("mvn"):
        missing.append("mvn, for a slow test of the libtorch jars: apt-get install maven")
    if not os.environ.get("LIBTORCH") and (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        missing.append("libtorch 2.13 for this machine: unpack one and set LIBTORCH to its folder")
    elif not Path(os.environ.get("LIBTORCH") or pins.ROOT).is_dir():
        missing.append(f"the folder that LIBTORCH names: {os.environ['LIBTORCH']}")
    return missing
