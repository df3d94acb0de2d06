"""The environment of the project's commands; as a program: `environment.py [--venv bench] COMMAND...`."""

from __future__ import annotations

import os
import sys

import machine
import pins


def environment(venv: str = "test", spark: str = pins.SPARKS[0]) -> dict[str, str]:
    """The user's, with our libtorch, JDK, Python and Spark, and without what would lead Spark astray."""
    foreign = ("PYTHONPATH", "PYTHONHOME", "SPARK_CONF_DIR", "HADOOP_CONF_DIR", "PYSPARK_SUBMIT_ARGS")
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    if kept.get("FIRESTEEL_DATA"):
        kept["FIRESTEEL_DATA"] = os.path.abspath(kept["FIRESTEEL_DATA"])
    java, python, home = machine.java_home(), pins.venv(venv), pins.spark(spark)
    libraries = sorted((home / "python" / "lib").glob("py4j-*-src.zip"))
    jars = pins.ROOT / "jvm" / "build" / "libs"
    version = pins.project_version()
    return {
        **kept,
        "PATH": os.pathsep.join([str(python / "bin"), f"{java}/bin", kept["PATH"]]),
        "JAVA_HOME": str(java),
        "FIRESTEEL_CACHE": str(pins.CACHE),
        "LIBTORCH": str(pins.libtorch()),
        "CARGO_TARGET_DIR": str(pins.ROOT / "target"),
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYTHONPATH": os.pathsep.join(map(str, [home / "python", *libraries])),
        "PYSPARK_PYTHON": str(python / "bin" / "python"),
        "PYSPARK_DRIVER_PYTHON": str(python / "bin" / "python"),
        "FIRESTEEL_JAR": str(jars / f"firesteel-spark_2.13-{version}.jar"),
        "FIRESTEEL_EXAMPLES_JAR": str(jars / f"firesteel-examples_2.13-{version}.jar"),
    }


if __name__ == "__main__":
    words = sys.argv[1:]
    venv = words[1] if words[0] == "--venv" else "test"
    command = words[2:] if words[0] == "--venv" else words
    variables = environment(venv)
    os.environ["PATH"] = variables["PATH"]
    os.chdir(pins.ROOT)
    os.execvpe(command[0], command, variables)
