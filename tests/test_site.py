"""The parts of the documentation site: docstrings as markup, the checker of links, the whole build."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]


def load(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CHECK = load("tools/site_check.py")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "index.html").write_text('<a href="sub/a.html#here">a</a><img src="p.svg">', encoding="utf-8")
    (tmp_path / "sub" / "a.html").write_text('<p id="here"><a href="../index.html">up</a>', encoding="utf-8")
    (tmp_path / "p.svg").touch()
    return tmp_path


def test_a_good_site(site: Path) -> None:
    assert CHECK.complaints(site) == []


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ('<a href="gone.html">', "not there"),
        ('<a href="sub/a.html#gone">', "no such place"),
        ('<a href="#gone">', "no such place"),
        ('<img src="gone.png">', "not there"),
        ('<script src="https://cdn.example/x.js"></script>', "another site"),
        ('<link rel="stylesheet" href="//fonts.example/x.css">', "another site"),
    ],
)
def test_a_broken_site(site: Path, html: str, said: str) -> None:
    (site / "bad.html").write_text(html, encoding="utf-8")
    (line,) = CHECK.complaints(site)
    assert said in line


def test_an_empty_site(tmp_path: Path) -> None:
    assert CHECK.complaints(tmp_path)


def test_docstrings_become_markup() -> None:
    pytest.importorskip("latex2mathml")
    plain = load("docs/_ext/plain.py")
    text = [
        "min over `x`, as *args:",
        "    min  x_1 + x_2",
        "with :math:`x_1`.",
        "",
        "value   a number",
        "gap     more",
    ]
    assert plain.to_rst(text) == [
        "min over ``x``, as \\*args:",
        "",
        "::",
        "",
        "        min  x_1 + x_2",
        "",
        "with :math:`x_1`.",
        "",
        "::",
        "",
        "    value   a number",
        "    gap     more",
        "",
    ]
    assert plain.slug("TDMA-A2.cycles (You et al. 2017)") == "tdma-a2-cycles"
    assert plain.slug("Where to go") == "where-to-go"


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("sphinx")
    pytest.importorskip("furo")
    command = [
        sys.executable,
        str(ROOT / "tools" / "site.py"),
        "--figures",
        "0",
        "--out",
        str(tmp_path / "site"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "site" / "certificates.html").read_text(encoding="utf-8")
    assert "<math" in page
    assert "<script async" not in page
    assert "MathJax" not in page
