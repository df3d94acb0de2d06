"""Writes what `make test-all` found to tests/RESULTS.md."""

from __future__ import annotations

import datetime
import os
import platform
import re

import machine
import pins
from stage import Result

FILE = pins.ROOT / "tests" / "RESULTS.md"


def write(done: list[Result]) -> None:
    """A page with when, what, where and a row for each stage."""
    cpu = re.search(r"model name\s*: (.+)", machine.said("cat", "/proc/cpuinfo"))
    system = f"{platform.system()} {platform.release().split('-')[0]}"
    versions = [machine.said("rustc", "--version"), machine.said("javac", "-version")]
    versions += [f"Python {platform.python_version()}", pins.TORCH[0]]
    commit = machine.said("git", "-C", str(pins.ROOT), "describe", "--always", "--dirty", "--abbrev=12")
    total = Result("all", _sum(done), sum(result.seconds for result in done))
    lines = [
        "# The last run of `make test-all`",
        "",
        f"- {datetime.date.today()}, commit {commit.strip()}",
        f"- {cpu[1] if cpu else platform.machine()}, {os.cpu_count()} cores, {system}",
        f"- {', '.join(v.strip() for v in versions)}",
        "",
        "| stage | passed | failed | skipped | seconds |",
        "|---|---|---|---|---|",
        *(
            f"| {r.stage} | {r.count.passed} | {r.count.failed} | {r.count.skipped} | {r.seconds:.0f} |"
            for r in [*done, total]
        ),
    ]
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text("\n".join(lines) + "\n")
    print(f"written: {FILE.relative_to(pins.ROOT)}")


def _sum(done: list[Result]):
    first = done[0].count
    return first._replace(
        passed=sum(r.count.passed for r in done),
        failed=sum(r.count.failed for r in done),
        skipped=sum(r.count.skipped for r in done),
    )
