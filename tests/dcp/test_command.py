"""`mecopt certify FILE.py:NAME POINT.json`."""

import json
from pathlib import Path

import pytest

from mecopt.cli import main

MODEL = """
import cvxpy as cp

x = cp.Variable(2, name="x")
problem = cp.Problem(cp.Minimize(x[0] + 2 * x[1]), [x >= 0, cp.sum(x) >= 3])


def made():
    return problem


def broken():
    return 1 / 0


number = 3
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("model.py").write_text(MODEL, encoding="utf-8")
    Path("bad.py").write_text("import cvxpy\nx = (", encoding="utf-8")
    points = {
        "good": {"x": {"x": [3, 0]}, "multipliers": {"0": [0, 1], "1": 1}},
        "flat": {"x": [3, 0]},
        "dear": {"x": [3, 1]},
        "wrong": {"x": {"x": [3, 0]}, "multipliers": {"1": -1}},
        "short": {"x": [3]},
    }
    for name, point in points.items():
        Path(f"{name}.json").write_text(json.dumps(point), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(("point", "status"), [("good", 0), ("flat", 0), ("dear", 1), ("wrong", 1)])
@pytest.mark.parametrize("name", ["problem", "made"])
def test_status(here: Path, capsys: pytest.CaptureFixture[str], name: str, point: str, status: int) -> None:
    assert main(["certify", f"model.py:{name}", f"{point}.json", "--json"]) == status
    answer = json.loads(capsys.readouterr().out)
    assert answer["bound"] == pytest.approx(3.0, rel=1e-9)
    assert answer["rigorous"]
    assert len(answer["conditions"]) == 4
    assert all(c["holds"] for c in answer["conditions"]) is (status == 0)


def test_the_text_states_the_lagrangian_and_every_condition(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["certify", "model.py:problem", "wrong.json"]) == 1
    out = capsys.readouterr().out
    for part in ("Lagrangian: L(x, y) =", "y >= 0 for <= and >=", "FAILS  dual feasibility", "constraint 1"):
        assert part in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["model.py:nothing", "flat.json"], "models in it: problem"),
        (["model.py:number", "flat.json"], "is a int"),
        (["model.py:broken", "flat.json"], "ZeroDivisionError"),
        (["model.py", "flat.json"], "FILE.py:NAME"),
        (["bad.py:problem", "flat.json"], "SyntaxError"),
        (["none.py:problem", "flat.json"], "is no file"),
        (["model.py:problem", "short.json"], "shape"),
        (["model.py:problem", "none.json"], "cannot be read"),
        (["model.py:problem"], "POINT.json"),
        (["model.py:problem", "flat.json", "flat.json"], "2 files"),
        (["tdma_ofdma.P2", "flat.json"], "INSTANCE.json"),
    ],
)
def test_bad_input(here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    assert main(["certify", *arguments]) == 2
    seen = capsys.readouterr()
    assert said in seen.err
    assert "Traceback" not in seen.err
    assert seen.out == ""
