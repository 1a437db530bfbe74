"""Figures 4 and 5: schemes against the weight and the size of the task."""

from functools import lru_cache
from typing import Any

import numpy as np
from hypothesis import strategies as st

from mecopt.arithmetic import FLOAT
from mecopt.claims import Interval, Mutant, claim, decades

from .. import AF, DF, P1, links
from .common import (
    BY_NAME,
    PAPER,
    PROVED,
    PROVED_REASON,
    Case,
    around,
    bracket,
    cases,
    difference,
    proved_value,
)
from .schemes import SEEDS, enclosed, means, no_more, worst

# ------------------------------------------------------------------------------- Figure 4


@claim(
    id="RACO-F4a",
    source=f"{PAPER}, Fig. 4",
    statement="The objective increases with w for all schemes (optima of HR, AF, DF, FDHR and TDHR).",
    recorded="certified",
    draws=st.builds(lambda case, factor: {"data": case, "factor": factor}, cases(), decades(1.1, 100)),
    subject=1.0,
    mutants=[Mutant("by as much as w", 0.0), Mutant("objective over w", -0.2)],
    tol=PROVED,
    tol_reason=PROVED_REASON,
    max_samples=5,
)
def rises_with_weight(case: Case, power: float) -> Interval | None:
    factor = case["factor"] ** (1 - power)
    found = []
    for name in BY_NAME:
        one = enclosed(P1.instance(case["data"]), name)
        other = enclosed(
            P1.instance(case["data"] | {"weight": case["data"]["weight"] * case["factor"]}), name
        )
        if one is None or other is None:
            return None
        found.append(no_more(Interval(one.lo * factor, one.hi * factor), other))
    return worst(*found)


@lru_cache(maxsize=64)
def singles(seed: int, weight: float) -> tuple[Any, Any]:
    """Costs of AF and DF alone on 100 realisations."""
    found = []
    for problem in (AF, DF):
        s = problem.sample(batch=100, seed=seed).replace(weight=weight)
        st_ = problem.statement
        found.append(st_.value(FLOAT, st_.lift(FLOAT, s), problem.run(s).x))
    return found[0], found[1]


def who_wins(case: Case, weights: tuple[float, float], average: Any) -> Interval:
    (af, df), (af_large, df_large) = ([average(v) for v in singles(case["seed"], w)] for w in weights)
    return around(float(min((df - af) / af, (af_large - df_large) / df_large)), 1e-9)


@claim(
    id="RACO-F4b",
    source=f"{PAPER}, Fig. 4",
    statement="DF beats AF for large w, AF beats DF for small w (means of 100 realisations at w = 10 and "
    "1e-4).",
    recorded="refuted",
    draws=SEEDS,
    subject=np.mean,
    mutants=[Mutant("medians", np.median)],
    tol=1e-6,
    tol_reason="relative to the mean",
    explanation="For weak links the energy of AF grows as 1/(g1 g2), that of DF as 1/g: over exponential "
    "gains neither has a finite mean, and one deep fade decides. On some "
    "hundreds of realisations AF costs far more than DF at w = 1e-4, although it is better on most.",
    corrected_by="RACO-F4b.corrected",
    max_samples=10,
)
def who_wins_on_average(case: Case, average: Any) -> Interval:
    return who_wins(case, (1e-4, 10.0), average)


@claim(
    id="RACO-F4b.corrected",
    source=f"correction of {PAPER}, Fig. 4",
    statement="In the median of 100 realisations DF beats AF at w = 10 and AF beats DF at w = 1e-4.",
    recorded="certified",
    draws=SEEDS,
    subject=(1e-4, 10.0),
    mutants=[Mutant("the other way round", (10.0, 1e-4)), Mutant("small is 1", (1.0, 10.0))],
    tol=1e-6,
    tol_reason="relative to the median",
    max_samples=10,
)
def who_wins_in_the_median(case: Case, weights: tuple[float, float]) -> Interval:
    return who_wins(case, weights, np.median)


@claim(
    id="RACO-F4c",
    source=f"{PAPER}, Fig. 4",
    statement="HR with CCCP is better than AF and DF for all w; AF is close to HR at small w (within 10 "
    "% at w = 1e-4), DF coincides with HR at large w (within 1 % at w = 10).",
    recorded="refuted",
    draws=SEEDS,
    subject=(0.1, 0.01),
    mutants=[Mutant("within a factor of ten", (9.0, 9.0))],
    tol=0.0,
    tol_reason="shares of the mean optimum",
    explanation="At the assumed parameters AF alone costs about half as much again as HR at w = 1e-4, "
    "and DF alone 7 % more at w = 10: the user's own CPU and the AF band stay useful. HR is better "
    "than either everywhere.",
    corrected_by="RACO-F4c.corrected",
    max_samples=3,
)
def close_at_the_ends(case: Case, rooms: tuple[float, float]) -> Interval | None:
    small, large = (means(case["seed"], w, ("cccp", "af", "df")) for w in (1e-4, 10.0))
    if small is None or large is None:
        return None
    better = [no_more(m["cccp"], m[k], room=1e-3) for m in (small, large) for k in ("af", "df")]
    return worst(
        *better,
        no_more(small["af"], small["cccp"], room=rooms[0]),
        no_more(large["df"], large["cccp"], room=rooms[1]),
    )


