"""Where the referee's cuts are: tangent points by `interior`, intervals where neighbouring cuts cross.

A node is a fraction beta at which the problem with given loads was solved. The interval between two nodes is
split where their cuts cross; an interval whose crossing is too low gets more nodes. Next to beta = 0 and 1
the cost of a single branch takes over.
"""

from typing import NamedTuple

import numpy as np

from mecopt.instance import Array, Indices

from . import interior
from .branches import Data
from .cuts import AF_END, BOTH, COLUMNS, DF_END, band
from .interior import (
    AF,
    AF_BAND,
    DF_BAND,
    DF_TERMS,
    DOWN,
    E_LOC,
    E_P1,
    E_Q,
    EDGE,
    FA,
    FR,
    LOC,
    P1,
    P2,
    P4,
    SLOT,
    TERMS,
    TIME,
    UP,
    Links,
    Programme,
    Q,
)

GAP = 2e-7
"""Relative gap to close: an answer good to 1e-6 is told from one that is not. Much less would have to tell
loads apart that contribute less than the residuals of `interior`."""

MOST_NODES = 300

SINGLE = 1e-13
"""A single branch has a closed form to compare with, and is cheap: solve it to rounding."""

ROUNDS = 40
START = np.array([1e-3, 0.02, 0.12, 0.35, 0.65, 0.88, 0.98, 1 - 1e-3])
CROSSING, CROSSING_STEPS = 1e-12, 50
"""Relative step at which the crossing of two cuts is settled, and steps at most: those of a bisection."""

SHRINK = 1 - 4e-15
"""Keeps sums of fractions below 1 after rounding."""


class Nodes(NamedTuple):
    """Fractions in order, costs of the points found (inf if unfinished), heights of the cuts and the parts of
    these that go with either load, and rows for `cuts`."""

    beta: Array
    cost: Array
    value: Array
    af: Array
    df: Array
    rows: Array


def _f(value: object) -> float:
    return float(np.asarray(value)[()])


def _links(d: Data) -> Links:
    powers = (d.max_user_power, d.max_relay_power, d.max_user_power, d.max_relay_power)
    thetas = (d.theta1, d.theta2, d.theta3, d.theta4)
    # a dead chain has no load in any programme: any number will do for it
    snr = [_f(theta) * _f(power) or 1.0 for theta, power in zip(thetas, powers, strict=True)]
    return Links((snr[0], snr[1], snr[2], snr[3]), 0.0 if bool(d.fixed_noise) else 1.0)


def _scale(d: Data) -> Array:
    """What multiplies the terms for a whole load: times in joule of weight, energies in joule."""
    af, up = _f(d.conversion_ratio * d.nat_time), _f(d.nat_time)
    cycles, w = _f(d.cycles), _f(d.weight)
    fa, fr, pa, pr = (
        _f(x) for x in (d.max_user_frequency, d.max_relay_frequency, d.max_user_power, d.max_relay_power)
    )
    energies = [
        *(cycles * _f(d.user_energy_coefficient) * fa**2, cycles * _f(d.relay_energy_coefficient) * fr**2),
        *(pa * af, pr * af, pa * up, pr * af),
    ]
    return np.array([w * cycles / fa, w * af, w * up, w * cycles / fr, w * af, *energies])


