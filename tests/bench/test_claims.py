"""What a solve of several solver calls claims, and which of them count."""

from typing import Any

import pytest

import mecopt
from mecopt import conic
from mecopt.bench.measure import claimed
from mecopt.watch import Call, discard, watching


def call(status: str, *, used: bool = True) -> Call:
    return Call("S", status, 1.0, 1.0, 1.0, used)


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["optimal", "optimal"], "optimal"),
        (["optimal_inaccurate", "optimal"], "optimal_inaccurate"),  # the last is not the whole
        (["optimal", "infeasible", "optimal"], "infeasible"),
        (["optimal", "None"], "error"),
    ],
)
def test_the_least_sure_part_speaks(statuses: list[str], expected: str) -> None:
    assert claimed("", [call(status) for status in statuses], own=False) == expected


def test_what_is_not_used_does_not_count() -> None:
    assert claimed("", [call("infeasible", used=False), call("optimal")], own=False) == "optimal"
    assert claimed("nothing worked", [call("user_limit", used=False)], own=False) == "user_limit"
    assert claimed("nothing worked", [call("optimal", used=False)], own=False) == "error"


def test_own_methods_claim_to_be_right() -> None:
    assert claimed("", [call("infeasible")], own=True) == "optimal"
    assert claimed("gave up", [], own=True) == "error"


def spoiled(monkeypatch: pytest.MonkeyPatch, said: list[str]) -> None:
    """The first calls seem to end with these words."""
    real = conic.run

    def run(problem: Any, row: Any, *, tol: float) -> str:
        answer = real(problem, row, tol=tol)
        return said.pop(0) if said else answer

    monkeypatch.setattr(conic, "run", run)


@pytest.mark.parametrize(
    ("key", "said", "used"),
    [
        ("tdma_ofdma.P2", [], [True]),
        ("tdma_ofdma.P2", ["failed"], [False, True]),
        ("tdma_ofdma.P4R", [], [True]),
        ("tdma_ofdma.P4R", ["failed"], [False, True]),
        ("tdma_ofdma.P4R", ["failed", "failed"], [False, False]),
    ],
)
def test_attempts_that_failed_are_not_used(
    monkeypatch: pytest.MonkeyPatch, key: str, said: list[str], used: list[bool]
) -> None:
    p = mecopt.load(key)
    s = p.sample(seed=0, **dict.fromkeys(p.sizes, 3))
    spoiled(monkeypatch, list(said))
    with watching() as calls:
        p.run(s, method="cvxpy:CLARABEL")
    assert [each.used for each in calls] == used


@pytest.mark.parametrize(("second", "used"), [("", [False, True]), ("failed", [True, False])])
def test_of_two_answers_that_are_unsure_one_is_used(
    monkeypatch: pytest.MonkeyPatch, second: str, used: list[bool]
) -> None:
    """The solver is unsure of both: the second answer replaces the first if there is one."""
    p = mecopt.load("tdma_ofdma.P4R")
    s = p.sample(seed=0, **dict.fromkeys(p.sizes, 3))
    spoiled(monkeypatch, ["", second])
    real = conic.solve

    def unsure(problem: Any, name: str, options: Any, **how: Any) -> None:
        real(problem, name, options, **how)
        problem._status = "optimal_inaccurate"

    monkeypatch.setattr(conic, "solve", unsure)
    with watching() as calls:
        p.run(s, method="cvxpy:CLARABEL")
    assert [each.used for each in calls] == used


def test_a_discarded_call_is_told_from_the_others() -> None:
    p = mecopt.load("aoi_pricing.RA")
    s = p.sample(users=12, servers=2, seed=0)
    with watching() as calls:
        p.run(s, method="cvxpy:CLARABEL")
        before = len(calls)
        discard()
        discard(back=2)
    assert before > 2  # a call for each server and resource
    assert [each.used for each in calls] == [True] * (before - 2) + [False, False]
    discard()  # nobody watches: nothing happens


def test_a_solver_that_gives_nothing_leaves_no_status(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model is compiled once: what its last solve left there is not this one's."""
    p = mecopt.load("tdma_ofdma.P2")
    s = p.sample(users=3, seed=0)
    real = conic.solve
    with watching() as calls:
        p.run(s, method="cvxpy:CLARABEL")
        monkeypatch.setattr(conic, "solve", lambda *_: [][0])
        p.run(s, method="cvxpy:CLARABEL")
        monkeypatch.setattr(conic, "solve", real)
        p.run(s, method="cvxpy:CLARABEL")
    assert [each.status for each in calls] == ["optimal", "None", "None", "optimal"]
