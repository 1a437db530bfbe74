"""The referee on a problem solved by hand: values, bounds, gaps, statuses, and methods that lie.

The toy problem is a maximisation with a price per user, so that every direction is the opposite of TDMA's.
"""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mecopt
from mecopt.errors import DataError
from mecopt.instance import Instance
from mecopt.problem import FEASIBILITY, Method, Problem
from mecopt.result import Certificate, Point, Result
from tests.core.toy import DATA, TOY, ToyStatement, fill

S = TOY.instance(DATA)
FULL = {"amount": DATA["capacity"]}
PRICES = {"price": DATA["profit"]}
OPTIMUM = sum(Fraction(v) * Fraction(c) for v, c in zip(DATA["profit"], DATA["capacity"], strict=True))

quick = settings(max_examples=200, deadline=None, derandomize=True, database=None)


def offering(
    run: Callable[[Instance, float], Point], *, aim: Any = "optimum", statement: Any = None
) -> Problem:
    """The toy problem with this method only."""
    own = (Method("mine", "under test", run, aim=aim),)
    return replace(TOY, own_methods=own, statement=statement or TOY.statement)


def answering(x: Any, multipliers: Any = None, message: Any = "") -> Problem:
    """The toy problem with a method that always gives this answer."""
    return offering(lambda s, tol: Point(x, {} if multipliers is None else multipliers, message))


def test_an_optimum_is_proved() -> None:
    c = TOY.certify(S, FULL, PRICES)
    assert c.rigorous
    assert c.infeasibility == 0.0
    assert Fraction(float(c.upper)) <= OPTIMUM <= Fraction(float(c.bound))  # maximised: the bound is above
    assert c.value == pytest.approx(float(OPTIMUM), rel=1e-15)
    assert 0.0 <= c.gap <= 1e-15
    assert TOY.solve(S).status == "optimal"


def test_without_rigour_nothing_is_called_proved() -> None:
    c = TOY.certify(S, FULL, PRICES, rigorous=False)
    assert not c.rigorous
    assert np.isnan(c.upper)
    assert c.gap <= 1e-15


def test_the_statement_searches_prices_itself() -> None:
    lazy = replace(TOY, statement=ToyStatement(own_price=0.0))
    for hint in (
        None,
        {},
        {"price": [9.0, 9.0, 9.0]},
        {"price": [np.nan] * 3},
        {"price": [-5, np.inf, -np.inf]},
    ):
        assert lazy.certify(S, FULL, hint).gap <= 1e-15, hint


def test_better_prices_handed_in_are_kept() -> None:
    clumsy = replace(TOY, statement=ToyStatement(own_price=7.0))
    s = clumsy.instance(DATA)  # the referee reads the statement of the instance's problem
    assert clumsy.certify(s, FULL).bound == pytest.approx(7 * 11.1)
    assert clumsy.certify(s, FULL, PRICES).gap <= 1e-15
    some = clumsy.certify(s, FULL, {"price": [8.0, 2.0, 0.25]})
    assert some.bound == pytest.approx(8 * 3 + 0.2 + 2.0)
    assert some.gap == pytest.approx((26.2 - 5.2) / 5.2)


@pytest.mark.parametrize("rigorous", [True, False])
def test_a_value_better_than_the_bound_is_a_gap(rigorous: bool) -> None:
    # half of the feasibility tolerance too much of everything: within tolerance, yet no optimum
    c = TOY.certify(
        S, {"amount": np.array(DATA["capacity"]) * (1 + FEASIBILITY / 2)}, PRICES, rigorous=rigorous
    )
    assert c.infeasibility == pytest.approx(FEASIBILITY / 2, rel=1e-6)
    assert c.value > c.bound
    assert c.gap == pytest.approx(FEASIBILITY / 2, rel=1e-6)
    if rigorous:
        assert Fraction(float(c.upper)) <= OPTIMUM
    p = answering({"amount": np.array(DATA["capacity"]) * (1 + FEASIBILITY / 2)})
    assert p.solve(S, rigorous=rigorous).status == "feasible"
    assert p.solve(S, tol=1e-8, rigorous=rigorous).status == "optimal"


