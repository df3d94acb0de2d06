"""Writes what `make test-all` found to tests/RESULTS.md, and what `make test-again` found of what had failed there."""

from __future__ import annotations

import datetime
import os
import platform
import re
from collections.abc import Mapping

import machine
import pins
from stage import Count, Result

FILE = pins.ROOT / "tests" / "RESULTS.md"
AGAIN = ", again on commit "
NARROWING = ("SPARK", "SUITE", "TEST", "FIRESTEEL_FUZZ_SECONDS")


def write(done: list[Result]) -> None:
    """A page with when, what, where and a row for each stage."""
    cpu = re.search(r"model name\s*: (.+)", machine.said("cat", "/proc/cpuinfo"))
    system = f"{platform.system()} {platform.release().split('-')[0]}"
    versions = [machine.said("rustc", "--version"), machine.said("javac", "-version")]
    versions += [f"Python {platform.python_version()}", pins.TORCH[0]]
    lines = [
        "# The last run of `make test-all`",
        "",
        f"- {datetime.date.today()}, commit {_commit()}{narrowed(os.environ)}",
        f"- {cpu[1] if cpu else platform.machine()}, {os.cpu_count()} cores, {system}",
        f"- {', '.join(v.strip() for v in versions)}",
    ]
    FILE.parent.mkdir(exist_ok=True)
    _write("\n".join(lines), done)


def narrowed(variables: Mapping[str, str]) -> str:
    """Which variables leave a part of the tests out; nothing where none of them is set."""
    given = [f"{name}={variables[name]}" for name in NARROWING if variables.get(name)]
    return f", narrowed by {' and '.join(given)}" if given else ""


def failed() -> list[str]:
    """The stages that had failures when the page was written."""
    return [_plain(result) for result in _read()[1] if result.count.failed]


def replace(done: list[Result]) -> None:
    """Puts stages that were run again in the places of those that had failed, with the commit that they ran on."""
    heading, before = _read()
    again = {r.stage: r._replace(stage=f"{r.stage}{AGAIN}{_commit()}{narrowed(os.environ)}") for r in done}
    _write(heading, [again.get(_plain(r), r) if r.count.failed else r for r in before])


def _plain(result: Result) -> str:
    return result.stage.partition(AGAIN)[0]


def _commit() -> str:
    return machine.said("git", "-C", str(pins.ROOT), "describe", "--always", "--dirty", "--abbrev=12").strip()


def _write(heading: str, done: list[Result]) -> None:
    sums = (sum(getattr(r.count, name) for r in done) for name in ("passed", "failed", "skipped"))
    total = Result("all", Count(*sums), sum(result.seconds for result in done))
    rows = [
        f"| {r.stage} | {r.count.passed} | {r.count.failed} | {r.count.skipped} | {r.seconds:.0f} |"
        for r in [*done, total]
    ]
    table = ["| stage | passed | failed | skipped | seconds |", "|---|---|---|---|---|", *rows]
    FILE.write_text("\n".join([heading, "", *table]) + "\n")
    print(f"written: {FILE.relative_to(pins.ROOT)}")


def _read() -> tuple[str, list[Result]]:
    """What stands above the table, and its rows but for the sum."""
    heading, _, table = FILE.read_text().partition("\n\n| stage ")
    rows = [line.strip("| \n").split(" | ") for line in table.splitlines()[2:-1]]
    return heading, [
        Result(stage, Count(*map(int, counts)), float(seconds)) for stage, *counts, seconds in rows
    ]
