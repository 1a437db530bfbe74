r"""P1 by SCIP's spatial branch and bound on the log-convex model: the independent global cross-check.

Logarithms of shares lie in [LOWEST, 0], T is at most a known cost over w. ln ln(1 + g) enters by the cascade
y_(j+1) >= ln(e^(2 y_j) + 2 e^(y_j)) of posynomials, so that the only row that is not convex is
e^(ln beta) + e^(ln (1 - beta)) = 1. Fractions within e^LOWEST of an end are left to the special cases.
"""

import itertools
import math
from importlib.util import find_spec
from typing import Any

import numpy as np

from mecopt.instance import Instance

from . import exact, links, nlp
from .links import Data, Plan

LOWEST = -12.0
HALVINGS, POWERS = 6, 9
SECONDS = 60.0

CLOSED = 10.0
"""A gap this many times what SCIP was asked for is closed: the plan is polished after it has stopped."""


def available() -> bool:
    """Whether pyscipopt is installed."""
    return find_spec("pyscipopt") is not None


def solve_one(s: Instance, *, gap: float = 1e-5) -> tuple[Plan, None, str]:
    """The best of SCIP's plan and the special cases; SCIP's bound in words where it leaves a gap."""
    d = links.data(s)
    plans = exact.single_plans(s, "hybrid")
    best = min(plans, key=lambda x: links.objective(d, x))
    if len(plans) < 2:
        return best, None, ""
    plan, bound = minimise(d, links.objective(d, best), gap=gap)
    if plan is not None:
        # SCIP leaves rows violated by 1e-6: the same point made feasible, and polished where that helps
        plan = nlp.refine(d, plan)
        best = min((best, plan), key=lambda x: links.objective(d, x))
    closed = links.objective(d, best) <= bound * (1 + CLOSED * gap)
    return best, None, "" if closed else f"SCIP stopped with a lower bound of {bound:.9g} J"


def minimise(d: Data, known: float, *, gap: float) -> tuple[Plan | None, float]:
    """SCIP's plan, if any, and its lower bound in joule, given the cost of a known plan."""
    from pyscipopt import Model, exp, quicksum

    m = Model()
    m.hideOutput()
    m.setParam("limits/gap", gap)
    m.setParam("limits/time", SECONDS)
    x = {name: m.addVar(lb=LOWEST, ub=0.0) for name in nlp.NAMES[:-1]}
    time = m.addVar(lb=LOWEST, ub=0.0)  # ln of w T over the known cost
    cost = m.addVar(lb=0.0, ub=1.0)

    def at_most(top: Any, *parts: Any) -> None:
        m.addCons(quicksum(exp(part - top) for part in parts) <= 1)

    def nats(ln_snr: Any) -> Any:
        """A variable at most ln ln(1 + snr), given an expression or variable for ln snr."""
        s = m.addVar(lb=-40.0, ub=4.0)
        y = [m.addVar(lb=-60.0, ub=60.0) for _ in range(HALVINGS + 1)]
        at_most(y[0], *(k * (s - HALVINGS * math.log(2)) - math.lgamma(k + 1) for k in range(1, POWERS + 1)))
        for low, high in itertools.pairwise(y):
            at_most(high, 2 * low, low + math.log(2))
        m.addCons(y[-1] <= ln_snr)
        return s

    ln = math.log
    spread_af, spread_df = (x["af_band"], x["df_band"]) if d.nu else (0.0, 0.0)
    a, c = ln(d.snr[0]) + x["p1"] - spread_af, ln(d.snr[1]) + x["q"] - spread_af
    hop = m.addVar(lb=-60.0, ub=60.0)
    at_most(-hop, -a, -c, -a - c)
    unit = ln(d.weight / known)
    af = unit + ln(d.down_nats) + x["rest"] - x["af_band"] - nats(hop)
    up = unit + ln(d.up_nats) + x["beta"] - x["df_band"] - nats(ln(d.snr[2]) + x["p2"] - spread_df)
    down = unit + ln(d.down_nats) + x["beta"] - x["df_band"] - nats(ln(d.snr[3]) + x["p4"] - spread_df)
    local = unit + ln(d.cycles / d.user_frequency) + x["rest"] - x["f_a"]
    edge = unit + ln(d.cycles / d.relay_frequency) + x["beta"] - x["f_r"]
    at_most(time, local, af - ln(d.eta))
    at_most(time, up, edge, down)
    at_most(0.0, x["p1"], x["p2"])
    at_most(0.0, x["q"], x["p4"])
    at_most(0.0, x["af_band"], x["df_band"])
    m.addCons(exp(x["rest"]) + exp(x["beta"]) == 1)
    energies = [
        ln(d.kappa_user * d.cycles * d.user_frequency**2 / known) + x["rest"] + 2 * x["f_a"],
        ln(d.kappa_relay * d.cycles * d.relay_frequency**2 / known) + x["beta"] + 2 * x["f_r"],
        af - unit + ln(d.user_power / known) + x["p1"],
        af - unit + ln(d.relay_power / known) + x["q"],
        up - unit + ln(d.user_power / known) + x["p2"],
        down - unit + ln(d.relay_power / known) + x["p4"],
    ]
    m.addCons(quicksum(exp(part) for part in (time, *energies)) <= cost)
    m.setObjective(cost)
    m.optimize()
    bound = float(m.getDualbound()) * known
    if m.getNSols() == 0:
        return None, bound
    solution: Any = m.getBestSol()
    logs = [min(float(solution[x[name]]), 0.0) for name in nlp.NAMES[:-1]]
    return nlp.plan(d, np.array([*logs, 0.0])), bound
