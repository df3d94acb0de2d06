"""The demo: builds the jars, finds digits, trains on them through spark-submit and asks for them by SQL."""

from __future__ import annotations

import os
import re
import subprocess
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


def started(program: str, variables) -> list[str]:
    """How a program of Spark is started, quietly."""
    return [
        f"{variables['SPARK_HOME']}/bin/{program}",
        *("--master", "local[*]"),
        *("--jars", variables["FIRESTEEL_JAR"]),
        *("--driver-java-options", f"-Dlog4j2.configurationFile=file:{pins.ROOT}/.make/log4j2.properties"),
    ]


def learn(data: Path, model: Path, variables) -> None:
    print(f"digits: training on {data}", flush=True)
    submit = [
        *started("spark-submit", variables),
        *("--conf", f"spark.firesteel.libtorch.dir={variables['LIBTORCH']}/lib"),
        *("--class", "firesteel.examples.Digits"),
        *(variables["FIRESTEEL_EXAMPLES_JAR"], str(data), str(model)),
    ]
    if status := subprocess.run(submit, cwd=pins.ROOT / "target", env=variables).returncode:
        sys.exit(status)


def ask(data: Path, model: Path, variables) -> None:
    print("sql: the same digits in the spark-sql shell, which needs nothing but the jar:")
    words = ["-d", f"data={data}", "-d", f"model={model}", "-f", str(pins.ROOT / "examples" / "digits.sql")]
    shown = ["spark-sql", "--jars", Path(variables["FIRESTEEL_JAR"]).name, *words[:-1], "examples/digits.sql"]
    print(" ".join(["  $", *shown]), flush=True)
    # It need not make a metastore, and should show the queries beside their results.
    shell = [
        *started("spark-sql", variables),
        "--conf",
        "spark.sql.catalogImplementation=in-memory",
        "--verbose",
    ]
    done = subprocess.run(
        [*shell, *words], cwd=pins.ROOT / "target", env=variables, capture_output=True, text=True
    )
    print(re.sub(r"^(?=(?:CREATE|EXPLAIN|SELECT|SET) )", "\n", done.stdout, flags=re.M).rstrip())
    if done.returncode:
        sys.exit(done.stderr)


def main() -> None:
    variables = environment(venv="demo")
    step(
        "jars: building (the first time some minutes, for the native libraries)",
        ("gradle", "--no-daemon", "--console=plain", "jar", "examplesJar"),
        variables,
    )
    data = digits(variables)
    model = pins.ROOT / "target" / "demo" / "model"
    learn(data, model, variables)
    ask(data, model, variables)


if __name__ == "__main__":
    sys.exit(main())
