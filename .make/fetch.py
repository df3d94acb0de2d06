"""Brings pieces into the cache: each once, whatever happens and however many do it at the same time."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable, NamedTuple

import pins

STAMP = ".complete"
TAIL = 15


class Failed(Exception):
    """A piece that could not be had, with what to read."""


class Piece(NamedTuple):
    """A folder of the cache and how it is filled. It counts while its stamp, written last, has the key."""

    name: str
    folder: Path
    size: str
    fill: Callable[[Work], None]
    key: str = ""

    def complete(self) -> bool:
        stamp = self.folder / STAMP
        return stamp.exists() and stamp.read_text() == self.stamp()

    def stamp(self) -> str:
        return f"{self.name} {self.key}\n"


class Work:
    """The making of one piece: its folder, its log and how far it is."""

    def __init__(self, piece: Piece):
        self.folder = piece.folder
        self.log = pins.CACHE / "logs" / f"{piece.folder.name}.log"
        self.earlier = self.now = 0
        self.grows: Path | None = None  # a folder whose size tells how far it is, where no command does

    def run(self, *command: object, **options: object) -> None:
        """Runs a command into the log; pip's raw progress lines are counted instead."""
        with open(self.log, "ab") as log:
            pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
            child = subprocess.Popen([str(c) for c in command], **pipes, **options)
            for line in child.stdout:
                words = line.split()
                if len(words) == 4 and words[0] == b"Progress":
                    self.now = int(words[1])
                    if self.now == int(words[3]):
                        self.earlier, self.now = self.earlier + self.now, 0
                else:
                    log.write(line)
        if child.wait():
            last = self.log.read_text(errors="replace").splitlines()[-TAIL:]
            failed = f"failed: {' '.join(map(str, command[:4]))} ...; the whole log: {self.log}"
            raise Failed("\n".join([*last, failed]))

    @property
    def megabytes(self) -> int:
        files = self.grows.rglob("*.jar") if self.grows else ()
        return (self.earlier + self.now + sum(f.stat().st_size for f in files)) // 1_000_000


def fetch(pieces: Sequence[Piece]) -> None:
    """Fills those that are not complete, all at once."""
    wanted = [p for p in pieces if not p.complete()]
    if not wanted:
        return
    (pins.CACHE / "logs").mkdir(parents=True, exist_ok=True)
    active: dict[str, Work] = {}
    done = threading.Event()
    teller = threading.Thread(target=_tell, args=(active, done))
    teller.start()
    try:
        with ThreadPoolExecutor(len(wanted)) as pool:
            errors = [e for e in pool.map(lambda p: _fill(p, active), wanted) if e]
    finally:
        done.set()
        teller.join()
    if errors:
        raise Failed("\n\n".join(errors))


def _fill(piece: Piece, active: dict[str, Work]) -> str:
    with open(pins.CACHE / f"{piece.folder.name}.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say(f"waiting for another make that fetches {piece.name}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        if piece.complete():
            return ""
        _say(f"fetching {piece.name} ({piece.size})")
        started = time.monotonic()
        work = active[piece.name] = Work(piece)
        try:
            shutil.rmtree(piece.folder, ignore_errors=True)
            piece.folder.mkdir(parents=True)
            work.log.unlink(missing_ok=True)
            piece.fill(work)
            (piece.folder / STAMP).write_text(piece.stamp())
        except Exception as error:
            return f"{piece.name}: {error or type(error).__name__}"
        finally:
            del active[piece.name]
        _say(f"fetched {piece.name} in {time.monotonic() - started:.0f} s")
        return ""


def _say(line: str, end: str = "\n") -> None:
    clear = "\r\033[K" if sys.stdout.isatty() else ""
    sys.stdout.write(f"{clear}{line}{end}")
    sys.stdout.flush()


def _tell(active: dict[str, Work], done: threading.Event) -> None:
    terminal, last = sys.stdout.isatty(), []
    while not done.wait(0.5 if terminal else 15):
        far = [f"{name} {work.megabytes} MB" for name, work in list(active.items()) if work.megabytes]
        if far != last:
            last = far
            _say("  so far: " + ", ".join(far), end="" if terminal else "\n")
