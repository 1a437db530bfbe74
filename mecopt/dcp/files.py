"""Models and points in files: `FILE.py:NAME` and `POINT.json`."""

import runpy
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mecopt.errors import DataError


def is_model(target: str) -> bool:
    """Whether a command-line argument names a model in a file rather than a paper's problem."""
    return ".py:" in target or target.endswith(".py")


def load_model(target: str) -> Any:
    """The `cvxpy.Problem` that FILE.py calls NAME, or that its function NAME returns. Raises `DataError`."""
    import cvxpy as cp

    file, _, name = target.rpartition(":") if ".py:" in target else (target, "", "")
    if not name:
        raise DataError(target, "names no model", "give FILE.py:NAME, NAME being a cvxpy.Problem in FILE.py")
    if not Path(file).is_file():
        raise DataError(file, "is no file", "give FILE.py:NAME")
    found = _run(file, lambda: runpy.run_path(file))
    if name not in found:
        known = [key for key, value in found.items() if isinstance(value, cp.Problem)]
        raise DataError(target, f"{file} has no {name!r}", f"models in it: {', '.join(known) or 'none'}")
    model = found[name]
    if callable(model) and not isinstance(model, cp.Problem):
        model = _run(file, model)
    if not isinstance(model, cp.Problem):
        raise DataError(
            target, f"is a {type(model).__name__}", "name a cvxpy.Problem or a function that makes one"
        )
    return model


def _run(file: str, act: Any) -> Any:
    """Somebody else's code: whatever it raises is told in one sentence."""
    try:
        return act()
    except Exception as error:
        lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == file]
        place = f" in line {lines[-1]}" if lines else ""
        said = (str(error) or "no message").splitlines()[0]
        raise DataError(file, f"fails{place} ({type(error).__name__}: {said})", "correct the file") from None


def split_point(content: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any] | None]:
    """Values and multipliers of a point file: {"x": {...}, "multipliers": {...}}, or values alone."""
    if "x" in content and set(content) <= {"x", "multipliers"} and isinstance(content["x"], Mapping):
        return content["x"], content.get("multipliers")
    return content, None
