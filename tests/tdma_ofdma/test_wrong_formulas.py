"""Wrong closed forms: no misprint and no wrong point gets past the referee."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.special

from mecopt.instance import Instance
from mecopt.problem import Method
from mecopt.result import Point
from tests.tdma_ofdma.cases import CLOUD, EXAMPLE, P1, P2, PROBLEMS, example

NAMES = list(PROBLEMS)


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
