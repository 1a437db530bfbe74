"""Minimisers of the Lagrangian of P6, and what those at the best prices are worth."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb
from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, agree, at_most, claim, smallest
from mecopt.claims.exact import in_balls

from .. import P5
from .common import (
    PAPER,
    Association,
    Ball,
    Case,
    Data,
    answer,
    asked,
    associations,
    data,
    least,
    load,
    number,
    p5,
    price_lists,
    root,
    scale,
    term_cases,
    total,
)

SIZE = "relative to the largest of the values compared; ball arithmetic"

PRICED = {"mu": price_lists(), "nu": price_lists()}


def optimum(d: Data) -> Ball:
    """The least of P5 over all associations."""
    return least(p5(d, x) for x in associations(d))


# ------------------------------------------------------------------------------------ best prices, and
# what they do


def best_prices(d: Data) -> tuple[list[Ball], list[Ball], Any]:
    """Prices near the best, as exact numbers, and q there."""
    if d.servers == 1:  # twice the loads of any optimum of the relaxation
        root_a, root_s, c = of_one_server(d)
        x = relaxed(root_a, root_s, c)
        mu, nu = ([arb(2 * float(r @ x))] for r in (root_a, root_s))
        return mu, nu, asked(d, mu, nu)
    return searched_prices(d)


def searched_prices(d: Data) -> tuple[list[Ball], list[Ball], Any]:
    """The same from the referee's own search, for any number of servers."""
    fields = {
        "comm_delay": d.A, "parallel_delay": d.S, "root_comm": root(d.A), "root_comp": root(d.S),
        "edge_cost": d.e, "local_cost": d.K,
    }  # fmt: skip
    numbers = {name: number(balls) for name, balls in fields.items()}
    n = d.servers
    lifted = type("Data", (), {})()
    lifted.__dict__.update(
        numbers,
        linked=np.ones((d.users, n), dtype=bool),
        memory=np.zeros(d.users),
        capacity=np.full(n, np.inf),
        limited=np.zeros(n, dtype=bool),
    )
    found = P5.statement.best_prices(lifted)
    mu, nu = ([arb(float(p)) for p in found[k]] for k in ("bandwidth_price", "compute_price"))
    return mu, nu, asked(d, mu, nu)


def relaxed(root_a: Any, root_s: Any, c: Any) -> Any:
    """An optimum of the relaxation of P5 with one server, in doubles.

    That is a convex quadratic of rank two over a box, so some optimum has at most two entries inside. All
    with their other entries at 0 or 1 are compared; infeasible ones and singular systems do not count.
    """
    users = len(c)
    rows, best, found = np.stack([root_a, root_s]), np.inf, np.zeros(users)
    corners = np.array(list(itertools.product((0.0, 1.0), repeat=users)))
    for inside in (list(f) for n in range(3) for f in itertools.combinations(range(users), n)):
        x = corners[(corners[:, inside] == 0).all(axis=1)]
        free = rows[:, inside]
        gram = free.T @ free
        if inside:
            if np.linalg.det(gram) <= 1e-12 * np.prod(np.diag(gram)):
                continue
            slope = (x @ rows.T) @ free + c[inside] / 2
            x[:, inside] = -np.linalg.solve(gram, slope.T).T
        value = np.sum((x @ rows.T) ** 2, axis=1) + x @ c
        value = np.where(((x >= 0) & (x <= 1)).all(axis=1), value, np.inf)
        if np.min(value) < best:
            best, found = float(np.min(value)), x[int(np.argmin(value))]
    return found


def of_one_server(d: Data) -> tuple[Any, Any, Any]:
    """Roots of the delays and c as doubles, of the only server."""
    root_a, root_s, c = (number(a)[:, 0] for a in (root(d.A), root(d.S), d.c))
    return root_a, root_s, c


def no_less_than_best(d: Data) -> Ball:
    """At least g*, one server: a value of the relaxation of P5, whose optimum g* is, near the best."""
    root_a, root_s, c = of_one_server(d)
    x = [arb(float(v)) for v in relaxed(root_a, root_s, c)]
    loads = (total(v * w[i, 0].sqrt() for i, v in enumerate(x)) for w in (d.A, d.S))
    return total(load * load for load in loads) + total(v * d.c[i, 0] for i, v in enumerate(x))