def test_the_feasibility_tolerance_is_relative_to_each_bound() -> None:
    for excess, status in ((0.9, "optimal"), (1.1, "failed")):
        amount = np.array(DATA["capacity"])
        amount[1] *= 1 + excess * FEASIBILITY  # the smallest capacity
        r = answering({"amount": amount}).solve(S, tol=1e-6)
        assert r.status == status
        assert r.certificate.infeasibility == pytest.approx(excess * FEASIBILITY, rel=1e-6)
    assert "misses a constraint by 1.1e-09 of its bound" in r.message
    assert np.isnan(r.certificate.gap)  # an infeasible point has no gap worth naming
    assert not r.certificate.rigorous


@pytest.mark.parametrize(
    ("amount", "status", "words"),
    [
        ([3.0, 0.1, 7.9], "feasible", ""),
        ([0.0, 0.0, 0.0], "feasible", ""),
        ([3.0, 0.1, np.nan], "failed", "no numbers"),
        ([3.0, 0.1, np.inf], "failed", "misses a constraint by inf"),
        ([3.0, 0.1, -np.inf], "failed", "misses a constraint by inf"),
        ([4.0, 0.1, 8.0], "failed", "misses a constraint by 0.333"),
        ([-1.0, 0.1, 8.0], "failed", "misses a constraint by 0.333"),
        ([3.0, 0.1], "failed", "mine returned a malformed point: x.amount: has shape (2,)"),
        ([[3.0, 0.1, 8.0]], "failed", "x.amount: has shape (1, 3)"),
        (None, "failed", "x.amount: got None"),
        ("much", "failed", "x.amount: got 'much'"),
        ([1j, 0, 0], "failed", "x.amount"),
        ([True, False, True], "failed", "x.amount"),
        ([10**400, 0, 0], "failed", "too large for double precision"),
    ],
    ids=str,
)
@pytest.mark.parametrize("rigorous", [True, False])
def test_wrong_answers_never_earn_optimal(amount: Any, status: str, words: str, rigorous: bool) -> None:
    r = answering({"amount": amount}, PRICES).solve(S, rigorous=rigorous)
    assert r.status == status
    assert words in r.message
    assert r.x["amount"].shape == (3,)
    json.dumps(r.to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    ("x", "multipliers", "words"),
    [
        ({}, None, "x.amount: missing"),
        ({"amount": [0, 0, 0], "extra": 1}, None, "x.extra: unknown entry"),
        ([0, 0, 0], None, "x: got list"),
        (None, None, "x: got NoneType"),
        (FULL, {"prize": [0, 0, 0]}, "multipliers.prize: unknown entry"),
        (FULL, {"price": [0, 0]}, "multipliers.price: has shape (2,)"),
        (FULL, {"price": "high"}, "multipliers.price: got 'high'"),
        (FULL, [1], "multipliers: got list"),
    ],
    ids=str,
)
def test_malformed_points(x: Any, multipliers: Any, words: str) -> None:
    with pytest.raises(DataError) as caught:
        TOY.certify(S, x, multipliers)
    assert words in str(caught.value)
    r = answering(x, multipliers).solve(S)  # a method's fault is not the user's
    assert r.status == "failed"
    assert words in r.message


def test_a_method_that_raises_is_a_bug_to_be_seen() -> None:
    def broken(s: Instance, tol: float) -> Point:
        raise RuntimeError("out of paper")

    with pytest.raises(RuntimeError, match="out of paper"):
        offering(broken).solve(S)


def test_a_method_gets_the_tolerance_and_its_own_word_is_not_taken() -> None:
    seen = []

    def boasting(s: Instance, tol: float) -> Point:
        seen.append(tol)
        return Point({"amount": s.capacity / 2}, {"price": s.profit}, "this is the optimum, believe me")

    r = offering(boasting).solve(S, tol=1e-3)
    assert seen == [1e-3]
    assert (r.status, r.tol) == ("feasible", 1e-3)
    assert r.certificate.gap == pytest.approx(1.0)
    assert r.message == "this is the optimum, believe me"


def test_infeasible_data_are_not_handed_to_the_method() -> None:
    batch = TOY.instance(DATA | {"capacity": [[3.0, 0.1, 8.0], [3.0, 101.0, 8.0], [1.0, 1.0, 1.0]]})
    sizes = []

    def watched(s: Instance, tol: float) -> Point:
        sizes.append(s.batch_shape)
        return Point({"amount": s.capacity}, {"price": s.profit})

    r = offering(watched).solve(batch)
    assert sizes == [(2,)]
    assert list(r.status) == ["optimal", "infeasible", "optimal"]
    assert list(r.message) == ["", "capacity above 100", ""]
    assert np.all(np.isnan(r.x["amount"][1]))
    assert np.isnan(r.certificate.bound[1])
    assert np.array_equal(r.multipliers["price"][2], DATA["profit"])
    one = offering(watched).solve(batch[1])
    assert sizes == [(2,)]  # not run at all
    assert (one.status, one.message) == ("infeasible", "capacity above 100")
    assert np.isnan(one.value)
    empty = offering(watched).solve(batch[:0])
    assert sizes == [(2,)]
    assert empty.status.shape == (0,)
    assert empty.x["amount"].shape == (0, 3)


