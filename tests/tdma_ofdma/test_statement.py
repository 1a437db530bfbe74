"""The referee's statement: the bound holds at any prices, and no wrong closed form gets past it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.special
import sympy
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mpf

from mecopt.arithmetic import FLOAT, ball_arithmetic, lower
from mecopt.exponents import exponents
from mecopt.instance import Instance
from mecopt.problem import Method, Problem
from mecopt.problems.tdma_ofdma import statement
from mecopt.result import Point
from tests.tdma_ofdma.cases import (
    CLOUD,
    DIGITS,
    EXAMPLE,
    FAMILIES,
    P1,
    P2,
    P3,
    PROBLEMS,
    Exact,
    adversarial,
    example,
)

NAMES = list(PROBLEMS)

quick = settings(max_examples=80, deadline=None, derandomize=True, database=None)


# ------------------------------------------------------------------------------------- the inequality


def test_fenchel_inequality_is_an_identity_plus_a_known_one() -> None:
    """t (e^(x/t) - 1) - [e^y x - ((y-1) e^y + 1) t] = t e^y (e^d - 1 - d), d = x/t - y, and e^d >= 1 + d."""
    x, y, d = sympy.symbols("x y d", real=True)
    t = sympy.symbols("t", positive=True)
    left = t * (sympy.exp(x / t) - 1) - (sympy.exp(y) * x - ((y - 1) * sympy.exp(y) + 1) * t)
    right = t * sympy.exp(y) * (sympy.exp(d) - 1 - d).subs(d, x / t - y)
    assert sympy.simplify(sympy.expand(left - right)) == 0
    convex = sympy.exp(d) - 1 - d
    assert convex.subs(d, 0) == 0
    assert sympy.diff(convex, d).subs(d, 0) == 0
    assert sympy.diff(convex, d, 2).is_positive


positive = st.floats(-12, 6).map(lambda e: 10.0**e)


@quick
@given(positive, positive, st.floats(0, 300), st.floats(0, 300))
def test_fenchel_inequality_in_balls(A: float, t: float, rate: float, y: float) -> None:
    with ctx.workprec(2000):  # e^300 against a difference that may vanish with (rate - y)^2
        time, exponent, x = arb(t), arb(y), arb(rate) * arb(t)
        energy = arb(A) * time * ((x / time).exp() - 1)
        tangent = arb(A) * (exponent.exp() * x - ((exponent - 1) * exponent.exp() + 1) * time)
        if rate == y:
            assert abs(energy - tangent) <= arb(10) ** -200
        else:
            assert energy > tangent


# ------------------------------------------------------------------------------------- the bound


def small(name: str, seed: int) -> Instance:
    family = list(FAMILIES)[seed % len(FAMILIES)]
    return adversarial(name, family, batch=1, users=1 + seed % 3, seed=seed)[0]


anything = st.floats(allow_nan=True, allow_infinity=True)
sensible = st.floats(-12, 12).map(lambda e: 10.0**e)


@pytest.mark.parametrize("name", NAMES)
def test_the_bound_holds_at_any_prices(name: str) -> None:
    problem = PROBLEMS[name]

    @quick
    @given(st.integers(0, 40), anything | sensible, anything | sensible)
    def holds(seed: int, lam: float, mu: float) -> None:
        s = small(name, seed)
        solved = problem.run(s)
        prices = {"time_price": lam, "cloud_price": mu} if name == "P1" else {"time_price": lam}
        clean = {key: max(float(np.nan_to_num(p, posinf=0.0)), 0.0) for key, p in prices.items()}
        with mpmath.workdps(DIGITS):
            exact = Exact.of(s)
            if exact.F is not None and sum(c * m for c, m in zip(exact.C, exact.m, strict=True)) > exact.F:
                return  # infeasible by the rounding of F = sum C m: nothing bounds the dual
            best = exact.value(*exact.repaired(solved.x["offloaded_bits"], solved.x["offloading_time"]))
            with ball_arithmetic() as ops, np.errstate(all="ignore"):
                d = problem.statement.lift(ops, s)
                bound = problem.statement.bound(ops, d, {k: np.float64(p) for k, p in clean.items()})
                found = lower(bound)
            assert mpf(found) <= best
            # balls of 160 bits resolve (y - 1) e^y + 1 down to 1e-30 of 1
            tiny = any(0 < clean["time_price"] / A < 1e-30 for A in exact.A)
            if not tiny and clean["time_price"] < 1e100 and clean.get("cloud_price", 0.0) < 1e100:
                # as good as by Lambert's W in 60 digits, up to the 1e-15 by which exponents were rounded
                other = exact.dual(clean["time_price"], clean.get("cloud_price", 0.0))
                size = (
                    clean["time_price"] * exact.T + clean.get("cloud_price", 0) * (exact.F or 0) + abs(other)
                )
                assert mpf(found) >= other - mpf("1e-12") * (size + best)
        certificate = problem.certify(s, solved.x, prices)
        assert mpf(float(certificate.bound)) <= best

    holds()


@pytest.mark.parametrize("name", NAMES)
def test_the_optimum_lies_between_bound_and_upper(name: str) -> None:
    """To the last digit: both ends are compared in 60 digits with an optimum proved otherwise."""
    for seed in range(12):
        s = small(name, seed)
        point = PROBLEMS[name].run(s)
        c = PROBLEMS[name].certify(s, point.x, point.multipliers)
        with mpmath.workdps(DIGITS):
            exact = Exact.of(s)
            reached = exact.value(*exact.repaired(point.x["offloaded_bits"], point.x["offloading_time"]))
            dual = exact.dual(*(float(point.multipliers[key]) for key in point.multipliers))
            assert c.rigorous
            assert mpf(float(c.bound)) <= reached  # no feasible point is better than the bound
            assert mpf(float(c.upper)) >= dual  # and no bound is better than a feasible point
            assert c.bound <= c.upper


@pytest.mark.parametrize("name", NAMES)
def test_value_is_the_objective(name: str) -> None:
    """At arbitrary points, against 60 digits."""
    rng = np.random.default_rng(0)
    for seed in range(12):
        s = small(name, seed)
        bits = s.input_bits * rng.choice([0.0, 0.3, 1.0], s.input_bits.shape)
        time = s.slot_duration * 10 ** rng.uniform(-1, 0, s.input_bits.shape)
        with mpmath.workdps(DIGITS):
            true = Exact.of(s).value([mpf(float(x)) for x in bits], [mpf(float(t)) for t in time])
        c = PROBLEMS[name].certify(s, {"offloaded_bits": bits, "offloading_time": time}, rigorous=False)
        assert c.value == pytest.approx(float(true), rel=1e-12)  # up to 1000 nats, each worth an ulp


GARBAGE: list[Any] = [
    None,
    {},
    {"time_price": np.nan},
    {"time_price": np.inf},
    {"time_price": -1.0},
    {"time_price": 1e300},
]


@pytest.mark.parametrize("rigorous", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_garbage_multipliers_change_nothing(name: str, rigorous: bool) -> None:
    problem = PROBLEMS[name]
    s = problem.sample(users=8, batch=5, seed=2)
    point = problem.run(s)
    for garbage in GARBAGE:
        prices = garbage and {key: np.full(5, value) for key, value in garbage.items()}
        if prices and name == "P1":
            prices["cloud_price"] = prices["time_price"]
        c = problem.certify(s, point.x, prices, rigorous=rigorous)
        assert np.all(c.gap <= 1e-12), garbage
    if name == "P1":  # one of two prices is no hint at all
        c = problem.certify(s, point.x, {"time_price": point.multipliers["time_price"]}, rigorous=rigorous)
        assert np.all(c.gap <= 1e-12)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", NAMES)
def test_the_referees_own_prices_are_as_good(name: str, family: str) -> None:
    s = adversarial(name, family, batch=30, users=5, seed=5)
    point = PROBLEMS[name].run(s)
    given = PROBLEMS[name].certify(s, point.x, point.multipliers)
    own = PROBLEMS[name].certify(s, point.x)
    assert np.all(own.gap <= given.gap + 1e-11)


@quick
@given(st.floats(-300, 299).map(lambda e: 10.0**e))
def test_own_exponents(z: float) -> None:
    """Newton from above against Lambert's W in 60 digits."""
    y = float(exponents(np.array([z]))[0])
    with mpmath.workdps(400):
        true = 1 + mpmath.lambertw((mpf(z) - 1) / mpmath.e).real
    assert y == pytest.approx(float(true), rel=1e-12)


