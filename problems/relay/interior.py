r"""The referee's own solver for the problem with loads given: an interior-point method in logarithms.

    min ln(sum_k A_0k u_k)   s.t.   ln(sum_k A_rk u_k) <= S_r y,

the terms u_k being the times (in energy units) and energies of `branches`, e^(y_j) for each variable, and
e^T; all are log-convex. Many offloaded fractions at once, shape (n, ...); each is handled as if it were
alone. Numbers from here only choose the tangents of `cuts`; whatever they are, the bound is proved.
"""

from dataclasses import dataclass
from functools import cache
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
HOPS = ((0, P1, AF_BAND), (0, Q, AF_BAND), (1, P2, DF_BAND), (2, P4, DF_BAND))
"""Rate, power and band of the four hops, as in `Links.snr`."""

RATE_OF = [rate for rate, _, _ in HOPS]


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
    free: tuple[int, ...]
    fixed: dict[int, float]


class Solution(NamedTuple):
    """Logarithms of all variables `(n, 10)`, objective `(n,)`, multipliers and limits `(n, m)`, success."""

    logs: Array
    value: Array
    multipliers: Array
    limits: Array
    done: Array


ALL = tuple(range(10))


class Constants(NamedTuple):
    """What does not change with the point, for a noise model; slopes by the v `free` variables only.

    `linear` `(11, 10)` are the terms but for the rates, `of_rate` `(3, 11)` tells whose airtime a term has,
    `hops` `(4, 10)` are the logarithms of the SNRs. Slopes are `level` `(11, v)` and the hops' responses
    times `answers` `(4, 11 v)`; Hessians are their bends and the mixed one of AF times `bends` `(5, 3 v v)`.
    """

    linear: Array
    of_rate: Array
    hops: Array
    level: Array
    answers: Array
    bends: Array


@cache
def _constants(nu: float, free: tuple[int, ...]) -> Constants:
    linear, of_rate, hops = np.zeros((TERMS, 10)), np.zeros((3, TERMS)), np.zeros((4, 10))
    linear[[LOC, EDGE], [FA, FR]], linear[[E_LOC, E_EDGE], [FA, FR]] = -1, 2
    for term, rate in HESSIAN_OF.items():
        of_rate[rate, term], linear[term, DF_BAND if rate else AF_BAND] = 1, -1
    linear[[E_P1, E_Q, E_P2, E_P4], [P1, Q, P2, P4]] = 1
    for hop, (_, power, band) in enumerate(HOPS):
        hops[hop, power], hops[hop, band] = 1, -nu
    kept = hops[:, free]
    answers = np.array([-np.outer(of_rate[rate], kept[hop]) for hop, rate in enumerate(RATE_OF)])
    bends = np.zeros((5, 3, len(free), len(free)))
    for hop, rate in enumerate(RATE_OF):
        bends[hop, rate] = -np.outer(kept[hop], kept[hop])
    bends[4, 0] = -np.outer(kept[0], kept[1]) - np.outer(kept[1], kept[0])
    return Constants(linear, of_rate, hops, linear[:, free], answers.reshape(4, -1), bends.reshape(5, -1))


def terms(y: Array, links: Links, free: tuple[int, ...] = ALL) -> tuple[Array, Array, Array]:
    """Logarithms of the unscaled terms `(n, 11)`, gradients `(n, 11, v)`, Hessians of the three rates."""
    n, size, k = len(y), len(free), _constants(links.noise_exponent, free)
    g = np.exp(y @ k.hops.T + np.log(links.snr))
    a, c = g[:, 0], g[:, 1]
    less, total = 1 / (1 + g), 1 + a + c
    snr = g[:, 1:].copy()
    snr[:, 0] = 1 / (1 / a + 1 / c + 1 / a / c)  # AF: a c/(1 + a + c)
    nats = np.log1p(snr)
    response = less * (snr / nats)[:, RATE_OF]  # d ln nats/d ln g
    bend = np.empty((n, 5))
    bend[:, 4] = snr[:, 0] / total / nats[:, 0] - response[:, 0] * response[:, 1]
    less[:, :2] -= g[:, :2] / total[:, None]
    bend[:, :4] = response * (less - response)
    value = y @ k.linear.T - np.log(nats) @ k.of_rate
    slope = k.level + (response @ k.answers).reshape(n, TERMS, size)
    return value, slope, (bend @ k.bends).reshape(n, 3, size, size)


class _Rows(NamedTuple):
    """Row values and gradients, and the Hessian of the Lagrangian."""

    values: Array
    slopes: Array
    hessian: Array


