r"""The referee's own prices for P4: maximise the dual bound D of `statement` over the K prices of a bit.

D is concave with kinks: on every sub-channel the best user wins, and at theta_k = v_k user k is indifferent
between sending and computing. Both kinks are rounded off with a temperature tau (J),

    max_k a_k  ->  tau ln sum_k e^(a_k/tau),        min{p, q}  ->  -tau ln(e^(-p/tau) + e^(-q/tau)),

which lowers D by at most tau (N ln K + K ln 2). Newton's method follows the maximiser of the smooth
function while tau falls. Whatever it returns is only a candidate: `statement.bound` is valid at any prices.
"""

from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from mecopt.instance import Array, Mask

Data = SimpleNamespace

COOLING = 0.3
"""Ratio of consecutive temperatures: two to four Newton steps each. At 0.2 some instances lose digits."""

COLDEST = 1e-14
"""Final temperature relative to the bound and per sub-channel: doubles resolve no finer."""

NEWTON_STEPS = 60
"""Per temperature; two to four are usual, more only at the first."""

CENTRED = 0.05
"""Newton's decrement, relative to tau, at which the temperature may fall."""

HALVINGS = 30
"""Of one Newton step before it counts as lost in rounding."""

SHRINK, GROWTH = 0.8, 4.0
"""Most of the distance to its floor that a price may lose in a step, and relative increase of a price."""

LOG_LIMIT = 600.0
"""Logarithms of first prices beyond it would overflow."""


class Smooth(NamedTuple):
    """The smoothed bound (J), its gradient and minus its Hessian in relative changes of the prices."""

    value: float
    gradient: Array
    curvature: Array


class Users(NamedTuple):
    """One instance's users that matter: `(K,)`, `scale` A `(K, N)`; `nat` is w."""

    bits: Array
    required: Array
    value: Array
    scale: Array
    nat: float


@np.errstate(over="ignore", invalid="ignore", divide="ignore")  # absurd data end in nan, judged later
def best_prices(d: Data) -> Array:
    """Prices of a bit near the maximum of D, `(*batch, users)`; one instance at a time."""
    prices = np.zeros(d.input_bits.shape)
    for cell in np.ndindex(prices.shape[:-1]):
        every = Users(
            d.input_bits[cell],
            d.required_bits[cell],
            d.bit_value[cell],
            d.energy_scale[cell],
            float(d.bits_per_nat[cell][0]),
        )
        prices[cell] = _maximise(every)
    return prices


def _maximise(every: Users) -> Array:
    # whoever neither must nor wants to send is priced at what its bits cost locally
    wants = every.value * every.nat > np.min(every.scale, axis=-1)
    on = (every.bits > 0) & (wants | (every.required > 0))
    prices = np.where(every.bits > 0, every.value, 0.0)
    if not on.any():
        return prices
    u = Users(every.bits[on], every.required[on], every.value[on], every.scale[on], every.nat)
    prices[on] = _follow(u, _start(u, wants[on]))
    return prices


def _start(u: Users, wants: Mask) -> Array:
    """Prices at which the expected load just fits an equal part of every sub-channel."""
    users, channels = u.scale.shape
    logs = np.sort(np.log(u.scale), axis=-1)
    nats = np.where(wants, u.bits, u.required)[:, None] / u.nat * users
    # levels if just the best 1, 2, .. sub-channels carry it; the least is the one that all of them agree on
    levels = (nats + np.cumsum(logs, axis=-1)) / np.arange(1, channels + 1)
    price = np.exp(np.minimum(np.min(levels, axis=-1), LOG_LIMIT)) / u.nat
    return np.asarray(np.where(u.required > 0, price, np.minimum(price, u.value)))


