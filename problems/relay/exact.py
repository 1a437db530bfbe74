r"""Algorithm G: the global optimum by branch and bound over the offloaded fraction alone.

With the fraction given the rest is convex in logarithms (`model.given_loads`), so ln V is convex in the
logarithms of the two loads, and a solve at beta0 with elasticity e = d ln V/d ln b gives for every beta

    V(1 - beta, beta) >= V0 ((1 - beta)/(1 - beta0))^(1 - e) (beta/beta0)^e,

concave in beta: over a cell it is least at an end. V >= (1 - beta) V_AF and V >= beta V_DF are the same with
e = 0 and e = 1. In logarithms two cuts differ by a line in ln(beta/(1 - beta)), so that they cross once. A
cell lies between two solved fractions and is bounded by their cuts; the cell with the least bound is solved
where its cuts cross, and split there. TDHR and FDHR alike.
"""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from mecopt.instance import Array, Instance
from mecopt.loops.branch_and_bound import Branching, Part, branch_and_bound
from mecopt.loops.iteration import Trace

from . import closed_form, links, nlp
from .links import Data, Plan
from .model import given_loads

NARROW = 1e-9
NARROWEST = 1e-9
"""The least share of the band that AF alone is tried with."""

LITTLE = -1e-4
"""A little less than the full band, in logarithms: what AF could gain between the two is a part in 1e8."""

CLOSE = 1e-7
ABREAST = 40
"""Bands tried at once, until the best is known this closely in logarithms."""

MAX_CELLS = 400


class Cut(NamedTuple):
    """A bound on ln V: level + (1 - elasticity) ln(1 - beta) + elasticity ln beta."""

    level: float
    elasticity: float

    def height(self, beta: float) -> float:
        """The bound on V at a fraction."""
        return math.exp(self.level + _logs(beta, self.elasticity))


def _logs(beta: float, elasticity: float) -> float:
    af = (1 - elasticity) * _ln(1 - beta) if elasticity < 1 else 0.0
    return af + (elasticity * _ln(beta) if elasticity > 0 else 0.0)


def _ln(x: float) -> float:
    return math.log(x) if x > 0 else -math.inf


class Cell(NamedTuple):
    """An interval of fractions and two cuts that bound V over it, made at or below it, and at or above."""

    low: float
    high: float
    below: Cut
    above: Cut

    def crossing(self) -> float:
        """Where the cuts cross, the nearer end if they do so elsewhere."""
        apart = self.above.elasticity - self.below.elasticity
        if not apart > 0:
            return (self.low + self.high) / 2
        logit = (self.below.level - self.above.level) / apart
        beta = 1 / (1 + math.exp(-logit)) if logit > -700 else 0.0
        return min(max(beta, self.low), self.high)

    def bound(self) -> float:
        """A bound on V: the lower cut up to the crossing, the upper one from there."""
        beta = self.crossing()
        heights = [self.below.height(b) for b in (self.low, beta)]
        return min(*heights, *(self.above.height(b) for b in (beta, self.high)))


@dataclass
class Search:
    """Solves with the fraction given, in the problem's mode."""

    d: Data
    mode: str
    solver: str = "CLARABEL"
    tol: float = 1e-7
    said: str = ""
    solved: list[tuple[float, float]] = field(default_factory=list)
    """Fractions and elasticities there."""

    def value(self, x: Plan) -> float:
        """The objective of the mode."""
        return links.cost(self.d, x, self.mode)

    def solve(self, beta: float) -> tuple[float, Plan | None, Cut | None]:
        """The best plan at a fraction, its value and the cut there."""
        found = given_loads.solve(self.d, self.mode, beta, solver_name=self.solver, tol=self.tol)
        if isinstance(found, str):
            self.said = found
            return math.inf, None, None
        value = self.value(found.plan)
        if not (math.isfinite(value) and value > 0 and math.isfinite(found.elasticity)):
            return value, found.plan, None
        elasticity = min(max(found.elasticity, 0.0), 1.0)
        self.solved.append((beta, elasticity))
        return value, found.plan, Cut(math.log(value) - _logs(beta, elasticity), elasticity)

    def flat(self) -> float | None:
        """Where V is stationary, e = beta, if e is a line between the two solved fractions next to it."""
        below = max((pair for pair in self.solved if pair[1] < pair[0]), default=None)
        above = min((pair for pair in self.solved if pair[1] > pair[0]), default=None)
        if below is None or above is None or not below[0] < above[0]:
            return None
        one, other = below[0] - below[1], above[1] - above[0]
        return below[0] + (above[0] - below[0]) * one / (one + other)


