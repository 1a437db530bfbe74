r"""P4 as a mixed-integer linear program that grows: outer approximation by tangents.

No trustworthy free solver takes integers and exponential cones together, but for every exponent y >= 0

    A rho (e^(x/rho) - 1) >= A (e^y x - ((y - 1) e^y + 1) rho),      with equality at x = y rho,

so tangents z >= A (e^y x - ...) bound the energy from below and leave a linear program in x, z and binary
rho. Its optimum bounds P4 from below; its assignment, with the best bits, bounds P4 from above; tangents at
the rates of both are added until the bounds meet. Nats x = l/w; a rate at which one sub-channel alone would
cost more than the best point known is cut off, which keeps all coefficients within the size of the costs.

For a handful of users and sub-channels: the tree grows exponentially. You et al. 2017, Problem P4.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from mecopt import conic
from mecopt.instance import Array, Indices, Instance
from mecopt.kernels.lambert import lambert_argument
from mecopt.loops import Ended, iterate
from mecopt.result import Point
from mecopt.solvers import Solver

from . import phases, water_filling

HIGHS = Solver("HIGHS", "highspy", frozenset(), ("mip_rel_gap",), floor=1e-9, limits={"time_limit": 60.0})
SCIPY = Solver("SCIPY", "scipy", frozenset(), ("mip_rel_gap",), floor=1e-9, group="scipy_options")
"""HiGHS by its own interface, and the one inside SciPy for when that is missing."""

SCIP = Solver(
    "SCIP",
    "pyscipopt",
    frozenset(),
    floor=1e-9,
    limits={"scip_params": {"limits/gap": 0, "limits/time": 60.0}},
)
"""A second opinion where it is installed."""

FIRST_TANGENTS = 8
"""Per user and sub-channel, evenly from zero to the largest rate: more make the first programs slower."""

MAX_STEPS = 60
"""Programs solved; five to ten are usual."""


class Search(NamedTuple):
    """Tangents so far (pair and exponent), bounds in J, the best owners, and what the solver said."""

    pair: Indices
    exponent: Array
    bound: float
    value: float
    held: Array
    said: str


def solve(s: Instance, *, tol: float, solver: Solver | None = None) -> Point:
    """P4, one instance, to a relative gap of `tol` between program and best point; by HiGHS unless said."""
    p = water_filling.terms(s)
    start = phases.heuristic(s, keep_total=False).x["subchannel_assignment"]
    value = float(np.sum(water_filling.cost(p, start)))
    largest = np.log1p(value / p.energy_scale)
    tangents = largest[..., None] * np.linspace(0, 1, FIRST_TANGENTS)
    pair = np.repeat(np.arange(largest.size), FIRST_TANGENTS)

    def step(state: Search) -> Search:
        return _improve(p, largest, state, solver or _highs())

    def stop(state: Search) -> Ended | None:
        if state.said:
            return "stationary"
        return "converged" if state.value - state.bound <= tol * abs(state.value) else None

    last, trace = iterate(
        step,
        Search(pair, tangents.ravel(), 0.0, value, start, ""),
        stop=stop,
        record=lambda state: {"bound": state.bound, "value": state.value, "tangents": len(state.pair)},
        max_steps=MAX_STEPS,
    )
    filled = water_filling.fill(p, last.held)
    price = np.where(np.isnan(filled.bit_price), p.bit_value, filled.bit_price)
    x = {"subchannel_assignment": last.held, "offloaded_bits": filled.bits}
    gap = (last.value - last.bound) / last.value if last.value > 0 else 0.0
    said = last.said or ("" if trace.ended == "converged" else f"stopped after {trace.steps} programs")
    return Point(x, {"bit_price": price}, said and f"{said}; its own gap is {gap:.2g}", trace)


def _improve(p: water_filling.Terms, largest: Array, state: Search, solver: Solver) -> Search:
    """Solve the program, try its assignment, and add the tangents where it undercuts the true energy."""
    nat = p.bits_per_nat[0]
    model = _program(p, largest, state)
    said = conic.run(model, solver, tol=0.0)
    if said or model.status != "optimal":
        return state._replace(said=said or f"{solver.name} stopped: {model.status}")
    found = {variable.name(): np.asarray(variable.value) for variable in model.variables()}
    held = np.round(np.maximum(found["share"], 0.0).reshape(largest.shape))
    filled = water_filling.fill(p, held)
    value = float(np.sum(filled.cost))
    better = value < state.value
    used = np.flatnonzero(held)
    rates = np.concatenate([np.maximum(found["nats"], 0.0)[used], filled.bits.ravel()[used] / nat])
    return Search(
        pair=np.concatenate([state.pair, used, used]),
        exponent=np.concatenate([state.exponent, np.minimum(rates, np.tile(largest.ravel()[used], 2))]),
        bound=max(state.bound, float(model.value) * state.value),
        value=value if better else state.value,
        held=held if better else state.held,
        said="",
    )


@cache
def _highs() -> Solver:
    import cvxpy as cp

    return HIGHS if "HIGHS" in cp.installed_solvers() else SCIPY


def _program(p: water_filling.Terms, largest: Array, state: Search) -> Any:
    """The mixed-integer linear program with the tangents so far, energies in units of the best value."""
    import cvxpy as cp

    nat, unit = p.bits_per_nat[0], state.value
    users, channels = largest.shape
    share = cp.Variable(largest.size, name="share", boolean=True)
    nats = cp.Variable(largest.size, name="nats", nonneg=True)
    energy = cp.Variable(largest.size, name="energy", nonneg=True)
    local = cp.Variable(users, name="local_nats", nonneg=True)
    scale, y = p.energy_scale.ravel()[state.pair] / unit, state.exponent
    slope, offset = scale * np.exp(y), scale * lambert_argument(y)
    user, channel = np.divmod(np.arange(largest.size), channels)
    per_user = np.equal.outer(np.arange(users), user).astype(np.float64)
    per_channel = np.equal.outer(np.arange(channels), channel).astype(np.float64)
    rows = [
        per_user @ nats + local == p.input_bits / nat,
        local <= (p.input_bits - p.required_bits) / nat,
        per_channel @ share <= 1,
        nats <= cp.multiply(largest.ravel(), share),
        energy[state.pair] >= cp.multiply(slope, nats[state.pair]) - cp.multiply(offset, share[state.pair]),
    ]
    return cp.Problem(cp.Minimize(cp.sum(energy) + (p.bit_value * nat / unit) @ local), rows)
