"""The page that `make test-all` writes says what it left out."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / ".make"))

import pins  # noqa: E402
import results  # noqa: E402
from stage import Count, Result  # noqa: E402


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(pins, "ROOT", tmp_path)
    monkeypatch.setattr(results, "FILE", tmp_path / "RESULTS.md")
    for name in ("SPARK", "SUITE", "TEST", "FIRESTEEL_FUZZ_SECONDS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "RESULTS.md"


def header(page: Path) -> str:
    """Its line with the day and the commit, of a run with one stage."""
    results.write([Result("rust", Count(passed=3), 1.0)])
    text = page.read_text()
    assert "| rust | 3 | 0 | 0 | 1 |" in text
    return text.splitlines()[2]


@pytest.mark.parametrize(
    ("name", "value"),
    [("SPARK", "4.3.0"), ("SUITE", "a.B"), ("TEST", "-k pages"), ("FIRESTEEL_FUZZ_SECONDS", "5")],
)
def test_a_narrowed_run_says_so(page: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert header(page).endswith(f", narrowed by {name}={value}")


def test_all_that_narrows_is_named(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRESTEEL_FUZZ_SECONDS", "5")
    monkeypatch.setenv("SUITE", "a.B")
    assert header(page).endswith(", narrowed by SUITE=a.B and FIRESTEEL_FUZZ_SECONDS=5")


def test_a_whole_run_says_nothing(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST", "")
    assert "narrowed" not in header(page)
