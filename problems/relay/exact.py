r"""Algorithm G: the global optimum by branch and bound over the offloaded fraction alone.

With the fraction given the rest is convex in logarithms (`model.given_loads`), so ln V is convex in the
logarithms of the two loads, and a solve at beta0 with elasticity e = d ln V/d ln b gives for every beta

    V(1 - beta, beta) >= V0 ((1 - beta)/(1 - beta0))^(1 - e) (beta/beta0)^e,

concave in beta: over a cell it is least at an end. V is also at least (1 - beta) V_AF and beta V_DF. The cell
with the least bound is solved at its middle, gains a cut and is halved. TDHR and FDHR alike.
"""

import itertools
import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from mecopt.instance import Instance
from mecopt.loops.branch_and_bound import Branching, Part, branch_and_bound
from mecopt.loops.iteration import Trace

from . import closed_form, links, nlp
from .links import Data, Plan
from .model import given_loads
from .smoothing import golden

EDGE = 1e-7
"""The outermost cells, where a single branch costs next to nothing less."""

NARROW = 1e-9
NARROWEST = 1e-9
"""The least share of the band that AF alone is tried with."""

FIRST = (0.02, 0.25, 0.5, 0.75, 0.98)
MAX_CELLS = 400


class Cut(NamedTuple):
    """Where the problem was solved, ln V there, and the elasticity of V in the DF load."""

    beta: float
    log_value: float
    elasticity: float


Cell = tuple[float, float]


@dataclass
class Search:
    """What is known of V: single-branch costs and cuts."""

    d: Data
    mode: str
    af: float
    df: float
    solver: str = "CLARABEL"
    tol: float = 1e-7
    cuts: list[Cut] = field(default_factory=list)
    said: str = ""

    def value(self, x: Plan) -> float:
        """The objective of the mode."""
        return links.slots_objective(self.d, x) if self.mode == "slots" else links.objective(self.d, x)

    def solve(self, beta: float) -> tuple[float, Plan | None]:
        """Solve at a fraction and keep the cut."""
        found = given_loads.solve(self.d, self.mode, beta, solver_name=self.solver, tol=self.tol)
        if isinstance(found, str):
            self.said = found
            return math.inf, None
        value = self.value(found.plan)
        if math.isfinite(value) and value > 0 and math.isfinite(found.elasticity):
            self.cuts.append(Cut(beta, math.log(value), min(max(found.elasticity, 0.0), 1.0)))
        return value, found.plan

    def height(self, cut: Cut, beta: float) -> float:
        """A cut at a fraction."""
        af = (1 - cut.elasticity) * math.log((1 - beta) / (1 - cut.beta)) if beta < 1 else -math.inf
        df = cut.elasticity * math.log(beta / cut.beta) if beta > 0 else -math.inf
        return math.exp(cut.log_value + af + df)

    def bound(self, cell: Cell) -> float:
        """A bound on V over a cell."""
        low, high = cell
        single = max((1 - high) * self.af, low * self.df)
        return max([single, *(min(self.height(c, low), self.height(c, high)) for c in self.cuts)])


def grid() -> list[float]:
    """Ends of the first cells: even in ln(beta/(1 - beta))."""
    far = math.log(EDGE / (1 - EDGE))
    inner = [1 / (1 + math.exp(-t)) for t in np.linspace(far, -far, 15)]
    return [0.0, *inner, 1.0]


def minimise(search: Search, ends: list[tuple[float, Plan]], *, gap: float) -> tuple[Plan, Trace]:
    """The best plan to a relative gap, and the trace of value and bound over cells."""
    for beta in FIRST:
        ends.append((*(v := search.solve(beta))[0:1], v[1] or ends[0][1]))
    start = min(ends, key=lambda pair: pair[0])

    def branch(part: Part[Cell], best: float) -> Branching[Cell, Plan]:
        cell = part.content
        if cell == (0.0, 1.0):
            edges = grid()
            cells = [(a, b) for a, b in itertools.pairwise(edges)]
            return Branching([Part(search.bound(c), c) for c in cells])
        fresh = search.bound(cell)
        if fresh > part.bound * (1 + gap / 10):  # cuts made since may be enough
            return Branching([Part(fresh, cell)])
        low, high = cell
        if high - low < NARROW:
            return Branching([Part(math.inf, cell)])
        middle = (low + high) / 2
        value, plan = search.solve(middle)
        halves = [(low, middle), (middle, high)]
        return Branching([Part(search.bound(c), c) for c in halves], value, plan)

    found, trace = branch_and_bound(branch, Part(0.0, (0.0, 1.0)), start=start, gap=gap, max_parts=MAX_CELLS)
    return found.solution or start[1], trace


def single_plans(s: Instance, mode: str) -> list[Plan]:
    """Everything over AF, and everything over DF, in the band that the mode gives them.

    Where noise grows with the band and links are weak, less than the full band is best for AF.
    """
    noise = 2.0 if s.noise_model == 1.0 else 1.0
    given = s.replace(bandwidth=s.bandwidth / 2, noise_psd=s.noise_psd * noise) if mode == "half" else s
    af, df = closed_form.solve_af(given, 0).x, closed_form.solve_df(given, 0).x
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
    """Everything over AF in its best band: golden section over the band's logarithm, where the cost is
    convex."""
    d = links.data(s)

    def plan(log_band: float) -> Plan:
        omega = 1 - math.exp(log_band)
        x = closed_form.solve_af(s.replace(bandwidth=s.bandwidth * (1 - omega)), 0).x
        full = dict.fromkeys(Plan._fields, 0.0) | {name: float(value) for name, value in x.items()}
        return Plan(**full | {"beta": 0.0, "omega": omega})

    return plan(golden(lambda t: links.objective(d, plan(t)), math.log(NARROWEST), 0.0))


def solve_one(
    s: Instance, mode: str, *, gap: float = 2e-7, solver: str = "CLARABEL", polish: bool = True
) -> tuple[Plan, Trace | None, str]:
    """The global optimum of a single instance."""
    d = links.data(s)
    plans = single_plans(s, mode)
    search = Search(d, mode, math.inf, math.inf, solver)
    ends = [(search.value(plan), plan) for plan in plans]
    if len(ends) < 2:
        return ends[0][1], None, ""
    search.af, search.df = ends[0][0], ends[1][0]
    plan, trace = minimise(search, ends, gap=gap)
    if polish and mode == "hybrid" and 0 < plan.beta < 1:
        better = nlp.refine(d, plan)
        plan = better if links.objective(d, better) <= links.objective(d, plan) else plan
    return plan, trace, search.said
