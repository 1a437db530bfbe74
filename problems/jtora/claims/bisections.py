"""Algorithm 1, the bisection of Ω."""

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb
from hypothesis import strategies as st

from mecopt.arithmetic import ball_arithmetic
from mecopt.claims import Interval, Mutant, claim

from ..algorithms import bisection
from .common import FAILS, PAPER, Case, uploads
from .uploads import stationary

Bisect = Callable[..., tuple[Any, int]]


def wrong_sign(phi: Any, psi: Any, theta: Any, most: Any, *, epsilon: Any) -> tuple[Any, int]:
    power, count = bisection.bisect(phi, psi, theta, most, epsilon=epsilon)
    return most - power, count


def early(phi: Any, psi: Any, theta: Any, most: Any, *, epsilon: Any) -> tuple[Any, int]:
    return bisection.bisect(phi, psi, theta, most, epsilon=8 * epsilon)


@claim(
    id="JTORA-A1",
    source=f"{PAPER}, Algorithm 1",
    statement="Algorithm 1 returns the optimum of (23) within tolerance: a power within ε of the best, "
    "after one evaluation of Ω at P and one for each of ⌈log₂(P/ε)⌉ halvings.",
    recorded="certified",
    draws=st.tuples(uploads, st.sampled_from([1e-3, 1e-6, 1e-9])).map(lambda t: {**t[0], "part": t[1]}),
    subject=bisection.bisect,
    mutants=[Mutant("the other half", wrong_sign), Mutant("an interval of 8 ε", early)],
    tol=1e-3,
    tol_reason="relative to ε; Ω in doubles decides wrongly only within rounding of its root",
)
def bisection_finds_it(case: Case, bisect: Bisect) -> Any:
    if case["phi"] == case["psi"] == 0:
        return None
    epsilon = case["part"] * case["P"]
    data = [np.array([case[name]]) for name in ("phi", "psi", "theta", "P")]
    power, count = bisect(*data, epsilon=np.array([epsilon]))
    if count > np.ceil(np.log2(case["P"] / epsilon)) + 2:
        return FAILS
    with ball_arithmetic():
        best = arb(case["P"])
        if case["phi"] == 0:
            best = arb(0)
        elif case["psi"] > 0:
            best = stationary(case).min(best)
        return Interval.from_arb(1 - abs(arb(float(power[0])) - best) / arb(epsilon))
