"""The commands as a user meets them."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mecopt.cli import main

SMALL = ["--instances", "2", "--seed", "1", "--accuracy", "low,medium", "--timeout", "2", "--jobs", "1"]


@pytest.fixture
def folder(rogues: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Links(HTMLParser):
    """Everything in a page that a browser would load, and the ids of its headings."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loaded += [str(v) for k, v in attrs if k in ("src", "href", "srcset", "data", "action")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_bench_then_report(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "rogues.MAX", "--solvers", "fill,liar,abort,<b>", *SMALL]) == 2
    assert "unknown solver '<b>'" in capfd.readouterr().err
    assert list(folder.iterdir()) == []
    assert main(["bench", "rogues", "--solvers", "fill,liar,abort", *SMALL, "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert (found["planned"], found["done"]) == (12, 12)
    assert found["statuses"] == {"optimal": 4, "wrong": 4, "crashed": 4}
    assert main(["bench", "rogues", "--solvers", "fill", *SMALL]) == 2  # it would mix two runs
    assert "--resume" in capfd.readouterr().err
    assert main(["bench", "--resume"]) == 0
    assert "0 solves" in capfd.readouterr().out
    assert main(["report", "mecopt-bench.sqlite", "--csv", "t.csv"]) == 0
    assert "12 rows: mecopt-bench.html, t.csv" in capfd.readouterr().out
    page = Path("mecopt-bench.html").read_text(encoding="utf-8")
    links = Links()
    links.feed(page)
    assert links.loaded == links.open == []
    assert not re.search(r"https?:|url\(|@import|import\(|fetch\(", page)
    for words in ("Leaderboard", "Performance profiles", "Pairwise", "Silently wrong", "Limitations"):
        assert words in page
    command = re.search(r"<code>(mecopt bench rogues.MAX --solvers liar[^<]*)</code>", page)
    assert command
    assert main(command[1].split()[1:]) == 0  # what the page says can be run


def test_sweep(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", "rogues.MAX", "--instances", "3", "--tol", "1e-8", "--jobs", "1"]) == 0
    assert main(["sweep", "--resume", "--json"]) == 0
    assert json.loads(capfd.readouterr().out.splitlines()[-1])["already_there"] == 3
    assert main(["report", "mecopt-sweep.sqlite", "--csv", "t.csv", "--merge", "all.sqlite"]) == 0
    text = Path("t.csv").read_text(encoding="utf-8")
    assert text.count('""amount""') + text.count("infeasible") == 3  # points, or the reason
    assert "1e-08" in text
    capfd.readouterr()
    assert main(["report", "all.sqlite", "--merge", "all.sqlite"]) == 2
    assert "name a new one" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["bench", "nonsense"], "unknown paper 'nonsense'"),
        (["bench", "rogues.MIN"], "unknown problem 'rogues.MIN'"),
        (["bench", "rogues", "--accuracy", "high,perfect"], "unknown accuracy 'perfect'"),
        (["bench", "rogues", "--units", "furlong"], "unknown units 'furlong'"),
        (["bench", "rogues", "--size", "users"], "give NAME=N"),
        (["bench", "rogues", "--size", "lanes=3"], "unknown size 'lanes'"),
        (["bench", "rogues", "--size", "users=0"], "users: got 0"),
        (["bench", "rogues", "--timeout", "0"], "timeout: got 0"),
        (["bench", "rogues", "--timeout", "nan"], "timeout: got nan"),
        (["bench", "rogues", "--shard", "3/2"], "shard: got '3/2'"),
        (["bench", "--dask", "rogues"], "dask: got 'rogues'"),
        (["bench", "rogues", "--instances", "0"], "0 is not in the range"),
        (["bench", "--resume", "--store", "none.sqlite"], "there is no file none.sqlite"),
        (["bench", "rogues", "--resume", "--store", "none.sqlite"], "there is no file none.sqlite"),
        (["sweep"], "name a PROBLEM"),
        (["sweep", "rogues.MAX", "--tol", "-1"], "give a number above 0"),
        (["sweep", "rogues.MAX", "--method", "magic"], "unknown method 'magic'"),
        (["report", "none.sqlite"], "there is no file none.sqlite"),
        (["report"], "Missing argument"),
    ],
)
def test_bad_input(folder: Path, capfd: pytest.CaptureFixture[str], arguments: list[str], words: str) -> None:
    assert main(arguments) == 2
    said = capfd.readouterr()
    assert words in said.err
    assert "Traceback" not in said.err
    assert said.out == ""
    assert list(folder.iterdir()) == []  # nothing half-written
