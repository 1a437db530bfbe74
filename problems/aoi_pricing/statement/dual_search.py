r"""Prices for the referee: the dual value with its kinks rounded off, maximised by Newton's method.

With r_k the rows sqrt(A), sqrt(S) and, where memory is limited, m/C, and prices p (the third one pi C, in s),

    G_t(p) = - t sum_i log sum_o exp(-q_io/t) - |p_1|^2/4 - |p_2|^2/4 - sum p_3 + t sum log p_3,
    q_i0 = 0 (local),   q_ij = e_ij - K_i + sum_k p_kj r_kij

rises to the dual value as the temperature t falls; each t starts from the last one's prices. Whatever comes
of
it are prices, and prices make a valid bound: nothing here has to be right for `bounds` to be. All of it works
on many sets of options at once, `(parts, users, 1 + servers)`, for the search over parts.
"""

from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from mecopt.instance import Array

Data = SimpleNamespace

PRECISION = 1e-11
"""Loss to the rounding off, relative to the value, at which the temperature is low enough."""

MANY = 200_000
"""Links beyond which the prices of a sample are only touched up: each look at all of them takes long."""

HEAT_OF_MANY, STEPS_OF_MANY = 1e-3, 3
BLOCK = 1 << 19
"""Entries worked on at a time: temporaries stay small."""

COOLING = 0.3
LEAST_HEAT = 1e-15
"""Temperatures, relative to what a device saves at most on average: where to stop in any case."""

NEWTON_STEPS = 20
HALVINGS = 40
RIDGE = 1e-10
"""Keeps curvatures of rounding errors invertible."""

SAMPLE = 4000
"""Devices that stand for all of them while prices are still far off."""


class Links(NamedTuple):
    """Cost of each option beyond local work `(parts or 1, users, 1 + servers)`, inf where there is none, and
    what a link takes: `(rows, users, servers)`.

    The last rows may be groups of devices, of which servers serve `least` to `most` `(parts, groups,
    servers)`: their prices have either sign and charge max(p least, p most)."""

    cost: Array
    takes: Array
    least: Array | None = None
    most: Array | None = None

    @property
    def plain(self) -> int:
        """Rows before those of groups."""
        return len(self.takes) - (0 if self.least is None else self.least.shape[1])


class Look(NamedTuple):
    """At some prices `(parts, rows, servers)`: dual value, rounded value, loss of the rounding."""

    sharp: Array
    smooth: Array
    loss: Array


def best_prices(d: Data) -> dict[str, Array]:
    """Prices that maximise the float dual value, each instance by itself: `(*batch, servers)`."""
    shape = d.local_cost.shape[:-1]
    found = np.zeros((*shape, 3, d.linked.shape[-1]))
    for cell in np.ndindex(shape):
        one = Data(**{name: array[cell] for name, array in vars(d).items() if name != "association"})
        found[cell] = _one(one)
    return {
        name: np.ascontiguousarray(found[..., k, :])
        for k, name in enumerate(("bandwidth_price", "compute_price", "memory_price"))
    }


def links(d: Data) -> Links:
    """One instance's links."""
    offered = np.where(d.linked, d.edge_cost - d.local_cost[:, None], np.inf)
    cost = np.concatenate([np.zeros((len(offered), 1)), offered], axis=1)[None]
    rows = [d.root_comm, np.where(d.linked, d.root_comp, 0.0)]
    if d.limited.any():
        rows.append(np.where(d.linked, d.memory[:, None] / np.where(d.capacity > 0, d.capacity, 1.0), 0.0))
    return Links(cost, np.stack(rows))


def in_units(prices: Array, d: Data) -> Array:
    """Prices `(parts, rows, servers)` as mu, nu, pi `(parts, 3, servers)`."""
    full = np.zeros((len(prices), 3, prices.shape[-1]))
    full[:, : prices.shape[1]] = np.maximum(prices, 0.0)
    full[:, 2] = np.where(
        d.limited & (d.capacity > 0), full[:, 2] / np.where(d.capacity > 0, d.capacity, 1.0), 0.0
    )
    return full


