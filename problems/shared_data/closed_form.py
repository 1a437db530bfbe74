r"""P1' solved: the download window at which the prices of time balance, and the point that follows.

    beta_k = A ((y - 1) e^y + 1),  sigma_k = [nu G ((z - 1) e^z + 1) - rho]+,   sum_k beta_k = sum_k sigma_k

The value of P1' at a fixed window is convex in it with slope sum beta - sum sigma, so that a bracketed root finds
the window; what happens at one window is in `prices`. The two upload times split tau like the bits.

Source: He et al. 2018, (19) to (23a); who transmits shared data follows from the primal problem, not Lemma 1.
"""

import numpy as np

from mecopt.instance import Array, Instance, Mask
from mecopt.kernels.lambert import lambert_argument
from mecopt.result import Point
from mecopt.rootfind import falling_root

from .prices import Response, State, Terms, download, range_of_nu, spend_all, spent, terms

LOW_WINDOW, HIGH_WINDOW = -80.0, 38.0
"""Logits of t_dl/(T - t_mc) searched: from nothing to all but a rounding of it."""

WINDOW_PRECISION = 1e-11
"""Of that logit. The objective and the dual bound lose the square of it."""

FAR = 25.0
"""Beyond this logit prices are so extreme that the next search had better start afresh."""

BLOCK = 1024
"""Instances worked on at a time: temporaries stay in cache."""


def _exponents(p: Terms, span: Array, log_nu: Array, r: Response) -> tuple[Array, Array, Mask]:
    """Of upload and download, and who is held by the window."""
    down = download(p, span, log_nu)
    held = down.per_bit * r.bits
    y = (r.shared + r.bits) / (p.up_nat * (p.window - span))
    return y, np.maximum(down.floor, held), (held > down.floor) & (r.bits > 0)


def _log_argument(y: Array) -> Array:
    """ln((y - 1) e^y + 1), also where that overflows."""
    return np.where(y > 100, y + np.log(np.maximum(y, 2.0) - 1), np.log(lambert_argument(np.minimum(y, 100.0))))


def _log_sum(a: Array) -> Array:
    return np.asarray(np.logaddexp.reduce(a, axis=-1, keepdims=True))


def _cold(p: Terms) -> State:
    """Where a search starts that knows nothing."""
    _, _, dear = range_of_nu(p)
    return State(dear - 2.0, np.full(dear.shape, np.inf), (p.least_bits + p.private_bits) / 2)


def _silent(p: Terms) -> Mask:
    """Where no results of private data are, or may be, sent back: there is no window to choose."""
    return (p.output_ratio == 0) | (p.max_bs_energy == 0) | (p.private_bits <= 0).all(axis=-1, keepdims=True)


def _best_window(p: Terms) -> tuple[Array, Mask]:
    """The window's logit, and where there had better be none."""
    cold, silent = _cold(p), _silent(p)
    warm = cold

    def download_dearer(logit: Array) -> Array:
        nonlocal warm
        span = p.window / (1 + np.exp(-logit))
        state, r = spend_all(p, span, warm, ~silent)
        y, z, held = _exponents(p, span, state.log_nu, r)
        grown = np.log(p.down_scale) + state.log_nu + _log_argument(z)
        paid = np.log(p.reception_power)
        net = np.where(held & (grown > paid), grown + np.log1p(-np.exp(np.minimum(paid - grown, 0.0))), -np.inf)
        usual = np.abs(logit) < FAR
        warm = State(*(np.where(usual, a, b) for a, b in zip(state, cold, strict=True)))
        difference = _log_sum(net) - _log_sum(np.log(p.up_scale) + _log_argument(y))
        # (sum sigma - sum beta)/(sum sigma + sum beta), which has no poles to mislead an interpolation
        return np.where(silent, -1.0, np.tanh(np.nan_to_num(difference, nan=-np.inf) / 2))

    low, high = (np.full(p.window.shape, end) for end in (LOW_WINDOW, HIGH_WINDOW))
    _, logit = falling_root(download_dearer, low, high, precision=WINDOW_PRECISION)
    return logit, logit <= LOW_WINDOW


