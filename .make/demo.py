"""The demo: builds the jars, finds digits and trains on them through spark-submit."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pins
from environment import environment
from stage import step


def digits(variables) -> Path:
    """MNIST where FIRESTEEL_DATA has it, else scikit-learn's digits written in the same format."""
    given = Path(variables.get("FIRESTEEL_DATA") or os.devnull, "mnist")
    if given.is_dir():
        return given
    made = pins.ROOT / "target" / "demo" / "digits"
    script = str(pins.ROOT / "examples" / "sklearn_digits.py")
    step(
        "digits: scikit-learn's 1,797 real ones (set FIRESTEEL_DATA to a folder with mnist/ for MNIST)",
        ("python", script, str(made)),
        variables,
    )
    return made


def main() -> None:
    variables = environment(venv="demo")
    step(
        "jars: building (the first time some minutes, for the native libraries)",
        ("gradle", "--no-daemon", "--console=plain", "jar", "examplesJar"),
        variables,
    )
    data = digits(variables)
    submit = (
        f"{variables['SPARK_HOME']}/bin/spark-submit",
        *("--master", "local[*]"),
        *("--jars", variables["FIRESTEEL_JAR"]),
        *("--conf", f"spark.firesteel.libtorch.dir={variables['LIBTORCH']}/lib"),
        *("--driver-java-options", f"-Dlog4j2.configurationFile=file:{pins.ROOT}/.make/log4j2.properties"),
        *("--class", "firesteel.examples.Digits"),
        variables["FIRESTEEL_EXAMPLES_JAR"],
        str(data),
    )
    print(f"digits: training on {data}", flush=True)
    os.chdir(pins.ROOT / "target")
    os.execve(submit[0], submit, variables)


if __name__ == "__main__":
    sys.exit(main())
