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

from .prices import Response, State, Terms, answer, download, range_of_nu, send_all, spend_all, spent, terms
from .saddle import newton

LOW_WINDOW, HIGH_WINDOW = -45.0, 38.0
"""Logits of t_dl/(T - t_mc) searched: from nothing to all but a rounding of it."""

WINDOW_PRECISION = 1e-11
"""Of that logit. The objective and the dual bound lose the square of it."""

NEGLIGIBLE = 1e-12
"""Share of the optimum that may be given away to say in finite prices that nobody offloads."""

TIGHT = 1e-8
"""A budget within this of what required bits take at the slowest leaves no choice."""

FAR = 25.0
"""Beyond this logit prices are so extreme that the next search had better start afresh."""

BLOCK = 16384
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


def _nobody(p: Terms) -> tuple[Mask, Array]:
    """Where it is best that nobody offloads private bits, and the nu that proves it.

    Bits sent back fast enough take no time, so that some vanishing number of them pays wherever uploading does:
    such a nu must be small, NEGLIGIBLE of the optimum in nu E_max, and not 0.
    """
    alone = p._replace(private_bits=np.zeros(p.private_bits.shape), least_bits=np.zeros(p.private_bits.shape))
    state, r, _ = send_all(alone, np.zeros(p.window.shape), _cold(alone), np.ones(p.window.shape, dtype=bool))
    y = r.shared / (p.up_nat * p.window)
    radio = np.sum(p.up_scale * p.window * np.expm1(y), axis=-1, keepdims=True)
    computing = np.sum(np.exp(p.log_local) / 3 * p.private_bits**3, axis=-1, keepdims=True)
    nu = NEGLIGIBLE * (radio + computing) / p.max_bs_energy
    saving = np.exp(p.log_local) * p.private_bits**2 - p.up_scale / p.up_nat * np.exp(y)
    z = np.log(saving / (nu * np.exp(p.log_down)))
    sigma = nu * p.down_scale * lambert_argument(np.where(saving > 0, np.maximum(z, 0.0), 0.0)) - p.reception_power
    sigma = np.sum(np.maximum(sigma, 0.0), axis=-1, keepdims=True)
    beta = np.sum(p.up_scale * lambert_argument(y), axis=-1, keepdims=True)
    free = np.all(p.least_bits == 0, axis=-1, keepdims=True) & np.isfinite(nu) & (nu > 0)
    return free & (sigma <= beta), nu


def _saddle(p: Terms) -> tuple[Array, State, Mask]:
    """Window, prices and bits of every instance, and where there is no window at all."""
    cold, silent = _cold(p), _silent(p)
    nobody, least_nu = _nobody(p)
    logit, state, arrived = newton(p, cold, ~silent & ~nobody)
    span = p.window / (1 + np.exp(-logit))
    closed = (silent | nobody) & ~arrived
    rest = np.flatnonzero(~(arrived | closed)[:, 0])
    if len(rest):
        part = p.rows(rest)
        best, none = _best_window(part)
        at = part.window / (1 + np.exp(-best))
        found, r = spend_all(part, at, _cold(part), np.ones(at.shape, dtype=bool))
        found = found._replace(log_nu=_pinned(part, at, found, r))
        span[rest], closed[rest] = at, none
        for target, source in zip(state, found, strict=True):
            target[rest] = source
    quiet = np.flatnonzero((silent | nobody)[:, 0])
    if len(quiet):
        _without_window(p, quiet, nobody & ~silent, least_nu, span, state)
    return span, state, closed


def _pinned(p: Terms, span: Array, state: State, r: Response) -> Array:
    """ln nu where the window is the shortest that the budget allows for bits that must be offloaded.

    There any nu from some value up has the energy spent; the one that balances the prices of time is wanted.
    """
    least = r._replace(bits=p.least_bits)
    y, _, _ = _exponents(p, span, state.log_nu, least)
    z = download(p, span, state.log_nu).per_bit * p.least_bits
    slowest = np.sum(p.down_scale * span * np.expm1(z), axis=-1, keepdims=True)
    steep = np.sum(p.down_scale * lambert_argument(z), axis=-1, keepdims=True)
    paid = np.where(z > 0, p.reception_power, 0.0)
    wanted = np.sum(p.up_scale * lambert_argument(y) + paid, axis=-1, keepdims=True)
    pinned = np.all(r.bits <= p.least_bits, axis=-1, keepdims=True) & (slowest > p.max_bs_energy * (1 - TIGHT))
    return np.where(pinned & (steep > 0), np.log(wanted / steep), state.log_nu)


