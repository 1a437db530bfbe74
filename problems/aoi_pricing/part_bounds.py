r"""Bounds on parts of all associations: prices that climb the dual value by Newton's method.

A part leaves each device some options, and limits what servers use of some resources (rows k): memory, and
the number of devices of a group of nearly equal ones. With prices p of either sign on these

    g(p) = sum_i min_o q_io - sum_j (mu_j^2 + nu_j^2)/4 - sum_kj max(p_kj least_kj, p_kj most_kj)
    q_ij = e_ij + mu_j sqrt(A_ij) + nu_j sqrt(S_ij) + sum_k p_kj r_kij,      q_i0 = K_i

is below the cost of every association of the part. Minimum and maximum are rounded off at a temperature t,
-t log sum exp(-q/t), which makes g twice differentiable; the odds exp(-q/t) are then a nearly optimal point
of the relaxation. Values are taken without rounding off, at whatever prices come of it.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mecopt.instance import Array, Mask

from .closed_form import Terms

ALIKE = 1.05
"""Devices of a group need cores within this factor (of sqrt(S)) of the next smaller one."""

LENGTHS = (1.0, 0.25, 0.06, 0.015, 0.004, 0.001, 0.00025, 0.00006)
"""Parts of a Newton step that are tried. The step overshoots a thousandfold where the corner of max(p least,
p most) is rounded but nearly straight; prices that then stay put leave a part open that is not."""

SETTLED = 0.1
"""A step that gains less than this part of the temperature has arrived: the odds are those of the optimum."""

RIDGE = 1e-9
"""Keeps curvatures of rounding errors invertible."""


class Options(NamedTuple):
    """Parts: options of devices `(parts, users, 1 + servers)`, local first; use of the limited rows `(parts,
    limited, servers)`, at least and at most."""

    may: Mask
    least: Array
    most: Array

    def part(self, k: int) -> "Options":
        """One of them, as a batch."""
        one = slice(k, k + 1)
        return Options(self.may[one], self.least[one], self.most[one])


class Climbed(NamedTuple):
    """Of each part: prices `(parts, rows, servers)`, their value, and how much of each option the relaxation
    uses, `(parts, users, 1 + servers)`."""

    prices: Array
    value: Array
    odds: Array


class _Rounded(NamedTuple):
    """At some prices: values without and with rounding off, and the odds of the options."""

    sharp: Array
    smooth: Array
    odds: Array


def groups(t: Terms) -> Mask:
    """Devices that load the servers' cores nearly alike, `(groups, users)`; groups of one are left out."""
    size = np.max(t.root_comp, axis=-1)
    order = np.argsort(size, kind="stable")
    jump = np.append(False, size[order][1:] > ALIKE * size[order][:-1])
    label = np.empty(len(size), dtype=np.intp)
    label[order] = np.cumsum(jump)
    found = label == np.arange(np.max(label, initial=-1) + 1)[:, None]
    return np.asarray(found[(np.sum(found, axis=1) > 1) & np.any(found & (size > 0), axis=1)])


