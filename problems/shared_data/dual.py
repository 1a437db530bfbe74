r"""The dual that prices nothing but the base station's budget, for any number of users one unknown.

    max_nu  { min over all constraints but the budget of  energy + nu (E_BS - E_max) }

Its inner problem has one minimiser, so that no primal recovery is needed: at the best nu the budget is
spent. The
slope E_BS - E_max falls in nu, and a bracketed root finds where it vanishes; at each nu the window follows
from
sum beta = sum sigma as in `window`, and nests the other way round than the closed form does.
"""

import numpy as np

from mecopt.instance import Array, Instance
from mecopt.result import Point
from mecopt.rootfind import falling_root

from .closed_form import over_batch, policy
from .prices import Response, State, Terms, range_of_nu, send_all, spent
from .window import HIGH_WINDOW, LOW_WINDOW, balance, best_window, cold_start

PRECISION = 1e-12
"""Of ln nu and of the window's logit: the budget is met to this."""


def _at(p: Terms, log_nu: Array) -> tuple[Array, State, Response]:
    """The best window at a price of energy, and what users do."""
    everybody = np.ones(log_nu.shape, dtype=bool)
    start = cold_start(p)._replace(log_nu=log_nu)

    def answer(logit: Array) -> tuple[Array, State, Response]:
        span = p.window / (1 + np.exp(-logit))
        state, r, _ = send_all(p, span, start, everybody)
        return span, state, r

    low, high = (np.full(p.window.shape, end) for end in (LOW_WINDOW, HIGH_WINDOW))
    _, logit = falling_root(lambda logit: balance(p, *answer(logit)), low, high, precision=PRECISION)
    return answer(logit)


def solve_terms(p: Terms) -> tuple[dict[str, Array], dict[str, Array]]:
    """Variables and prices of a batch with one axis."""
    span, state, closed = best_window(p, only_without=True)
    rest = np.flatnonzero(~closed[:, 0])
    if len(rest):
        part = p.rows(rest)
        low, high, dear = range_of_nu(part)

        def overspent(log_nu: Array) -> Array:
            _, _, r = _at(part, log_nu)
            energy = np.sum(spent(part, r)[0], axis=-1, keepdims=True)
            # between -1 and 1, and 0 where the budget is met
            relative = (energy - part.max_bs_energy) / (energy + part.max_bs_energy)
            return np.asarray(np.nan_to_num(relative, nan=1.0))

        low = np.maximum(low, dear - 120.0)
        _, log_nu = falling_root(overspent, low, high, precision=PRECISION)
        at, found, _ = _at(part, log_nu)
        span[rest] = at
        for target, source in zip(state, found, strict=True):
            target[rest] = source
    return policy(p, span, state, closed)


def solve(s: Instance, tol: float = 0.0) -> Point:
    """P1' by its dual in the price of the base station's energy."""
    return over_batch(s, solve_terms)
