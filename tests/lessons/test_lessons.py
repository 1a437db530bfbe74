"""Every lesson runs as a script and exports to HTML; `mecopt learn` lists and refuses."""

import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from mecopt.cli import main
from mecopt.lessons import lesson, lessons

pytest.importorskip("marimo")

ROOT = Path(__file__).parents[2]
ENV = os.environ | {"PYTHONPATH": str(ROOT)}


@pytest.mark.slow
@pytest.mark.parametrize("key", lessons())
def test_it_runs_as_a_script(key: str) -> None:
    """A lesson asserts that its solution is right and its starting point is not."""
    text = lesson(key).read_text(encoding="utf-8")
    assert re.search(r"^    assert \w+\(.*\.right$", text, re.MULTILINE)
    assert re.search(r"^    assert not \w+\(.*\.right$", text, re.MULTILINE)
    runpy.run_path(str(lesson(key)), run_name="__main__")


@pytest.mark.slow
@pytest.mark.parametrize("key", lessons())
def test_it_exports(key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = [sys.executable, "-m", "mecopt.cli", "learn", key, "--html", "out.html"]
    done = subprocess.run(command, cwd=tmp_path, env=ENV, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert "Not yet." in page  # the exercise starts from a wrong formula, graded
    assert "Traceback" not in page


def test_a_cell_that_fails_would_be_seen(tmp_path: Path) -> None:
    broken = lesson("dcp").read_text(encoding="utf-8").replace("level - np.array", "level + np.array")
    (tmp_path / "broken.py").write_text(broken, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "broken.py"], cwd=tmp_path, env=ENV, capture_output=True, text=True
    )
    assert done.returncode != 0


def test_every_lesson_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["learn", "--json"]) == 0
    found = [each["key"] for each in json.loads(capsys.readouterr().out)["lessons"]]
    assert {"dcp", "tdma_ofdma"} <= set(found)
    assert main(["learn"]) == 0
    assert "mecopt learn dcp" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing"], "unknown lesson"),
        (["--html", "x.html"], "name a lesson"),
        (["dcp", "--html", "no/where.html"], "folder does not exist"),
    ],
)
def test_bad_input(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["learn", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
