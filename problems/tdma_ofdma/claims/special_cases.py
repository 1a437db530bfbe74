"""Special cases of P2: identical mobiles, equal channels, equal local energies (after Theorem 1).

Identical mobiles share one rate, and only the total of their bits matters. Where mobiles differ only in C P,
or only in h², the priority φ grows with it and complete offloading goes down that order.
"""

from collections.abc import Callable

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, claim, fraction
from mecopt.claims.exact import holds, vanishes
from mecopt.instance import Array, Instance

from .common import P2, PAPER, Case, optimum, p2_cases, point_is_optimal, required_bits, solving
from .policy import constant, energy, fill_slot, first_in_line, priorities, seconds_per_bit
from .slots import EAGER, OPTIMAL, TOL
from .threshold import as_floats, mobiles, ratio

ROUNDING = 1e-12


def alike(case: Case, *fields: str) -> Case:
    """The case with everybody's numbers in these fields those of the first mobile."""
    return case | {name: [case[name][0]] * len(case[name]) for name in fields}


# Identical mobiles.

Total = Callable[[float, float, float, float], float]

IDENTICAL = st.builds(
    lambda case, fill, mix: {
        "data": alike(case, "channel_gain", "cycles_per_bit", "energy_per_cycle", "weight"),
        "fill": fill,
        "mix": mix,
    },
    p2_cases(users=(1, 4), **EAGER),
    st.one_of(st.sampled_from([0.0, 1.0]), fraction()),
    fraction(),
)
"""`fill` places a total in a range, `mix` splits it over the mobiles."""


def split(least: Array, most: Array, total: float, mix: float) -> Array:
    """Bits of this total within bounds: a mix of filling the mobiles from the first and from the last."""

    def fill(low: Array, high: Array) -> Array:
        before = np.cumsum(high - low) - (high - low)
        granted: Array = low + np.clip(total - np.sum(low) - before, 0.0, high - low)
        return granted

    first, last = fill(least, most), fill(least[::-1], most[::-1])[::-1]
    bits = last + mix * (first - last)
    # where a bit saves 1e9 times what the optimum costs, the last digit of "all data" counts; the sums
    # above lose digits of the total, which are many of a mobile with little data
    return np.where(bits >= most - ROUNDING / 8 * np.sum(most), most, bits)


def identical_slack(case: Case, total_of: Total) -> Interval | None:
    """Slack of 'bits of this total are optimal', however split, with airtimes in proportion."""
    s = P2.instance(case["data"])
    least, most, slot = required_bits(s), s.input_bits, float(s.slot_duration)
    limit = slot * float(s.bandwidth) * float(np.log2(as_floats([ratio(mobiles(s)[0])])[0]))
    total = total_of(limit, float(np.sum(least)), float(np.sum(most)), case["fill"])
    if np.isnan(total):
        return None
    bits = split(least, most, total, case["mix"])
    if abs(np.sum(bits) - total) > ROUNDING * np.sum(most):
        return Interval(-np.inf, -1.0)  # no bits within bounds have this total
    sent = float(np.sum(bits))
    return point_is_optimal(P2, case["data"], bits, slot * bits / sent if sent > 0 else np.zeros_like(bits))


def any_total_up_to(limit: float, least: float, most: float, fill: float) -> float:
    """Any feasible total up to the limit; nan where there is none."""
    return least + fill * (min(limit, most) - least) if limit >= least else np.nan


def any_total_from(limit: float, least: float, most: float, fill: float) -> float:
    """Any feasible total from the limit on."""
    return most - (1 - fill) * (most - max(limit, least)) if limit <= most else np.nan


def clipped(limit: float, least: float, most: float, fill: float) -> float:
    """The total of every optimum."""
    return min(max(limit, least), most)


@claim(
    id="TDMA-S1",
    source=f"{PAPER}, special cases of Theorem 1",
    statement="Mobiles with the same h, C, P, β: any split with Σ ℓ ≤ T B log2(B C P h²/(N0 ln 2)) is "
    "optimal (with airtimes in proportion).",
    recorded="refuted",
    draws=IDENTICAL,
    subject=any_total_up_to,
    mutants=[
        Mutant("the limit itself", clipped),
        Mutant("≥ for ≤", any_total_from),
    ],
    tol=TOL,
    tol_reason=OPTIMAL,
    max_samples=100,
    explanation="Below the limit another bit saves more than it costs: less, or nothing, is not optimal. "
    "Only the split is free, not the total.",
    corrected_by="TDMA-S1.corrected",
    ahead=solving(P2, lambda case: [case["data"]]),
)
def any_split(case: Case, total_of: Total) -> Interval | None:
    return identical_slack(case, total_of)


def only_the_total_matters() -> str:
    """Jensen with its tangent, and the total by convexity."""
    L, T, A, B, v, x = sp.symbols("L T A B v x", positive=True)
    power = A * (sp.exp(x * sp.log(2) / B) - 1)
    intercept = power - x * sp.diff(power, x)
    holds(sp.diff(power, x, 2).is_positive, "power is strictly convex in the rate")
    vanishes(intercept.subs(x, 0), "tangent at rate 0 through the origin")
    holds(sp.simplify(-sp.diff(intercept, x)).is_positive, "tangents meet the axis below 0")
    tangent_sum = L * sp.diff(power, x) + T * intercept
    vanishes((tangent_sum - T * power).subs(x, L / T), "tangents at L/T add up to T f(L/T)")
    cost = T * power.subs(x, L / T) - v * L
    holds(sp.diff(cost, L, 2).is_positive, "cost is strictly convex in the total")
    ratio_ = v * B / (A * sp.log(2))
    vanishes(sp.diff(cost, L).subs(L, T * B * sp.log(ratio_) / sp.log(2)), "slope at L = T B log2 υ")
    vanishes(sp.diff(cost, L).subs(L, 0) - v * (1 / ratio_ - 1), "slope at L = 0")
    return (
        "Σ t f(ℓ/t) ≥ Σ [ℓ f′(x) + t (f − x f′)(x)] ≥ T f(x) at x = L/T, as f is strictly convex, f < x f′, "
        "with equality iff all rates are L/T; T f(L/T) − v L is strictly convex, flat at L = T B log2 υ"
    )


