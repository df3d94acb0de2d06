"""What the benchmarks share: where they stand, what they build, and programs that answer in turn."""

from __future__ import annotations

import json
import os
import platform
import re
import statistics
import subprocess
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / "tests" / "bench"
PAGE = BENCH / "RESULTS.md"


def rounds(usual: int) -> int:
    """How often each program is asked: BENCH_ROUNDS, else what is usual."""
    return int(os.environ.get("BENCH_ROUNDS") or usual)


def data(*folders: str) -> Path:
    """FIRESTEEL_DATA, which must have these folders."""
    given = Path(os.environ.get("FIRESTEEL_DATA") or os.devnull)
    missing = [folder for folder in folders if not (given / folder).is_dir()]
    if missing:
        sys.exit(f"set FIRESTEEL_DATA to a folder that holds {' and '.join(missing)}: see README.md")
    return given


def example(crate: str, name: str) -> str:
    """The path of a crate's example, built."""
    build = ["cargo", "build", "--quiet", "--release", "-p", crate, "--example", name]
    subprocess.run(build, cwd=ROOT, check=True)
    return str(ROOT / "target" / "release" / "examples" / name)


def libtorch() -> dict[str, str]:
    """The variable by which a program finds the libtorch that tch is linked to."""
    return {"LD_LIBRARY_PATH": str(Path(os.environ["LIBTORCH"]) / "lib")}


def variables(**more: str) -> dict[str, str]:
    """Of a program with one thread that brings its own libtorch."""
    kept = {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}
    return {**kept, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", **more}


def with_firesteel() -> dict[str, str]:
    """The variable by which Python finds the jar's modules."""
    paths = [os.environ["FIRESTEEL_JAR"], os.environ.get("PYTHONPATH")]
    return {"PYTHONPATH": os.pathsep.join(filter(None, paths))}


def run(command: Sequence[object], **more: str) -> dict:
    """The JSON in the last line that a process prints."""
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, env=variables(**more), check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(words)} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def spark(script: str, *arguments: object) -> dict:
    """What one of these programs prints that make a Spark session."""
    return run([sys.executable, BENCH / script, *arguments], **with_firesteel())


def git(*words: str) -> str:
    """What git says of the project."""
    return subprocess.run(
        ["git", *words], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


def where() -> str:
    """When, of which commit and on what something was measured."""
    # The page itself changes while its parts are written.
    changes = git("status", "--porcelain", "--untracked-files=no", "--", ".", f":!{PAGE.relative_to(ROOT)}")
    commit = git("rev-parse", "--short", "HEAD") + ("-dirty" if changes else "")
    return f"{date.today()}, commit {commit}, {processor()}, {os.cpu_count()} cores"


def processor() -> str:
    """What Linux says of the first core."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if platform.system() == "Linux" else []
    names = (line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def ratios(own: Iterable[float], others: Iterable[float]) -> list[float]:
    """Of each round."""
    return [one / other for one, other in zip(own, others)]


def spread(values: Sequence[float], form: str = ".2f") -> str:
    """Median, and lowest to highest."""
    return f"{statistics.median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def row(*cells: object) -> str:
    """A line of a table."""
    return f"| {' | '.join(map(str, cells))} |"


def write(title: str, lines: Iterable[str]) -> None:
    """Writes the part of RESULTS.md with this title, in place of an older one, and shows it."""
    heading = f"## {title}\n"
    part = "\n".join([heading, *lines]).rstrip() + "\n\n"
    parts = re.split("^(?=## )", PAGE.read_text(), flags=re.MULTILINE)
    if not any(old.startswith(heading) for old in parts):
        parts.append(part)
    PAGE.write_text("".join(part if old.startswith(heading) else old for old in parts).rstrip() + "\n")
    print(part)


class Program:
    """A process that answers each line with a line. It ends with the `with` in which it stands."""

    def __init__(self, name: str, command: Sequence[object], core: int | None = None, **more: str):
        taskset = ["taskset", "-c", str(core)] if core is not None and platform.system() == "Linux" else []
        self.name = name
        self.process = subprocess.Popen(
            [*taskset, *map(str, command)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=variables(**more),
        )

    def ask(self, *words: object) -> str:
        question = " ".join(map(str, words))
        self.process.stdin.write(question + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"{self.name} ended at: {question}")
        return answer

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stdin.close()
        self.process.wait()
