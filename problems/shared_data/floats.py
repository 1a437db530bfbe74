r"""What happens at one window in plain floats, one instance at a time: `prices` without its arrays.

For few instances of few users, where an array costs more than the numbers in it. Iterations, formulas and the
order of operations are those of `prices`, exponentials and logarithms NumPy's: results have the same digits,
but for sums over eight users and more, which NumPy takes in another order.
"""

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from mecopt.instance import Array, Mask
from mecopt.kernels.lambert import ARGUMENT_SERIES, FAR_BOTTOM, FAR_TOP, NEAR_BOTTOM, NEAR_TOP, SPLIT

from . import prices
from .prices import SETTLED, STEPS, Response, State, Terms, answer, range_of_nu

INF, NAN = math.inf, math.nan


class User(NamedTuple):
    """One user's terms; see `prices.Terms`."""

    up_scale: float
    down_scale: float
    private: float
    least: float
    log_local: float
    log_up: float
    log_down: float
    lag: float
    log_wait: float
    """Logarithm of the power of receiving over that of sending at the base station."""


class One(NamedTuple):
    """One instance."""

    users: list[User]
    up_nat: float
    down_nat: float
    ratio: float
    shared: float
    window: float
    energy: float
    receiving: float
    senders: int


class Answer(NamedTuple):
    """What one user does at given prices; see `prices.Response`. `held`: the exponent if it waits."""

    bits: float
    shared: float
    per_window: float
    per_nu: float
    per_lead: float
    floor: float
    floor_slope: float
    held: float


def exp_of(x: float) -> float:
    return float(np.exp(x))


def expm1_of(x: float) -> float:
    return float(np.expm1(x))


def log_of(x: float) -> float:
    return float(np.log(x))


def total(numbers: Iterable[float]) -> float:
    """Their sum in order: from Python 3.12 on `sum` compensates."""
    found = 0.0
    for number in numbers:
        found += number
    return found


def over(a: float, b: float) -> float:
    """The quotient as arrays have it."""
    if b:
        return a / b
    return math.copysign(INF, a) * math.copysign(1.0, b) if a and a == a else NAN


def _horner(coefficients: tuple[float, ...], x: float) -> float:
    value = coefficients[0]
    for c in coefficients[1:]:
        value = value * x + c
    return value


def _exponent(x: float) -> float:
    """y >= 0 with (y - 1) e^y + 1 = x: the formulas of `mecopt.kernels.lambert`."""
    if x < SPLIT:
        p = math.sqrt(2.0 * x)
        return p - p * p * (_horner(NEAR_TOP, p) / _horner(NEAR_BOTTOM, p))
    t = log_of(x)
    y = _horner(FAR_TOP, t) / _horner(FAR_BOTTOM, t)
    u = y - 1.0
    z = log_of((x - 1.0) / u) - y
    d = y * (y + (2.0 / 3.0) * z)
    return y + u * z / y * ((d - 0.5 * z) / (d - z))


def argument_of(y: float) -> float:
    """(y - 1) e^y + 1."""
    return y * y * _horner(ARGUMENT_SERIES, y) if y <= 1.0 else (y - 1.0) * exp_of(y) + 1.0


def _log_sum(a: float, b: float) -> float:
    high, low = (a, b) if a > b else (b, a)
    return high if low == -INF else high + math.log1p(math.exp(low - high))


def instance(p: Terms, row: int) -> One:
    """A row of the terms."""
    users = p.private_bits.shape[1]

    def each(a: Array) -> list[float]:
        return [float(x) for x in np.broadcast_to(a[row if len(a) > 1 else 0], users)]

    def one(a: Array) -> float:
        return float(a[row if len(a) > 1 else 0, 0])

    with np.errstate(all="ignore"):
        log_wait = np.log(p.reception_power / p.down_scale)
    columns = (
        p.up_scale,
        p.down_scale,
        p.private_bits,
        p.least_bits,
        p.log_local,
        p.log_up,
        p.log_down,
        p.lag,
    )
    return One(
        users=[User(*numbers) for numbers in zip(*map(each, (*columns, log_wait)), strict=True)],
        up_nat=one(p.up_nat),
        down_nat=one(p.down_nat),
        ratio=one(p.output_ratio),
        shared=one(p.shared_bits),
        window=one(p.window),
        energy=one(p.max_bs_energy),
        receiving=one(p.reception_power),
        senders=int(np.sum(p.may_send[row if len(p.may_send) > 1 else 0])),
    )


def answer_of(p: One, u: User, span: float, log_nu: float, lead: float, bits: float) -> Answer:
    """Offloaded bits by Newton's method, and how they change with the window, ln nu and the lead."""
    left = p.window - span
    wait = exp_of(min(u.log_wait - log_nu, 690.0))
    floor = _exponent(wait)
    floor_slope = -wait * (exp_of(-floor) / floor) if wait > 0 else 0.0
    per_bit = p.ratio / (p.down_nat * span) if p.ratio > 0 else 0.0
    level = lead - u.lag if p.shared > 0 else -INF
    room, dear = p.up_nat * left, u.log_down + log_nu
    moving = unsettled = u.least < u.private
    for _ in range(STEPS):
        local, own, held = u.private - bits, bits / room, per_bit * bits
        leads, free = level >= own, floor >= held
        up, there = u.log_up + (level if leads else own), dear + (floor if free else held)
        both = _log_sum(up, there)
        up_share, down_share = exp_of(up - both), exp_of(there - both)
        if not moving:
            break
        growth = (0.0 if leads else up_share / room) + (0.0 if free else down_share * per_bit) + 2 / local
        if not unsettled:
            break
        saving = u.log_local + 2 * log_of(local)
        excess = both - saving
        new = bits - excess / growth
        if excess < 0:
            alone = (saving - u.log_up) * p.up_nat * left, over(saving - u.log_down - log_nu, per_bit)
            new = min(new, *alone, u.private - local * exp_of(excess / 2))
        new = max(new, u.least)
        change, bits = abs(new - bits), new
        unsettled = change > max(SETTLED * min(bits, u.private - bits), 4e-16 * bits)
    shared = max(level * p.up_nat * left - bits, 0.0) if level > 0 else 0.0
    by_window = by_nu = by_lead = 0.0
    if moving and bits > u.least:
        by_window = (0.0 if free else down_share * held / span) - (0.0 if leads else up_share * own / left)
        by_window /= growth
        by_nu = -down_share * (1 + floor_slope if free else 1.0) / growth
        by_lead = -up_share / growth if leads else 0.0
    return Answer(bits, shared, by_window, by_nu, by_lead, floor, floor_slope, per_bit * bits)