def minimise(search: Search, ends: list[tuple[float, Plan]], *, gap: float) -> tuple[Plan, Trace]:
    """The best plan to a relative gap, from AF alone and DF alone, and the trace of value and bound."""
    first = Cell(0.0, 1.0, Cut(math.log(ends[0][0]), 0.0), Cut(math.log(ends[1][0]), 1.0))
    start = min(ends, key=lambda pair: pair[0])

    def branch(part: Part[Cell], best: float) -> Branching[Cell, Plan]:
        cell = part.content
        if cell.high - cell.low < NARROW:
            return Branching([Part(math.inf, cell)])
        beta = cell.crossing()
        if not cell.low < beta < cell.high:
            beta = (cell.low + cell.high) / 2
        value, plan, cut = search.solve(beta)
        halves = [
            cell._replace(high=beta, above=cut or cell.above),
            cell._replace(low=beta, below=cut or cell.below),
        ]
        return Branching([Part(half.bound(), half) for half in halves], value, plan)

    root = Part(first.bound(), first)
    found, trace = branch_and_bound(branch, root, start=start, gap=gap, max_parts=MAX_CELLS)
    best = found.solution or start[1]
    flat = search.flat()
    if flat is not None:  # the fractions above are where bounds are worst, next to the optimum but not on it
        _, plan, _ = search.solve(flat)
        if plan is not None and search.value(plan) < search.value(best):
            best = plan
    return best, trace


def single_plans(s: Instance, mode: str) -> list[Plan]:
    """Everything over AF, and everything over DF, in the band that the mode gives them.

    Where noise grows with the band and links are weak, less than the full band is best for AF.
    """
    noise = 2.0 if s.noise_model == 1.0 else 1.0
    given = s.replace(bandwidth=s.bandwidth / 2, noise_psd=s.noise_psd * noise) if mode == "half" else s
    af, df = closed_form.solve_af(given).x, closed_form.solve_df(given).x
    half = 0.5
    plans = []
    d = links.data(s)
    for works, beta, x in ((d.af_works, 0.0, af), (d.df_works, 1.0, df)):
        if works:
            full = dict.fromkeys(Plan._fields, 0.0) | {name: float(value) for name, value in x.items()}
            plans.append(Plan(**full | {"beta": beta, "omega": half if mode == "half" else beta}))
    if mode == "hybrid" and d.af_works and d.nu:
        plans[0] = min(plans[0], narrow_af(s), key=lambda x: links.objective(d, x))
    return plans


def narrow_af(s: Instance) -> Plan:
    """Everything over AF in its best band: the cost is convex in the band's logarithm, and a grid around the
    least of its points closes in on the best. A cost that rises as soon as the band shrinks is least in the
    full band."""
    d = links.data(s)

    def plans(log_bands: Array) -> list[Plan]:
        omega = 1 - np.exp(log_bands)
        x = closed_form.solve_af(s.replace(bandwidth=s.bandwidth * (1 - omega))).x
        columns = {name: np.asarray(value).tolist() for name, value in x.items()} | {"omega": omega.tolist()}
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        return [Plan(**dict.fromkeys(Plan._fields, 0.0) | row) for row in rows]

    def costs(found: list[Plan]) -> list[float]:
        return [links.objective(d, x) for x in found]

    found = plans(np.array([0.0, LITTLE]))
    best, less = costs(found)
    if less > best:
        return found[0]
    low, high = math.log(NARROWEST), 0.0
    while high - low > CLOSE:
        bands = np.linspace(low, high, ABREAST)
        found = plans(bands)
        least = int(np.argmin(costs(found)))
        low, high = float(bands[max(least - 1, 0)]), float(bands[min(least + 1, ABREAST - 1)])
    return found[least]


def solve_one(
    s: Instance, mode: str, *, gap: float = 2e-7, solver: str = "CLARABEL", polish: bool = True
) -> tuple[Plan, Trace | None, str]:
    """The global optimum of a single instance."""
    d = links.data(s)
    plans = single_plans(s, mode)
    search = Search(d, mode, solver)
    ends = [(search.value(plan), plan) for plan in plans]
    if len(ends) < 2:
        return ends[0][1], None, ""
    plan, trace = minimise(search, ends, gap=gap)
    if polish and mode == "hybrid" and 0 < plan.beta < 1:
        better = nlp.refine(d, plan)
        plan = better if links.objective(d, better) <= links.objective(d, plan) else plan
    return plan, trace, search.said