def test_own_exponents_at_the_ends() -> None:
    assert exponents(np.array([0.0, np.nan, -1.0])).tolist() == [0.0, 0.0, 0.0]
    assert np.all(np.isfinite(exponents(np.array([np.inf, 1e308]))))


# ------------------------------------------------------------------------------------- feasibility


def test_each_constraint_is_measured_by_its_own_bound() -> None:
    s1, s3 = example("P1"), example("P3")
    good = {name: PROBLEMS[name].run(s).x for name, s in (("P1", s1), ("P3", s3))}

    def missed(problem: Problem, s: Instance, **changes: Any) -> float:
        x = good[problem.key[-2:]] | changes
        return float(problem.certify(s, x, rigorous=False).infeasibility)

    bits, time = good["P1"]["offloaded_bits"], good["P1"]["offloading_time"]
    assert missed(P1, s1) <= 1e-15
    assert missed(P1, s1, offloading_time=time * 1.001) == pytest.approx(1e-3)
    assert missed(P1, s1, offloading_time=time - [0, 0, 0.02]) == pytest.approx(0.2)
    assert missed(P1, s1, offloaded_bits=bits - [1e5, 0, 0]) == pytest.approx(0.2)  # of R = 5e5
    assert missed(P1, s1, offloaded_bits=np.add(bits, [0, 5e4, 0])) == pytest.approx(5e4 * 700 / 9e8)
    assert missed(P1, s1, offloaded_bits=bits * [2, 0, 0]) == pytest.approx(0.6)  # 8e5 of R = 5e5
    assert missed(P1, s1, offloaded_bits=bits - [0, 0, 6e4]) == pytest.approx(0.1)
    assert missed(P3, s3, offloaded_bits=good["P3"]["offloaded_bits"] + [0, 2e5, 0]) == pytest.approx(
        2e5 * 700 / 2e10 / 0.1
    )
    closed = example("P1", cloud_capacity=0, local_frequency=[1e12] * 3)
    x = {"offloaded_bits": [0, 1e5, 0], "offloading_time": [0, 0.1, 0]}
    # nothing fits a closed cloud: the load is measured by all there is
    assert P1.certify(closed, x).infeasibility == pytest.approx(7e7 / 1.78e9)