NEAR = 1e-5
"""Options whose q are this close, relative to the largest |c|, may all minimise the Lagrangian at the
best prices."""


def minimisers(d: Data) -> list[Association]:
    """All associations that may minimise the Lagrangian at the best prices."""
    _, _, q = best_prices(d)
    size = NEAR * max(abs(float(c.mid())) for c in d.c.ravel())
    allowed = []
    for row in q:
        options = [0.0, *(float(x.mid()) for x in row)]
        allowed.append({k - 1 for k, v in enumerate(options) if v <= min(options) + size})
    return [x for x in associations(d) if all(j in a for j, a in zip(x, allowed, strict=True))]


Choice = Callable[[Data], list[Association]]

ROUND = st.sampled_from([1.0, 4.0, 9.0, 2.0, 0.1, 0.01])
KNAPSACKS = term_cases(
    users=(3, 4),
    servers=(1, 1),
    A=ROUND,
    S=ROUND,
    D=st.sampled_from([1.0, 2.0, 5.0, 8.0, 12.0, 15.0, 20.0]),
    **{name: st.just(0.0) for name in ("s", "E_loc", "E_tx", "alpha")},
    B=st.just(1.0),
)
"""One server, delays only, round numbers: which devices it takes is a small knapsack."""


@claim(
    id="AOI-O43",
    source=f"{PAPER}, Section 4.3",
    statement="Minimising the Lagrangian of P6 (at the best prices) finds the optimal association: some "
    "minimiser is "
    "optimal.",
    recorded="refuted",
    draws=KNAPSACKS,
    subject=minimisers,
    mutants=[Mutant("any association", lambda d: list(associations(d)))],
    tol=1e-6,
    tol_reason="relative to the optimum; minimisers within 1e-5 of a tie count as tied",
    explanation="P6 has whole tasks and its dual has none: at the best prices devices that are not "
    "indifferent may "
    "do what no optimal association does. Prices give a bound and a good association, not the optimum.",
    corrected_by="AOI-O43.corrected",
    max_samples=150,
)
@in_balls
def minimisers_are_optimal(case: Case, subject: Choice) -> Any:
    d = data(case)
    best, found = optimum(d), least(p5(d, x) for x in subject(d))
    if float(best.mid()) == 0:
        return None
    return Interval.from_arb((best - found) / scale(best))


def gap_bound(d: Data, x: Association, mu: list[Ball], nu: list[Ball]) -> Ball:
    """Σ (Δ¹)² + (Δ²)², Δ = price/2 − load."""
    return total(
        (p[j] / 2 - load(d, x, j, w)) ** 2 for w, p in ((d.A, mu), (d.S, nu)) for j in range(d.servers)
    )


GapBound = Callable[[Data, Association, Any, Any], Ball]


@claim(
    id="AOI-O43.corrected",
    source=f"correction of {PAPER}, Section 4.3",
    statement="An association that minimises the Lagrangian at any prices μ, ν ≥ 0 costs at most Σ (μ/2 − "
    "Σ √A x)² + "
    "(ν/2 − Σ √S x)² more than the optimum.",
    recorded="certified",
    draws=term_cases(**PRICED),
    subject=gap_bound,
    mutants=[
        Mutant("half of it", lambda d, x, mu, nu: gap_bound(d, x, mu, nu) / 2),
        Mutant("μ, ν for their halves", lambda d, x, mu, nu: gap_bound(d, x, *([2 * p for p in q]
                                                                              for q in (mu, nu)))),
        Mutant("prices for half prices, halved", lambda d, x, mu, nu: gap_bound(d, x, [p * 2 for p in mu],
        nu) / 9),
        Mutant("band only", lambda d, x, mu, nu: gap_bound(d, x, mu, [load(d, x, j, d.S) * 2 for j in
                                                                         range(d.servers)])),
        Mutant("nothing", lambda d, x, mu, nu: arb(0)),
    ],
    tol=1e-12,
    tol_reason=SIZE,
    max_samples=150,
)  # fmt: skip
@in_balls
def certificate_of_answers(case: Case, subject: GapBound) -> Any:
    return within(case, subject)


