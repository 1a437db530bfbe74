"""Algorithm 1 (CCCP) and Algorithm 2 (inexact block coordinate descent) as printed, from named starts.

    naive       beta = omega = 1/2, full speed, half budgets
    blend-b     beta = omega = b, frequencies and half the powers of the AF-only and DF-only optima

Where one chain is dead the other carries everything: both return its closed form.
"""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from mecopt.instance import Instance
from mecopt.loops.block_descent import block_descent
from mecopt.loops.cccp import cccp
from mecopt.loops.iteration import Trace
from mecopt.result import Point

from . import closed_form, links
from .links import Data, Plan
from .model import gain_surrogate, surrogate
from .model.building import Form
from .smoothing import Blocks, smoothed

TOL = 1e-6
MAX_STEPS = 100
RISE = 1e-7
"""Rises of the objective below this are the solver's rounding."""

MU = 10.0
"""The paper's smoothing, 1/s."""

NO_PLAN = Plan(*[float("nan")] * len(Plan._fields))

STARTS = ("naive", "blend-0.1", "blend-0.5", "blend-0.9")


def start(s: Instance, name: str) -> Plan:
    """A named start."""
    d = links.data(s)
    if name == "naive":
        u, r = d.user_power / 2, d.relay_power / 2
        return Plan(0.5, 0.5, d.user_frequency, d.relay_frequency, u, u, r, r)
    share = float(name.removeprefix("blend-"))
    af, df = closed_form.solve_af(s).x, closed_form.solve_df(s).x
    return blend({name: float(value) for name, value in (*af.items(), *df.items())}, share)


def blend(alone: Mapping[str, float], share: float) -> Plan:
    """This share of load and band to DF; the frequencies and half the powers of AF only and DF only."""
    return Plan(
        beta=share,
        omega=share,
        **{name: alone[name] / (1 if "frequency" in name else 2) for name in Plan._fields[2:]},
    )


def only_branch(s: Instance) -> Plan | None:
    """The closed form of the one chain that works; None where both do."""
    d = links.data(s)
    if d.af_works and d.df_works:
        return None
    beta = 1.0 if d.df_works else 0.0
    found = (closed_form.solve_df if d.df_works else closed_form.solve_af)(s).x
    plan = dict.fromkeys(Plan._fields, 0.0) | {name: float(value) for name, value in found.items()}
    return Plan(**plan | {"beta": beta, "omega": beta})


def algorithm_1(
    s: Instance,
    first: Plan,
    *,
    tol: float = TOL,
    max_steps: int = MAX_STEPS,
    balance: float = 1.0,
    fresh: bool = False,
    form: Form = surrogate.POWERS,
    solvers: tuple[str, ...] = surrogate.SOLVERS,
) -> tuple[Plan, Trace]:
    """CCCP. `balance` multiplies the balanced split, `fresh` builds the programme anew at every step, `form`
    has P2 in radiated powers or in the relay's gain."""
    d = links.data(s)
    return cccp(
        lambda x: surrogate.minimise(d, x, balance=balance, fresh=fresh, form=form, solvers=solvers),
        lambda x: links.objective(d, x),
        first,
        tol=tol,
        max_steps=max_steps,
        slack=RISE,
    )


def algorithm_2(
    s: Instance, first: Plan, *, tol: float = TOL, max_steps: int = MAX_STEPS, mu: float = MU
) -> tuple[Plan, Trace]:
    """IBCD; the trace has F~ as objective and F as unsmoothed."""
    d = links.data(s)
    return block_descent(
        Blocks(d, mu).steps(),
        lambda x: smoothed(d, x, mu),
        first,
        tol=tol,
        max_sweeps=max_steps,
        record=lambda x: {"unsmoothed": links.objective(d, x)},
    )


Solve = Callable[[Instance], tuple[Plan, Trace | None, str]]


def loop(algorithm: Callable[[Instance, Plan], tuple[Plan, Trace]], start_name: str) -> Solve:
    """An algorithm from a named start, for single instances."""

    def run(s: Instance) -> tuple[Plan, Trace | None, str]:
        alone = only_branch(s)
        if alone is not None:
            return alone, None, ""
        plan, trace = algorithm(s, start(s, start_name))
        return plan, trace, ""

    return run


def one_by_one(solve: Solve, *, leave_out: tuple[str, ...] = ()) -> Callable[[Instance, float], Point]:
    """A method for batches; the trace is that of a single instance."""

    def run(s: Instance, tol: float) -> Point:
        cells = list(np.ndindex(s.batch_shape))
        with np.errstate(all="ignore"):
            found = [solve(s[cell]) for cell in cells]
        point = links.as_point([plan for plan, _, _ in found], s.batch_shape, [said for _, _, said in found])
        x = {name: array for name, array in point.x.items() if name not in leave_out}
        return Point(x, message=point.message, trace=None if s.batch_shape else found[0][1])

    return run


def in_gain(s: Instance) -> tuple[Plan, Trace | None, str]:
    """Algorithm 1 on the gain form, from the first start."""
    if links.data(s).nu:
        return NO_PLAN, None, gain_surrogate.REFUSAL
    return loop(partial(algorithm_1, form=gain_surrogate.GAIN), STARTS[0])(s)


def af_only(s: Instance) -> tuple[Plan, None, str]:
    """Everything over AF."""
    return _alone(s, closed_form.solve_af, 0.0)


def df_only(s: Instance) -> tuple[Plan, None, str]:
    """Everything over DF."""
    return _alone(s, closed_form.solve_df, 1.0)


def _alone(s: Instance, solve: Callable[[Instance], Point], beta: float) -> tuple[Plan, None, str]:
    d: Data = links.data(s)
    if not (d.df_works if beta else d.af_works):
        return NO_PLAN, None, "this chain is dead: one of its gains is 0"
    found = {name: float(value) for name, value in solve(s).x.items()}
    return Plan(**dict.fromkeys(Plan._fields, 0.0) | found | {"beta": beta, "omega": beta}), None, ""
