"""The paper's procedures, the baselines it compares with, and searches of our own.

`bisection` is Algorithm 1; `moves` Routine 1 and `printed` Algorithm 2, evaluated plainly; `incremental` the
same search with what a move changes only; `baselines` Section V's; `restarts` a better search; `exact` the
optimum of small networks; `coupled` powers that know of each other.

Most are compiled loops and bring numba: they are imported when a method first uses them, not with the paper.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any


def __getattr__(name: str) -> Any:
    """The module of that name, imported now."""
    if name not in {module.name for module in iter_modules(__path__)}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.{name}")