def _within_budget(p: Terms, span: Array, state: State, r: Response) -> Array:
    """Offload less where nu, whose last digit may decide on all of the energy, let too much through.

    The energy is convex in the bits: going a share of the way to the least bits saves that share at least.
    """
    energy, _, _ = spent(p, span, state.log_nu, r)
    least, _, _ = spent(p, span, state.log_nu, r._replace(bits=p.least_bits))
    excess = np.sum(energy, axis=-1, keepdims=True) - p.max_bs_energy
    room = np.sum(energy - least, axis=-1, keepdims=True)
    share = np.where((excess > 0) & (room > 0), np.minimum(excess / np.where(room > 0, room, 1.0), 1.0), 0.0)
    return p.least_bits + (r.bits - p.least_bits) * (1 - share)


def _local_bits(p: Terms, bits: Array) -> Array:
    """M - I rounded up: a few bits offloaded at a very high rate must not become more."""
    local = p.private_bits - bits
    return np.where(p.private_bits - local > bits, np.nextafter(local, np.inf), local)


def solve_terms(p: Terms) -> tuple[dict[str, Array], dict[str, Array]]:
    """Variables and prices of a batch with one axis; `(batch, 1)` where there is one number."""
    logit, closed = _best_window(p)
    span = p.window / (1 + np.exp(-logit))
    # without results to send the prices of the download do not matter, and no time goes to it
    mute = p.output_ratio == 0
    span = np.where(mute, 0.0, span)
    state, r = spend_all(p, span, _cold(p), np.ones(span.shape, dtype=bool))
    y, _, _ = _exponents(p, span, state.log_nu, r)
    keep = closed & ~mute
    local = _local_bits(p, np.where(keep, 0.0, _within_budget(p, span, state, r)))
    bits = p.private_bits - local
    z = np.maximum(download(p, span, state.log_nu).floor, download(p, span, state.log_nu).per_bit * bits)
    span_used = np.where(closed, 0.0, span)
    left = p.window - span_used
    sent = np.sum(r.shared, axis=-1, keepdims=True)
    shared = r.shared * np.where(sent > 0, p.shared_bits / np.where(sent > 0, sent, 1.0), 0.0)
    load = shared + bits
    part = np.where(load > 0, shared / np.where(load > 0, load, 1.0), 0.0)
    busy = np.where(load > 0, left, 0.0)
    time = np.where(bits > 0, p.output_ratio * bits / (p.down_nat * np.where(z > 0, z, 1.0)), 0.0)
    # where the budget is slack nu is tiny, not 0: bits sent in no time cost no energy to receive, but want some nu
    nu = np.exp(state.log_nu) * ~mute
    charge = nu * p.down_scale * lambert_argument(z) - p.reception_power
    sends = load > 0
    beta = np.where(sends, p.up_scale * lambert_argument(y), 0.0)
    cost = p.up_scale / p.up_nat * np.exp(np.where(sends, y, 0.0))
    mu = np.min(np.where(p.may_send, cost, np.inf), axis=-1, keepdims=True)
    x = {
        "uploaded_shared_bits": shared,
        "local_bits": local,
        "shared_upload_time": busy * part,
        "private_upload_time": busy - busy * part,
        "download_time": np.minimum(time, span_used),
        "download_window": span_used,
    }
    prices = {
        "time_price": beta,
        "download_price": np.where(mute, 0.0, np.maximum(charge, 0.0)),
        "energy_price": nu,
        "shared_price": np.where(p.shared_bits > 0, mu, 0.0),
    }
    return x, prices


def solve(s: Instance, tol: float = 0.0, *, may_send: Mask | None = None) -> Point:
    """The optimum of P1'; with `may_send` (of the users' shape) of P1' with shared data from these users only."""
    users, shape = s.sizes["users"], s.batch_shape
    size = int(np.prod(shape, dtype=int))
    flat = s.problem.instance({name: a.reshape(size, *a.shape[len(shape) :]) for name, a in s.data.items()})
    mask = None if may_send is None else np.broadcast_to(may_send, (*shape, users)).reshape(size, users)
    parts = []
    for first in range(0, size, BLOCK):
        here = slice(first, first + BLOCK)
        parts.append(solve_terms(terms(flat[here], None if mask is None else mask[here])))

    def gather(group: int, name: str, axes: tuple[str, ...]) -> Array:
        found = [part[group][name] for part in parts]
        full = np.concatenate(found) if found else np.zeros((0, users if axes else 1))
        return full.reshape((*shape, users) if axes else shape)

    x = {o.name: gather(0, o.name, o.axes) for o in s.problem.outputs}
    return Point(x, {o.name: gather(1, o.name, o.axes) for o in s.problem.multipliers})
