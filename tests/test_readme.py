"""Every block of the README runs, and prints what it shows.

`pycon` blocks are executed as one session and `console` blocks each in an empty folder; where output is shown
it is compared (`...` stands for anything). A `json` block under `<!-- file: NAME -->` is that file. The two
`sh` blocks set up an environment, so .ci/run executes them; here only their number and form is checked.
"""

import doctest
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FENCE = re.compile(
    r"^(?:<!-- file: (?P<file>\S+) -->\n)?```(?P<language>\S+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
LANGUAGES = {"sh", "json", "pycon", "console"}


@dataclass(frozen=True)
class Block:
    language: str
    text: str
    file: str | None = None


def blocks(text: str, language: str | None = None) -> list[Block]:
    """The fenced blocks of a page, in order."""
    found = [Block(match["language"], match["text"], match["file"]) for match in FENCE.finditer(text)]
    return [block for block in found if language in (None, block.language)]


def commands(text: str) -> list[tuple[str, str]]:
    """A console block as pairs of command and expected output."""
    parts = re.split(r"^\$ (.*)\n", text, flags=re.MULTILINE)
    assert not parts[0].strip(), "a console block starts with a command"
    return list(zip(parts[1::2], parts[2::2], strict=True))


def run_console(text: str, folder: Path) -> list[str]:
    """Run the commands of a console block; what differs from the page."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    script = f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m mecopt.cli "$@"\n'
    (programs / "mecopt").write_text(script, encoding="utf-8")
    (programs / "mecopt").chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    env = os.environ | {"PATH": path, "COLUMNS": "110", "NO_COLOR": "1", "PYTHONUTF8": "1"}
    wrong = []
    for command, expected in commands(text):
        done = subprocess.run(
            ["sh", "-c", command], cwd=folder, env=env, capture_output=True, text=True, encoding="utf-8"
        )
        same = not expected.strip() or doctest.OutputChecker().check_output(expected, done.stdout, OPTIONS)
        if done.returncode != 0 or not same:
            wrong.append(f"$ {command}\nended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return wrong


def run_python(text: str) -> list[str]:
    """Run the examples of a page as one session; what differs from the page."""
    session = doctest.DocTestParser().get_doctest(text, {}, "README.md", "README.md", 0)
    assert session.examples, "no example found"
    wrong: list[str] = []
    doctest.DocTestRunner(optionflags=OPTIONS).run(session, out=wrong.append)
    return wrong


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder with the files that the README shows."""
    monkeypatch.chdir(tmp_path)
    for block in blocks(README):
        if block.file:
            (tmp_path / block.file).write_text(block.text, encoding="utf-8")
    return tmp_path


README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.skipif(os.name == "nt", reason="console blocks are written for a POSIX shell")
@pytest.mark.parametrize("number", range(len(blocks(README, "console"))))
def test_console_block(number: int, folder: Path) -> None:
    assert run_console(blocks(README, "console")[number].text, folder) == []


def test_python_blocks(folder: Path) -> None:
    assert run_python("\n".join(block.text for block in blocks(README, "pycon"))) == []


def test_no_block_is_left_out() -> None:
    assert {block.language for block in blocks(README)} == LANGUAGES
    assert len(blocks(README)) == README.count("\n```") / 2
    assert all(block.file for block in blocks(README, "json"))


def test_exactly_two_setup_commands() -> None:
    verify, test = (block.text.strip() for block in blocks(README, "sh"))
    start = "python3 -m venv .venv && .venv/bin/pip install -c requirements.lock -e "
    assert verify == start + '".[fast]" && .venv/bin/mecopt verify'
    assert test == start + '".[test]" && .venv/bin/python -m pytest -n auto'


def test_ci_runs_both_setup_commands() -> None:
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert [int(number) for number in re.findall(r"\$\(readme_command (\d)\)", ci)] == [2, 1]


def test_a_wrong_page_is_noticed(tmp_path: Path) -> None:
    assert run_python(">>> 1 + 1\n3\n")
    assert run_console("$ echo yes\nno\n", tmp_path)
    assert run_console("$ false\n", tmp_path)
    assert run_console("$ echo 1 and 2\n1 ... 2\n", tmp_path) == []