def test_bits_of_a_user_without_data() -> None:
    s = example("P2", input_bits=[5e5, 0, 6e5])
    x = {"offloaded_bits": [4.5e5, 1e-6, 6e5], "offloading_time": [0.04, 0.02, 0.04]}
    assert P2.certify(s, x).infeasibility == np.inf


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rigorous", [True, False])
@pytest.mark.parametrize("time", [-1e-10, -5e-324, -0.0, 0.0, 5e-324])
def test_no_bits_in_no_time(name: str, rigorous: bool, time: float) -> None:
    """Negative airtime within tolerance once bought finite energy, below the optimum."""
    least = np.array([4e5, 0.0, 0.0])
    x = {"offloaded_bits": least, "offloading_time": np.array([time * 0.1, 0.0, 0.0])}
    c = PROBLEMS[name].certify(example(name), x, rigorous=rigorous)
    assert not c.gap <= 1e9
    assert not c.upper < c.bound
    assert c.value == np.inf


def test_bits_that_round_to_zero_get_a_sliver_of_time() -> None:
    """m = R - F_k T/C is 0 in doubles and 1e-11 bit exactly: the point with l = t = 0 stays certifiable."""
    own = {"slot_duration": 0.3, "input_bits": [3e5, 8e5, 6e5], "energy_per_cycle": [1e-20, 1.5e-10, 5e-11]}
    s = example("P2", **own)
    with mpmath.workdps(DIGITS):
        assert 0 < Exact.of(s).m[0] < 1e-9
    r = P2.solve(s)
    assert r.x["offloaded_bits"][0] == 0
    assert r.x["offloading_time"][0] == 0
    assert r.certificate.rigorous
    assert r.status == "optimal"