def within(case: Case, bound: GapBound) -> Any:
    """Slack of 'the devices' answers cost no more than that beyond the optimum': also at bad prices."""
    d, best = data(case), optimum(data(case))
    free = [arb(0)] * d.servers
    prices = [(case["mu"], case["nu"]), (free, free), *half_charged(d)]
    return smallest(*(excess_within(d, best, bound, mu, nu) for mu, nu in prices))


def excess_within(d: Data, best: Ball, bound: GapBound, mu: Any, nu: Any) -> Any:
    x = answer(d, mu, nu)
    if x is None:
        return None
    return at_most(p5(d, x) - best, bound(d, x, mu, nu), scale=scale(p5(d, x), best))


def half_charged(d: Data) -> list[tuple[list[Ball], list[Ball]]]:
    """Prices that devices answer by loads equal to them, half of what they cost each other: too many come."""
    found = []
    for x in associations(d):
        mu, nu = ([load(d, x, j, w) for j in range(d.servers)] for w in (d.A, d.S))
        if answer(d, mu, nu) == x:
            found.append((mu, nu))
    return found


LOADS = {
    "unit": st.sampled_from([1.0, 0.1, 10.0]),
    "price": st.sampled_from([-1.0, 1.0, -0.1, 2.0, 0.0, 10.0]),
}


def printed_minimiser(mu: Ball) -> tuple[Ball, Ball]:
    """(27): where a − μ √a is least, and its value."""
    return mu * mu / 4, -mu * mu / 4


@claim(
    id="AOI-SC",
    source=f"{PAPER}, (25) to (28)",
    statement="The Lagrangian is strongly convex in a, b, with minimisers a = μ²/4, b = ν²/4 for all μ, ν.",
    recorded="refuted",
    draws=st.fixed_dictionaries(LOADS),
    subject=printed_minimiser,
    mutants=[Mutant("0 for μ < 0", lambda mu: printed_minimiser(mu.max(arb(0))))],
    tol=1e-12,
    tol_reason="relative to 1; ball arithmetic",
    explanation="a − μ √a is convex for μ ≥ 0 only, and never strongly: its curvature μ/(4 a^(3/2)) "
    "vanishes as a "
    "grows, and the Lagrangian is linear in x. For μ < 0 the least is 0 at a = 0, not at μ²/4.",
    corrected_by="AOI-SC.corrected",
)
@in_balls
def printed_minimisers(case: Case, subject: Callable[[Ball], tuple[Ball, Ball]]) -> Any:
    return least_of_slack(case, subject)


def least_of_slack(case: Case, subject: Callable[[Ball], tuple[Ball, Ball]]) -> Any:
    """Slack of 'the value is reached there, and nowhere less': also on a grid of a."""
    mu = case["price"]
    place, value = subject(mu)

    def lagrangian(a: Ball) -> Ball:
        return a - mu * a.sqrt()

    grid = [arb(0), place, *(case["unit"] * arb(k) / 4 for k in range(1, 9))]
    return smallest(
        agree(lagrangian(place), value, scale=1), *(at_most(value, lagrangian(a), scale=1) for a in grid)
    )


@claim(
    id="AOI-SC.corrected",
    source=f"correction of {PAPER}, (27), (28)",
    statement="The least of a − μ √a over a ≥ 0 is −μ²/4 at a = μ²/4 for μ ≥ 0, and 0 at a = 0 for μ < 0.",
    recorded="certified",
    draws=st.fixed_dictionaries(LOADS),
    subject=lambda mu: printed_minimiser(mu.max(arb(0))),
    mutants=[
        Mutant("for all μ, as printed", printed_minimiser),
        Mutant("μ/2 for μ²/4", lambda mu: (mu.max(arb(0)) / 2, -(mu.max(arb(0)) ** 2) / 4)),
        Mutant("−μ²/2", lambda mu: (mu.max(arb(0)) ** 2 / 4, -(mu.max(arb(0)) ** 2) / 2)),
    ],
    tol=1e-12,
    tol_reason="relative to 1; ball arithmetic",
)
@in_balls
def minimisers_of_slack(case: Case, subject: Callable[[Ball], tuple[Ball, Ball]]) -> Any:
    return least_of_slack(case, subject)