def send_all(
    p: One, span: float, log_nu: float, lead: float, bits: list[float]
) -> tuple[float, list[Answer], float]:
    """The lead at which all shared bits are sent, what users do, the slope of what is sent."""
    room = p.up_nat * (p.window - span)
    low, high = 0.0, most_lead(p, room)
    lead = min(max(lead, low), high)
    for _ in range(STEPS):
        answers = [answer_of(p, u, span, log_nu, lead, b) for u, b in zip(p.users, bits, strict=True)]
        bits = [r.bits for r in answers]
        slope = total(room - r.per_lead for r in answers if r.shared > 0)
        miss = p.shared - total(r.shared for r in answers)
        low, high = lead if miss >= 0 else low, lead if miss <= 0 else high
        new = lead + over(miss, slope)
        new = new if low < new < high else low + (high - low) / 2
        if not (abs(miss) > 1e-14 * p.shared and abs(new - lead) > 1e-15 * lead):
            break
        lead = new
    return lead, answers, slope


def most_lead(p: One, room: float) -> float:
    """Where some user alone would send all shared bits."""
    return min(u.lag + (p.shared + u.private) / room for u in p.users)


class Energy(NamedTuple):
    """Of the base station for a user; its slope in the bits, and in ln nu at fixed bits."""

    spent: float
    per_bit: float
    direct: float


def energy_of(p: One, u: User, r: Answer) -> Energy:
    """`prices.spent` of one user."""
    z, base, free = max(r.floor, r.held), p.ratio * u.down_scale / p.down_nat, r.floor >= r.held
    full = exp_of(z)
    per_bit = expm1_of(z) / z if z > 1e-5 else 1 + z / 2
    bend = (full - per_bit) / z if z > 1e-5 else 0.5
    direct = base * r.bits * bend * r.floor_slope if free else 0.0
    return Energy(base * r.bits * per_bit, base * (per_bit if free else full), direct)


def _spend(p: One, span: float, start: tuple[float, float, list[float]], ends: tuple[float, float]) -> State:
    """`spend_all` of one instance."""
    (log_nu, lead, bits), (low, high) = start, ends
    lowest, answers, _ = send_all(p, span, low, lead, bits)
    if total(energy_of(p, u, r).spent for u, r in zip(p.users, answers, strict=True)) <= p.energy:
        return _state(low, lowest, answers)
    log_nu = min(max(log_nu, low), high)
    for _ in range(STEPS):
        lead, answers, sent = send_all(p, span, log_nu, lead, bits)
        bits = [r.bits for r in answers]
        each = [energy_of(p, u, r) for u, r in zip(p.users, answers, strict=True)]
        energy = total(e.spent for e in each)
        pull = total(r.per_nu for r in answers if r.shared > 0)
        by_lead = pull / sent if sent > 0 else 0.0
        rise = total(
            e.per_bit * (r.per_nu + r.per_lead * by_lead) + e.direct
            for e, r in zip(each, answers, strict=True)
        )
        off = log_of(energy / p.energy)
        low, high = (log_nu, high) if off >= 0 else (low, log_nu)
        new = log_nu - over(off, over(rise, energy))
        new = new if low < new < high else low + (high - low) / 2
        if not (abs(off) > 4e-15 and abs(new - log_nu) > 1e-15 * max(abs(log_nu), 1.0)):
            break
        log_nu = new
    return _state(log_nu, lead, answers)


def _state(log_nu: float, lead: float, answers: list[Answer]) -> State:
    return State(np.array([log_nu]), np.array([lead]), np.array([r.bits for r in answers]))


def spend_all(p: Terms, span: Array, start: State, on: Mask) -> tuple[State, Response]:
    """What `prices.spend_all` finds."""
    found, left = State(*(a.copy() for a in start)), np.zeros(on.shape, dtype=bool)
    low, high, _ = range_of_nu(p)
    for row in np.flatnonzero(on[:, 0]).tolist():
        begin = float(start.log_nu[row, 0]), float(start.lead[row, 0]), start.bits[row].tolist()
        ends = float(low[row, 0]), float(high[row, 0])
        try:
            one = _spend(instance(p, row), float(span[row, 0]), begin, ends)
        except (ArithmeticError, ValueError):
            left[row] = True
            continue
        for target, source in zip(found, one, strict=True):
            target[row] = source
    if left.any():
        rest, _ = prices.spend_all(p, span, start, left)
        found = State(*(np.where(left, a, b) for a, b in zip(rest, found, strict=True)))
    return found, answer(p, span, found)