def test_a_malformed_answer_fails_the_feasible_part_of_a_batch_only() -> None:
    batch = TOY.instance(DATA | {"capacity": [[3.0, 0.1, 8.0], [3.0, 101.0, 8.0]]})
    r = answering({"amount": [[1.0, 2.0]]}).solve(batch)
    assert list(r.status) == ["failed", "infeasible"]
    assert "x.amount: has shape (1, 2)" in r.message[0]


def test_value_zero() -> None:
    nothing = TOY.instance(DATA | {"profit": [0.0, 0.0, 0.0]})
    c = TOY.certify(nothing, FULL)
    assert (c.value, c.bound, c.gap) == (0.0, 0.0, 0.0)
    worthless = TOY.certify(S, {"amount": [0.0, 0.0, 0.0]})
    assert worthless.gap == np.inf  # any distance is infinite relative to nothing


def test_certify_is_for_instances() -> None:
    assert mecopt.certify(S, FULL, PRICES).rigorous
    with pytest.raises(DataError) as caught:
        mecopt.certify({"profit": [1]}, FULL)  # type: ignore[arg-type]
    assert caught.value.field == "instance"


prices = st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=3, max_size=3)
amounts = st.lists(st.floats(0, 1), min_size=3, max_size=3)


@quick
@given(prices, amounts)
def test_any_prices_bound_the_optimum_and_any_point_is_below(price: list[float], share: list[float]) -> None:
    x = {"amount": np.array(share) * DATA["capacity"]}
    c = TOY.certify(S, x, {"price": price})
    assert Fraction(float(c.bound)) >= OPTIMUM
    assert Fraction(float(c.upper)) <= OPTIMUM
    exact = sum(Fraction(v) * Fraction(float(a)) for v, a in zip(DATA["profit"], x["amount"], strict=True))
    assert Fraction(float(c.upper)) <= exact  # maximised: `upper` errs downwards
    assert c.gap >= 0


def test_results_index_iterate_and_become_json() -> None:
    batch = TOY.instance(DATA | {"capacity": [[3.0, 0.1, 8.0], [3.0, 101.0, 8.0]]})
    r = TOY.solve(batch)
    assert len(r) == 2
    ones = list(r)
    assert isinstance(ones[0], Result)
    assert isinstance(ones[0].certificate, Certificate)
    assert [one.status for one in ones] == ["optimal", "infeasible"]
    assert r[-1].message == "capacity above 100"
    assert ones[0].value == pytest.approx(5.2)
    told = json.loads(json.dumps(r.to_dict(), allow_nan=False))
    assert told["status"] == ["optimal", "infeasible"]
    assert told["value"] == [pytest.approx(5.2), None]
    assert told["x"]["amount"] == [[3.0, 0.1, 8.0], [None, None, None]]
    assert told["x"]["price"][0] == [1.0, 2.0, 0.25]
    assert told["rigorous"] == [True, False]
    assert told.keys() >= {"problem", "method", "bound", "gap", "infeasibility", "seconds", "tol", "message"}


@pytest.mark.parametrize("capacity", [8.0, 101.0])
def test_seconds_are_those_of_the_method(capacity: float) -> None:
    """0.1 s for each call; none is made where all instances are infeasible."""

    def slow(s: Instance, tol: float) -> Point:
        time.sleep(0.1)
        return fill(s, tol)

    problem = replace(TOY, own_methods=(Method("slow", "sleeps first", slow),))
    data = DATA | {"capacity": [[3.0, 0.1, capacity], [3.0, 101.0, 8.0]]}
    r = problem.solve(problem.instance(data))
    assert r.status[0] == ("optimal" if capacity < 100 else "infeasible")
    assert (0.1 if capacity < 100 else 0.0) <= r.seconds < 10
    ones = [problem.solve(problem.instance(data | {"capacity": row})) for row in data["capacity"]]
    assert [one.seconds >= 0.1 for one in ones] == [capacity < 100, False]