@claim(
    id="TDMA-S1.corrected",
    source=f"{PAPER}, special cases of Theorem 1, corrected",
    statement="Mobiles with the same h, C, P, β: bits m ≤ ℓ ≤ R are optimal iff Σ ℓ is T B log2 υ clipped to "
    "[Σ m, Σ R] (Σ m for υ ≤ 1), with airtimes in proportion.",
    recorded="proved",
    draws=IDENTICAL,
    subject=clipped,
    mutants=[
        Mutant("ln for log2", lambda limit, *rest: clipped(limit * np.log(2), *rest)),
        Mutant("not clipped to Σ R", lambda limit, least, *rest: max(limit, least)),
        Mutant("not clipped to Σ m", lambda limit, least, most, fill: min(max(limit, 0.0), most)),
        Mutant("a tenth less", lambda limit, least, most, fill: max(min(limit, most) * 0.9, least)),
    ],
    tol=TOL,
    tol_reason=OPTIMAL,
    proof=only_the_total_matters,
    max_samples=100,
    ahead=solving(P2, lambda case: [case["data"]]),
)
def any_split_of_the_limit(case: Case, total_of: Total) -> Interval | None:
    return identical_slack(case, total_of)


# Orders of complete offloading.

Order = Callable[[Instance], list[int]]


def descending(values: Array) -> list[int]:
    """Indices from the largest value to the smallest."""
    return [int(k) for k in np.argsort(-values, kind="stable")]


@claim(
    id="TDMA-C1",
    source=f"{PAPER}, Corollary 1",
    statement="Equal h and β, P_1 C_1 ≤ … ≤ P_K C_K: unless λ* is somebody's φ, there is a k_t with "
    "ℓ_k = R_k for k ≥ k_t and ℓ_k = m_k for k < k_t, and t_k as in Theorem 1.",
    recorded="certified",
    draws=p2_cases(users=(1, 4), **EAGER).map(lambda case: alike(case, "channel_gain", "weight")),
    subject=(lambda s: descending(s.energy_per_cycle * s.cycles_per_bit), seconds_per_bit),
    mutants=[
        Mutant("ascending", (lambda s: descending(-s.energy_per_cycle * s.cycles_per_bit), seconds_per_bit)),
        Mutant("P alone", (lambda s: descending(s.energy_per_cycle), seconds_per_bit)),
        Mutant("C alone", (lambda s: descending(s.cycles_per_bit), seconds_per_bit)),
        Mutant(
            "t without R",
            (
                lambda s: descending(s.energy_per_cycle * s.cycles_per_bit),
                lambda s, price: seconds_per_bit(s, price) / np.maximum(s.input_bits, 1e-9),
            ),
        ),
    ],
    tol=TOL,
    tol_reason=OPTIMAL,
    max_samples=100,
    ahead=solving(P2),
)
def split_by_local_energy(
    case: Case, subject: tuple[Order, Callable[[Instance, float], Array]]
) -> Interval | None:
    """The best of all k_t is optimal."""
    order, seconds = subject
    best = optimum(P2, case)
    if best is None:
        return None
    s = best.instance
    free = s.input_bits > required_bits(s)
    if np.any(free & (np.abs(priorities(s) - best.time_price) <= 1e-9 * best.time_price)):
        return None
    who = order(s)
    counts = range(len(who) + 1)
    candidates = [fill_slot(s, constant(first_in_line(s, who, n)), seconds=seconds) for n in counts]
    chosen = min(candidates, key=lambda filled: energy(s, filled))
    return point_is_optimal(P2, case, chosen.bits, chosen.time)


def served_in(order: list[int], s: Instance) -> Callable[[float], Array]:
    """As many of the order completely as there are priorities above the price."""
    phi = priorities(s)
    return lambda price: first_in_line(s, order, int(np.sum(phi > price)))


@claim(
    id="TDMA-S3",
    source=f"{PAPER}, special cases of Theorem 1",
    statement="Equal C P and β: complete offloading is granted in descending order of the channel gain; with "
    "g_i > g_j, j offloads more than its required bits only if i offloads all.",
    recorded="certified",
    draws=st.builds(
        lambda case: (
            case | {"energy_per_cycle": [case["energy_per_cycle"][0] / c for c in case["cycles_per_bit"]]}
        ),
        p2_cases(users=(1, 4), **EAGER),
    ).map(lambda case: alike(case, "weight")),
    subject=lambda s: descending(s.channel_gain),
    mutants=[
        Mutant("ascending", lambda s: descending(-s.channel_gain)),
        Mutant("by data", lambda s: descending(s.input_bits)),
        Mutant("by required bits", lambda s: descending(required_bits(s))),
    ],
    tol=TOL,
    tol_reason=OPTIMAL,
    max_samples=100,
    ahead=solving(P2),
)
def best_channels_first(case: Case, order: Order) -> Interval | None:
    """Granting in this order is optimal."""
    s = P2.instance(case)
    filled = fill_slot(s, served_in(order(s), s))
    return point_is_optimal(P2, case, filled.bits, filled.time)
