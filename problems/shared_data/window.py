r"""The download window at which the prices of upload and download time balance, sum beta = sum sigma.

The value of P1' at a fixed window is convex in it, with slope sum beta - sum sigma: Newton's method on all
three
prices finds the window of most instances (`saddle`), a bracketed root that of the others. No window at all is
needed where there are no results, no budget, or nothing worth offloading.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mecopt.instance import Array, Indices, Mask
from mecopt.kernels.lambert import lambert_argument
from mecopt.rootfind import falling_root

from . import few, floats, prices, saddle
from .prices import Response, State, Terms, range_of_nu, send_all
from .shortest import shortest_window

LOW_WINDOW, HIGH_WINDOW = -45.0, 38.0
"""Logits of t_dl/(T - t_mc) searched: from nothing to all but a rounding of it."""

WINDOW_PRECISION = 1e-11
"""Of that logit. The objective and the dual bound lose the square of it."""

NEGLIGIBLE = 2e-11
"""Share of the optimum that may be given away to say in finite prices that nobody offloads."""

TIGHT = 1e-8
"""A budget within this of what required bits take at the slowest leaves no choice."""

FAR = 25.0
"""Beyond this logit prices are so extreme that the next search had better start afresh."""


FEW = 16
"""Users, of all instances together, up to which floats are sooner done than arrays."""

IN_ORDER = 7
"""Users whose numbers NumPy adds up one by one, as floats are; a method has the same digits either way."""


class Ways(NamedTuple):
    """How to find all three prices at once, and those at a given window."""

    newton: Callable[[Terms, State, Mask, Array], tuple[Array, State, Mask]]
    spend_all: Callable[[Terms, Array, State, Mask], tuple[State, Response]]


ARRAYS, FLOATS = Ways(saddle.newton, prices.spend_all), Ways(few.newton, floats.spend_all)


def ways_for(p: Terms) -> Ways:
    """Floats for few instances of few users, else arrays."""
    users = p.private_bits.shape[1]
    return FLOATS if users <= IN_ORDER and len(p.window) * users <= FEW else ARRAYS


def _exponents(p: Terms, span: Array, r: Response) -> tuple[Array, Array, Mask]:
    """Of upload and download, and who is held by the window."""
    down, held = r.down, r.down.per_bit * r.bits
    y = (r.shared + r.bits) / (p.up_nat * (p.window - span))
    return y, np.maximum(down.floor, held), (held > down.floor) & (r.bits > 0)


def _log_argument(y: Array) -> Array:
    """ln((y - 1) e^y + 1), also where that overflows."""
    return np.where(
        y > 100, y + np.log(np.maximum(y, 2.0) - 1), np.log(lambert_argument(np.minimum(y, 100.0)))
    )


def _log_sum(a: Array) -> Array:
    return np.asarray(np.logaddexp.reduce(a, axis=-1, keepdims=True))


def balance(p: Terms, span: Array, state: State, r: Response) -> Array:
    """(sum sigma - sum beta)/(sum sigma + sum beta), without poles to mislead an interpolation."""
    y, z, held = _exponents(p, span, r)
    grown = np.log(p.down_scale) + state.log_nu + _log_argument(z)
    paid = np.log(p.reception_power)
    net = grown + np.log1p(-np.exp(np.minimum(paid - grown, 0.0)))
    sigma = _log_sum(np.where(held & (grown > paid), net, -np.inf))
    beta = _log_sum(np.log(p.up_scale) + _log_argument(y))
    return np.tanh(np.nan_to_num(sigma - beta, nan=-np.inf) / 2)


def cold_start(p: Terms) -> State:
    """Where a search starts that knows nothing."""
    _, _, dear = range_of_nu(p)
    return State(dear - 2.0, np.full(dear.shape, np.inf), (p.least_bits + p.private_bits) / 2)


def _silent(p: Terms) -> Mask:
    """Where no results of private data are, or may be, sent back: there is no window to choose."""
    return np.asarray(
        (p.output_ratio == 0) | (p.max_bs_energy == 0) | (p.private_bits <= 0).all(axis=-1, keepdims=True)
    )


def _shortest(p: Terms) -> Array:
    """Logit of the shortest window, -inf where any will do."""
    share = np.minimum(shortest_window(p) / p.window, 1.0)
    return np.log(share) - np.log1p(-share)


def _window_by_search(p: Terms) -> tuple[Array, Mask]:
    """The window's logit, and where there had better be none."""
    cold, silent, ways = cold_start(p), _silent(p), ways_for(p)
    warm = cold

    def download_dearer(logit: Array) -> Array:
        nonlocal warm
        span = p.window / (1 + np.exp(-logit))
        state, r = ways.spend_all(p, span, warm, ~silent)
        usual = np.abs(logit) < FAR
        warm = State(*(np.where(usual, a, b) for a, b in zip(state, cold, strict=True)))
        return np.where(silent, -1.0, balance(p, span, state, r))

    high = np.full(p.window.shape, HIGH_WINDOW)
    low = np.clip(_shortest(p), LOW_WINDOW, HIGH_WINDOW)
    _, logit = falling_root(download_dearer, low, high, precision=WINDOW_PRECISION)
    return logit, logit <= LOW_WINDOW


