"""What the claims on the finite cloud share: cases whose cloud binds, and proofs about their prices.

V is the optimum of P1, F its cycle bound, T its airtime. V is convex in either budget and optimal prices are
its subgradients, so proved optima at neighbouring budgets enclose every optimal price:

    (V(F) - V(F + d))/d <= mu <= (V(F - d) - V(F))/d,   and the same with airtime and lam.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from flint import arb
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mecopt.claims import Interval, decades, instances
from mecopt.claims.claim import Ahead
from mecopt.claims.exact import FAILS
from mecopt.instance import Array

from ..closed_form import solve_p2
from .common import NATURAL, P1, P2, Case, Needed, Optimum, optima, optimum, required_bits, solving

Fields = dict[str, SearchStrategy[Any]]
"""Where the fields of a case come from."""

STEP = 1e-5
"""Relative shift of a budget between two optima: their difference stands out of gaps of 1e-15."""

NO_SEARCH = 1e300
"""A tolerance that any gap meets: the referee judges at the prices it is given and seeks none of its own."""

OPTIMAL = "relative to the optimum, which is proved to 1e-9"

PLAIN: Fields = {
    **dict.fromkeys(NATURAL, st.just(1.0)),
    "weight": st.sampled_from([1.0, 2.0, 0.5]),
    "noise_power": st.just(0.1),
}
"""One number for everything but the weight: counterexamples to read."""

SHARES = [0.5, 0.1, 0.25, 0.75, 0.9]


def binding(
    fields: Fields | None = None,
    *,
    users: tuple[int, int] = (1, 4),
    shares: SearchStrategy[float] | None = None,
) -> SearchStrategy[Case]:
    """Cases of P1 with F between the required load (share 0) and that of P2's optimum (share 1)."""
    values: dict[str, Any] = NATURAL | (fields or {})
    cases = instances(P2, users=users, **values)
    return st.builds(_with_capacity, cases, st.sampled_from(SHARES) if shares is None else shares)


def _with_capacity(case: Case, share: float) -> Case:
    least, most = loads(case)
    capacity = least + share * (most - least) if np.isfinite(most) else least
    rounded = float(f"{capacity:.3g}")
    return {**case, "cloud_capacity": rounded if least <= rounded else capacity}


def unlimited(case: Case) -> Case:
    """The case of P2 with the same data."""
    return {name: value for name, value in case.items() if not name.startswith(("cloud", "capacities"))}


def loads(case: Case) -> tuple[float, float]:
    """Cycles of the required bits, and of an optimum of P2."""
    s = P2.instance(unlimited(case))
    with np.errstate(all="ignore"):
        bits = solve_p2(s, 0.0).x["offloaded_bits"]
    return float(np.sum(s.cycles_per_bit * required_bits(s))), float(np.sum(s.cycles_per_bit * bits))


def traders(capacities: int) -> SearchStrategy[Case]:
    """Two users who share airtime and cycles, both partially: the same radio cost, other cycles per bit.

    The case lists that many rising "capacities".
    """
    tenths = st.sampled_from([5, 8, 2, 3, 7, 1, 9])
    ascending = st.lists(tenths, min_size=capacities, max_size=capacities, unique=True).map(sorted)
    return st.builds(
        _traders,
        cycles=decades(1e-2, 1e2),
        factor=st.sampled_from([2.0, 1.5, 4.0, 10.0]),
        weights=st.tuples(*[st.sampled_from([1.0, 2.0, 0.5, 8.0])] * 2),
        noise=decades(1e-3, 1e1),
        spectral_efficiency=decades(1e-1, 1e1),
        price=decades(1e-2, 1e2),
        tenths=ascending,
    )


