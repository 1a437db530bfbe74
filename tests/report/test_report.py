"""The report folder and its page."""

import html.parser
import json
import math
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from mecopt import DataError
from mecopt.claims import Correction, Counterexample, Verdict
from mecopt.report import check_folder, terminal, write
from mecopt.report.html import number, rows

HELD = Verdict(
    id="X-1",
    paper="x",
    source="Nobody 2024, eq. (1)",
    statement="a < b & c ≤ φ",
    verdict="proved",
    recorded="proved",
    instances=1200,
    margin=-1.2e-16,
    tol=1e-10,
    tol_reason="relative to b",
    mutants=3,
    proof="by <parts>",
)
REFUTED = Verdict(
    id="X-2/b",
    paper="x",
    source="Nobody 2024, Lemma 2",
    statement="ℓ > 0",
    verdict="refuted",
    recorded="refuted",
    instances=7,
    margin=-math.inf,
    tol=1e-10,
    tol_reason="relative to R",
    mutants=2,
    counterexample=Counterexample(
        {"bandwidth": 1.0, "bits": [1.0, 2.5e-7], "gain": [[1.0, 2.0]]}, -0.5, True
    ),
    explanation="Not when time is short.",
    correction=Correction("X-1", "a < b", "proved"),
)
BROKEN = Verdict(
    id="X-3",
    paper="x",
    source="s",
    statement="s",
    verdict="error",
    recorded="proved",
    mutants=1,
    note="It broke.",
)


class Page(html.parser.HTMLParser):
    """Checks that tags are balanced and collects what the page refers to."""

    VOID = frozenset({"meta", "link", "br", "img", "input", "hr"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        found = dict(attrs)
        assert "src" not in found, "the page must be self-contained"
        if found.get("id"):
            assert found["id"] not in self.ids
            self.ids.add(str(found["id"]))
        if found.get("href"):
            self.links.append(str(found["href"]))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def test_page(tmp_path: Path) -> None:
    write([HELD, REFUTED, BROKEN], tmp_path / "r", samples=200, seed=3)
    text = (tmp_path / "r" / "index.html").read_text(encoding="utf-8")
    assert text.lstrip().startswith("<!doctype html>")
    assert not re.search(r"https?:|@import|url\(", text)
    page = Page(text)
    for part in (
        "a < b & c ≤ φ",
        "by <parts>",
        "1 of 3 claims is refuted",
        "1 not as recorded",
        "recorded as proved, found error. It broke.",
        "Not when time is short.",
        "2.5e−7",
        "[[1, 2]]",
        "slack is −0.5",
        "mecopt verify --replay",
        "200 samples per claim, seed 3",
        "1,207 cases checked",
    ):
        assert part in page.text, part
    for link in page.links:
        assert link.removeprefix("#") in page.ids or (tmp_path / "r" / link).is_file(), link


def test_page_of_one_claim(tmp_path: Path) -> None:
    write([HELD], tmp_path / "r", samples=1, seed=0)
    assert "X-1 is proved" in Page((tmp_path / "r" / "index.html").read_text(encoding="utf-8")).text


def test_data(tmp_path: Path) -> None:
    found = write([HELD, REFUTED], tmp_path / "r", samples=200, seed=3)
    assert found[0].file is None
    assert found[1].file == str(tmp_path / "r" / "counterexamples" / "X-2-b.json")
    file = json.loads(Path(found[1].file).read_text(encoding="utf-8"))
    assert file["claim"] == "X-2/b"
    assert file["case"] == REFUTED.counterexample.case
    assert {"statement", "slack", "tolerance", "certified", "explanation", "correction", "mecopt"} <= set(
        file
    )
    text = (tmp_path / "r" / "verdicts.json").read_text(encoding="utf-8")
    data = json.loads(text, parse_constant=pytest.fail)
    assert data["seed"] == 3
    assert data["claims"][1]["counterexample"] == "counterexamples/X-2-b.json"
    assert data["claims"][1]["margin"] is None


def test_an_earlier_report_is_replaced_as_a_whole(tmp_path: Path) -> None:
    write([REFUTED], tmp_path / "r", samples=200, seed=3)
    write([HELD], tmp_path / "r", samples=200, seed=3)
    assert {p.name for p in (tmp_path / "r").iterdir()} == {"index.html", "verdicts.json"}
    assert [p.name for p in tmp_path.iterdir()] == ["r"]


def test_what_is_no_report_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    with pytest.raises(DataError, match=r"notes\.txt"):
        write([HELD], tmp_path / "mine", samples=1, seed=0)
    with pytest.raises(DataError, match="is a file"):
        check_folder(tmp_path / "mine" / "notes.txt")
    assert [p.name for p in tmp_path.iterdir()] == ["mine"]
    with pytest.raises(DataError, match="cannot be written"):
        check_folder(tmp_path / "mine" / "notes.txt" / "below")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a folder that this user cannot write")
def test_folder_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(DataError, match="cannot be written"):
        check_folder(tmp_path / "r")


def test_numbers() -> None:
    assert [number(x) for x in (0.0, -1.5e-16, 1e20, math.inf, -math.inf, math.nan, None)] == [
        "0",
        "−1.5e−16",
        "1e20",
        "∞",
        "−∞",
        "–",
        "–",
    ]


def test_cases_as_tables() -> None:
    table = rows({"B": 1.0, "bits": [1.0, 0.123456789], "name": "a", "gain": [[1.0]]})
    assert [(row.name, [shown for shown, _ in row.cells], row.spread) for row in table] == [
        ("B", ["1"], 2),
        ("bits", ["1", "0.123457"], 1),
        ("name", ["a"], 2),
        ("gain", ["[[1]]"], 2),
    ]
    assert table[1].cells[1][1] == "0.123456789"


def test_several_papers_are_told_apart(tmp_path: Path) -> None:
    other = replace(HELD, paper="y", id="Y-1")
    write([REFUTED, other], tmp_path / "r", samples=1, seed=0)
    page = Page((tmp_path / "r" / "index.html").read_text(encoding="utf-8"))
    assert {"errata-x", "paper-x", "paper-y"} <= page.ids
    assert "errata-y" not in page.ids
    assert "#paper-y" in page.links


def test_the_terminal_tells_a_few_refuted_claims_and_names_many(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.summary([REFUTED], report=None, seconds=1.0)
    assert "Not when time is short." in capsys.readouterr().out
    many = [replace(REFUTED, id=f"X-{i}") for i in range(terminal.IN_FULL + 1)]
    terminal.summary(many, report=None, seconds=1.0)
    said = capsys.readouterr().out
    assert "Not when time is short." not in said
    assert all(f"X-{i}" in said for i in range(len(many)))
    assert "mecopt verify X-0" in said
