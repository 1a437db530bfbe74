"""The papers, each a sub-package ``mecopt.problems.<key>``.

A paper's folder may lie in three places, and the first one that has a key wins:

1. this folder, where a wheel puts the built-in papers;
2. ``problems/`` at the top of a checkout (recognised by the file ``.mecopt-problems`` in it);
3. the folders named in the environment variable ``MECOPT_PROBLEMS``, separated like those of ``PATH``:
   one's own papers, ``<folder>/<key>/__init__.py``, or a paper's folder itself, ``<folder>/__init__.py``.

``mecopt.errors.DataError`` is raised when ``MECOPT_PROBLEMS`` names something that is not a folder. A private
paper whose key is already taken is not used, and a warning says so.
"""

import os
import pkgutil
import sys
import warnings
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType

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
                "name folders that hold one sub-folder per paper, or a paper's folder",
            )
    return folders


def _is_paper(folder: Path) -> bool:
    return (folder / "__init__.py").is_file()


def _search_path(own: Path) -> list[str]:
    """Every folder that holds papers, each once however often or differently it is spelled."""
    checkout = own.parents[1] / "problems"
    in_checkout = [checkout] if (checkout / ".mecopt-problems").is_file() else []
    private = [folder for folder in _private_folders() if not _is_paper(folder)]
    return list(dict.fromkeys(str(folder.resolve()) for folder in [own, *in_checkout, *private]))


def _warn_hidden(folders: list[str]) -> None:
    """Warn of papers that cannot be reached because an earlier folder has the same key."""
    home: dict[str, str] = {}
    for folder in folders:
        for module in pkgutil.iter_modules([folder]):
            first = home.setdefault(module.name, folder) if module.ispkg else folder
            if first != folder:
                paper = f"paper {module.name!r} in {folder}"
                warnings.warn(f"{paper} is not used: {first} has one of that name; rename it", stacklevel=2)


class _Singles:
    """Imports papers whose own folder was named: what lies beside them is nobody's business."""

    def __init__(self) -> None:
        self.folders: dict[str, Path] = {}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The package of a folder that was added."""
        package, _, key = name.rpartition(".")
        if package != __name__ or key not in self.folders:
            return None
        folder = self.folders[key]
        return spec_from_file_location(name, folder / "__init__.py", submodule_search_locations=[str(folder)])


def known() -> list[str]:
    """The key of every paper that can be imported here, sorted."""
    found = {module.name for module in pkgutil.iter_modules(__path__) if module.ispkg}
    return sorted(found | _singles.folders.keys())


def folder_of(key: str) -> Path | None:
    """The folder that a key is imported from, None if no paper has it."""
    homes = [Path(home) / key for home in __path__ if _is_paper(Path(home) / key)]
    return homes[0].resolve() if homes else _singles.folders.get(key)


def added() -> dict[str, Path]:
    """The papers whose own folder was named: key -> folder."""
    return dict(_singles.folders)


def add(folder: Path) -> None:
    """Make a paper's own folder importable under its name, here and in the processes started from here."""
    folder = folder.resolve()
    _singles.folders[folder.name] = folder
    named = os.environ.get("MECOPT_PROBLEMS", "").split(os.pathsep)
    os.environ["MECOPT_PROBLEMS"] = os.pathsep.join([name for name in [*named, str(folder)] if name])


_singles = _Singles()
sys.meta_path.append(_singles)
__path__ = _search_path(Path(__file__).parent)
_warn_hidden(__path__)
for _folder in _private_folders():
    if _is_paper(_folder) and folder_of(_folder.resolve().name) is None:
        _singles.folders[_folder.resolve().name] = _folder.resolve()
