"""`mecopt explain`: trees against what CVXPY says, the picture against overlaps, the command."""

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import cvxpy as cp
import numpy as np
import pytest

import mecopt
from mecopt.cli import main
from mecopt.explain import as_svg, as_text, explain, explain_model, model_tree

PROBLEMS = [p.key for paper in mecopt.papers().values() for p in paper.problems]
WITH_MODEL = [key for key in PROBLEMS if mecopt.load(key).model]


def small() -> cp.Problem:
    x = cp.Variable(2, name="x", nonneg=True)
    return cp.Problem(cp.Minimize(cp.exp(x[0]) - cp.log(x[1])), [cp.norm(x) <= 3, -x[0] + x[1] == 0])


def test_a_tree_known_by_hand() -> None:
    text = as_text(model_tree(small()))
    lines = {line.strip("│├└ ").split("  ")[0]: line for line in text.splitlines()}
    for label, marks in {
        "exp": "+ convex",
        "log": "± concave",
        "norm": "+ convex",
        "minimize": "",
        "x": "+ affine",
        "3": "+ constant",
    }.items():
        assert lines[label].rstrip().endswith(marks), text
    assert text.splitlines()[0] == "minimize"
    assert sum(line.startswith(("<=", "==")) for line in text.splitlines()) == 2


def test_cones_are_counted() -> None:
    said = explain_model(small()).cones
    # equality, x >= 0 (2) and norm <= 3 are linear; the norm and two exponential cones
    for part in ("1 equalities", "3 linear inequalities", "1 second-order cones", "2 exponential cones"):
        assert part in said
    assert "2 of the model" in said


def test_whole_numbers_are_counted() -> None:
    z = cp.Variable(4, name="z", boolean=True)
    n, x = cp.Variable(name="n", integer=True), cp.Variable(3, name="x")
    found = explain_model(cp.Problem(cp.Maximize(cp.sum(z) - n), [cp.norm(x) <= n]))
    assert found.cones == "a mixed-integer program: 5 of its 8 variables are whole numbers"


def test_a_constant_may_be_a_vector_of_one() -> None:
    x = cp.Variable(1, name="x")
    text = as_text(model_tree(cp.Problem(cp.Minimize(np.array([2.5]) @ x), [x >= 1])))
    assert "2.5" in text


def test_models_that_are_not_convex_are_shown_too() -> None:
    x = cp.Variable(name="x")
    found = explain_model(cp.Problem(cp.Minimize(cp.sqrt(x))))
    assert "does not follow" in found.curvature
    assert "concave" in as_text(list(found.trees))
    assert "DCP" in found.cones


@pytest.mark.parametrize("key", PROBLEMS)
def test_every_problem_can_be_explained(key: str) -> None:
    problem = mecopt.load(key)
    found = explain(problem)
    assert found.mathematics
    assert problem.source in str(found)
    assert bool(found.trees) == bool(problem.model or problem.conic)
    assert bool(found.closed_form) == any(m.name == "closed-form" for m in problem.own_methods)


@pytest.mark.parametrize("key", WITH_MODEL)
def test_the_model_handed_out_is_the_problem(key: str) -> None:
    """Two models of one problem are two objects, and the first keeps its data."""
    problem = mecopt.load(key)
    one, other = (problem.sample(seed=seed, **dict.fromkeys(problem.sizes, 3)) for seed in (0, 1))
    first = problem.model(one)
    assert first.is_dcp()
    before = [np.array(p.value) for p in first.parameters()]
    problem.model(other)
    assert all(np.array_equal(p.value, b) for p, b in zip(first.parameters(), before, strict=True))


def boxes(svg: str) -> list[tuple[float, float, float, float]]:
    found = [
        tuple(float(rect.get(name, "0")) for name in ("x", "y", "width", "height"))
        for rect in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}rect")
        if rect.get("x")
    ]
    return [box for box in found if len(box) == 4]


@pytest.mark.parametrize("key", [*WITH_MODEL, "small"])
def test_the_picture(key: str) -> None:
    problem = mecopt.load(key) if key != "small" else None
    trees = explain(problem).trees if problem else tuple(model_tree(small()))
    svg = as_svg(list(trees))
    width, height = (float(n) for n in re.search(r'viewBox="0 0 (\d+) (\d+)"', svg).groups())  # type: ignore[union-attr]
    found = boxes(svg)
    assert len(found) == 5 + sum(1 for tree in trees for _ in tree)  # the legend has five
    for i, (x, y, w, h) in enumerate(found):
        assert 0 <= x <= x + w <= width
        assert 0 <= y <= y + h <= height
        for u, v, a, b in found[:i]:
            assert x + w <= u or u + a <= x or y + h <= v or v + b <= y, "two boxes overlap"


def test_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["explain", "tdma_ofdma.P2", "--svg", "tree.svg", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["tree"][0]["label"] == "minimize"
    assert "exponential cones" in answer["cones"]
    assert (tmp_path / "tree.svg").read_text(encoding="utf-8").startswith("<svg")
    Path("m.py").write_text(
        "import cvxpy as cp\nx = cp.Variable(name='x')\np = cp.Problem(cp.Minimize(cp.abs(x)))"
    )
    assert main(["explain", "m.py:p"]) == 0
    assert "convex" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tdma_ofdma.P99"], "unknown problem"),
        (["tdma_ofdma.P2", "none.json"], "cannot be read"),
        (["none.py:p"], "is no file"),
        (["tdma_ofdma.P2", "--svg", "no/where.svg"], "cannot be written"),
        (["tdma_ofdma.P4", "--svg", "x.svg"], "has no CVXPY model"),
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
    assert main(["explain", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
