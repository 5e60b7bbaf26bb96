"""What a measurement was made on: absolute figures mean nothing without it."""

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

LIBRARIES = ("aiokafka", "asyncpg", "faststream", "pydantic", "uvloop", "fastapi", "aiosmtpd")


def machine() -> dict[str, Any]:
    """Processors and memory."""
    return {
        "cpus": os.cpu_count(),
        "model": processor(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "system": f"{platform.system()} {platform.release()}",
    }


def versions() -> dict[str, str]:
    """Python and the libraries that the figures depend on."""
    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}


def load_average() -> float:
    """How busy the machine is, by ourselves or by others."""
    return round(os.getloadavg()[0], 2)


def processor() -> str:
    """The processor's name, where the system tells it."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
