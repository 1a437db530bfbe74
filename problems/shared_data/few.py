r"""Newton's method of `saddle` in plain floats, one instance after another: for few of them, of few users.

Steps, safeguards and digits are those of `saddle`, which has the reasons for each rule (see `floats`). What
floats refuse to divide by is left to its arrays.
"""

import math
from typing import NamedTuple

import numpy as np

from mecopt.instance import Array, Mask

from . import saddle
from .floats import (
    INF,
    Answer,
    One,
    answer_of,
    argument_of,
    energy_of,
    exp_of,
    expm1_of,
    instance,
    log_of,
    most_lead,
    over,
    total,
)
from .prices import State, Terms
from .saddle import ABOVE, ARRIVED, BALANCED, FARTHEST, FLAT, NEAR, NEARER, ROUNDING, START, STEPS

Slopes = list[list[float]]


class At(NamedTuple):
    """Where the search is; see `saddle.Search`."""

    logit: float
    short: float
    long: float
    cheap: float
    dear: float
    log_nu: float
    lead: float
    bits: list[float]
    size: float
    arrived: bool
    lost: bool


def _residuals(
    p: One, span: float, log_nu: float, lead: float, answers: list[Answer]
) -> tuple[list[float], Slopes]:
    """Values of the three equations, and their slopes in the logit of the window, ln nu and the lead."""
    left = p.window - span
    stretch, room, nu = span * left / p.window, p.up_nat * left, exp_of(log_nu)
    beta = sigma = energy = sent = charged = shorter = direct = 0.0
    by_beta, by_sigma, by_energy, by_sent = ([0.0] * 3 for _ in range(4))
    for u, r in zip(p.users, answers, strict=True):
        moves = (r.per_window * stretch, r.per_nu, r.per_lead)
        level, own, sends = lead - u.lag, r.bits / room, r.shared > 0
        y = level if sends else own
        beta += u.up_scale * argument_of(y)
        steep = u.up_scale * y * exp_of(y)
        if sends:
            by_beta[2] += steep
            sent += r.shared
            by_sent[0] -= level * p.up_nat * stretch + moves[0]
            by_sent[1] -= moves[1]
            by_sent[2] += room - moves[2]
        else:
            by_beta[0] += steep * (moves[0] / room + own / left * stretch)
            by_beta[1] += steep * (moves[1] / room)
            by_beta[2] += steep * (moves[2] / room)
        down = energy_of(p, u, r)
        energy += down.spent
        for i, move in enumerate(moves):
            by_energy[i] += down.per_bit * move
        direct += down.direct
        if r.held > r.floor:
            scale, argument = nu * u.down_scale, argument_of(r.held)
            shorter += u.down_scale * argument
            charged += scale * argument
            sigma += scale * argument - p.receiving
            steep, per_bit = scale * r.held * exp_of(r.held), p.ratio / (p.down_nat * span)
            by_sigma[0] += steep * (per_bit * moves[0] - r.held / span * stretch)
            by_sigma[1] += steep * (per_bit * moves[1])
            by_sigma[2] += steep * (per_bit * moves[2])
    by_sigma[1] += charged
    by_energy[0] -= shorter * stretch
    by_energy[1] += direct
    unit = p.shared if p.shared > 0 else 1.0
    values = [
        log_of(sigma) - log_of(beta),
        log_of(energy) - log_of(p.energy),
        (sent - p.shared) / unit if p.shared > 0 else 0.0,
    ]
    first = [over(a, sigma) - over(b, beta) for a, b in zip(by_sigma, by_beta, strict=True)]
    last = [by_sent[0] / unit, by_sent[1] / unit, by_sent[2] / unit if p.shared > 0 else 1.0]
    return values, [first, [over(a, energy) for a in by_energy], last]


def _window_step(f: list[float], s: Slopes) -> float:
    """`saddle._window_step`."""
    (a, b, c), (d, e, g), (h, i, j) = s
    u, v, w = -expm1_of(-f[0]), f[1], f[2]
    det = a * (e * j - g * i) - b * (d * j - g * h) + c * (d * i - e * h)
    return -over(u * (e * j - g * i) - b * (v * j - g * w) + c * (v * i - e * w), det)


def _price_steps(f: list[float], s: Slopes, along: float) -> tuple[float, float]:
    """`saddle._price_steps`."""
    _, (d, e, g), (h, i, j) = s
    v, w = f[1] + d * along, f[2] + h * along
    det = e * j - g * i
    return -over(v * j - g * w, det), -over(e * w - v * i, det)


def _within(x: float, most: float, otherwise: float) -> float:
    """x between -most and most, something else where it is no number."""
    return max(-most, min(most, x)) if math.isfinite(x) else otherwise


def _bracketed(p: One, at: At, f: list[float], s: Slopes, answers: list[Answer]) -> tuple[bool, ...]:
    """What the equations say of the window: whether they hold, whether prices are near enough to tell,
    whether the energy's price moves nothing, whether the window is too short, or too long, for certain."""
    missed = abs(f[1]) + abs(f[2])
    near = missed < (NEAR if math.isfinite(f[0]) else NEARER)
    flat = s[1][1] >= -FLAT
    arrived = all(abs(value) <= BALANCED for value in f) and at.size <= ARRIVED
    arrived = arrived and not (flat and abs(f[1]) > ROUNDING)
    forced = total(r.bits - u.least for u, r in zip(p.users, answers, strict=True))
    tight = f[1] > ROUNDING and flat and forced <= FLAT * total(r.bits for r in answers)
    idle = f[1] < -ROUNDING and flat and f[0] < 0
    sure = near
    if near and math.isfinite(f[0]):
        in_nu, in_lead = _price_steps(f, s, 0.0)
        there = f[0] + s[0][1] * in_nu + s[0][2] * in_lead
        sure = not math.isnan(there) and (there > 0, there < 0) == (f[0] > 0, f[0] < 0)
    return arrived, near, flat, tight, idle, sure


