"""Lessons: marimo notebooks. The one on certificates lies here, each paper's in its folder (`lesson.py`)."""

from importlib import import_module
from pathlib import Path

from mecopt.errors import UnknownName

OWN = {"dcp": "Convex by construction, optimal by certificate"}
"""Lessons that belong to no paper."""


def lessons() -> dict[str, Path]:
    """Every lesson: its key and its file."""
    here = Path(__file__).parent
    found = {key: here / f"{key}.py" for key in OWN}
    package = import_module("mecopt.problems")
    for key in package.known():
        folder = package.folder_of(key)
        if folder is not None and (folder / "lesson.py").is_file():
            found[key] = folder / "lesson.py"
    return found


def title(key: str) -> str:
    """What a lesson is about."""
    from mecopt.problem import load_paper

    return OWN[key] if key in OWN else load_paper(key).title


def lesson(key: str) -> Path:
    """The file of a lesson; raises `UnknownName`."""
    found = lessons()
    if key not in found:
        raise UnknownName("lesson", key, found)
    return found[key]
