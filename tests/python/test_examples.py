"""The examples in Python, Scala and SQL, each as the README says; those in two languages with the same outcome."""

from __future__ import annotations

import gzip
import itertools
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import JAR, SUBMIT, outside
from sklearn.datasets import load_digits

EXAMPLES = Path(__file__).parents[2] / "examples"
JARS = {
    "python": ("--jars", JAR, "--py-files", JAR),
    "scala": ("--jars", JAR),
}


def run(language: str, example: str, *words: str, minutes: int = 3) -> tuple[str, str]:
    """What an example writes on its standard output and error."""
    program = {
        "python": (str(EXAMPLES / f"{example}.py"),),
        "scala": (
            *("--class", f"firesteel.examples.{example.capitalize()}"),
            os.environ["FIRESTEEL_EXAMPLES_JAR"],
        ),
    }[language]
    return submit([*SUBMIT, *JARS[language], *program, *words], minutes=minutes)


def submit(command: list[str], minutes: int = 3, **where: Path) -> tuple[str, str]:
    """What a program writes on its standard output and error."""
    more: dict[str, Any] = {"env": outside(), "capture_output": True, "text": True, "timeout": 60 * minutes}
    done = subprocess.run(command, **where, **more)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout, done.stderr


def cells(output: str) -> list[list[str]]:
    """The lines of an output without what differs from run to run: the seconds of an epoch and a folder."""
    lines = [line for line in output.splitlines() if not line.startswith(("+", "saved to"))]
    rows = [[cell.strip() for cell in line.split("|")] for line in lines]
    return [row[:5] if len(row) == 7 else row for row in rows]


def accuracy(output: str) -> float:
    found = re.search(r"^test accuracy: ([\d.]+)$", output, re.M)
    assert found, output
    return float(found[1])


# ---- digits ----


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """scikit-learn's digits as IDX files."""
    made = tmp_path_factory.mktemp("digits")
    subprocess.run([sys.executable, EXAMPLES / "sklearn_digits.py", made], check=True)
    return made


@pytest.fixture(scope="module")
def in_python(folder: Path) -> tuple[str, str]:
    return run("python", "digits", str(folder), str(folder / "model"))


def test_files_hold_the_digits(folder: Path) -> None:
    digits = load_digits()
    for name, rows in (("train", 1297), ("t10k", 500)):
        part = slice(rows) if name == "train" else slice(1297, None)
        images = gzip.decompress((folder / f"{name}-images-idx3-ubyte.gz").read_bytes())
        assert np.frombuffer(images, ">u4", 4).tolist() == [0x803, rows, 8, 8]
        expected = np.rint(digits.images[part].ravel() * 255 / 16)
        assert (np.frombuffer(images, np.uint8, offset=16) == expected).all()
        labels = gzip.decompress((folder / f"{name}-labels-idx1-ubyte.gz").read_bytes())
        assert np.frombuffer(labels, ">u4", 2).tolist() == [0x801, rows]
        assert (np.frombuffer(labels, np.uint8, offset=8) == digits.target[part]).all()


def test_digits_in_python(in_python: tuple[str, str], folder: Path) -> None:
    output, errors = in_python
    table = cells(output)
    assert table[0] == ["1297 digits of 1x8x8 to learn from, 500 to be tested on"]
    assert output.count("conv2d") == 2
    assert accuracy(output) >= 0.95
    # The history of 30 epochs, and as many lines of progress.
    assert sum(len(row) == 5 and row[4] == "1297" for row in table) == 30
    assert len(re.findall(r"^epoch \d+/30  loss .* images/s", errors, re.M)) == 30
    # Ten digits, of which as many are right as the accuracy says.
    counts = [row for row in table if len(row) == 6 and row[1].isdigit()]
    assert [int(row[1]) for row in counts] == list(range(10))
    assert sum(int(row[2]) for row in counts) == 500
    assert sum(int(row[3]) for row in counts) == round(500 * accuracy(output))
    assert (folder / "model" / "model.safetensors").is_file()
    assert f"saved to {folder}/model" in output


def test_digits_in_scala(in_python: tuple[str, str], folder: Path) -> None:
    output, _ = run("scala", "digits", str(folder))
    expected = cells(in_python[0])
    # Scala draws some digits afterwards.
    assert cells(output)[: len(expected)] == expected


def test_digits_in_sql(in_python: tuple[str, str], folder: Path) -> None:
    shell = [SUBMIT[0].replace("spark-submit", "spark-sql"), *SUBMIT[1:], "--jars", JAR]
    variables = ("-d", f"data={folder}", "-d", f"model={folder}/model")
    output, _ = submit([*shell, *variables, "-f", str(EXAMPLES / "digits.sql")], cwd=folder)
    rows = [line.split("\t") for line in output.splitlines()]

    def table(*header: str) -> list[list[str]]:
        below = rows[rows.index(list(header)) + 1 :]
        return list(itertools.takewhile(lambda row: len(row) == len(header), below))

    # What the model gave in Python, where it was trained.
    assert table("digits", "accuracy") == [["500", f"{accuracy(in_python[0]):g}"]]
    by_digit = [row[1:5] for row in cells(in_python[0]) if len(row) == 6 and row[1].isdigit()]
    assert table("label", "digits", "right", "taken_for") == by_digit
    worst = table("label", "read", "score", "best")
    assert len(worst) == 3
    assert all(label != read for label, read, *_ in worst)
    # The plan of the last query: a filter below the operator.
    assert re.search(r"Classify .*/model.*batch: 32 rows(.|\n)*Filter.*= 7", output), output