def _nobody(p: Terms) -> tuple[Mask, Array]:
    """Where it is best that nobody offloads private bits, and the nu that proves it.

    Bits sent back fast enough take no time, so that some vanishing number of them pays wherever uploading
    does:
    such a nu must be small, NEGLIGIBLE of the optimum in nu E_max, and not 0.
    """
    alone = p._replace(private_bits=np.zeros(p.private_bits.shape), least_bits=np.zeros(p.private_bits.shape))
    _state, r, _ = send_all(
        alone, np.zeros(p.window.shape), cold_start(alone), np.ones(p.window.shape, dtype=bool)
    )
    y = r.shared / (p.up_nat * p.window)
    radio = np.sum(p.up_scale * p.window * np.expm1(y), axis=-1, keepdims=True)
    computing = np.sum(np.exp(p.log_local) / 3 * p.private_bits**3, axis=-1, keepdims=True)
    nu = NEGLIGIBLE * (radio + computing) / p.max_bs_energy
    saving = np.exp(p.log_local) * p.private_bits**2 - p.up_scale / p.up_nat * np.exp(y)
    z = np.log(saving / (nu * np.exp(p.log_down)))
    sigma = (
        nu * p.down_scale * lambert_argument(np.where(saving > 0, np.maximum(z, 0.0), 0.0))
        - p.reception_power
    )
    sigma = np.sum(np.maximum(sigma, 0.0), axis=-1, keepdims=True)
    beta = np.sum(p.up_scale * lambert_argument(y), axis=-1, keepdims=True)
    free = np.all(p.least_bits == 0, axis=-1, keepdims=True) & np.isfinite(nu) & (nu > 0)
    return free & (sigma <= beta), nu


def best_window(p: Terms, *, only_without: bool = False) -> tuple[Array, State, Mask]:
    """Window, prices and bits of every instance, and where there is no window at all.

    `only_without`: find out where there is none, and leave the others to the caller.
    """
    cold, silent = cold_start(p), _silent(p)
    nobody, least_nu = _nobody(p)
    tried = ~silent & ~nobody & (not only_without)
    logit, state, arrived = ways_for(p).newton(p, cold, tried, _shortest(p))
    span = p.window / (1 + np.exp(-logit))
    closed = (silent | nobody) & ~arrived
    rest = np.flatnonzero(~(arrived | closed)[:, 0])
    if len(rest) and not only_without:
        span[rest], found, closed[rest] = _without_newton(p.rows(rest))
        for target, source in zip(state, found, strict=True):
            target[rest] = source
    quiet = np.flatnonzero((silent | nobody)[:, 0])
    if len(quiet):
        _without_window(p, quiet, nobody & ~silent, least_nu, span, state)
    return span, state, closed


def _without_newton(p: Terms) -> tuple[Array, State, Mask]:
    """Windows, prices and bits by what always works, and where there is no window."""
    none = np.zeros(p.window.shape, dtype=bool)
    span = shortest_window(p)
    everybody = np.ones(span.shape, dtype=bool)
    # often the window is as short as can be: that takes one look instead of a search
    half = np.where(span > 0, span, p.window / 2)
    state, r = ways_for(p).spend_all(p, half, cold_start(p), span > 0)
    settled = (span > 0) & (balance(p, span, state, r) <= 0)
    state = _pinned(p, span, state, r)
    rest = np.flatnonzero(~settled[:, 0])
    if len(rest):
        part = p.rows(rest)
        best, none[rest] = _window_by_search(part)
        at = part.window / (1 + np.exp(-best))
        found, r = ways_for(part).spend_all(part, at, cold_start(part), everybody[rest])
        span[rest] = at
        for target, source in zip(state, _pinned(part, at, found, r), strict=True):
            target[rest] = source
    return span, state, none


def _pinned(p: Terms, span: Array, state: State, r: Response) -> State:
    """Bits and ln nu where the window is the shortest that the budget allows for bits that must be offloaded.

    There any nu from some value up has the energy spent; the one that balances the prices of time is wanted.
    """
    least = r._replace(bits=p.least_bits)
    y, _, _ = _exponents(p, span, least)
    z = r.down.per_bit * p.least_bits
    slowest = np.sum(p.down_scale * span * np.expm1(z), axis=-1, keepdims=True)
    steep = np.sum(p.down_scale * lambert_argument(z), axis=-1, keepdims=True)
    paid = np.where(z > 0, p.reception_power, 0.0)
    wanted = np.sum(p.up_scale * lambert_argument(y) + paid, axis=-1, keepdims=True)
    none_else = np.all(r.bits <= p.least_bits, axis=-1, keepdims=True)
    pinned = none_else & (slowest > p.max_bs_energy * (1 - TIGHT))
    pinned = (pinned | (span <= shortest_window(p))) & (steep > 0)
    return state._replace(
        log_nu=np.where(pinned, np.log(wanted / steep), state.log_nu),
        bits=np.where(pinned, p.least_bits, state.bits),
    )


def _without_window(
    p: Terms, quiet: Indices, nobody: Mask, least_nu: Array, span: Array, state: State
) -> None:
    """Fill in what users do where the window does not matter: no results, no budget, or nothing worth it."""
    part = p.rows(quiet)
    span[quiet] = 0.0
    start = cold_start(part)
    # a budget of nothing costs nothing at any price; one that nobody needs wants no price
    idle = np.all(part.private_bits <= 0, axis=-1, keepdims=True)
    log_nu = np.where(idle, -np.inf, start.log_nu + 2.0)
    log_nu = np.where(nobody[quiet], np.log(least_nu[quiet]), log_nu)
    # nothing private goes up unless its results are free
    stays = part.output_ratio > 0
    kept = part._replace(
        private_bits=np.where(stays, 0.0, part.private_bits), least_bits=np.where(stays, 0.0, part.least_bits)
    )
    bits = (kept.private_bits + kept.least_bits) / 2
    found, _, _ = send_all(
        kept, span[quiet], State(log_nu, start.lead, bits), np.ones(log_nu.shape, dtype=bool)
    )
    for target, source in zip(state, found, strict=True):
        target[quiet] = source
