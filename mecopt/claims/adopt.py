"""A paper's folder, wherever it lies, named on the command line."""

import keyword
import os
import shlex
from functools import cache
from importlib import import_module
from pathlib import Path

from mecopt.errors import DataError, MecoptError
from mecopt.problem import Paper, papers


def adopted(target: str) -> str:
    """The key of the paper in a folder, made importable if it is not yet; any other target as it is.

    Raises `DataError` for a folder that holds no paper with claims.
    """
    package = import_module("mecopt.problems")
    separators = {"/", os.sep, os.altsep} - {None}
    looks = any(str(separator) in target for separator in separators) or target in (".", "..")
    if target in package.known() or not (looks or Path(target).is_dir()):
        return target
    folder = Path(target).expanduser().resolve()
    key = folder.name
    _check_folder(target, folder)
    home = package.folder_of(key)
    if home is not None and home != folder:
        raise DataError(target, f"{home} has a paper of that name", "rename the folder")
    if home is None:
        package.add(folder)
        papers.cache_clear()
    _check_paper(target, key)
    return key


def replay_command(paper: str, file: str) -> str:
    """The command that runs a counterexample again; that of a paper by folder names the folder."""
    folder = import_module("mecopt.problems").added().get(paper)
    return (
        f"mecopt verify {shlex.quote(os.path.relpath(folder))}{os.sep} --replay {file}"
        if folder
        else (f"mecopt verify --replay {file}")
    )


def _check_folder(target: str, folder: Path) -> None:
    if not folder.is_dir():
        raise DataError(target, "is no folder", "give the folder of a paper, as `mecopt new NAME` writes one")
    if not (folder / "__init__.py").is_file():
        raise DataError(target, "has no __init__.py", "give a folder as `mecopt new NAME` writes one")
    if not folder.name.isidentifier() or keyword.iskeyword(folder.name):
        raise DataError(target, "is no name that Python can import", "use letters, digits and _ only")
    if not (folder / "claims" / "__init__.py").is_file():
        raise DataError(target, "has no claims/__init__.py", "put at least one claim into claims/")


@cache
def _check_paper(target: str, key: str) -> None:
    """Import the paper and its claims: whatever goes wrong in somebody's file is told in one sentence."""
    from mecopt.claims.collect import claims_of

    try:
        paper = import_module(f"mecopt.problems.{key}")
        claims = claims_of(key)
    except MecoptError as error:
        raise DataError(target, str(error).splitlines()[0], "correct the claims") from None
    except Exception as error:
        said = (str(error) or "no message").splitlines()[0]
        raise DataError(
            target, f"cannot be imported ({type(error).__name__}: {said})", "correct it"
        ) from None
    if not isinstance(getattr(paper, "PAPER", None), Paper):
        raise DataError(target, "defines no PAPER", "define PAPER = Paper(...) in its __init__.py")
    if paper.PAPER.key != key:
        raise DataError(
            target, f"its PAPER has the key {paper.PAPER.key!r}", f"call it {key!r}, as the folder"
        )
    if not claims:
        raise DataError(target, "has no claims", "decorate at least one check in claims/ with @claim(...)")