def _one(d: Data) -> Array:
    net = links(d)
    users, servers = d.linked.shape
    saved = -np.sum(np.min(net.cost[0], axis=-1))
    if saved <= 0:
        return np.zeros((3, servers))  # nobody gains by offloading, even for free
    heat, few = saved / users, users * servers <= MANY
    start = 2 * np.sum(net.takes, axis=1)[None] / servers
    if len(start[0]) > 2:
        start[:, 2] = heat
    weight, step = 1.0, users // SAMPLE
    if step > 4:  # a sample finds the neighbourhood
        part = Links(net.cost[:, ::step], net.takes[:, ::step])
        weight = users / part.takes.shape[1]
        start = cool(part, start, 0.1 * heat, local=d.local_cost[::step], weight=weight, precision=1e-5)[0]
    if few:
        prices, _ = cool(net, start, 0.1 * heat, local=d.local_cost, precision=PRECISION)
    else:
        prices, _ = climb(net, start, HEAT_OF_MANY * heat, steps=STEPS_OF_MANY)
        if look(net, prices, heat).sharp < look(net, start, heat).sharp:
            prices = start
    return np.asarray(in_units(prices, d)[0])


def cool(
    net: Links, prices: Array, heat: float, *, local: Array, precision: float, weight: float = 1.0
) -> tuple[Array, Array]:
    """Lower the temperature until the loss is below the precision: best prices and their dual value."""
    seen = look(net, prices, heat, weight)
    best, value = prices, seen.sharp
    total, floor = weight * float(np.sum(local)), heat * LEAST_HEAT
    while heat > floor:
        before = seen.sharp
        enough = 0.1 * precision * np.minimum(np.abs(before), np.abs(before + total))
        prices, seen = climb(net, prices, heat, weight, enough=float(np.min(enough)))
        better = seen.sharp > value
        best, value = np.where(better[:, None, None], prices, best), np.maximum(seen.sharp, value)
        scale = np.minimum(np.abs(seen.sharp), np.abs(seen.sharp + total))
        barrier = heat * prices[:, 2:].size  # what prices of memory cost by staying above 0
        if np.all(seen.loss + barrier <= precision * scale):
            break
        heat *= COOLING
    return best, value


def climb(
    net: Links,
    prices: Array,
    heat: float,
    weight: float = 1.0,
    *,
    steps: int = NEWTON_STEPS,
    enough: float = np.inf,
) -> tuple[Array, Look]:
    """Newton's method at one temperature, halved where it does not climb; all parts at once. Prices, and what
    they come to.

    It stops where the next step would gain less than `enough`, or little beside the temperature.
    """
    seen = look(net, prices, heat, weight)
    for _ in range(steps):
        gradient, curvature = _slopes(net, prices, heat, weight)
        step = _newton_step(curvature, gradient)
        gain = (step * gradient).sum(axis=-1)
        if not (gain > min(1e-3 * heat, enough)).any():
            break
        step = step.reshape(prices.shape)
        length = _longest(prices[:, : net.plain], step[:, : net.plain])
        for _ in range(HALVINGS):
            tried = prices + length[:, None, None] * step
            new = look(net, tried, heat, weight)
            climbs = new.smooth >= seen.smooth + 0.1 * length * gain - 1e-13 * np.abs(seen.smooth)
            if climbs.all():
                break
            length = np.where(climbs, length, length / 3)
        if climbs.all():
            prices, seen = tried, new
            continue
        prices = np.where(climbs[:, None, None], tried, prices)
        seen = Look(*(np.where(climbs, a, b) for a, b in zip(new, seen, strict=True)))
        if not climbs.any():
            break
    return prices, seen


def _newton_step(curvature: Array, gradient: Array) -> Array:
    """Solve for the step; where rounding has made a curvature singular, a shorter one."""
    try:
        return np.asarray(np.linalg.solve(curvature, gradient[..., None])[..., 0])
    except np.linalg.LinAlgError:
        diagonal = np.arange(curvature.shape[-1])
        curvature[:, diagonal, diagonal] *= 1.01
        return (
            np.asarray(np.linalg.lstsq(curvature[0], gradient[0])[0][None])
            if len(curvature) == 1
            else (
                np.concatenate(
                    [_newton_step(c[None], g[None]) for c, g in zip(curvature, gradient, strict=True)]
                )
            )
        )


def _longest(prices: Array, step: Array) -> Array:
    """The whole step, or nine tenths of the way to a memory price of 0."""
    if prices.shape[1] < 3:
        return np.ones(len(prices))
    shrink = np.max(-step[:, 2] / prices[:, 2], axis=-1)
    return np.asarray(1 / np.maximum(1.0, shrink / 0.9))


