r"""The referee's own solver for the problem with loads given: an interior-point method in logarithms.

    min ln(sum_k A_0k u_k)   s.t.   ln(sum_k A_rk u_k) <= S_r y,

the terms u_k being the times (in energy units) and energies of `branches`, e^(y_j) for each variable, and
e^T; all are log-convex. Many offloaded fractions at once, shape (n, ...); each is handled as if it were
alone. Numbers from here only choose the tangents of `cuts`; whatever they are, the bound is proved.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mecopt.instance import Array, Mask

STEPS = 250
CLOSE = 1e-10
"""Complementarity at the end, and a tenth of the residuals: the bound misses the optimum by some tens "
"of this."""

EXHAUSTED = 1e-14
"""Complementarity at which rounding has the last word on the residuals: no use to go on."""

LONGEST = 4.0
"""Longest step in any logarithm."""

FREQUENCY, POWER = 0.7, 0.45
"""Where all variables start, relative to their limits."""

# variables, in logarithms of their share of the limit
FA, FR, P1, Q, P2, P4, AF_BAND, DF_BAND, TIME, SLOT = range(10)
# terms: times and energies, then one per variable
LOC, AF, UP, EDGE, DOWN, E_LOC, E_EDGE, E_P1, E_Q, E_P2, E_P4 = range(11)
TERMS = 11
DF_TERMS = (UP, EDGE, DOWN, E_EDGE, E_P2, E_P4)
HESSIAN_OF = {AF: 0, E_P1: 0, E_Q: 0, UP: 1, E_P2: 1, DOWN: 2, E_P4: 2}


@dataclass(frozen=True)
class Links:
    """Signal-to-noise ratios at full power in the full band, and whether noise grows with the band."""

    snr: tuple[float, float, float, float]
    noise_exponent: float


class Programme(NamedTuple):
    """`rows` (m + 1, terms), `shifts` (m + 1, variables), the `free` variables, the logs of the fixed
    ones."""

    rows: Array
    shifts: Array
    free: list[int]
    fixed: dict[int, float]


class Solution(NamedTuple):
    """Logarithms of all variables `(n, 10)`, objective `(n,)`, multipliers and limits `(n, m)`, success."""

    logs: Array
    value: Array
    multipliers: Array
    limits: Array
    done: Array


def terms(y: Array, links: Links) -> tuple[Array, Array, Array]:
    """Logarithms of the unscaled terms `(n, 11)`, gradients `(n, 11, 10)`, Hessians of the three rates."""
    n, nu = len(y), links.noise_exponent
    value, slope, curve = np.zeros((n, TERMS)), np.zeros((n, TERMS, 10)), np.zeros((n, 3, 10, 10))
    for term, variable, power in ((LOC, FA, -1), (EDGE, FR, -1), (E_LOC, FA, 2), (E_EDGE, FR, 2)):
        value[:, term], slope[:, term, variable] = power * y[:, variable], power
    _af_terms(y, links, value, slope, curve)
    for term, power, snr, place in ((UP, P2, links.snr[2], 1), (DOWN, P4, links.snr[3], 2)):
        g = np.exp(np.log(snr) + y[:, power] - nu * y[:, DF_BAND])
        nats = np.log1p(g)
        r = g / (1 + g) / nats
        bend = g / (1 + g) ** 2 / nats - r * r
        value[:, term] = -y[:, DF_BAND] - np.log(nats)
        slope[:, term, power], slope[:, term, DF_BAND] = -r, nu * r - 1
        direction = np.zeros(10)
        direction[power], direction[DF_BAND] = 1, -nu
        curve[:, place] = -bend[:, None, None] * np.outer(direction, direction)
    for term, time, power in ((E_P1, AF, P1), (E_Q, AF, Q), (E_P2, UP, P2), (E_P4, DOWN, P4)):
        value[:, term] = value[:, time] + y[:, power]
        slope[:, term] = slope[:, time]
        slope[:, term, power] += 1
    return value, slope, curve


def _af_terms(y: Array, links: Links, value: Array, slope: Array, curve: Array) -> None:
    """The AF airtime: 1/(wbar ln(1 + g1)), g1 = a c/(1 + a + c)."""
    nu = links.noise_exponent
    a = np.exp(np.log(links.snr[0]) + y[:, P1] - nu * y[:, AF_BAND])
    c = np.exp(np.log(links.snr[1]) + y[:, Q] - nu * y[:, AF_BAND])
    g = 1 / (1 / a + 1 / c + 1 / a / c)
    nats = np.log1p(g)
    ga, gc = g / (1 + a) / nats, g / (1 + c) / nats
    total = 1 + a + c
    haa = ga * (1 / (1 + a) - a / total) - ga * ga
    hcc = gc * (1 / (1 + c) - c / total) - gc * gc
    hac = g / total / nats - ga * gc
    value[:, AF] = -y[:, AF_BAND] - np.log(nats)
    slope[:, AF, P1], slope[:, AF, Q], slope[:, AF, AF_BAND] = -ga, -gc, nu * (ga + gc) - 1
    one, other = np.zeros(10), np.zeros(10)
    one[[P1, AF_BAND]], other[[Q, AF_BAND]] = (1, -nu), (1, -nu)
    mixed = np.outer(one, other) + np.outer(other, one)
    curve[:, 0] = -(
        haa[:, None, None] * np.outer(one, one)
        + hcc[:, None, None] * np.outer(other, other)
        + hac[:, None, None] * mixed
    )


