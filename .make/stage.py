"""Runs one stage of the tests into its log, and reads what its runner counted."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable, NamedTuple

import pins

TAIL = 40
_running: set[subprocess.Popen] = set()
_ended = threading.Event()


class Count(NamedTuple):
    """What a runner's closing lines say, and which tests failed."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    names: Sequence[str] = ()


class Result(NamedTuple):
    stage: str
    count: Count
    seconds: float


class Stage(NamedTuple):
    """A command, how its output is read (None: only a status), and how many minutes it may take."""

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    read: Callable[[str], Count] | None
    minutes: int = 30

    def run(self) -> Result:
        """Runs it; a stage that aborts, hangs or runs none of its tests counts as one failure at least."""
        print(f"{self.name}: started", flush=True)
        pins.LOGS.mkdir(parents=True, exist_ok=True)
        log = pins.LOGS / (re.sub(r"[^\w.]+", "-", self.name) + ".log")
        started = time.monotonic()
        status = run_logged(self.command, self.environment, log, self.minutes)
        text = log.read_text(errors="replace")
        count = self.read(text) if self.read else Count()
        if status and not count.failed:
            why = f"{self.command[0]}: {status}"
            if self.read is read_lint:
                count = Count(failed=1, names=(f"{why}; `make format` repairs what is only format",))
            else:
                count = count._replace(failed=1, names=(why,))
        elif self.read and not count.passed and not count.failed:
            count = count._replace(failed=1, names=("it ran no test",))
        seconds = time.monotonic() - started
        skipped = f", {count.skipped} skipped" if count.skipped else ""
        said = (
            f"{count.passed} passed, {count.failed} failed{skipped}" if self.read or count.failed else "done"
        )
        print(f"{self.name}: {said} in {seconds:.0f} s", flush=True)
        if count.failed:
            tell_failure(count.names, text, log)
        return Result(self.name, count, seconds)


def run_logged(command: Sequence[str], environment: dict[str, str], log: Path, minutes: int) -> str:
    """Runs a command and all that it starts as one group; says why it failed, or nothing."""
    with open(log, "wb") as out:
        out.write(f"$ {' '.join(command)}\n".encode())
        out.flush()
        pipes = {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": subprocess.STDOUT}
        if _ended.is_set():
            return "not begun, since the tests were ended"
        try:
            child = subprocess.Popen(command, cwd=pins.ROOT, env=environment, start_new_session=True, **pipes)
        except OSError as error:
            return str(error)
        _running.add(child)
        try:
            status = child.wait(minutes * 60)
            return f"exit status {status}" if status else ""
        except subprocess.TimeoutExpired:
            return f"given up after {minutes} minutes"
        finally:
            _kill(child)
            child.wait()
            _running.discard(child)


def _kill(child: subprocess.Popen) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def side_by_side(*lanes: Sequence[Stage]) -> list[Result]:
    """Runs lists of stages beside each other, each list in its order: one alone leaves half of a machine idle."""
    with ThreadPoolExecutor(len(lanes)) as pool:
        try:
            runs = [pool.submit(lambda lane=lane: [stage.run() for stage in lane]) for lane in lanes]
            return [result for run in runs for result in run.result()]
        except BaseException:  # an interrupt, which the threads would not see
            _ended.set()
            for child in list(_running):
                _kill(child)
            raise


def tell_failure(names: Sequence[str], text: str, log: Path) -> None:
    """The failed tests and the end of the log."""
    for name in names:
        print(f"  FAILED {name}")
    for line in text.splitlines()[-TAIL:]:
        print(f"  | {line}")
    print(f"  the whole log: {log}", flush=True)


def step(name: str, command: Sequence[str], environment: dict[str, str], minutes: int = 40) -> None:
    """Runs something that is no test, and ends the program where it fails."""
    print(name, flush=True)
    pins.LOGS.mkdir(parents=True, exist_ok=True)
    log = pins.LOGS / f"{name.split()[0]}.log"
    why = run_logged(command, environment, log, minutes)
    if why:
        tell_failure([f"{name}: {why}"], log.read_text(errors="replace"), log)
        sys.exit(1)


def read_lint(_: str) -> Count:
    """A linter is one test: it passes where it exits well."""
    return Count(passed=1)


def read_cargo(text: str) -> Count:
    """cargo test: a line for each test program."""
    lines = re.findall(r"^test result: .*?(\d+) passed; (\d+) failed; (\d+) ignored", text, re.M)
    names = re.findall(r"^test (.+) \.\.\. FAILED$", text, re.M)
    return Count(*(sum(int(line[i]) for line in lines) for i in range(3)), names)


def read_scalatest(text: str) -> Count:
    """ScalaTest, whose aborted suites and broken JNI calls are failures too."""
    closing = re.search(r"^Tests: succeeded (\d+), failed (\d+), canceled (\d+), ignored (\d+)", text, re.M)
    passed, failed, canceled, ignored = map(int, closing.groups()) if closing else (0, 0, 0, 0)
    names: list[str] = []
    suite = ""
    for line in text.splitlines():
        heading = re.match(r"(\w+):$", line)
        suite = heading[1] if heading else suite
        broken = re.match(r"\s*(- )?(.+?) \*\*\* (?:FAILED|ABORTED) \*\*\*", line)
        if broken:
            names.append(f"{suite}: {broken[2]}" if broken[1] else broken[2])
    aborted = re.search(r"^Suites: completed \d+, aborted (\d+)", text, re.M)
    misused = set(re.findall(r"^WARNING(?: in native method)?: (.*)\n\s+at (firesteel\..*)", text, re.M))
    names += [f"{where}: {what}" for what, where in sorted(misused)]
    failed += len(misused) + (int(aborted[1]) if aborted else 0)
    return Count(passed, failed, canceled + ignored, list(dict.fromkeys(names)))


def read_pytest(text: str) -> Count:
    """pytest: the last line that counts."""
    closing = re.findall(r"^.*\d+ (?:passed|failed|errors?|skipped).* in [\d.]+s.*$", text, re.M)
    counts = re.findall(r"(\d+) ([a-z]+)", closing[-1]) if closing else ()
    found = {word.rstrip("s"): int(number) for number, word in counts}
    names = re.findall(r"^(?:FAILED|ERROR) (\S+)", text, re.M)
    failed = found.get("failed", 0) + found.get("error", 0)
    return Count(found.get("passed", 0), failed, found.get("skipped", 0), names)