def _blocks(parts: int, net: Links) -> list[slice]:
    users, options = net.cost.shape[1:]
    size = max(1, BLOCK // (parts * options))
    return [slice(i, i + size) for i in range(0, users, size)]


def _asked(net: Links, prices: Array, some: slice) -> Array:
    """q `(parts, some users, 1 + servers)`."""
    q = net.cost[:, some].repeat(len(prices) if len(net.cost) == 1 else 1, axis=0)
    for row in range(len(net.takes)):
        q[..., 1:] += prices[:, row, None, :] * net.takes[row, some]
    return q


def look(net: Links, prices: Array, heat: float, weight: float = 1.0) -> Look:
    """The dual value beyond sum K at the prices, and its rounded form, of each part."""
    sharp, logs, loss = np.zeros((3, len(prices)))
    for some in _blocks(len(prices), net):
        q = _asked(net, prices, some)
        least = q.min(axis=-1)
        above = q - least[..., None]
        odds = np.exp(-above / heat)
        total = odds.sum(axis=-1)
        sharp += least.sum(axis=-1)
        logs += np.log(total).sum(axis=-1)
        above[np.isinf(above)] = 0.0
        loss += ((above * odds).sum(axis=-1) / total).sum(axis=-1)
    charged = (prices[:, :2] ** 2).sum(axis=(1, 2)) / 4
    barrier = np.zeros(len(prices))
    if net.least is not None and net.most is not None:
        p, span = prices[:, net.plain :], net.most - net.least
        charged = charged + np.sum(np.maximum(p * net.least, p * net.most), axis=(1, 2))
        barrier = barrier - heat * np.sum(np.log1p(np.exp(-np.abs(p) * span / heat)), axis=(1, 2))
    if net.plain > 2:
        charged = charged + np.sum(prices[:, 2], axis=-1)
        barrier = barrier + heat * np.sum(np.log(np.maximum(prices[:, 2], 1e-300)), axis=-1)
    value = weight * sharp - charged
    return Look(value, value - weight * heat * logs + barrier, weight * loss)


def _slopes(net: Links, prices: Array, heat: float, weight: float) -> tuple[Array, Array]:
    """Gradient `(parts, n)` and minus the Hessian `(parts, n, n)` of the rounded value, n = rows *
    servers."""
    parts, rows, servers = prices.shape
    n = rows * servers
    gradient, products, diagonals = np.zeros((parts, n)), np.zeros((parts, n, n)), np.zeros((parts, rows, n))
    for some in _blocks(parts, net):
        q = _asked(net, prices, some)
        odds = np.exp((q.min(axis=-1, keepdims=True) - q) / heat)
        odds /= odds.sum(axis=-1, keepdims=True)
        used = np.concatenate([odds[..., 1:] * row for row in net.takes[:, some]], axis=-1)
        gradient += used.sum(axis=1)
        products += used.transpose(0, 2, 1) @ used
        for row in range(rows):
            own = np.concatenate([net.takes[row, some]] * rows, axis=-1)
            diagonals[:, row] += (used * own).sum(axis=1)
    curvature = -products
    # views of the entries of two rows at the same server, and of the diagonal
    same = np.einsum("prjcj->prcj", curvature.reshape(parts, rows, servers, rows, servers))
    same += diagonals.reshape(parts, rows, rows, servers)
    gradient *= weight
    curvature *= weight / heat
    bent_by = np.einsum("pnn->pn", curvature)
    flat, squares = prices.reshape(parts, n), slice(2 * servers)
    gradient[:, squares] -= flat[:, squares] / 2
    bent_by[:, squares] += 0.5
    if net.least is not None and net.most is not None:
        number, span = slice(net.plain * servers, n), net.most - net.least
        bent = np.tanh(flat[:, number].reshape(span.shape) * span / (2 * heat))
        gradient[:, number] -= (net.least + span * (1 + bent) / 2).reshape(parts, -1)
        bent_by[:, number] += (span**2 * (1 - bent**2) / (4 * heat)).reshape(parts, -1) + RIDGE
    if net.plain > 2:
        memory = slice(2 * servers, 3 * servers)
        gradient[:, memory] += heat / flat[:, memory] - 1.0
        bent_by[:, memory] += heat / flat[:, memory] ** 2
    bent_by *= 1 + RIDGE
    return gradient, curvature


def parts_used(net: Links, prices: Array, heat: float) -> Array:
    """How much of each option the rounded-off answers use, `(parts, users, 1 + servers)`."""
    q = _asked(net, prices, slice(None))
    odds = np.exp((np.min(q, axis=-1, keepdims=True) - q) / heat)
    return np.asarray(odds / np.sum(odds, axis=-1, keepdims=True))
