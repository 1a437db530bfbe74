"""Figure 5: schemes against the size of the task."""

from functools import lru_cache
from typing import Any

import numpy as np
from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, claim

from .. import P1, links
from .common import (
    BY_NAME,
    PAPER,
    PROVED,
    PROVED_REASON,
    Case,
    bracket,
    difference,
    proved_value,
)
from .scheme_figures import averages
from .schemes import SEEDS, enclosed, means, no_more, worst

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
    af, df = averages(case["seed"], 1e-3, np.median)  # a hundred realisations decide
    return worst(
        difference(df, af, af.hi),
        no_more(small["hr"], small["af"]),
        no_more(large["df"], large["af"]),
        no_more(large["df"], large["hr"], room=room),
    )


@claim(
    id="RACO-F5c.corrected",
    source=f"correction of {PAPER}, Fig. 5",
    statement="For w = 1e-3 AF beats DF (median of 100) and HR beats AF; for w = 10 DF beats AF and is "
    "within 15 % of HR.",
    recorded="certified",
    draws=SEEDS,
    subject=0.15,
    mutants=[Mutant("within 1 %", 0.01), Mutant("within 2 %", 0.02)],
    tol=1e-6,
    tol_reason="relative to the mean",
    max_samples=4,
)
def two_weights_roughly(case: Case, room: float) -> Interval | None:
    return order_at_two_weights(case, room)