@claim(
    id="RACO-F4c.corrected",
    source=f"correction of {PAPER}, Fig. 4",
    statement="HR with CCCP costs at most as much as AF and DF (to 1 %) at w = 1e-4, 0.1 and 10; at w = "
    "10 DF is within 15 % of it.",
    recorded="certified",
    draws=SEEDS,
    subject=0.15,
    mutants=[Mutant("within 1 %", 0.01), Mutant("within 0.1 %", 0.001)],
    tol=0.01,
    tol_reason="relative to the mean: CCCP may stop early",
    max_samples=3,
)
def better_everywhere(case: Case, room: float) -> Interval | None:
    found = [means(case["seed"], w, ("cccp", "af", "df")) for w in (1e-4, 0.1, 10.0)]
    if any(f is None for f in found):
        return None
    slacks = [no_more(m["cccp"], m[k]) for m in found if m for k in ("af", "df")]
    last = found[-1]
    assert last
    return worst(*slacks, no_more(last["df"], last["cccp"], room=room))


@claim(
    id="RACO-F4d",
    source=f"{PAPER}, Fig. 4",
    statement="TDHR is superior to FDHR at small w and worse at large w; HR is significantly better than "
    "both (by 1 % at least) in the whole range.",
    recorded="refuted",
    draws=SEEDS,
    subject=(True, 0.01, True),
    mutants=[Mutant("TDHR superior throughout, HR at least as good", (False, -0.05, False))],
    tol=0.0,
    tol_reason="shares of the mean",
    explanation="TDHR (modelled with disjoint slots in the full band) stays below FDHR at w = 10 as "
    "well, and close to HR: at the worked instance 0.42377 against 0.42363, and on some draws "
    "0.7 % below HR, as its budgets hold per transmission.",
    corrected_by="RACO-F4d.corrected",
    max_samples=2,
)
def against_tdhr(case: Case, subject: tuple[bool, float, bool]) -> Interval | None:
    return schemes_in_order(case, *subject)


def schemes_in_order(case: Case, worse_at_large: bool, lead: float, at_small: bool) -> Interval | None:
    names = ("hr", "fdhr", "tdhr")
    small, large = (means(case["seed"], w, names) for w in (1e-2, 10.0))
    if small is None or large is None:
        return None
    pair = (large["fdhr"], large["tdhr"]) if worse_at_large else (large["tdhr"], large["fdhr"])
    others = ("fdhr", "tdhr") if at_small else ("fdhr",)
    leads = [no_more(m["hr"], m[k], room=-lead) for m in (small, large) for k in others]
    first = [no_more(small["tdhr"], small["fdhr"])] if at_small else []
    return worst(*first, no_more(*pair), *leads)


@claim(
    id="RACO-F4d.corrected",
    source=f"correction of {PAPER}, Fig. 4",
    statement="At w = 10 TDHR costs less than FDHR on average; HR costs no more than FDHR at any w. "
    "(TDHR, with power budgets per transmission, may be below HR.)",
    recorded="certified",
    draws=SEEDS,
    subject=(False, 0.0, False),
    mutants=[
        Mutant("TDHR worse at large w", (True, 0.0, False)),
        Mutant("HR better by 30 %", (False, 0.3, False)),
    ],
    tol=PROVED,
    tol_reason=PROVED_REASON,
    max_samples=2,
)
def tdhr_is_better(case: Case, subject: tuple[bool, float, bool]) -> Interval | None:
    return schemes_in_order(case, *subject)


# ------------------------------------------------------------------------------- Figure 5

SIZES = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 9),
        "weight": st.sampled_from([10.0, 1e-3]),
        "factor": st.sampled_from([2.0, 0.5]),
    }
)


@lru_cache(maxsize=256)
def scaled(seed: int, weight: float, factor: float, name: str) -> tuple[Interval, Interval] | None:
    """A scheme's cost for the task, and for a task of another size over the factor."""
    s = P1.sample(seed=seed).replace(weight=weight)
    one, other = enclosed(s, name), enclosed(s.replace(input_bits=s.input_bits * factor), name)
    if one is None or other is None:
        return None
    return one, Interval(other.lo / factor, other.hi / factor)


def linear(case: Case, names: tuple[str, ...], power: float = 1.0) -> Interval | None:
    found = []
    for name in names:
        pair = scaled(case["seed"], case["weight"], case["factor"], name)
        if pair is None:
            return None
        one, other = pair
        shift = case["factor"] ** (power - 1)
        gap = difference(other, Interval(one.lo * shift, one.hi * shift), one.hi)
        far = max(abs(gap.lo), abs(gap.hi))
        near = 0.0 if gap.lo * gap.hi <= 0 else min(abs(gap.lo), abs(gap.hi))
        found.append(Interval(-far, -near))
    return worst(*found)