@pytest.mark.parametrize("excess", [1e-10, 9e-10])
def test_upper_is_reached_by_a_feasible_point(excess: float) -> None:
    """Whatever a point gains by its violations, within tolerance, does not count."""
    # users 1 and 3 would rather not offload in the second
    s1, s2 = example("P1"), example("P2", energy_per_cycle=[1e-20, 1.5e-10, 1e-20])
    bits, time = P1.run(s1).x["offloaded_bits"], P1.run(s1).x["offloading_time"]
    ell, t = P2.run(s2).x["offloaded_bits"], P2.run(s2).x["offloading_time"]
    assert ell[2] == 0
    cheats = {
        "more slot than there is": (s1, bits, time * (1 + excess)),
        "more cloud than there is": (s1, np.add(bits, [0, excess * 9e8 / 700, 0]), time),
        "fewer bits than required": (s2, ell - [excess * 5e5, 0, 0], t),
        "slot made of another's negative time": (s2, ell, t * (1 + excess) - [0, 0, excess * 0.1]),
    }
    for name, (s, some_bits, some_time) in cheats.items():
        c = s.problem.certify(s, {"offloaded_bits": some_bits, "offloading_time": some_time})
        assert 0 < c.infeasibility <= 1e-9, name
        assert c.value < c.bound, name  # the cheat pays, and is seen to pay
        assert c.upper >= c.bound, name
        assert c.upper <= c.bound * (1 + 1e-7), name  # the neighbour is close
        assert c.gap >= 1e-12, name


