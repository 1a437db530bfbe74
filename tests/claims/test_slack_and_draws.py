"""Slacks and the strategies that papers share."""

import json
import math
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
from flint import arb
from hypothesis import HealthCheck, find, given, seed, settings
from hypothesis import strategies as st

from mecopt.claims import (
    ClaimError,
    Interval,
    SlackError,
    agree,
    at_least,
    at_most,
    boundary,
    decades,
    fraction,
    instances,
    smallest,
)
from mecopt.claims.cases import canonical, complexity, tidy
from mecopt.claims.slack import Slack
from mecopt.instance import Field, build

USERS = ("users",)
PROBLEM = SimpleNamespace(
    check=None,
    key="toy.P",
    fields=(
        Field("input_bits", "R", "bit", "data", USERS),
        Field("channel_gain", "g", "-", "gain", USERS, strict=True),
        Field("weight", "β", "-", "weight", USERS, strict=True, default=1.0),
        Field("bandwidth", "B", "Hz", "bandwidth", strict=True),
        Field("num_subchannels", "N", "-", "sub-channels", integer=True),
    ),
)
quick = settings(max_examples=60, database=None, deadline=None, suppress_health_check=list(HealthCheck))


def drawn(strategy: st.SearchStrategy) -> list:
    """200 draws."""
    seen = []

    @settings(quick, max_examples=200)
    @seed(0)
    @given(strategy)
    def note(case: object) -> None:
        seen.append(case)

    note()
    return seen


def test_a_slack_is_one_number() -> None:
    """A NumPy number without axes is one, too; axes, or a yes or no, are mistakes of the check."""
    for one in (0.25, np.float64(0.25), np.array(0.25), np.float32(0.25)):
        assert Slack.read(one) == Slack(0.25, 0.25, rigorous=False)
    assert Slack.read(Interval(-1.0, 2.0)) == Slack(-1.0, 2.0, rigorous=True)
    for wrong in (True, np.bool_(True), np.array([0.25]), np.array(True), "0.25", [0.25]):
        with pytest.raises(SlackError, match="return a float slack"):
            Slack.read(wrong)


def test_the_end_that_proves_the_outcome_is_reported() -> None:
    tol = 1e-3
    assert Slack(-1e-4, 2.0, rigorous=True).figure(tol) == -1e-4  # holds: at least this
    assert Slack(-2.0, -1.0, rigorous=True).figure(tol) == -1.0  # fails: at most this
    assert Slack(-2.0, 1.0, rigorous=True).figure(tol) == -0.5  # open
    assert Slack(-2.0, -2.0, rigorous=False).figure(tol) == -2.0


def test_comparisons_of_floats_and_arrays() -> None:
    assert agree(1.0, 1.0) == 0.0
    assert agree(0.0, 0.0) == 0.0
    assert agree(1.0, 2.0) == -0.5
    assert agree(np.array([1.0, 1.0]), np.array([1.0, 4.0]), scale=2.0) == -1.5
    assert at_most(1.0, 2.0) == 0.5
    assert at_least(1.0, [1.0, 3.0], scale=4.0) == -0.5
    assert math.isnan(agree(math.nan, 1.0))
    with pytest.raises(SlackError, match="empty"):
        agree(np.array([]), np.array([]))


def test_comparisons_of_balls_enclose() -> None:
    third = arb(1) / 3
    slack = agree(third * 3, arb(1))
    assert isinstance(slack, Interval)
    assert -1e-15 < slack.lo <= 0 <= slack.hi < 1e-15
    slack = at_most(arb(1), third)
    assert slack.lo < -2 / 3 < slack.hi
    assert at_least([third, arb(2)], 1.0).hi < -0.6


def test_interval_from_arb_is_rounded_outwards() -> None:
    ball = arb(1) / 3
    interval = Interval.from_arb(ball)
    assert arb(interval.lo) < ball < arb(interval.hi)
    with pytest.raises(SlackError, match="lower end"):
        Interval(1.0, 0.0)


def test_smallest() -> None:
    assert smallest(1.0, None, -2.0) == -2.0
    assert smallest(None) is None
    assert math.isnan(smallest(1.0, math.nan))
    assert smallest(Interval(0, 3), Interval(1, 2)) == Interval(0, 2)
    assert smallest(Interval(0, 3), 1.0) == 1.0


@quick
@given(decades(1e-9, 3e9))
def test_decades_stay_in_range(x: float) -> None:
    assert 1e-9 <= x <= 3e9


def test_decades_spread_and_shrink() -> None:
    seen = drawn(decades(1e-12, 1e12))
    assert len({math.floor(math.log10(x)) for x in seen}) > 12
    assert find(decades(1e-12, 1e12), lambda x: True) == 1
    assert find(decades(1e3, 1e12), lambda x: True) == 1e3
    assert find(decades(1e-3, 1e3), lambda x: x < 0.06) in (0.01, 0.05)
    for bad in ((0, 1), (2, 1), (1, math.inf), (math.nan, 1)):
        with pytest.raises(ClaimError):
            decades(*bad)


