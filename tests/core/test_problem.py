"""Problems: loading, names that do not exist, methods, sampling."""

import copy
import importlib
import pickle
import pkgutil
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import mecopt
from mecopt.errors import DataError, MecoptError, UnknownName
from mecopt.problem import Paper, Problem, load_paper, load_problem
from mecopt.result import Point
from mecopt.solvers import installed, solver
from tests.core.toy import DATA, TOY

P1, P2, P3 = (mecopt.load(f"tdma_ofdma.{name}") for name in ("P1", "P2", "P3"))


def test_load() -> None:
    paper = mecopt.load("tdma_ofdma")
    assert isinstance(paper, Paper)
    assert isinstance(P2, Problem)
    assert paper["P2"] is P2
    assert mecopt.load("tdma_ofdma.P2") is P2  # one object, whoever asks
    assert repr(P2) == "<Problem tdma_ofdma.P2: TDMA offloading, unlimited cloud>"


UNKNOWN: dict[str, tuple[Any, str, str]] = {
    # what is asked, the name asked for, a choice that the message must offer
    "paper": (lambda: mecopt.load("tdma"), "tdma", "tdma_ofdma"),
    "empty paper": (lambda: mecopt.load(""), "", "tdma_ofdma"),
    "no string": (lambda: mecopt.load(3), "3", "tdma_ofdma"),
    "problem": (lambda: mecopt.load("tdma_ofdma.P9"), "tdma_ofdma.P9", "tdma_ofdma.P3"),
    "problem of no paper": (lambda: mecopt.load("nothing.P2"), "nothing.P2", "tdma_ofdma.P2"),
    "dot": (lambda: mecopt.load("."), ".", "tdma_ofdma.P2"),
    "problem in paper": (lambda: mecopt.load("tdma_ofdma")["P7"], "P7", "P1"),
    "method": (lambda: P2.method("cvxpy:CLARABLE"), "cvxpy:CLARABLE", "cvxpy:CLARABEL"),
    "method of solve": (
        lambda: P2.solve(P2.sample(users=1), method="algorithm-3"),
        "algorithm-3",
        "closed-form",
    ),
    "method of run": (lambda: P2.run(P2.sample(users=1), method=""), "''", "closed-form"),
    "distrusted solver": (lambda: P2.method("cvxpy:ECOS_BB"), "ECOS_BB", "cvxpy:CLARABEL"),
    "scenario": (lambda: P2.sample(scenario="tdma"), "tdma", "stated"),
    "empty scenario": (lambda: P2.sample(scenario=""), "''", "tdma_scaled"),
    "solver": (lambda: solver("clarabel", P2.cones), "clarabel", "CLARABEL"),
}


@pytest.mark.parametrize("kind", UNKNOWN)
def test_unknown_names_offer_choices(kind: str) -> None:
    ask, name, choice = UNKNOWN[kind]
    with pytest.raises(UnknownName) as caught:
        ask()
    assert isinstance(caught.value, MecoptError)
    assert choice in caught.value.choices
    assert name in str(caught.value)
    assert choice in str(caught.value)


def test_a_near_miss_is_suggested() -> None:
    with pytest.raises(UnknownName, match=r"did you mean 'closed-form'\?"):
        P2.method("closed_form")
    with pytest.raises(
        UnknownName, match=r"unknown method 'zzz' for tdma_ofdma\.P2\. Choose from: closed-form, "
    ):
        P2.method("zzz")


def test_methods_best_first() -> None:
    for problem in (P1, P2, P3):
        names = list(problem.methods)
        assert names[0] == "closed-form"
        assert problem.method(None).name == "closed-form"
        assert {f"cvxpy:{row.name}" for row in installed(problem.cones)} <= set(names)
        assert not any("ECOS_BB" in name for name in names)
        assert all(method.name == name for name, method in problem.methods.items())
        assert all(0 < method.tol <= 1e-6 for method in problem.methods.values())


@pytest.mark.parametrize("tol", [0, -1e-8, float("nan"), float("inf"), "1e-8", None, 1j, [1e-8]])
def test_tolerances_that_mean_nothing(tol: Any) -> None:
    s = P2.sample(users=1)
    if tol is None:  # the method's own
        assert P2.solve(s, tol=None).tol == P2.method(None).tol
        return
    for ask in (
        lambda: P2.solve(s, tol=tol),
        lambda: P2.run(s, tol=tol),
        lambda: P2.certify(s, {"offloaded_bits": [0], "offloading_time": [0]}, tol=tol),
    ):
        with pytest.raises(DataError) as caught:
            ask()
        assert caught.value.field == "tol"


@pytest.mark.parametrize(
    "given", [{"input_bits": [1]}, None, "P2", P1.sample(users=2)], ids=lambda g: type(g).__name__
)
def test_only_instances_of_the_problem(given: Any) -> None:
    for ask in (P2.solve, P2.run, P2.infeasible, lambda s: P2.certify(s, {})):
        with pytest.raises(DataError) as caught:
            ask(given)
        assert caught.value.field == "instance"
        assert "tdma_ofdma.P2" in str(caught.value)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"users": 0}, "users"),
        ({"users": -1}, "users"),
        ({"users": 2.5}, "users"),
        ({"users": True}, "users"),
        ({"users": "3"}, "users"),
        ({"batch": -1}, "batch"),
        ({"batch": 1.5}, "batch"),
    ],
)
def test_sample_sizes(asked: dict[str, Any], field: str) -> None:
    with pytest.raises(DataError) as caught:
        P2.sample(**asked)
    assert caught.value.field == field


def test_sample_shapes_and_seeds() -> None:
    one, many = P2.sample(users=4, seed=3), P2.sample(users=4, batch=5, seed=3)
    assert (one.batch_shape, many.batch_shape) == ((), (5,))
    assert np.array_equal(P2.sample(users=4, seed=3).input_bits, one.input_bits)
    assert not np.array_equal(P2.sample(users=4, seed=4).input_bits, one.input_bits)
    assert P2.sample(users=np.int64(2)).sizes["users"] == 2


def test_problems_pickle_by_name() -> None:
    assert pickle.loads(pickle.dumps(P2)) is P2
    assert copy.deepcopy(P2) is P2


def test_a_method_is_replaced_without_touching_the_problem() -> None:
    other = replace(TOY, own_methods=())
    assert list(other.methods) == []
    assert list(TOY.methods) == ["fill"]


def test_run_returns_the_bare_point() -> None:
    point = TOY.run(TOY.instance(DATA))
    assert isinstance(point, Point)
    assert np.array_equal(point.x["amount"], DATA["capacity"])


def test_papers_and_problems_carry_their_source() -> None:
    paper = load_paper("tdma_ofdma")
    assert paper.doi == "10.1109/TWC.2016.2633522"
    for problem in paper.problems:
        assert load_problem(problem.key) is problem
        assert "You" in problem.source
        assert {f.name for f in problem.fields}.isdisjoint({o.name for o in problem.outputs})


def test_public_functions_are_not_hidden_by_modules_of_their_name() -> None:
    """Importing a submodule binds its name in the package: then `mecopt.certify` was a module."""
    for module in pkgutil.walk_packages(mecopt.__path__, "mecopt."):
        if not module.name.startswith("mecopt.problems."):
            importlib.import_module(module.name)
    for name in mecopt.__all__:
        assert callable(getattr(mecopt, name)), name