def _traders(
    *,
    cycles: float,
    factor: float,
    weights: tuple[float, float],
    noise: float,
    spectral_efficiency: float,
    price: float,
    tenths: list[int],
) -> Case:
    cost = noise * np.log(2) * 2**spectral_efficiency
    C = [cycles, factor * cycles]
    v = [cost + price * c for c in C]
    P = [float(f"{value / (c * w):.2g}") for value, c, w in zip(v, C, weights, strict=True)]
    v = [w * c * p for c, p, w in zip(C, P, weights, strict=True)]
    left = v[0] - (v[1] - v[0]) / (C[1] - C[0]) * C[0]
    sent = float(np.log2(max(left / (noise * np.log(2)), 1.01)))
    return {
        "input_bits": [float(np.ceil(2 * sent))] * 2,
        "cycles_per_bit": C,
        "energy_per_cycle": P,
        "local_frequency": [1e6] * 2,
        "channel_gain": list(weights),
        "weight": list(weights),
        "bandwidth": 1.0,
        "noise_power": noise,
        "slot_duration": 1.0,
        "capacities": [float(f"{sent * (C[0] + n / 10 * (C[1] - C[0])):.2g}") for n in tenths],
    }


def at_capacity(case: Case, capacity: float) -> Case:
    """The case of P1 with that bound."""
    return unlimited(case) | {"cloud_capacity": capacity}


def priced_optimum(case: Case) -> Optimum | None:
    """A proved optimum of P1 whose own prices prove it; None where the data is infeasible or absurd."""
    return optimum(P1, case, tol=NO_SEARCH)


def priced_optima(cases: Iterable[Case]) -> list[Optimum | None]:
    """`priced_optimum` of every case."""
    return optima(P1, cases, tol=NO_SEARCH)


def pricing(needed: Needed | None = None) -> Ahead:
    """What a claim does `ahead` whose check asks for `priced_optimum`."""
    return solving(P1, needed, tol=NO_SEARCH)


def judged(best: Optimum, bits: Array, time: Array) -> Interval:
    """Slack of 'this point is optimal', rigorous; -1 where it is not feasible."""
    x = {"offloaded_bits": bits, "offloading_time": time}
    prices = {"time_price": best.time_price, "cloud_price": best.cloud_price}
    certificate = P1.certify(best.instance, x, prices, tol=NO_SEARCH)
    if not (certificate.infeasibility <= 1e-9 and certificate.rigorous):
        return FAILS
    # `upper` is the outward-rounded end of a ball far thinner than a double: its other end is next to it
    high = float(certificate.upper)
    return best.excess(high * (1 - 4e-16), high)


def cloud_price_range(case: Case) -> Any:
    """A ball that holds every optimal cloud price of a case with F above the required load; or None."""
    return _slopes(case, *other_capacities(case), "cloud_capacity")


def other_capacities(case: Case) -> tuple[Case, Case]:
    """A little less cloud, where there may be less, and a little more."""
    capacity, least = case["cloud_capacity"], loads(case)[0]
    below = capacity - min(STEP * capacity, (capacity - least) / 2)
    return case | {"cloud_capacity": below}, case | {"cloud_capacity": capacity * (1 + STEP)}


def time_price_range(case: Case) -> Any:
    """A ball that holds every optimal airtime price; or None."""
    return _slopes(case, *other_slots(case), "slot_duration")


def other_slots(case: Case) -> tuple[Case, Case]:
    """A little less airtime and a little more."""
    return case | _airtime(case, 1 - STEP), case | _airtime(case, 1 + STEP)


def _airtime(case: Case, factor: float) -> Case:
    """Another slot with local CPUs that do the same work in it, rounded down: never fewer required bits."""
    local = [f / factor * (1 - 1e-15) for f in case["local_frequency"]]
    return {"slot_duration": case["slot_duration"] * factor, "local_frequency": local}


def _slopes(case: Case, less: Case, more: Case, budget: str) -> Any:
    here, poorer, richer = priced_optima([case, less, more])
    if here is None or poorer is None or richer is None or less[budget] == case[budget]:
        return None
    at = arb(case[budget])
    low = (arb(here.lower) - arb(richer.upper)) / (arb(more[budget]) - at)
    high = (arb(poorer.upper) - arb(here.lower)) / (at - arb(less[budget]))
    return low.max(arb(0)).union(high)
