"""The runner of the tests: stages beside each other."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / ".make"))

import pins  # noqa: E402
import stage  # noqa: E402
from stage import Stage, read_lint, side_by_side  # noqa: E402

# Writes its own file and waits for that of the other one.
MEET = """
import pathlib, sys, time
own, other = map(pathlib.Path, sys.argv[1:])
own.touch()
for _ in range(200):
    if other.exists():
        sys.exit()
    time.sleep(0.1)
sys.exit("the other stage has not begun")
"""


def python(name: str, *words: object) -> Stage:
    return Stage(name, (sys.executable, "-c", *map(str, words)), dict(os.environ), read_lint)


def test_lanes_run_beside_each_other_and_each_in_its_order(tmp_path, monkeypatch):
    monkeypatch.setattr(pins, "LOGS", tmp_path)
    a, b, c = (tmp_path / name for name in "abc")
    lanes = [python("a", MEET, a, b), python("c", MEET, c, a)], [python("b", MEET, b, a)]
    results = side_by_side(*lanes)
    assert [result.stage for result in results] == ["a", "c", "b"]
    assert [result.count.failed for result in results] == [0, 0, 0]


def test_an_interrupt_ends_what_runs_and_begins_nothing_more(tmp_path, monkeypatch):
    monkeypatch.setattr(pins, "LOGS", tmp_path)
    monkeypatch.setattr(stage, "_ended", stage.threading.Event())
    begun, never = tmp_path / "begun", tmp_path / "never"
    hangs = f"import pathlib, time; pathlib.Path({str(begun)!r}).touch(); time.sleep(600)"

    def interrupted(_: str) -> stage.Count:
        raise KeyboardInterrupt

    wait = f"import pathlib, time\nwhile not pathlib.Path({str(begun)!r}).exists(): time.sleep(0.1)"
    ends = python("ends", wait)._replace(read=interrupted)
    touches = python("touches", f"import pathlib; pathlib.Path({str(never)!r}).touch()")
    with pytest.raises(KeyboardInterrupt):
        side_by_side([ends], [python("hangs", hangs), touches])
    assert begun.exists() and not never.exists()