def programme(d: Data, mode: str, *, any_band: bool = False) -> Programme:
    """Rows and shifts for a mode; what a row means is in `statement`. With `any_band` AF alone may leave band
    unused."""
    rows: list[tuple[dict[int, float], int | None]] = []
    eta, time, slot = _f(d.af_prelog), TERMS + TIME, TERMS + SLOT
    energies = range(E_LOC, TERMS)
    use_af, use_df = mode != "df", mode != "af"
    kept = [k for k in energies if (use_df if k in DF_TERMS else use_af)]
    rows.append(({time: 1.0} | dict.fromkeys(kept, 1.0), None))
    if mode == "slots":
        rows += [
            ({slot: 1.0, EDGE: 1.0, DOWN: 1.0}, TIME),
            ({slot: 2.0, DOWN: 1.0}, TIME),
            ({LOC: 1.0, slot: 1.0, DOWN: 1.0}, TIME),
            ({UP: 1.0}, SLOT),
            ({AF: 1 / eta}, SLOT),
        ]
    else:
        rows += [({LOC: 1.0, AF: 1 / eta}, TIME)] if use_af else []
        rows += [({UP: 1.0, EDGE: 1.0, DOWN: 1.0}, TIME)] if use_df else []
    if mode == "hybrid":
        rows.append(({TERMS + AF_BAND: 1.0, TERMS + DF_BAND: 1.0}, None))
    if any_band:
        rows.append(({TERMS + AF_BAND: 1.0}, None))
    if mode in ("hybrid", "half"):
        rows += [({TERMS + P1: 1.0, TERMS + P2: 1.0}, None), ({TERMS + Q: 1.0, TERMS + P4: 1.0}, None)]
        alone = [FA, FR]
    else:
        alone = [v for v in (FA, P1, Q) if use_af] + [v for v in (FR, P2, P4) if use_df]
    rows += [({TERMS + v: 1.0}, None) for v in alone]
    given = band(mode)
    bands = [AF_BAND, DF_BAND] if given is None else [AF_BAND] if any_band else []
    variables = [v for v in (FA, P1, Q) if use_af] + [v for v in (FR, P2, P4) if use_df]
    free = tuple(sorted([*variables, *bands, TIME, *([SLOT] if mode == "slots" else [])]))
    table, shifts = np.zeros((len(rows), TERMS + 10)), np.zeros((len(rows), 10))
    for i, (entries, shift) in enumerate(rows):
        for k, factor in entries.items():
            table[i, k] = factor
        if shift is not None:
            shifts[i, shift] = 1.0
    fixed = {} if given is None else {AF_BAND: float(np.log(given)), DF_BAND: float(np.log(given))}
    return Programme(table, shifts, free, {v: at for v, at in fixed.items() if v not in bands})


def solve(d: Data, mode: str, beta: Array, *, any_band: bool = False) -> Nodes:
    """Nodes at these fractions; those that the solver did not finish are left out."""
    af_load, df_load = (1 - beta, beta) if mode not in ("af", "df") else (np.ones_like(beta),) * 2
    load = np.tile(af_load[:, None], (1, TERMS))
    load[:, DF_TERMS] = df_load[:, None]
    p = programme(d, mode, any_band=any_band)
    with np.errstate(all="ignore"):
        scale = np.log(load * _scale(d))
        close = interior.CLOSE if mode not in ("af", "df") else SINGLE
        found = interior.solve(p, _links(d), scale, close=close)
        rows = _rows_of(d, mode, beta, found)
        value, af = _costs(d, mode, found, scale, rows)
    # the cut of an unfinished node serves as well: the proof is elsewhere
    good = np.all(np.isfinite(rows), axis=1) & np.isfinite(value)
    cost = np.where(found.done, found.value, np.inf)
    return Nodes(*(part[good] for part in (beta, cost, value, af, value - af, rows)))


def _costs(d: Data, mode: str, found: interior.Solution, scale: Array, rows: Array) -> tuple[Array, Array]:
    """The weighted cost at the nodes, and the part that goes with the AF load."""
    value, _, _ = interior.terms(found.logs, _links(d))
    parts = np.exp(value + scale)
    first, second, third = rows[:, 12], rows[:, 13], rows[:, 14]
    if mode == "slots":
        local, af = 1 - first - second, (1 + second) * third / _f(d.af_prelog)
        up, edge, down = (1 + second) * (1 - third), first, np.ones_like(first)
    else:
        local = first if mode != "af" else np.ones_like(first)
        af = local / _f(d.af_prelog)
        up = edge = down = 1 - local if mode != "df" else np.ones_like(first)
    af_part = local * parts[:, LOC] + af * parts[:, AF] + parts[:, [E_LOC, E_P1, E_Q]].sum(axis=1)
    df_part = up * parts[:, UP] + edge * parts[:, EDGE] + down * parts[:, DOWN]
    df_part = df_part + parts[:, [6, 9, 10]].sum(axis=1)
    if mode == "af":
        return af_part, af_part
    if mode == "df":
        return df_part, np.zeros_like(df_part)
    return af_part + df_part, af_part


