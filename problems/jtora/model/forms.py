r"""UPA in two other forms, user by user: quasiconvex (solved by bisection of the value) and Dinkelbach's
iteration.

    min  ((a + x)/(a + 1)) / (ln(1 + S x)/L)   s.t.  0 < x <= 1,      p = P x,  the rest as in `power`

The first is for teaching: a sum of such ratios over users would not be quasiconvex, and the bisection's
feasibility problems lose digits where S is large. Dinkelbach's solves F(v) = min (a + x)/(a + 1) - v ln(1 +
S x)/L for v = the last ratio, until that no longer falls. Tran and Pompili 2019, (23), Lemma 1.
"""

import warnings
from collections.abc import Callable

import numpy as np

from mecopt import conic
from mecopt.errors import SolverError
from mecopt.instance import Instance
from mecopt.result import Point
from mecopt.solvers import Solver, solver

CONES = frozenset({"ExpCone"})

STEPS = 40
"""Dinkelbach's iterations; ten were the most seen."""

BISECTION = 1e-6
"""Width of the last interval of the value; below it the feasibility problems are undecidable for a solver."""

LARGE_SNR = 1e4
"""Above it the logarithm is taken relative to that of full power."""

Share = Callable[[float, float, float, Solver, float], float]
"""From a, S and L to x."""


def quasiconvex(s: Instance, name: str, tol: float) -> Point:
    """One instance, by CVXPY's quasiconvex programming."""
    return _solve(s, _quasiconvex, name, tol)


def dinkelbach(s: Instance, name: str, tol: float) -> Point:
    """One instance, by Dinkelbach's iteration on a convex program with a parameter."""
    return _solve(s, _dinkelbach, name, tol)


def _solve(s: Instance, share: Share, name: str, tol: float) -> Point:
    row, powers = solver(name, CONES), np.array(s.max_transmit_power)
    for u in range(powers.size):
        most, snr = float(powers[u]), float(s.sinr_per_watt[u] * powers[u])
        energy = float(s.energy_weight[u]) * most
        if energy == 0 or s.time_weight[u] == 0:  # full power, or the limit of none
            powers[u] = most if energy == 0 else 0.0
            continue
        try:
            powers[u] = most * share(float(s.time_weight[u]) / energy, snr, float(np.log1p(snr)), row, tol)
        except SolverError as error:
            return Point({"transmit_power": np.full(powers.shape, np.nan)}, {}, str(error))
    return Point({"transmit_power": powers})


def _quasiconvex(a: float, snr: float, log: float, row: Solver, tol: float) -> float:
    import cvxpy as cp

    x = cp.Variable(pos=True)
    ratio = ((a + x) / (a + 1)) / (cp.log1p(snr * x) / log)
    problem = cp.Problem(cp.Minimize(ratio), [x <= 1])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of each step on which the solver is unsure
            problem.solve(qcp=True, solver=row.name, low=0.0, high=1.001, eps=BISECTION)
    except (cp.SolverError, ValueError, ArithmeticError) as error:
        raise SolverError(f"{row.name} failed in the bisection: {error}") from error
    if problem.status not in ("optimal", "optimal_inaccurate") or x.value is None:
        raise SolverError(f"{row.name} said {problem.status!r} in the bisection")
    return float(np.clip(x.value, np.finfo(float).tiny, 1.0))


def _dinkelbach(a: float, snr: float, log: float, row: Solver, tol: float) -> float:
    import cvxpy as cp

    x, v = cp.Variable(nonneg=True), cp.Parameter(nonneg=True)
    scaled = cp.log((1 + snr * x) / (1 + snr)) / log + 1
    rate = scaled if snr > LARGE_SNR else cp.log1p(snr * x) / log
    problem = cp.Problem(cp.Minimize((a + x) / (a + 1) - v * rate), [x <= 1])
    best, chosen = 1.0, 1.0
    for _ in range(STEPS):
        v.value = best
        said = conic.run(problem, row, tol=tol)
        if said:
            raise SolverError(said)
        tried = float(np.clip(x.value, np.finfo(float).tiny, 1.0))
        ratio = (a + tried) / (a + 1) / (np.log1p(snr * tried) / log)
        if not ratio < best:
            break
        best, chosen = ratio, tried
    return chosen