class _Rows(NamedTuple):
    """Row values and gradients, and the Hessian of the Lagrangian."""

    values: Array
    slopes: Array
    hessian: Array


def _rows(y: Array, links: Links, p: Programme, scale: Array, weights: Array) -> _Rows:
    """Everything Newton needs, over all variables."""
    value, slope, curve = terms(y, links)
    logs = np.concatenate([value + scale, y], axis=1)
    slopes = np.concatenate([slope, np.broadcast_to(np.eye(10), (len(y), 10, 10))], axis=1)
    with np.errstate(divide="ignore"):
        parts = logs[:, None, :] + np.log(p.rows)
    top = parts.max(axis=2, keepdims=True)
    share = np.exp(parts - top)
    total = share.sum(axis=2, keepdims=True)
    share /= total
    means = share @ slopes
    mixed = np.einsum("nr,nrk->nk", weights, share)
    hessian = np.swapaxes(slopes, 1, 2) @ (mixed[:, :, None] * slopes)
    hessian -= np.swapaxes(means, 1, 2) @ (weights[:, :, None] * means)
    for term, place in HESSIAN_OF.items():
        hessian += mixed[:, term, None, None] * curve[:, place]
    values = (top + np.log(total))[:, :, 0] - y @ p.shifts.T
    return _Rows(values, means - p.shifts, hessian)


def solve(p: Programme, links: Links, scale: Array, *, close: float = CLOSE) -> Solution:
    """Solve for every row of `scale` `(n, 11)`, logarithms of what multiplies the terms."""
    n, m, free = len(scale), len(p.rows) - 1, p.free
    y = np.full((n, 10), np.log(POWER))
    y[:, [FA, FR]] = np.log(FREQUENCY)
    for variable, log in p.fixed.items():
        y[:, variable] = log
    y[:, [TIME, SLOT]] = _first_times(y, links, scale)[:, None]
    prices, slack = np.full((n, m), 0.2), np.full((n, m), 0.5)
    done, dead = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    rows = None
    for _ in range(STEPS):
        weights = np.concatenate([np.ones((n, 1)), prices], axis=1)
        rows = _rows(y, links, p, scale, weights)
        slopes = rows.slopes[:, :, free]
        dual = np.einsum("nr,nri->ni", weights, slopes)
        primal = rows.values[:, 1:] + slack
        mean = np.sum(slack * prices, axis=1) / m
        far = np.abs(primal).max(axis=1)
        miss = np.maximum(np.abs(dual).max(axis=1), far)
        done |= (mean < close) & (miss < 10 * close)
        dead |= ~np.isfinite(miss + mean) | (mean < EXHAUSTED)
        live = ~(done | dead)
        if not live.any():
            break
        centring = np.where(far > 100 * mean, 0.5, 0.05)
        target = (centring * mean)[:, None] - slack * prices
        step = _newton(
            rows.hessian[:, free][:, :, free], slopes[:, 1:], dual, primal, target, slack, prices, live
        )
        dead |= live & ~np.all(np.isfinite(step[0]), axis=1)
        length = np.where(live & ~dead, _length(*step, slack, prices), 0.0)[:, None]
        dy, dslack, dprices = (np.where(length > 0, length * np.nan_to_num(part), 0.0) for part in step)
        y[:, free] += dy
        slack, prices = slack + dslack, prices + dprices
    assert rows is not None
    return Solution(y, np.exp(rows.values[:, 0]), prices, np.exp(y @ p.shifts[1:].T), done)


def _first_times(y: Array, links: Links, scale: Array) -> Array:
    """More than the longest time at the start."""
    value, _, _ = terms(y, links)
    return np.asarray(np.log(4.0) + (value + scale)[:, : DOWN + 1].max(axis=1))


def _newton(
    hessian: Array,
    slopes: Array,
    dual: Array,
    primal: Array,
    target: Array,
    slack: Array,
    prices: Array,
    live: Mask,
) -> tuple[Array, Array, Array]:
    """Steps of variables, slacks and prices."""
    ratio = prices / slack
    matrix = hessian + np.swapaxes(slopes, 1, 2) @ (ratio[:, :, None] * slopes)
    size = matrix.shape[-1]
    usable = live & np.all(np.isfinite(matrix), axis=(1, 2))
    matrix = np.where(usable[:, None, None], matrix, np.eye(size))
    right = -dual - np.einsum("nri,nr->ni", slopes, (target + prices * primal) / slack)
    try:
        dy = np.linalg.solve(matrix, right[:, :, None])[:, :, 0]
    except np.linalg.LinAlgError:
        return np.full_like(dual, np.nan), np.full_like(slack, np.nan), np.full_like(prices, np.nan)
    dy = np.where(usable[:, None], dy, np.nan)
    dslack = -primal - np.einsum("nri,ni->nr", slopes, dy)
    return dy, dslack, (target - prices * dslack) / slack


def _length(dy: Array, dslack: Array, dprices: Array, slack: Array, prices: Array) -> Array:
    """As far as slacks and prices stay positive and no logarithm leaps."""

    def room(value: Array, change: Array) -> Array:
        falls = change < 0
        return np.asarray(np.where(falls, -value / np.where(falls, change, -1.0), np.inf).min(axis=1))

    positive = 0.99 * np.minimum(room(slack, dslack), room(prices, dprices))
    return np.asarray(
        np.minimum(1.0, np.minimum(positive, LONGEST / np.maximum(np.abs(dy).max(axis=1), 1e-300)))
    )
