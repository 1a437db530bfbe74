"""Short and long slots: Propositions 1 and 2.

A slot that carries few bits goes to the mobile of highest priority, one that is long enough serves everybody
who wants to offload. Required bits m = max(R − F T/C, 0), which grow as the slot shrinks, upset the former.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np
from flint import arb
from hypothesis import strategies as st

from mecopt.arithmetic import ball_arithmetic
from mecopt.claims import Interval, Mutant, claim, decades, fraction
from mecopt.claims.exact import FAILS
from mecopt.instance import Instance

from .common import P2, PAPER, Case, p2_cases, point_is_optimal, required_bits
from .policy import Filled, constant, energy, fill_slot
from .threshold import Mobile, airtime, as_floats, mobiles, priority, ratio

TOL = 1e-8
OPTIMAL = "relative to the optimum, which is proved to 1e-9"

NONE = st.nothing()
EAGER = {"energy_per_cycle": decades(1e-2, 1e6, special=[0.0])}
"""Most υ are above 1: somebody wants to offload."""

Mobiles = Sequence[Mobile]
Limit = Callable[[Mobiles], Any]
SHARES = st.lists(st.one_of(st.just(0.0), fraction()), min_size=5, max_size=5)


def with_slot(case: Case, slot: float, *, required: Sequence[float]) -> Case:
    """The case with this slot, and CPUs that leave these shares of the data to the cloud."""
    data = zip(case["input_bits"], case["cycles_per_bit"], required, strict=False)
    # a CPU with time to spare leaves nothing, not even a rounding error
    speeds = [R * C / slot * (1.0 - share if share > 0 else 2.0) for R, C, share in data]
    return {**case, "local_frequency": speeds, "slot_duration": slot}


# Proposition 1: a slot too short for the data of the mobile of highest priority.


def first(us: Mobiles) -> int:
    """The mobile of highest priority (of several, any)."""
    return int(np.argmax(as_floats(map(priority, us))))


def alone_at_most(us: Mobiles) -> Any:
    """R/(B log2 υ) of the mobile of highest priority."""
    u = us[first(us)]
    return u.R / (u.B * ratio(u).log() / arb.const_log2())


def best_with_at_most(s: Instance, senders: int) -> Filled | None:
    """Cheapest point with that many mobiles offloading; None where more have to."""
    users = s.sizes["users"]
    required = required_bits(s) > 1e-9 * s.input_bits  # and not by rounding
    found = []
    for chosen in combinations(range(users), min(senders, users)):
        sends = np.isin(np.arange(users), chosen)
        if not np.any(required & ~sends):
            x = P2.run(s.replace(input_bits=np.where(sends, s.input_bits, 0.0)), method="closed-form").x
            found.append(Filled(x["offloaded_bits"], x["offloading_time"], 0.0))
    return min(found, key=lambda point: energy(s, point), default=None)


@claim(
    id="TDMA-P1",
    source=f"{PAPER}, Proposition 1",
    statement="Let m be the mobile of highest priority φ. If T ≤ R_m/(B log2 υ_m), only one mobile offloads.",
    recorded="refuted",
    draws=p2_cases(users=(2, 2), **EAGER),
    subject=1,
    mutants=[Mutant("at most two mobiles", 2), Mutant("no mobile", 0)],
    tol=TOL,
    tol_reason=OPTIMAL,
    max_samples=50,
    explanation="Whoever cannot finish on its own CPU has to offload, and in a short slot that is everybody. "
    "The statement needs that nobody but m has required bits.",
    corrected_by="TDMA-P1.corrected",
)
def only_one(case: Case, senders: int) -> Interval | None:
    s = P2.instance(case)
    with ball_arithmetic():
        us = mobiles(s)
        u = us[first(us)]
        if not (ratio(u) > 1 and alone_at_most(us) >= u.T):
            return None
    best = best_with_at_most(s, senders)
    return FAILS if best is None else point_is_optimal(P2, case, best.bits, best.time)


def profitable_bits(u: Mobile) -> Any:
    """T B log2 υ: the slot's bits at the rate at which one more costs what it saves."""
    return u.T * u.B * ratio(u).log() / arb.const_log2()


