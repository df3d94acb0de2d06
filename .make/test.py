"""Runs tests: `test.py [lint] [rust] [jvm] [python] [all [again]]`, every stage even when one fails.

`all again` runs those stages of the last `all` that failed.

In the environment SPARK (versions), SUITE (a ScalaTest suite), TEST (more words for pytest) and
FIRESTEEL_FUZZ_SECONDS (for each target) narrow it.
"""

from __future__ import annotations

import datetime
import os
import platform
import shlex
import signal
import sys

import pins
import results
from environment import environment
from stage import Count, Result, Stage, read_cargo, read_lint, read_pytest, read_scalatest, side_by_side

GRADLE = ("gradle", "--no-daemon", "--console=plain")
PYTHON = tuple(
    folder
    for folder in (".make", "examples", "jvm/src/main/python", "tests")
    if (pins.ROOT / folder).exists()
)


def lint(name: str, *command: str) -> Stage:
    return Stage(name, command, environment(), read_lint, minutes=40)


def lints() -> list[Stage]:
    # In the release profile, so that what takes minutes to build is built once for all stages.
    return [
        lint("rustfmt", "cargo", "fmt", "--all", "--check"),
        lint(
            "clippy", "cargo", "clippy", "--release", "--workspace", "--all-targets", "--", "-D", "warnings"
        ),
        lint("scalafmt", *GRADLE, "scalafmtCheck"),
        lint("ruff check", "ruff", "check", *PYTHON),
        lint("ruff format", "ruff", "format", "--check", *PYTHON),
    ]


def rust() -> Stage:
    # Fuzzing, which runs a target on each core, takes ten minutes each instead of ten seconds, on new files each day.
    long = {"FIRESTEEL_FUZZ_SECONDS": "600", "FIRESTEEL_FUZZ_SEED": f"{datetime.date.today():%Y%m%d}"}
    everything = long if "all" in sys.argv else {}
    variables = {**everything, **environment(), "LD_LIBRARY_PATH": str(pins.libtorch() / "lib")}
    # Tests that need real files are ignored, which counts as skipped, unless there are these files.
    ignored = ("--", "--include-ignored") if variables.get("FIRESTEEL_DATA") else ()
    command = ("cargo", "test", "--release", "--workspace", "--no-fail-fast", *ignored)
    return Stage("rust", command, variables, read_cargo, minutes=75 if everything else 30)


def sanitizer() -> Stage:
    """The kernels, whose pointers no compiler checks, under AddressSanitizer, which ships with stable Rust."""
    target = "x86_64-unknown-linux-gnu"
    instrumented = {"RUSTC_BOOTSTRAP": "1", "RUSTFLAGS": "-Zsanitizer=address"}
    variables = {**environment(), **instrumented, "CARGO_TARGET_DIR": str(pins.ROOT / "target" / "sanitizer")}
    command = ("cargo", "test", "--release", "--target", target, "-p", "firesteel-kernels", "--lib")
    return Stage("kernels under AddressSanitizer", command, variables, read_cargo)


def aarch64() -> Stage:
    """The kernels' portable path compiles for another processor, without a warning."""
    target = ("--target", pins.AARCH64)
    return lint(
        "kernels for aarch64",
        "cargo",
        "clippy",
        "--release",
        "-p",
        "firesteel-kernels",
        *target,
        "--",
        "-D",
        "warnings",
    )


def jars() -> Stage:
    tasks = ("jar", "examplesJar", "compileTestScala", "nativeFaults")
    return Stage("jars", (*GRADLE, *tasks), environment(), None, minutes=40)


def slowly(spark: str) -> dict[str, str]:
    """The environment of tests on a Spark: those that take minutes run on the newest alone."""
    slow = {"FIRESTEEL_SLOW": "1"} if "all" in sys.argv and spark == pins.SPARKS[0] else {}
    return {**environment(spark=spark), **slow}


def jvm(spark: str) -> Stage:
    suite = (f"-Psuite={os.environ['SUITE']}",) if os.environ.get("SUITE") else ()
    command = (*GRADLE, "jvmTest", f"-PsparkHome={pins.spark(spark)}", *suite)
    return Stage(f"jvm, Spark {spark}", command, slowly(spark), read_scalatest, minutes=60)


def python(spark: str) -> Stage:
    more = shlex.split(os.environ.get("TEST", ""))
    command = ("python", "-m", "pytest", "-q", "-rfE", "-p", "no:cacheprovider", "tests/python", *more)
    return Stage(f"python, Spark {spark}", command, slowly(spark), read_pytest, minutes=60)


def deny() -> Stage:
    tool = pins.cargo_deny() / "bin" / "cargo-deny"
    return lint("crates' licences and sources", str(tool), "check", "bans", "licenses", "sources")


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a running stage is ended too
    everything = "all" in sys.argv
    again = results.failed() if "again" in sys.argv else None

    def due(stages: list[Stage]) -> list[Stage]:
        return [stage for stage in stages if again is None or stage.name in again]

    wanted = {"lint", "rust", "jvm", "python"} if everything else set(sys.argv[1:])
    sparks = os.environ.get("SPARK", "").split() or pins.SPARKS + (pins.MORE_SPARKS if everything else ())

    stages = lints() if "lint" in wanted else []
    stages += [aarch64(), deny()] if everything else []
    stages += [rust()] if "rust" in wanted else []
    here = (platform.system(), platform.machine()) == ("Linux", "x86_64")
    stages += [sanitizer()] if everything and here else []
    done = [stage.run() for stage in due(stages)]
    lanes = [
        due([make(spark) for spark in sparks])
        for name, make in (("jvm", jvm), ("python", python))
        if name in wanted
    ]
    if any(lanes):
        done.append(jars().run())
        if done[-1].count.failed:
            names = [stage.name for lane in lanes for stage in lane]
            done += [Result(name, Count(failed=1), 0) for name in names]
            print("there are no jars, so these stages count as failed: " + "; ".join(names))
        else:
            done += side_by_side(*lanes)

    if again is not None:
        results.replace(done)
    elif everything:
        results.write(done)
    failed = sum(result.count.failed for result in done)
    print(f"{sum(result.count.passed for result in done)} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