def _rows_of(d: Data, mode: str, beta: Array, found: interior.Solution) -> Array:
    """Rows for `cuts`: the point, and prices in the units of the problem."""
    pa, pr = _f(d.max_user_power), _f(d.max_relay_power)
    limits = [_f(d.max_user_frequency), _f(d.max_relay_frequency), pa, pr, pa, pr, 1.0, 1.0]
    rows = np.zeros((len(beta), len(COLUMNS)))
    rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3] = beta, beta, BOTH, beta
    point = np.exp(found.logs[:, :8]) * limits
    order = [FA, FR, P1, Q, P2, P4, AF_BAND, DF_BAND]
    rows[:, 4:12] = point[:, order]
    # the price of row <= limit; divided by the row itself, those of rows far from their limits would be noise
    per_row = found.multipliers * found.value[:, None] / found.limits
    if mode == "slots":
        w = per_row[:, :3].sum(axis=1)
        rows[:, 12], rows[:, 13] = per_row[:, 0] / w * SHRINK, per_row[:, 1] / w * SHRINK
        rows[:, 14] = per_row[:, 4] / (per_row[:, 3] + per_row[:, 4])
    elif mode in ("hybrid", "half"):
        rows[:, 12] = per_row[:, 0] / (per_row[:, 0] + per_row[:, 1])
        prices = per_row[:, 2:]
        if mode == "hybrid":
            rows[:, 15], prices = prices[:, 0], prices[:, 1:]
        rows[:, 16], rows[:, 17] = prices[:, 0] / pa, prices[:, 1] / pr
    return rows


def cuts(d: Data, mode: str) -> Array:
    """Rows whose intervals cover every beta that is possible."""
    return search(d, mode)[0]


def search(d: Data, mode: str) -> tuple[Array, Nodes | None]:
    """The rows, and the nodes they come from (None where a single branch must carry everything)."""
    ends = {}
    for kind, works, single in ((AF_END, d.af_works, "af"), (DF_END, d.df_works, "df")):
        if works and mode not in ({"af", "df"} - {single}):
            ends[kind] = _end(d, mode, kind)
    if len(ends) < 2:
        return np.array(
            [_placed(row, kind, kind == DF_END, kind == DF_END) for kind, (_, row) in ends.items()]
        ), None
    nodes = solve(d, mode, START)
    worst = {kind: value for kind, (value, _) in ends.items()}
    for _ in range(ROUNDS):
        best = min(np.min(nodes.cost, initial=np.inf), *worst.values())
        more = _more(nodes, worst, best * (1 - GAP))
        if not more.size or len(nodes.beta) > MOST_NODES:
            break
        nodes = _merge(nodes, solve(d, mode, more))
    best = min(np.min(nodes.cost, initial=np.inf), *worst.values())
    return _cover(nodes, ends, best * (1 - GAP)), nodes


def _end(d: Data, mode: str, kind: float) -> tuple[float, Array]:
    """Cost of a single branch in the best band it may have, and its row.

    Where noise grows with the band and the links are weak, AF is better off in less than the full band.
    """
    single = "af" if kind == AF_END else "df"
    if mode != "half":
        node = solve(d, single, np.array([0.5]), any_band=mode == "hybrid" and kind == AF_END)
    else:
        half = type(d)(**vars(d))
        # half the band: twice the time per nat; with noise that grows with the band, half the noise
        half.nat_time = d.nat_time * 2
        for name in ("theta1", "theta2", "theta3", "theta4"):
            setattr(half, name, getattr(d, name) * (1 if bool(d.fixed_noise) else 2))
        node = solve(half, single, np.array([0.5]))
    if not node.beta.size:
        return np.inf, np.full(len(COLUMNS), 0.5)
    row = node.rows[0].copy()
    others = [5, 8, 9] if kind == AF_END else [4, 6, 7]  # variables of the branch that is not there
    row[others] = 1.0
    row[12:] = 0.0
    return float(node.value[0]), row


def _placed(row: Array, kind: float, low: float, high: float) -> Array:
    row = row.copy()
    row[:3] = low, high, kind
    return row


def _merge(a: Nodes, b: Nodes) -> Nodes:
    beta = np.concatenate([a.beta, b.beta])
    _, order = np.unique(beta, return_index=True)
    return Nodes(*(np.concatenate(pair)[order] for pair in zip(a, b, strict=True)))


