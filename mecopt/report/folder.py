"""The report folder: index.html, verdicts.json, counterexamples/<id>.json, put in place as a whole."""

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mecopt import __version__
from mecopt.claims.cases import file_name
from mecopt.claims.replay import document
from mecopt.claims.verdict import Verdict
from mecopt.errors import DataError
from mecopt.report.html import page

ENTRIES = {"index.html", "verdicts.json", "counterexamples"}


def check_folder(out: str | Path) -> None:
    """Raise `DataError` when a report cannot be written there, before any work is done."""
    target = Path(out)
    try:
        if target.is_dir():
            foreign = sorted({entry.name for entry in target.iterdir()} - ENTRIES)
            if foreign:
                raise DataError("out", f"{target} holds {foreign[0]!r}, which no report has", _ADVICE)
        elif target.exists():
            raise DataError("out", f"{target} is a file", _ADVICE)
        target.absolute().parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".mecopt-", dir=target.absolute().parent):
            pass
    except OSError as error:
        raise DataError("out", f"{target} cannot be written ({error.strerror})", _ADVICE) from None


_ADVICE = "give a new folder, an empty one, or that of an earlier report"


def write(verdicts: Sequence[Verdict], out: str | Path, *, samples: int, seed: int) -> list[Verdict]:
    """Write the report to a folder and return the verdicts with their counterexample files.

    An earlier report there is replaced. Nothing is left half-written: the folder is made elsewhere
    and moved. Raises `DataError` when the folder is no report's or cannot be written.
    """
    check_folder(out)
    target = Path(out).absolute()
    scratch = Path(tempfile.mkdtemp(prefix=".mecopt-", dir=target.parent))
    try:
        new = scratch / "new"
        new.mkdir()
        located = [_save(verdict, new) for verdict in verdicts]
        facts = {"mecopt": __version__, "samples": samples, "seed": seed}
        _dump(facts | {"claims": [v.to_dict() for v in located]}, new / "verdicts.json")
        html = page(located, facts, folder=str(out))
        (new / "index.html").write_text(html, encoding="utf-8")
        if target.exists():
            os.replace(target, scratch / "old")
        os.replace(new, target)
    except OSError as error:
        raise DataError("out", f"{out} cannot be written ({error.strerror})", _ADVICE) from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return [replace(v, file=str(Path(out) / v.file)) if v.file else v for v in located]


def _save(verdict: Verdict, folder: Path) -> Verdict:
    """The verdict with its counterexample written and its path inside the folder."""
    if verdict.counterexample is None:
        return verdict
    (folder / "counterexamples").mkdir(exist_ok=True)
    path = Path("counterexamples") / file_name(verdict.id)
    _dump(document(verdict, __version__), folder / path)
    return replace(verdict, file=path.as_posix())


def _dump(content: dict[str, Any], path: Path) -> None:
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(f"{text}\n", encoding="utf-8")