def _rows(y: Array, links: Links, p: Programme, scale: Array, weights: Array) -> _Rows:
    """Everything Newton needs, over the free variables; `p.rows` in logarithms."""
    n, size = len(y), len(p.free)
    value, slope, curve = terms(y, links, p.free)
    parts = np.concatenate([value + scale, y], axis=1)[:, None, :] + p.rows
    top = parts.max(axis=2, keepdims=True)
    share = np.exp(parts - top)
    total = share.sum(axis=2, keepdims=True)
    share /= total
    # the last terms are the variables themselves
    of_terms, of_variables = share[:, :, :TERMS], share[:, :, TERMS:].take(p.free, axis=2)
    means = of_terms @ slope + of_variables
    mixed = weights[:, None, :] @ of_terms
    hessian = slope.transpose(0, 2, 1) @ (mixed.transpose(0, 2, 1) * slope)
    hessian -= means.transpose(0, 2, 1) @ (weights[:, :, None] * means)
    rates = mixed @ _constants(links.noise_exponent, p.free).of_rate.T
    hessian += (rates @ curve.reshape(n, 3, -1)).reshape(n, size, size)
    hessian.reshape(n, -1)[:, :: size + 1] += (weights[:, None, :] @ of_variables)[:, 0]
    values = (top + np.log(total))[:, :, 0] - y @ p.shifts.T
    return _Rows(values, means - p.shifts[:, p.free], hessian)


def solve(p: Programme, links: Links, scale: Array, *, close: float = CLOSE) -> Solution:
    """Solve for every row of `scale` `(n, 11)`, logarithms of what multiplies the terms."""
    n, m, free = len(scale), len(p.rows) - 1, p.free
    y = np.full((n, 10), np.log(POWER))
    y[:, [FA, FR]] = np.log(FREQUENCY)
    for variable, log in p.fixed.items():
        y[:, variable] = log
    y[:, [TIME, SLOT]] = _first_times(y, links, scale)[:, None]
    with np.errstate(divide="ignore"):
        in_logs = p._replace(rows=np.log(p.rows))
    # the weight of the objective, the prices, the slacks: what must stay positive in one piece
    state = np.concatenate([np.ones((n, 1)), np.full((n, m), 0.2), np.full((n, m), 0.5)], axis=1)
    weights, prices, slack = state[:, : m + 1], state[:, 1 : m + 1], state[:, m + 1 :]
    done, dead = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    rows = None
    for _ in range(STEPS):
        rows = _rows(y, links, in_logs, scale, weights)
        dual = (weights[:, None, :] @ rows.slopes)[:, 0]
        primal = rows.values[:, 1:] + slack
        both = slack * prices
        mean = both.sum(axis=1) / m
        far = np.abs(primal).max(axis=1)
        miss = np.maximum(np.abs(dual).max(axis=1), far)
        done |= (mean < close) & (miss < 10 * close)
        dead |= ~np.isfinite(miss + mean) | (mean < EXHAUSTED)
        live = ~(done | dead)
        if not live.any():
            break
        centring = np.where(far > 100 * mean, 0.5, 0.05)
        target = (centring * mean)[:, None] - both
        dy, change = _newton(rows.hessian, rows.slopes[:, 1:], dual, primal, target, slack, prices, live)
        live &= np.isfinite(dy).all(axis=1)
        dead |= ~(live | done)
        length = np.where(live, _length(dy, change, state[:, 1:]), 0.0)[:, None]
        if not live.all():
            dy, change = (np.where(length > 0, part, 0.0) for part in (dy, change))
        if not np.isfinite(change).all():
            change = np.nan_to_num(change)
        y[:, free] += length * dy
        state[:, 1:] += length * change
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
) -> tuple[Array, Array]:
    """Steps of the variables, and of prices and slacks."""
    ratio = prices / slack
    matrix = hessian + slopes.transpose(0, 2, 1) @ (ratio[:, :, None] * slopes)
    usable = live & np.isfinite(matrix).all(axis=(1, 2))
    if not usable.all():
        matrix = np.where(usable[:, None, None], matrix, np.eye(matrix.shape[-1]))
    right = -dual - (((target + prices * primal) / slack)[:, None, :] @ slopes)[:, 0]
    try:
        dy = np.asarray(np.linalg.solve(matrix, right[:, :, None]), dtype=np.float64)
    except np.linalg.LinAlgError:
        return np.full(dual.shape, np.nan), np.full((len(dual), 2 * slack.shape[1]), np.nan)
    dy[~usable] = np.nan
    dslack = -primal - (slopes @ dy)[:, :, 0]
    return dy[:, :, 0], np.concatenate([(target - prices * dslack) / slack, dslack], axis=1)


def _length(dy: Array, change: Array, state: Array) -> Array:
    """As far as slacks and prices stay positive and no logarithm leaps."""
    falls = change < 0
    room = np.where(falls, -state / np.where(falls, change, -1.0), np.inf).min(axis=1)
    leap = np.maximum(np.abs(dy).max(axis=1), 1e-300)
    return np.asarray(np.minimum(1.0, np.minimum(0.99 * room, LONGEST / leap)))