def _without_window(
    p: Terms, quiet: Array, nobody: Mask, least_nu: Array, span: Array, state: State
) -> None:
    """Fill in what users do where the window does not matter: no results, no budget, or nothing worth it."""
    part = p.rows(quiet)
    span[quiet] = 0.0
    start = _cold(part)
    log_nu = np.where(nobody[quiet], np.log(least_nu[quiet]), start.log_nu + 2.0)
    # nothing private goes up unless its results are free
    stays = part.output_ratio > 0
    kept = part._replace(
        private_bits=np.where(stays, 0.0, part.private_bits), least_bits=np.where(stays, 0.0, part.least_bits)
    )
    bits = (kept.private_bits + kept.least_bits) / 2
    found, _, _ = send_all(kept, span[quiet], State(log_nu, start.lead, bits), np.ones(log_nu.shape, dtype=bool))
    for target, source in zip(state, found, strict=True):
        target[quiet] = source


def solve_terms(p: Terms) -> tuple[dict[str, Array], dict[str, Array]]:
    """Variables and prices of a batch with one axis; `(batch, 1)` where there is one number."""
    span, state, closed = _saddle(p)
    mute = p.output_ratio == 0
    keep = closed & ~mute
    r = answer(p, span, state)
    local = _local_bits(p, np.where(keep, 0.0, _within_budget(p, span, state, r)))
    bits = p.private_bits - local
    span = np.where(closed, 0.0, span)
    left, down = p.window - span, download(p, span, state.log_nu)
    level = np.where(p.shared_bits > 0, state.lead - p.lag, -np.inf)
    shared = np.maximum(np.where(level > 0, level * p.up_nat * left, 0.0) - bits, 0.0)
    sent = np.sum(shared, axis=-1, keepdims=True)
    shared = shared * np.where(sent > 0, p.shared_bits / np.where(sent > 0, sent, 1.0), 0.0)
    load = shared + bits
    y, z = load / (p.up_nat * left), np.maximum(down.floor, down.per_bit * bits)
    part = np.where(load > 0, shared / np.where(load > 0, load, 1.0), 0.0)
    busy = np.where(load > 0, left, 0.0)
    time = np.where(bits > 0, p.output_ratio * bits / (p.down_nat * np.where(z > 0, z, 1.0)), 0.0)
    x = {
        "uploaded_shared_bits": shared,
        "local_bits": local,
        "shared_upload_time": busy * part,
        "private_upload_time": busy - busy * part,
        "download_time": np.minimum(time, span),
        "download_window": span,
    }
    return x, _prices(p, np.exp(state.log_nu), y, z, closed)


def _prices(p: Terms, nu: Array, y: Array, z: Array, closed: Mask) -> dict[str, Array]:
    """The multipliers at these exponents.

    Without a window its price is what keeps everybody from offloading: z such that a bit costs what it saves.
    """
    mute = p.output_ratio == 0
    cost = p.up_scale / p.up_nat * np.exp(y)
    saving = np.exp(p.log_local) * p.private_bits**2 - cost
    with np.errstate(all="ignore"):
        enough = np.where(saving > 0, np.log(saving / (nu * np.exp(p.log_down))), 0.0)
    z = np.where(closed & ~mute, np.maximum(enough, 0.0), z)
    charge = nu * p.down_scale * lambert_argument(np.minimum(z, 690.0)) - p.reception_power
    mu = np.min(np.where(p.may_send, cost, np.inf), axis=-1, keepdims=True)
    return {
        "time_price": p.up_scale * lambert_argument(y),
        "download_price": np.where(mute, 0.0, np.maximum(charge, 0.0)),
        "energy_price": np.where(mute, 0.0, nu),
        "shared_price": np.where(p.shared_bits > 0, mu, 0.0),
    }


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
