r"""P1' solved: the download window at which the prices of time balance, and the point that follows.

    beta_k = A ((y - 1) e^y + 1),  sigma_k = [nu G ((z - 1) e^z + 1) - rho]+,   sum_k beta_k = sum_k sigma_k

`window` finds the window, `prices` what happens at one. The two upload times split tau like the bits.

Source: He et al. 2018, (19) to (23a); who transmits shared data follows from the primal problem, not Lemma 1.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from mecopt.instance import Array, Instance, Mask
from mecopt.kernels.lambert import lambert_argument
from mecopt.result import Point

from .prices import Response, State, Terms, answer, download, spent, terms
from .window import best_window, cold_start, ways_for

BLOCK = 4096
"""Instances worked on at a time: enough for the few that need nested searches to be worked on together, and
few enough that arrays stay in cache (10 users: 0.54 ms an instance, 0.71 ms in blocks of 16384)."""


def _within_budget(p: Terms, r: Response) -> Array:
    """Offload less where nu, whose last digit may decide on all of the energy, let too much through.

    The energy is convex in the bits: going a share of the way to the least bits saves that share at least.
    """
    energy, _, _ = spent(p, r)
    least, _, _ = spent(p, r._replace(bits=p.least_bits))
    excess = np.sum(energy, axis=-1, keepdims=True) - p.max_bs_energy
    room = np.sum(energy - least, axis=-1, keepdims=True)
    share = np.where((excess > 0) & (room > 0), np.minimum(excess / np.where(room > 0, room, 1.0), 1.0), 0.0)
    return np.asarray(p.least_bits + (r.bits - p.least_bits) * (1 - share))


def _local_bits(p: Terms, bits: Array) -> Array:
    """M - I rounded up: a few bits offloaded at a very high rate must not become more."""
    local = p.private_bits - bits
    return np.where(p.private_bits - local > bits, np.nextafter(local, np.inf), local)


def solve_terms(p: Terms) -> tuple[dict[str, Array], dict[str, Array]]:
    """Variables and prices of a batch with one axis; `(batch, 1)` where there is one number."""
    return policy(p, *best_window(p))


def policy(p: Terms, span: Array, state: State, closed: Mask) -> tuple[dict[str, Array], dict[str, Array]]:
    """The point at these windows, prices and bits, and its multipliers."""
    mute = p.output_ratio == 0
    keep = closed & ~mute
    r = answer(p, span, state)
    local = _local_bits(p, np.where(keep, 0.0, _within_budget(p, r)))
    bits = p.private_bits - local
    span = np.where(closed, 0.0, span)
    left, down = p.window - span, download(p, span, state.log_nu)
    level = np.where(p.shared_bits > 0, state.lead - p.lag, -np.inf)
    shared = np.maximum(np.where(level > 0, level * p.up_nat * left, 0.0) - bits, 0.0)
    sent = np.sum(shared, axis=-1, keepdims=True)
    shared = shared * np.where(sent > 0, p.shared_bits / np.where(sent > 0, sent, 1.0), 0.0)
    load = shared + bits
    y, z = load / (p.up_nat * left), np.maximum(down.floor, down.per_bit * bits)
    part = shared / np.where(load > 0, load, 1.0)
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


@np.errstate(all="ignore")
def at_window(s: Instance, window: float) -> Point:
    """The best point of one instance with this download window."""
    p = terms(s.problem.instance({name: a[None] for name, a in s.data.items()}))
    span = np.full((1, 1), window)
    state, _ = ways_for(p).spend_all(p, span, cold_start(p), np.ones((1, 1), dtype=bool))
    x, prices = policy(p, span, state, span <= 0)

    def scalar(group: dict[str, Array], outputs: Any) -> dict[str, Array]:
        return {o.name: group[o.name][0] if o.axes else group[o.name][0, 0] for o in outputs}

    return Point(scalar(x, s.problem.outputs), scalar(prices, s.problem.multipliers))


def solve(s: Instance, tol: float = 0.0, *, may_send: Mask | None = None) -> Point:
    """The optimum of P1'; with `may_send` (of the users' shape) of P1' with shared data from these users
    only.
    """
    return over_batch(s, solve_terms, may_send=may_send)


def over_batch(
    s: Instance,
    solve_part: Callable[[Terms], tuple[dict[str, Array], dict[str, Array]]],
    *,
    may_send: Mask | None = None,
) -> Point:
    """Apply a solver of batches with one axis to any batch."""
    users, shape = s.sizes["users"], s.batch_shape
    size = int(np.prod(shape, dtype=int))
    flat = s.problem.instance({name: a.reshape(size, *a.shape[len(shape) :]) for name, a in s.data.items()})
    mask = None if may_send is None else np.broadcast_to(may_send, (*shape, users)).reshape(size, users)
    parts = []
    with np.errstate(all="ignore"):  # logarithms of nothing and exponentials of much are wanted
        for first in range(0, size, BLOCK):
            here = slice(first, first + BLOCK)
            parts.append(solve_part(terms(flat[here], None if mask is None else mask[here])))

    def gather(group: int, name: str, axes: tuple[str, ...]) -> Array:
        found = [part[group][name] for part in parts]
        full = np.concatenate(found) if found else np.zeros((0, users if axes else 1))
        return full.reshape((*shape, users) if axes else shape)

    x = {o.name: gather(0, o.name, o.axes) for o in s.problem.outputs}
    return Point(x, {o.name: gather(1, o.name, o.axes) for o in s.problem.multipliers})
