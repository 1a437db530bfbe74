"""What a run depends on: the machine, its load, and the versions of everything that takes part."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = (
    *("numpy", "scipy", "cvxpy", "clarabel", "ecos", "scs", "osqp", "highspy"),
    *("numba", "pyscipopt", "python-flint", "mosek", "coptpy", "gurobipy"),
)


def versions() -> dict[str, str]:
    """The packages that figures depend on, where installed."""
    from mecopt import __version__

    found = {"python": platform.python_version(), "mecopt": __version__}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def cores() -> int:
    """The cores this process may use, which are fewer than the machine's in many containers."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def machine() -> dict[str, Any]:
    """What runs it."""
    return {"platform": platform.platform(), "processor": _processor(), "cores": cores()}


def load() -> float:
    """Processes that want a core, mean of the last minute; nan where the system does not say."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