def _follow(u: Users, start: Array) -> Array:
    """Newton steps on the smoothed bound while the temperature falls."""
    best = start
    top = _sharp(u, start)
    earned = float(np.sum(np.max(_earned(u, start)[0], axis=0)))
    tau = max(earned, abs(top)) / u.scale.shape[1]
    theta = before = start
    while True:
        # near its end the path is straight in tau: halves the number of steps
        guess = np.maximum(theta + COOLING * (theta - before), (theta + _floor(u)) / 2)
        ahead = _smooth(u, guess, tau).value > _smooth(u, theta, tau).value
        before, theta = theta, _centre(u, guess if ahead else theta, tau)
        value = _sharp(u, theta)
        if value > top:
            best, top = theta, value
        if not tau > COLDEST * abs(value) or not np.isfinite(value):
            return best
        tau *= COOLING


def _centre(u: Users, theta: Array, tau: float) -> Array:
    """The maximiser of the smoothed bound, by damped Newton."""
    here = _smooth(u, theta, tau)
    for _ in range(NEWTON_STEPS):
        room = SHRINK * np.maximum(1 - _floor(u) / theta, np.finfo(float).eps)
        # where there is no curvature (a user that wins nothing) the slope must not send the price to infinity
        damping = np.maximum(here.gradient / GROWTH, -here.gradient / room)
        curvature = here.curvature + np.diag(damping)
        spread = np.sqrt(np.maximum(np.diag(curvature), 1e-300))
        scaled = curvature / np.outer(spread, spread) + 1e-13 * np.eye(len(theta))
        try:
            step = np.linalg.solve(scaled, here.gradient / spread) / spread
        except np.linalg.LinAlgError:
            return theta
        gain = float(here.gradient @ step)
        length = 1 / max(1.0, float(np.max(step / GROWTH)), float(np.max(-step / room)))
        for _ in range(HALVINGS):
            tried = theta * (1 + length * step)
            there = _smooth(u, tried, tau)
            if there.value >= here.value + 0.1 * length * gain:
                break
            length /= 2
        else:
            return theta
        theta, here = tried, there
        if not gain > CENTRED * tau:
            return theta
    return theta


def _floor(u: Users) -> Array:
    """The prices at which each user's best sub-channel opens: D grows up to there."""
    return np.asarray(np.min(u.scale, axis=-1) / u.nat)


def _earned(u: Users, theta: Array) -> tuple[Array, Array, Array]:
    """A psi(theta w/A) of each user on each sub-channel, and theta times its derivative, twice."""
    ratio = theta[:, None] * u.nat / u.scale
    excess = np.maximum(ratio - 1, 0.0)
    logarithm = np.log1p(excess)
    slope = u.scale * ratio * logarithm
    earned = u.scale * ((1 + excess) * logarithm - excess)
    return earned, slope, np.where(excess > 0, u.scale * ratio, 0.0)


def _sharp(u: Users, theta: Array) -> float:
    """The bound D itself (without the users left out, whose part is constant)."""
    least = u.value * (u.bits - u.required) + theta * u.required
    kept = np.sum(np.minimum(least, theta * u.bits))
    return float(kept - np.sum(np.max(_earned(u, theta)[0], axis=0)))


def _smooth(u: Users, theta: Array, tau: float) -> Smooth:
    """The bound with kinks rounded off at temperature tau."""
    earned, slope, bend = _earned(u, theta)
    top = np.max(earned, axis=0)
    weight = np.exp((earned - top) / tau)
    total = np.sum(weight, axis=0)
    weight /= total
    sends, stays = theta * u.bits, u.value * (u.bits - u.required) + theta * u.required
    least = np.minimum(sends, stays)
    odds = np.exp(-np.abs(sends - stays) / tau)
    part = np.where(sends <= stays, 1.0, odds) / (1 + odds)  # of all bits sent
    value = np.sum(least - tau * np.log1p(odds)) - np.sum(top + tau * np.log(total))
    slopes = weight * slope
    spare = theta * (u.bits - u.required)
    gradient = theta * u.required + part * spare - np.sum(slopes, axis=1)
    diagonal = np.sum(weight * bend + slopes * slope / tau, axis=1) + part * (1 - part) * spare**2 / tau
    return Smooth(float(value), gradient, np.diag(diagonal) - slopes @ slopes.T / tau)