@quick
@given(fraction(), fraction(open_ends="01"), boundary(5.0))
def test_fractions_and_boundaries(closed: float, inner: float, near: float) -> None:
    assert 0 <= closed <= 1
    assert 0 < inner < 1
    assert 4.4 < near < 5.6


def test_boundary_draws_the_value_itself() -> None:
    assert find(boundary(5.0), lambda x: True) == 5.0
    assert find(fraction(), lambda x: x == 0) == 0


@quick
@given(instances(PROBLEM))
def test_instances_are_valid_data(case: dict) -> None:
    again = json.loads(json.dumps(case))
    data = build(PROBLEM, again)
    assert 1 <= data.sizes["users"] <= 6
    assert again == case


def test_instances_cover_sizes_ties_and_boundaries() -> None:
    seen = drawn(instances(PROBLEM))
    assert {len(c["input_bits"]) for c in seen} == {1, 2, 3, 4, 5, 6}
    several = [c for c in seen if len(c["input_bits"]) > 1]
    ties = [c for c in several if Counter(c["channel_gain"]).most_common(1)[0][1] > 1]
    assert len(ties) > len(several) / 5
    assert any(0 in c["input_bits"] for c in seen)
    assert any(c["num_subchannels"] == 0 for c in seen)


def test_shrunk_instances_are_round() -> None:
    case = find(instances(PROBLEM), lambda c: True)
    assert tidy(case) == {
        "bandwidth": 1,
        "num_subchannels": 0,
        "input_bits": [1],
        "channel_gain": [1],
        "weight": [1],
    }
    case = find(instances(PROBLEM), lambda c: len(c["weight"]) > 1)
    assert tidy(case)["input_bits"] == [1, 1]


KINDS: dict[str, tuple[Field, set[float], float]] = {
    "from 0": (Field("a", "a", "-", "of this test"), {0.0}, 1e5),
    "above 0": (Field("a", "a", "-", "of this test", strict=True), set(), 1e5),
    "with a default": (Field("a", "a", "-", "of this test", strict=True, default=3.0), {3.0}, 1e5),
    "between ends": (Field("a", "a", "-", "of this test", minimum=0.5, maximum=2.5), {0.5, 2.5}, 2.0),
    "from a fraction": (Field("a", "a", "-", "of this test", minimum=0.5, integer=True), {1.0, 2.0}, 18.0),
    "above a fraction": (
        Field("a", "a", "-", "of this test", minimum=0.5, strict=True, integer=True),
        {1.0, 2.0},
        18.0,
    ),
    "above a whole number": (
        Field("a", "a", "-", "of this test", minimum=2.0, strict=True, integer=True),
        {3.0, 4.0},
        18.0,
    ),
}
"""A field, values that must be drawn, and what the largest must reach."""


@pytest.mark.parametrize("kind", KINDS)
def test_draws_are_all_that_a_field_allows(kind: str) -> None:
    field, ends, reach = KINDS[kind]
    problem = SimpleNamespace(check=None, key="toy.F", fields=(field,))
    seen = [case["a"] for case in drawn(instances(problem))]
    for value in seen:
        build(problem, {"a": value})  # raises DataError for what is not allowed
    assert ends <= set(seen)
    assert max(seen) >= reach
    assert min(seen) < field.minimum + 1.5


def test_instances_overrides() -> None:
    gains = instances(PROBLEM, users=(2, 2), channel_gain=st.just(0.5), weight=st.nothing())
    case = find(gains, lambda c: True)
    assert case["channel_gain"] == [0.5, 0.5]
    assert "weight" not in case
    with pytest.raises(ClaimError, match="no field 'gain'"):
        instances(PROBLEM, gain=st.just(1.0))


def test_instances_with_two_axes() -> None:
    matrix = SimpleNamespace(
        key="toy.M",
        fields=(
            Field("gain", "g", "-", "gain", ("users", "subchannels"), strict=True),
            Field("noise", "n", "W", "noise", ("subchannels",), strict=True),
        ),
    )
    with pytest.raises(ClaimError, match="sizes for subchannels"):
        instances(matrix)
    case = find(instances(matrix, users=(3, 3), sizes={"subchannels": (2, 2)}), lambda c: True)
    assert case == {"gain": [[1, 1]] * 3, "noise": [1, 1]}


def test_size_of_cases() -> None:
    order = [{"x": [1]}, {"x": [2]}, {"x": [0.25]}, {"x": [0.123]}, {"x": [1e-7]}, {"x": [1, 1]}]
    assert sorted(order, key=complexity) == order


def test_tidy_keeps_values() -> None:
    case = {"a": [1.0, 0.5, 1e300], "b": "text", "c": True, "d": -0.0}
    assert canonical(tidy(case)) == '{"a": [1, 0.5, 1e+300], "b": "text", "c": true, "d": 0}'
    assert tidy(case) == case