def _window_move(
    p: One, at: At, f: list[float], s: Slopes, said: tuple[bool, ...]
) -> tuple[float, float, float]:
    """How far the window's logit moves, and its bracket."""
    _, near, flat, tight, idle, sure = said
    far = FARTHEST[0]
    short = max(at.short, at.logit) if tight or (sure and f[0] > 0) else at.short
    long = min(at.long, at.logit) if idle or (sure and f[0] <= 0) else at.long
    along = -over(f[1], s[1][0]) if flat else _window_step(f, s) if near else 0.0
    known = math.isfinite(f[0]) or flat or not near
    along = _within(along, far, far if tight else -far) if known else -far
    if not short < at.logit + along < long and math.isfinite(short - long):
        along = (short + long) / 2 - at.logit
    return along, short, long


def _advance(p: One, at: At, floor: float) -> At:
    """`saddle._advance`, where the reasons for each rule are."""
    logit, log_nu = at.logit, at.log_nu
    span = p.window / (1 + exp_of(-logit))
    room = p.up_nat * (p.window - span)
    lead = min(max(at.lead, 0.0), most_lead(p, room))
    answers = [answer_of(p, u, span, log_nu, lead, b) for u, b in zip(p.users, at.bits, strict=True)]
    f, s = _residuals(p, span, log_nu, lead, answers)
    said = _bracketed(p, at, f, s, answers)
    arrived, near, flat, _, _, sure = said
    along, short, long = _window_move(p, at, f, s, said)
    pinned = logit <= floor and sure and f[0] <= 0 and not arrived
    along = max(along, floor - logit)
    in_nu, in_lead = _price_steps(f, s, along)
    if not math.isfinite(in_lead):
        in_lead = -over(f[2], s[2][2])
    silent = not any(r.shared > 0 for r in answers)
    if silent:
        in_nu = -over(f[1], s[1][1])
    if flat:
        in_nu = -over(f[0] + s[0][0] * along, s[0][1]) if near else 0.0
        in_lead = -over(f[2] + s[2][0] * along, s[2][2])
    cheap = max(at.cheap, log_nu) if f[1] > 0 else at.cheap
    dear = min(at.dear, log_nu) if f[1] < 0 else at.dear
    steps = (abs(along), abs(in_nu), abs(in_lead))
    size = max(steps) if near and all(map(math.isfinite, steps)) else INF
    in_nu = _within(in_nu, FARTHEST[1], -FARTHEST[1])
    still = along == 0
    if still and not cheap < log_nu + in_nu < dear and math.isfinite(dear - cheap):
        in_nu = (cheap + dear) / 2 - log_nu
    in_lead = _within(in_lead, FARTHEST[2], 0.0)
    if silent:
        alone = min(u.lag + r.bits / room for u, r in zip(p.users, answers, strict=True))
        in_lead = alone + p.shared / (room * p.senders) - lead
    bits = [r.bits for r in answers]
    if arrived:
        return At(logit, short, long, cheap, dear, log_nu, lead, bits, size, arrived=True, lost=False)
    new_nu, new_lead = max(-690.0, min(690.0, log_nu + in_nu)), lead + in_lead
    idle = still and new_nu == log_nu and new_lead == at.lead and size == at.size and bits == at.bits
    cheap, dear = (cheap, dear) if still else (-INF, INF)
    where = (logit + along, short, long, cheap, dear, new_nu, new_lead, bits, size)
    return At(*where, arrived=False, lost=pinned or idle)


def newton(p: Terms, start: State, on: Mask, shortest: Array) -> tuple[Array, State, Mask]:
    """What `saddle.newton` finds."""
    logit = np.maximum(START, shortest + ABOVE)
    found, arrived = State(*(a.copy() for a in start)), np.zeros(on.shape, dtype=bool)
    left = np.zeros(on.shape, dtype=bool)
    for row in np.flatnonzero(on[:, 0]).tolist():
        one, floor = instance(p, row), float(shortest[row, 0])
        nu, lead = float(start.log_nu[row, 0]), float(start.lead[row, 0])
        at = At(
            float(logit[row, 0]), -INF, INF, -INF, INF, nu, lead, start.bits[row].tolist(), INF, False, False
        )
        try:
            for _ in range(STEPS):
                at = _advance(one, at, floor)
                if at.arrived or at.lost:
                    break
        except (ArithmeticError, ValueError):
            left[row] = True
            continue
        if at.arrived or at.lost:
            arrived[row], logit[row] = at.arrived, at.logit
            found.log_nu[row], found.lead[row], found.bits[row] = at.log_nu, at.lead, at.bits
    if left.any():
        rest = saddle.newton(p, start, left, shortest)
        arrived |= rest[2]
        logit = np.where(left, rest[0], logit)
        found = State(*(np.where(left, a, b) for a, b in zip(rest[1], found, strict=True)))
    return logit, found, arrived
