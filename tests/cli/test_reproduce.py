"""`mecopt reproduce`: files, exit statuses, what it says."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from mecopt import figures
from mecopt.cli import main
from mecopt.report import plot


@pytest.fixture(autouse=True)
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    short = [replace(f, points=f.points[:1], schemes=f.schemes[:3]) for f in figures.find("tdma_ofdma", "3a")]
    module = SimpleNamespace(FIGURES=tuple(short))
    monkeypatch.setattr(figures, "import_module", lambda name: module)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["reproduce", "tdma_ofdma", *arguments])
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    return status, said.out, said.err


def test_numbers_picture_and_caption(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "3a", "--samples", "2", "--out", "here")
    assert status == 0
    assert sorted(p.name for p in Path("here").iterdir()) == ["3a.csv", "3a.json", "3a.png"]
    assert Path("here/3a.png").read_bytes().startswith(b"\x89PNG")
    assert "Assumed" in out
    assert "Algorithm 3 / optimal" in out
    assert "3a" in err  # progress


def test_json_is_all_of_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "all", "--samples", "1", "--seed", "5", "--json")
    (figure,) = json.loads(out)["figures"]
    assert status == 0
    assert (figure["figure"], figure["samples"], figure["seed"]) == ("3a", 1, 5)
    stored = json.loads(Path("mecopt-figures/3a.json").read_text())
    assert stored["schemes"] == figure["schemes"]


def test_without_matplotlib_the_numbers_are_written(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plot, "find_spec", lambda name: None)
    status, _, err = run(capsys, "3a", "--samples", "1", "--out", "here")
    assert status == 0
    assert sorted(p.name for p in Path("here").iterdir()) == ["3a.csv", "3a.json"]
    assert "mecopt[plots]" in err


def test_a_violated_order_is_an_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (figure,) = figures.find("tdma_ofdma", "3a")
    wrong = replace(figure, orders=(("equal", "optimal"),))
    dear = replace(
        wrong,
        measure=lambda s, x: {
            k: replace(o, bound=o.value, value=o.value) for k, o in figure.measure(s, x).items()
        },
    )
    monkeypatch.setattr(figures, "import_module", lambda name: SimpleNamespace(FIGURES=(dear,)))
    status, _, err = run(capsys, "3a", "--samples", "1")
    assert status == 1
    assert "equal allocation is above optimal" in err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["3z"], "unknown figure '3z' for tdma_ofdma"),
        (["3a", "--samples", "0"], "0 is not in the range"),
        (["3a", "--seed", "-1"], "-1 is not in the range"),
        (["3a", "--out", "file"], "cannot be written"),
    ],
)
def test_wrong_input(capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str) -> None:
    Path("file").write_text("")
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert sentence in err
