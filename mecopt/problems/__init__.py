"""The papers, each a sub-package ``mecopt.problems.<key>``.

A paper's folder may lie in three places, and the first one that has a key wins:

1. this folder, where a wheel puts the built-in papers;
2. ``problems/`` at the top of a checkout (recognised by the file ``.mecopt-problems`` in it);
3. the folders named in the environment variable ``MECOPT_PROBLEMS``, separated like those of ``PATH``:
   one's own papers, ``<folder>/<key>/__init__.py``.

``mecopt.errors.DataError`` is raised when ``MECOPT_PROBLEMS`` names something that is not a folder. A private
paper whose key is already taken is not used, and a warning says so.
"""

import os
import pkgutil
import warnings
from pathlib import Path

from mecopt.errors import DataError


def _private_folders() -> list[Path]:
    """The folders of ``MECOPT_PROBLEMS``, in order."""
    entries = os.environ.get("MECOPT_PROBLEMS", "").split(os.pathsep)
    folders = [Path(entry).expanduser() for entry in entries if entry]
    for folder in folders:
        if not folder.is_dir():
            raise DataError(
                "MECOPT_PROBLEMS",
                f"{str(folder)!r} is not a folder",
                "name folders that hold one sub-folder per paper",
            )
    return folders


def _search_path(own: Path) -> list[str]:
    """Every folder that holds papers, each once however often or differently it is spelled."""
    checkout = own.parents[1] / "problems"
    in_checkout = [checkout] if (checkout / ".mecopt-problems").is_file() else []
    return list(dict.fromkeys(str(folder.resolve()) for folder in [own, *in_checkout, *_private_folders()]))


def _warn_hidden(folders: list[str]) -> None:
    """Warn of papers that cannot be reached because an earlier folder has the same key."""
    home: dict[str, str] = {}
    for folder in folders:
        for module in pkgutil.iter_modules([folder]):
            first = home.setdefault(module.name, folder) if module.ispkg else folder
            if first != folder:
                paper = f"paper {module.name!r} in {folder}"
                warnings.warn(f"{paper} is not used: {first} has one of that name; rename it", stacklevel=2)


__path__ = _search_path(Path(__file__).parent)
_warn_hidden(__path__)