@claim(
    id="RACO-F5a",
    source=f"{PAPER}, Fig. 5",
    statement="The objective of every scheme, IBCD among them, is linear in L.",
    recorded="refuted",
    draws=SIZES,
    subject=("af", "df", "ibcd"),
    mutants=[Mutant("without IBCD", ("af", "df"))],
    tol=1e-4,
    tol_reason="relative to the objective; IBCD stops at 1e-6 of it",
    explanation="Delays and energies are proportional to L, but the smoothing μ has a unit: twice the "
    "task in the same smoothed maximum is another problem, and IBCD ends at another β.",
    corrected_by="RACO-F5a.corrected",
    max_samples=8,
)
def linear_in_size(case: Case, names: tuple[str, ...]) -> Interval | None:
    return linear(case, names)


@claim(
    id="RACO-F5a.corrected",
    source=f"correction of {PAPER}, Fig. 5",
    statement="The optima of HR, AF, DF, FDHR and TDHR are proportional to L.",
    recorded="certified",
    draws=SIZES,
    subject=1.0,
    mutants=[Mutant("to L to the 1.01", 1.01), Mutant("to the root of L", 0.5)],
    tol=PROVED,
    tol_reason=PROVED_REASON,
    max_samples=4,
)
def optima_are_proportional(case: Case, power: float) -> Interval | None:
    return linear(case, tuple(BY_NAME), power)


@claim(
    id="RACO-F5b",
    source=f"{PAPER}, Fig. 5",
    statement="The optimal β is independent of L, and so is f_A*: the optimal plan for L is optimal for "
    "any other size.",
    recorded="certified",
    draws=SIZES,
    subject=lambda x, factor: x,
    mutants=[
        Mutant("β grows with L", lambda x, factor: x | {"beta": min(x["beta"] * factor, 1.0)}),
        Mutant(
            "f_A as the cube root of L",
            lambda x, factor: (
                x | {"user_frequency": x["user_frequency"] * min(factor, 1 / factor) ** (1 / 3)}
            ),
        ),
    ],
    tol=PROVED,
    tol_reason=PROVED_REASON,
    max_samples=5,
)
def plan_for_any_size(case: Case, change: Any) -> Interval | None:
    s = P1.sample(seed=case["seed"]).replace(weight=case["weight"])
    found = bracket("hr", s.to_json())
    if found is None:
        return None
    other = s.replace(input_bits=s.input_bits * case["factor"])
    best = bracket("hr", other.to_json())
    value = proved_value(P1, other, links.Plan(**change(found.x, case["factor"])))
    if best is None or value is None:
        return None
    return Interval(-(value.hi - best.lower) / best.upper, -max(value.lo - best.upper, 0.0) / best.upper)


@claim(
    id="RACO-F5c",
    source=f"{PAPER}, Fig. 5",
    statement="For the small weight (1e-3) AF beats DF and HR beats AF; for the large one (10) DF beats "
    "AF and coincides with HR (within 1 %).",
    recorded="refuted",
    draws=SEEDS,
    subject=0.01,
    mutants=[Mutant("within half", 0.5)],
    tol=1e-6,
    tol_reason="relative to the mean",
    explanation="The first half holds on average. At w = 10 DF alone costs 6 to 8 % more than HR at the "
    "assumed parameters: near HR, not on it.",
    corrected_by="RACO-F5c.corrected",
    max_samples=4,
)
def two_weights(case: Case, room: float) -> Interval | None:
    return order_at_two_weights(case, room)


def order_at_two_weights(case: Case, room: float) -> Interval | None:
    small, large = (means(case["seed"], w, ("hr",)) for w in (1e-3, 10.0))
    alone = means(case["seed"], 10.0, ("af", "df")), means(case["seed"], 1e-3, ("af", "df"))
    if small is None or large is None or alone[0] is None or alone[1] is None:
        return None
    large, small = large | alone[0], small | alone[1]
    af, df = (float(np.median(v)) for v in singles(case["seed"], 1e-3))  # a hundred realisations decide
    return worst(
        around((df - af) / af),
        no_more(small["hr"], small["af"]),
        no_more(large["df"], large["af"]),
        no_more(large["df"], large["hr"], room=room),
    )


@claim(
    id="RACO-F5c.corrected",
    source=f"correction of {PAPER}, Fig. 5",
    statement="For w = 1e-3 AF beats DF (median of 100) and HR beats AF; for w = 10 DF beats AF and is "
    "within 15 % of HR.",
    recorded="supported",
    draws=SEEDS,
    subject=0.15,
    mutants=[Mutant("within 1 %", 0.01), Mutant("within 2 %", 0.02)],
    tol=1e-6,
    tol_reason="relative to the mean",
    max_samples=4,
)
def two_weights_roughly(case: Case, room: float) -> float | None:
    found = order_at_two_weights(case, room)
    return None if found is None else found.lo