@claim(
    id="TDMA-P1.corrected",
    source=f"{PAPER}, Proposition 1, corrected",
    statement="Let m have the highest priority φ and υ_m > 1, and let nobody else have required bits. If "
    "T ≤ R_m/(B log2 υ_m), it is optimal that m alone offloads, max(required bits, T B log2 υ_m) in t_m = T.",
    recorded="certified",
    draws=st.fixed_dictionaries(
        {
            "data": p2_cases(users=(1, 4), slot_duration=NONE, local_frequency=NONE, **EAGER),
            "slot_share": st.one_of(st.just(1.0), fraction(open_ends="0")),
            "required_share": st.one_of(st.just(0.0), fraction()),
        }
    ),
    subject=(alone_at_most, first),
    mutants=[
        Mutant("ln for log2", (lambda us: alone_at_most(us) / arb.const_log2(), first)),
        Mutant("without B", (lambda us: alone_at_most(us) * us[0].B, first)),
        Mutant("lowest priority", (alone_at_most, lambda us: int(np.argmin(as_floats(map(priority, us)))))),
        Mutant("largest υ", (alone_at_most, lambda us: int(np.argmax(as_floats(map(ratio, us)))))),
    ],
    tol=TOL,
    tol_reason=OPTIMAL,
    max_samples=150,
)
def one_alone(case: Case, subject: tuple[Limit, Callable[[Mobiles], int]]) -> Interval | None:
    limit, who = subject
    nobody = [0.0] * len(case["data"]["input_bits"])
    with ball_arithmetic():
        us = mobiles(P2.instance(with_slot(case["data"], 1.0, required=nobody)))
        m = who(us)
        if not (ratio(us[m]) > 1 and ratio(us[first(us)]) > 1 and us[m].R > 0):
            return None
        slot = case["slot_share"] * float(limit(us).mid())
        alone = np.arange(len(us)) == m
        data = with_slot(case["data"], slot, required=np.where(alone, case["required_share"], 0.0).tolist())
        u = mobiles(P2.instance(data))[m]
        bits = float(u.m.max(profitable_bits(u)).mid())
    return point_is_optimal(P2, data, np.where(alone, bits, 0.0), np.where(alone, slot, 0.0))


# Proposition 2: a slot long enough for everybody who wants to offload.


def all_at_least(
    us: Mobiles,
    *,
    price: Callable[..., Any] = min,
    required: float = 1.0,
    seconds: Callable[[Mobile, Any], Any] = airtime,
) -> Any:
    """Airtime at λ_min, the lowest positive priority, of all data of O1 and the required bits of O2."""
    phis = [priority(u) for u in us]
    at = price([phi for phi in phis if phi > 0])
    bits = [u.R if phi > 0 else u.m * required for u, phi in zip(us, phis, strict=True)]
    return sum((ell * seconds(u, at) for u, ell in zip(us, bits, strict=True)), arb(0))


def airtime_with_two(u: Mobile, price: Any) -> Any:
    """ln 2/(B [W0(x) + 2])."""
    return 1 / (1 / airtime(u, price) + u.B / arb.const_log2())


@claim(
    id="TDMA-P2",
    source=f"{PAPER}, Proposition 2",
    statement="Let O1 be the mobiles with φ > 0, O2 the others, λ_min the lowest φ in O1. All of O1 offload "
    "completely if T ≥ Σ_O1 R ln 2/(B [W0(x) + 1]) + Σ_O2 m ln 2/(B [W0(x) + 1]), "
    "x = (λ_min h²/β − N0)/(N0 e).",
    recorded="certified",
    draws=st.fixed_dictionaries(
        {
            "data": p2_cases(users=(1, 4), slot_duration=NONE, local_frequency=NONE, **EAGER),
            "required_shares": SHARES,
            "stretch": st.one_of(st.just(1.0), decades(1.0, 1e3)),
        }
    ),
    subject=all_at_least,
    mutants=[
        Mutant("highest priority for λ_min", partial(all_at_least, price=max)),
        Mutant("without O2", partial(all_at_least, required=0.0)),
        Mutant("without ln 2", partial(all_at_least, seconds=lambda u, x: airtime(u, x) * arb.const_log2())),
        Mutant("W0 + 2", partial(all_at_least, seconds=airtime_with_two)),
    ],
    tol=TOL,
    tol_reason=OPTIMAL,
    max_samples=150,
)
def all_offload(case: Case, limit: Limit) -> Interval | None:
    with ball_arithmetic():
        us = mobiles(P2.instance(with_slot(case["data"], 1.0, required=case["required_shares"])))
        wants = np.array([bool(priority(u) > 0) for u in us])
        if not wants.any():
            return None
        slot = case["stretch"] * float(limit(us).mid())
    if not slot > 0:
        return None  # nobody has anything to offload
    data = with_slot(case["data"], slot, required=case["required_shares"])
    s = P2.instance(data)
    filled = fill_slot(s, constant(np.where(wants, s.input_bits, required_bits(s))))
    return point_is_optimal(P2, data, filled.bits, filled.time)
