"""The tutorial runs from an empty folder: its files, its commands, its session."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_readme import ROOT, blocks, run_console

PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
SESSION = """
import doctest, sys
page = sys.stdin.read()
test = doctest.DocTestParser().get_doctest(page, {}, "tutorial", "tutorial", 0)
assert test.examples
sys.exit(bool(doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test).failed))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("tutorial")
    for block in blocks(PAGE):
        if block.file:
            (here / block.file).parent.mkdir(parents=True, exist_ok=True)
            (here / block.file).write_text(block.text, encoding="utf-8")
    return here


def test_it_is_short_and_complete() -> None:
    files = [block for block in blocks(PAGE) if block.file]
    assert sum(len(block.text.splitlines()) for block in files) < 100
    assert {block.language for block in blocks(PAGE)} == {"python", "console", "pycon"}
    assert all(block.file for block in blocks(PAGE, "python"))
    assert len(blocks(PAGE)) == PAGE.count("\n```") / 2


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="console blocks are written for a POSIX shell")
def test_its_commands_print_what_it_shows(folder: Path) -> None:
    for block in blocks(PAGE, "console"):  # in order: the second reads what the first writes
        assert run_console(block.text, folder) == []


def test_its_session_prints_what_it_shows(folder: Path) -> None:
    env = os.environ | {"PYTHONPATH": str(ROOT), "MECOPT_PROBLEMS": str(folder)}
    text = "\n".join(block.text for block in blocks(PAGE, "pycon"))
    done = subprocess.run(
        [sys.executable, "-c", SESSION], input=text, env=env, cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