def test_a_model_is_replaced_under_a_stream(folder: Path) -> None:
    output, _ = run("python", "model_swap", str(folder))
    epochs = dict(re.findall(r"^after (\d+) epochs: model (\w{8})$", output, re.M))
    table = [row[1:4] for row in cells(output) if len(row) == 5 and "model" not in row]
    assert [row[0] for row in table] == [epochs["1"], epochs["10"]], output
    assert epochs["1"] != epochs["10"]
    assert sum(int(row[1]) for row in table) == 400
    worse, better = (float(row[2]) for row in table)
    assert 0.2 < worse < 0.7 < better


@pytest.mark.skipif(
    not (os.environ.get("FIRESTEEL_SLOW") and os.environ.get("FIRESTEEL_DATA")),
    reason="takes minutes: FIRESTEEL_SLOW=1 and FIRESTEEL_DATA=<a folder with mnist/> run it",
)
@pytest.mark.parametrize("language", JARS)
def test_mnist(language: str) -> None:
    output, _ = run(language, "digits", os.environ["FIRESTEEL_DATA"] + "/mnist", minutes=20)
    assert "60000 digits of 1x28x28 to learn from, 10000 to be tested on" in output
    assert accuracy(output) >= 0.985


# ---- exclusive or ----


def test_exclusive_or_in_both_languages() -> None:
    output, errors = run("python", "xor")
    one = re.search(r"^one layer: accuracy ([\d.]+)$", output, re.M)
    assert one and float(one[1]) <= 0.75, output
    assert "\ntwo layers: accuracy 1.0\n" in output
    assert "epoch" not in errors  # verbose=False
    assert run("scala", "xor")[0] == output


# ---- photos ----

DATA = os.environ.get("FIRESTEEL_DATA")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stock networks as models, made by the program that is in the jar."""
    if not DATA:
        pytest.skip("FIRESTEEL_DATA names no photos and weights")
    made = tmp_path_factory.mktemp("models")
    for name, file in (
        ("squeezenet1_1", "squeezenet1_1.pth"),
        ("mobilenet_v1_075", "mobilenet_v1_075.safetensors"),
    ):
        options = ["--architecture", name, "--weights", f"{DATA}/weights/{file}"]
        options += ["--labels", "imagenet", "--output", str(made / name)]
        out, _ = submit([*SUBMIT, "--class", "firesteel.Import", JAR, *options])
        assert f"{name}, " in out and "1000 classes" in out
    return made


def test_photos_are_labelled_on_a_page(models: Path, tmp_path: Path) -> None:
    page = tmp_path / "photos.html"
    weights = f"{DATA}/weights/squeezenet1_1.pth"
    words = ("squeezenet1_1", weights, f"{DATA}/photos", str(tmp_path / "model"), str(page))
    out, _ = run("python", "photos", *words)
    assert "1,235,496 parameters, 1000 classes" in out
    assert "80 photos, of which 0 could not be read" in out
    text = page.read_text()
    assert text.count("<figure>") == 80 and text.count("<li>") == 400
    assert re.search(r"electric_ray\.JPEG\"[^>]*><ol><li>electric ray: 7\d\.\d%</li>", text)


def test_photos_in_the_sql_shell(models: Path, tmp_path: Path) -> None:
    shell = str(Path(SUBMIT[0]).with_name("spark-sql"))
    defines = ["-d", f"photos={DATA}/photos/*.JPEG", "-d", f"model={models / 'mobilenet_v1_075'}"]
    script = str(EXAMPLES / "photos.sql")
    out, _ = submit([shell, *SUBMIT[1:], "--jars", JAR, *defines, "-f", script], cwd=tmp_path)
    rows = [line.split("\t") for line in out.splitlines()]
    assert ["n01496331_electric_ray.JPEG", "electric ray", "0.888"] in rows
    assert sum(len(row) == 3 for row in rows) >= 5


def test_ants_and_bees_in_scala(models: Path) -> None:
    folders = (f"{DATA}/ants_bees/train", f"{DATA}/ants_bees/val")
    out, _ = run(
        "scala", "transfer", *folders, str(models / "squeezenet1_1"), str(models / "mobilenet_v1_075")
    )
    assert out.count("in cross-validation") == 4
    found = re.search(r"^accuracy on unseen photos: ([\d.]+)$", out, re.M)
    assert found and float(found[1]) >= 0.92, out


def test_ants_and_bees_are_taught_to_a_network_in_scala(models: Path) -> None:
    folders = (f"{DATA}/ants_bees/train", f"{DATA}/ants_bees/val")
    out, _ = run("scala", "finetune", *folders, str(models / "squeezenet1_1"), "2")
    epochs = [row for row in cells(out) if len(row) == 5 and row[4] == "120"]
    assert [row[1] for row in epochs] == ["1", "2"], out
    found = re.search(r"^accuracy on unseen photos: ([\d.]+)$", out, re.M)
    assert found and float(found[1]) >= 0.75, out