@pytest.mark.parametrize("name", NAMES)
def test_wrong_exponents_weaken_the_bound_and_keep_it_valid(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The bound holds for any exponents, as the module claims; here they are off by up to a half."""
    s = example(name)
    exact = PROBLEMS[name].solve(s)
    prices = {key: np.asarray(price) for key, price in exact.multipliers.items()}
    right = statement.exponents
    for seed in range(20):
        off = np.random.default_rng(seed).uniform(0.5, 1.5, 3)
        monkeypatch.setattr(statement, "exponents", lambda ratio, off=off: right(ratio) * off)
        with ball_arithmetic() as ops:
            d = PROBLEMS[name].statement.lift(ops, s)
            bound = lower(PROBLEMS[name].statement.bound(ops, d, prices))
        assert bound < exact.certificate.bound


FEASIBILITY: dict[str, tuple[str, dict[str, Any], str]] = {
    "P1 needs cycles": (
        "P1",
        {"cloud_capacity": 3.9e8},
        "4e+08 required cycles exceed cloud_capacity = 3.9e+08",
    ),
    "P1 needs all cycles": ("P1", {"cloud_capacity": 4e8}, ""),
    "P1 needs none": ("P1", {"cloud_capacity": 0, "local_frequency": [1e12] * 3}, ""),
    "P2 always": ("P2", {"local_frequency": [0, 0, 0]}, ""),
    "P3 at the edge": ("P3", {"cloud_frequency": 4e9}, "4e+08 required cycles leave no airtime"),
    "P3 below the edge": ("P3", {"cloud_frequency": 3e9}, "cloud_frequency * slot_duration = 3e+08"),
    "P3 above the edge": ("P3", {"cloud_frequency": 4.1e9}, ""),
    "P3 needs none": ("P3", {"cloud_frequency": 1e-300, "local_frequency": [1e12] * 3}, ""),
}


@pytest.mark.parametrize("case", FEASIBILITY)
def test_infeasible_data_name_the_condition(case: str) -> None:
    name, changes, words = FEASIBILITY[case]
    s = example(name, **changes)
    reason = PROBLEMS[name].infeasible(s)
    assert words in reason
    assert (reason == "") == (words == "")
    r = PROBLEMS[name].solve(s)
    assert (r.status == "infeasible") == (words != "")
    if words:
        assert r.message == reason
        assert np.isnan(r.value)
        assert np.all(np.isnan(r.x["offloaded_bits"]))


def test_infeasibility_over_a_batch() -> None:
    s = example("P1", cloud_capacity=[[9e8, 3e8], [1e8, 1e12]])
    reasons = P1.infeasible(s)
    assert (reasons == "").tolist() == [[True, False], [False, True]]
    assert P1.solve(s).status.tolist() == [["optimal", "infeasible"], ["infeasible", "optimal"]]


# ------------------------------------------------------------------------------------- wrong closed forms


def lambert(z: np.ndarray) -> np.ndarray:
    return 1 + scipy.special.lambertw((z - 1) / np.e).real


def threshold(u: np.ndarray) -> np.ndarray:
    return np.where(u > 1, u * np.log(np.maximum(u, 1)) - u + 1, 0.0)


def policy(
    s: Instance,
    *,
    exponent: Callable[[np.ndarray], np.ndarray] = lambert,
    priority: Callable[[np.ndarray], np.ndarray] = threshold,
    ln: float = float(np.log(2)),
    weight: Any = None,
) -> Point:
    """Theorem 1 for P2 written again, with every formula open to a misprint; the slot is always used up."""
    beta = s.weight if weight is None else weight
    A = beta * s.noise_power / s.channel_gain
    v = beta * s.cycles_per_bit * s.energy_per_cycle
    m = np.maximum(s.input_bits - s.local_frequency * s.slot_duration / s.cycles_per_bit, 0)
    phi = A * priority(v * s.bandwidth / (A * ln))

    def plan(lam: float) -> tuple[np.ndarray, np.ndarray]:
        bits = np.where(phi > lam, s.input_bits, m)
        each = ln / (s.bandwidth * np.abs(exponent(lam / A)))
        return bits, np.where(bits > 0, bits * each, 0.0)

    low, high = 1e-30, 1e30
    for _ in range(300):
        middle = np.sqrt(low * high)
        low, high = (middle, high) if plan(middle)[1].sum() > s.slot_duration else (low, middle)
    (more, long), (few, short) = plan(low), plan(high)
    gap = long.sum() - short.sum()
    share = (s.slot_duration - short.sum()) / gap if gap > 1e-9 * s.slot_duration else 0.0
    bits, time = few + share * (more - few), short + share * (long - short)
    return Point({"offloaded_bits": bits, "offloading_time": time * s.slot_duration / time.sum()})


# low rates, where the other branch of W is real: complete, minimum and partial offloading occur
SLOW = {
    "input_bits": [1e5, 2e5, 1.5e5, 1e5],
    "cycles_per_bit": [1000, 700, 1200, 900],
    "energy_per_cycle": [3.85e-12, 5.775e-12, 1.925e-12, 3.85e-14],
    "local_frequency": [1e9, 1e12, 1e12, 5e8],
    "channel_gain": [1e-5, 4e-5, 2e-5, 1e-4],
    "weight": [1, 1, 2, 0.5],
    "bandwidth": 2e7,
    "noise_power": 1e-6,
    "slot_duration": 0.1,
}

INSTANCES = {"example": example("P2"), "slow": P2.instance(SLOW)}

WRONG: dict[str, dict[str, Any]] = {
    "other branch of W": {"exponent": lambda z: 1 + scipy.special.lambertw((z - 1) / np.e, -1).real},
    "logarithm to base 2 in the priority": {
        "priority": lambda u: np.where(u > 1, u * np.log2(np.maximum(u, 1)) - u + 1, 0)
    },
    "1 for ln 2": {"ln": 1.0},
    "1.2 in the argument of W": {"exponent": lambda z: 1 + scipy.special.lambertw(1.2 * (z - 1) / np.e).real},
    "1.2 on the price in W": {"exponent": lambda z: lambert(1.2 * z)},
    "no 1 before W": {"exponent": lambda z: scipy.special.lambertw((z - 1) / np.e).real},
    "no e under the argument": {
        "exponent": lambda z: 1 + scipy.special.lambertw(np.maximum(z - 1, -1 / np.e)).real
    },
    "priority without + 1": {"priority": lambda u: np.where(u > 1, u * np.log(np.maximum(u, 1)) - u, 0)},
    "weights forgotten": {"weight": 1.0},
    "weights inverted": {"weight": np.array([1, 1, 0.5])},
}


# u is 1e5 there: the price is off by 1e-6, the energy by the square of it
HARMLESS_AT_HIGH_RATES = {"priority without + 1"}


def judged(s: Instance, point: Point) -> list[tuple[bool, str]]:
    """Through both doors: does certify see a gap, and what does solve say of a method that returns this?"""
    problem = replace(P2, own_methods=(Method("mine", "under test", lambda s, tol: point),))
    found = []
    for rigorous in (True, False):
        c = P2.certify(s, point.x, rigorous=rigorous)
        found.append((bool(c.gap <= 1e-10), problem.solve(s, method="mine", rigorous=rigorous).status))
    return found


def optimal(found: list[tuple[bool, str]]) -> bool:
    assert found[0] == found[1]  # with and without proof
    assert found[0][0] == (found[0][1] == "optimal")
    return found[0][0]


@pytest.mark.parametrize("where", INSTANCES)
def test_the_right_formulas_pass(where: str) -> None:
    s = INSTANCES[where]
    assert optimal(judged(s, policy(s)))


def test_the_slow_instance_shows_every_decision() -> None:
    bits = P2.run(P2.instance(SLOW)).x["offloaded_bits"]
    assert bits[0] == pytest.approx(38949, abs=1)  # partial
    assert bits[1:3].tolist() == [2e5, 1.5e5]  # complete
    assert bits[3] == pytest.approx(1e5 - 5e8 * 0.1 / 900)  # minimum


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_formulas_do_not(wrong: str) -> None:
    verdicts = []
    for where, s in INSTANCES.items():
        change = dict(WRONG[wrong])
        if where == "slow" and wrong == "weights inverted":
            change["weight"] = np.array([1, 1, 0.5, 2])
        with np.errstate(all="ignore"):
            verdicts.append(optimal(judged(s, policy(s, **change))))
    assert verdicts == [wrong in HARMLESS_AT_HIGH_RATES, False]


@pytest.mark.parametrize("where", INSTANCES)
def test_wrong_points_do_not(where: str) -> None:
    s = INSTANCES[where]
    right = P2.run(s)
    bits, time = right.x["offloaded_bits"], right.x["offloading_time"]
    wrong = {
        "a millionth of the slot unused": (bits, time * (1 - 1e-6)),
        "users swapped": (bits[::-1], time[::-1]),
        "times swapped": (bits, time[[1, 0, *range(2, len(time))]]),
        "nothing sent": (0 * bits, time),
        "equal times": (bits, np.full(len(bits), 0.1 / len(bits))),
        "a thousandth of the bits kept": (bits * 0.999, time),
        "everything sent": (s.input_bits, time),
        "a millionth more than the slot": (bits, time * (1 + 1e-6)),
    }
    assert optimal(judged(s, right))
    for name, (ell, t) in wrong.items():
        point = Point({"offloaded_bits": ell, "offloading_time": t}, right.multipliers)
        assert not optimal(judged(s, point)), name


def test_the_unlimited_solution_is_none_of_the_bounded_problem() -> None:
    free = P2.run(example("P2"))
    for name in ("P1", "P3"):
        s = example(name)
        problem = replace(PROBLEMS[name], own_methods=(Method("mine", "", lambda s, tol: Point(free.x)),))
        r = problem.solve(s, method="mine")
        assert r.status == "failed"
        assert "misses a constraint" in r.message
    s = example("P1")
    right = P1.run(s).x
    for excess, status in ((1e-6, "failed"), (3e-10, "feasible")):
        # a little more of the cloud than there is, for the user that is cut short by it
        more = right["offloaded_bits"] + [0, excess * 9e8 / 700, 0]
        point = Point({"offloaded_bits": more, "offloading_time": right["offloading_time"]})
        problem = replace(P1, own_methods=(Method("mine", "", lambda s, tol, point=point: point),))
        assert problem.solve(s, method="mine").status == status


@pytest.mark.parametrize("name", NAMES)
def test_the_closed_form_of_other_data_does_not_pass(name: str) -> None:
    """The right formulas with one number of the data wrong by 1 %."""
    s = example(name)
    own: dict[str, Any] = EXAMPLE | CLOUD[name]
    seen = 0
    for field in own:
        other = s.replace(**{field: s.data[field] * 1.01})
        point = PROBLEMS[name].run(other)
        c = PROBLEMS[name].certify(s, point.x)
        same = np.allclose(point.x["offloading_time"], PROBLEMS[name].run(s).x["offloading_time"], rtol=1e-9)
        if not same:
            assert not c.gap <= 1e-10, field
            seen += 1
    assert seen >= 6


@pytest.mark.parametrize("problem", [P1, P2, P3], ids=lambda p: p.key)
def test_float_and_ball_statements_agree(problem: Problem) -> None:
    s = problem.sample(users=5, batch=4, seed=9)
    x = problem.run(s).x
    prices = {o.name: np.full(4, p) for o, p in zip(problem.multipliers, (0.3, 1e-11), strict=False)}
    with ball_arithmetic() as ops:
        d = problem.statement.lift(ops, s)
        value, bound = problem.statement.value(ops, d, x), problem.statement.bound(ops, d, prices)
        required = d.required_bits
    f = problem.statement.lift(FLOAT, s)
    assert problem.statement.value(FLOAT, f, x) == pytest.approx([float(b) for b in value], rel=1e-13)
    assert problem.statement.bound(FLOAT, f, prices) == pytest.approx([float(b) for b in bound], rel=1e-12)
    assert f.required_bits == pytest.approx(np.array(required, dtype=float), abs=1e-9)