@dataclass(frozen=True)
class Bounds:
    """The instance as arrays: cost of each option `(users, 1 + servers)`, what links take `(rows, users,
    servers)` of band, cores and the limited rows: memory if any of it is limited, then groups, of which each
    device takes `unit` `(groups, servers)`; and products of what two rows take."""

    cost: Array
    takes: Array
    unit: Array
    products: Array

    @classmethod
    def of(cls, t: Terms) -> "Bounds":
        rows = [t.root_comm, t.root_comp]
        if np.isfinite(t.capacity).any():
            size = np.where(np.isfinite(t.capacity) & (t.capacity > 0), t.capacity, np.inf)
            rows.append(t.memory[:, None] / size)
        members = groups(t)
        unit = np.array([np.mean(t.root_comp[who], axis=0) for who in members]).reshape(-1, t.servers)
        rows += [who[:, None] * size for who, size in zip(members, unit, strict=True)]
        takes = np.stack(rows)
        cost = np.concatenate([t.local_cost[:, None], t.edge_cost], axis=1)
        return cls(cost, takes, unit, takes[:, None] * takes)

    def everything(self) -> Options:
        """All associations, as one part."""
        memories = len(self.takes) - 2 - len(self.unit)
        size = np.sum(self.takes[2 + memories :], axis=1)
        most = np.concatenate([np.ones((memories, self.takes.shape[-1])), size])
        return Options(np.isfinite(self.cost)[None], np.zeros((1, *most.shape)), most[None])

    def sent(self, odds: Array) -> Array:
        """How many devices of each group the odds `(users, 1 + servers)` send to each server."""
        rows = self.takes[len(self.takes) - len(self.unit) :]
        return np.asarray(np.einsum("us,gus->gs", odds[:, 1:], rows) / self.unit)

    def matters(self) -> Array:
        """How much it matters that a device cannot be divided `(users, servers)`: what it takes, squared, but
        for what others of its group can take in its place."""
        rows = self.takes[len(self.takes) - len(self.unit) :]
        shared = np.sum(rows, axis=0)
        return np.asarray(self.takes[0] ** 2 + (self.takes[1] - shared) ** 2)

    def asked(self, o: Options, prices: Array) -> Array:
        """What options ask at prices, `(parts, users, 1 + servers)`, inf for those left out."""
        q = np.where(o.may, self.cost, np.inf)
        for row, taken in enumerate(self.takes):
            q[..., 1:] += prices[:, row, None, :] * taken
        return np.asarray(q)

    def climb(self, o: Options, prices: Array, goal: float, heats: tuple[float, ...], steps: int) -> Climbed:
        """Newton steps of each part at falling temperatures; it ends where all values are past the goal."""
        best, value = prices, self._rounded(o, prices, heats[0]).sharp
        odds = np.zeros(o.may.shape)
        for heat in heats:
            seen = self._rounded(o, prices, heat)
            for _ in range(steps):
                prices, seen, moved = self._step(o, prices, seen, heat)
                better = seen.sharp > value
                best = np.where(better[:, None, None], prices, best)
                value = np.maximum(value, seen.sharp)
                if not moved or np.all(value >= goal):
                    break
            slope, step = self._newton(o, prices, seen.odds, heat)
            settled = (np.sum(slope * step, axis=(1, 2)) < SETTLED * heat) | (heat == heats[0])
            odds = np.where(settled[:, None, None], seen.odds, odds)
            if np.all(value >= goal):
                break
        return Climbed(best, value, odds)

    def _rounded(self, o: Options, prices: Array, heat: float) -> _Rounded:
        q = self.asked(o, prices)
        least = np.min(q, axis=-1)
        with np.errstate(invalid="ignore"):  # nothing is left to do for a device
            odds = np.exp((least[..., None] - q) / heat)
        total = np.sum(odds, axis=-1)
        p = prices[:, 2:]
        charged = np.sum(prices[:, :2] ** 2, axis=(1, 2)) / 4
        charged += np.sum(np.maximum(p * o.least, p * o.most), axis=(1, 2))
        sharp = np.sum(least, axis=-1) - charged
        corner = np.sum(np.log1p(np.exp(-np.abs(p) * (o.most - o.least) / heat)), axis=(1, 2))
        smooth = sharp - heat * (np.sum(np.log(total), axis=-1) + corner)
        return _Rounded(sharp, smooth, odds / total[..., None])

    def _step(self, o: Options, prices: Array, seen: _Rounded, heat: float) -> tuple[Array, _Rounded, bool]:
        """The longest part of a Newton step that climbs, each part by itself; whether any did."""
        slope, step = self._newton(o, prices, seen.odds, heat)
        gain = np.sum(slope * step, axis=(1, 2))
        moved = np.zeros(len(prices), dtype=bool)
        for length in LENGTHS:
            tried = np.where(moved[:, None, None], prices, prices + length * step)
            new = self._rounded(o, tried, heat)
            climbs = ~moved & (new.smooth >= seen.smooth + 0.1 * length * gain) & (gain > 1e-3 * heat)
            prices = np.where(climbs[:, None, None], tried, prices)
            seen = _Rounded(
                np.where(climbs, new.sharp, seen.sharp),
                np.where(climbs, new.smooth, seen.smooth),
                np.where(climbs[:, None, None], new.odds, seen.odds),
            )
            moved |= climbs
            if np.all(moved | (gain <= 1e-3 * heat)):
                break
        return prices, seen, bool(moved.any())

    def _newton(self, o: Options, prices: Array, odds: Array, heat: float) -> tuple[Array, Array]:
        """Slope and Newton step, each `(parts, rows, servers)`."""
        parts, rows, servers = prices.shape
        n = rows * servers
        away = odds[..., 1:]
        used = away[:, :, None, :] * self.takes.transpose(1, 0, 2)  # (parts, users, rows, servers)
        flat = used.reshape(parts, -1, n)
        slope = np.sum(used, axis=1)
        slope[:, :2] -= prices[:, :2] / 2
        span = o.most - o.least
        with np.errstate(over="ignore"):
            tilt = 1 / (1 + np.exp(-prices[:, 2:] * span / heat))
        slope[:, 2:] -= o.least + span * tilt
        curve = -(flat.transpose(0, 2, 1) @ flat)
        same = np.einsum("pus,rkus->prks", away, self.products)
        place = np.arange(servers)
        for r in range(rows):
            for k in range(rows):
                curve[:, r * servers + place, k * servers + place] += same[:, r, k]
        curve /= heat
        own = np.full(prices.shape, 0.5)
        own[:, 2:] = span**2 * tilt * (1 - tilt) / heat
        every = np.arange(n)
        curve[:, every, every] = (curve[:, every, every] + own.reshape(parts, n)) * (1 + RIDGE) + RIDGE
        step = np.linalg.solve(curve, slope.reshape(parts, n, 1))[..., 0]
        return slope, step.reshape(prices.shape)