def _height(nodes: Nodes, i: Indices, beta: Array) -> Array:
    """The cuts of nodes i at fractions beta."""
    rise = nodes.df[i] * np.log(beta / nodes.beta[i])
    fall = nodes.af[i] * np.log((1 - beta) / (1 - nodes.beta[i]))
    return np.asarray(nodes.value[i] + fall + rise)


def _crossings(nodes: Nodes) -> tuple[Array, Array]:
    """Where neighbouring cuts cross, and the height there: Newton's steps, the middle where one leaves."""
    left = np.arange(len(nodes.beta) - 1)
    low, high = nodes.beta[:-1].copy(), nodes.beta[1:].copy()
    # what the left cut is higher than the right one: level + fall ln(1 - beta) + rise ln beta
    fall, rise = nodes.af[:-1] - nodes.af[1:], nodes.df[:-1] - nodes.df[1:]
    at_zero = nodes.value - nodes.af * np.log1p(-nodes.beta) - nodes.df * np.log(nodes.beta)
    level = at_zero[:-1] - at_zero[1:]
    beta = (low + high) / 2
    with np.errstate(all="ignore"):
        for _ in range(CROSSING_STEPS):
            apart = level + fall * np.log1p(-beta) + rise * np.log(beta)
            above = apart > 0
            low, high = np.where(above, beta, low), np.where(above, high, beta)
            there = beta - apart / (rise / beta - fall / (1 - beta))
            there = np.where((low <= there) & (there <= high), there, (low + high) / 2)
            settled = np.abs(there - beta) <= CROSSING * beta
            beta = there
            if settled.all():
                break
    return beta, np.minimum(_height(nodes, left, beta), _height(nodes, left + 1, beta))


def _reach(worst: dict[float, float], target: float) -> tuple[float, float]:
    """How far from 0 and 1 a single branch alone proves the target."""
    far = {kind: min(max(1 - target / value, 0.0), 0.5) for kind, value in worst.items()}
    return far[AF_END], 1 - far[DF_END]


def _more(nodes: Nodes, worst: dict[float, float], target: float) -> Array:
    """Fractions at which to solve next."""
    first, last = _reach(worst, target)
    if not nodes.beta.size:
        return np.array([])
    wanted = []
    middle, height = _crossings(nodes)
    open_ = height < target
    for i in np.flatnonzero(open_):
        low, high, c = nodes.beta[i], nodes.beta[i + 1], middle[i]
        wanted += [c - 0.8 * (c - low), c, c + 0.8 * (high - c)]
    index = np.array([0])
    if first < nodes.beta[0] and _height(nodes, index, np.array([first or 1e-300]))[0] < target:
        wanted += [float(np.sqrt(max(first, 1e-9) * nodes.beta[0]))]
    index = np.array([len(nodes.beta) - 1])
    if last > nodes.beta[-1] and _height(nodes, index, np.array([min(last, 1 - 1e-16)]))[0] < target:
        wanted += [1 - float(np.sqrt(max(1 - last, 1e-9) * (1 - nodes.beta[-1])))]
    fresh = [b for b in wanted if 0 < b < 1 and np.min(np.abs(nodes.beta / b - 1)) > 1e-12]
    return np.array(sorted(set(fresh)))


def _cover(nodes: Nodes, ends: dict[float, tuple[float, Array]], target: float) -> Array:
    """One row per node between the crossings, and one at either end."""
    worst = {kind: value for kind, (value, _) in ends.items()}
    first, last = _reach(worst, target)
    if not nodes.beta.size:
        middle = 0.5
        return np.array(
            [_placed(ends[AF_END][1], AF_END, 0.0, middle), _placed(ends[DF_END][1], DF_END, middle, 1.0)]
        )
    crossings, _ = _crossings(nodes)
    breaks = np.clip(np.concatenate([[first], crossings, [last]]), first, last)
    rows = [_placed(ends[AF_END][1], AF_END, 0.0, first)]
    for i, row in enumerate(nodes.rows):
        if breaks[i] < breaks[i + 1]:
            rows.append(_placed(row, BOTH, breaks[i], breaks[i + 1]))
    rows.append(_placed(ends[DF_END][1], DF_END, rows[-1][1], 1.0))
    return np.array(rows)
