r"""Closed forms of the special cases: everything over AF, or everything over DF.

CPU frequency (43), (52): min w/f + kappa f^2 on (0, F] has f* = min{(w/(2 kappa))^(1/3), F}.

DF power (46), (49): min (w + p)/ln(1 + theta p) on (0, P], the energy-delay ratio of `mecopt.kernels.ratio`.

AF powers: at a rate r = ln(1 + g) the cheapest SNRs of the hops, (a - g)(c - g) = g (1 + g), are

    a = g + sqrt(theta1/theta2) sqrt(g (1 + g)),    c = g + sqrt(theta2/theta1) sqrt(g (1 + g)),

or, where a hop would exceed its budget, that hop at its budget and the other c = g (1 + A)/(A - g). The
logarithm of (w/eta + p1 + q)/r is convex in ln r: its slope is a falling function with one root.
Source: Chen et al. 2020, Section V; the optimal AF powers are not in the paper.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mecopt.instance import Array, Instance
from mecopt.kernels.ratio import least_ratio
from mecopt.result import Point
from mecopt.rootfind import falling_root

DECADES = 80.0
"""ln of how far below the largest rate the best one may lie."""

PRECISION = 1e-15


class Hops(NamedTuple):
    """SNRs of the two hops of AF and how their sum of powers answers to g."""

    user: Array
    relay: Array
    power: Array
    slope: Array


def best_frequency(weight: ArrayLike, coefficient: ArrayLike, limit: ArrayLike) -> Array:
    """argmin w/f + kappa f^2 on (0, F]."""
    return np.asarray(np.minimum(np.cbrt(np.asarray(weight) / 2 / np.asarray(coefficient)), limit))


def solve_df(s: Instance, tol: float = 0.0) -> Point:
    """DF only: three independent problems (41)."""
    noise = s.noise_psd * s.bandwidth
    powers = [
        least_ratio(s.weight, 1.0, gain / noise, limit).power
        for gain, limit in (
            (s.df_gain_user_relay, s.max_user_power),
            (s.df_gain_relay_receiver, s.max_relay_power),
        )
    ]
    x = {
        "relay_frequency": best_frequency(s.weight, s.relay_energy_coefficient, s.max_relay_frequency),
        "user_df_power": np.asarray(powers[0]),
        "relay_df_power": np.asarray(powers[1]),
    }
    return Point(x)


@np.errstate(all="ignore")  # absurd data overflow; the referee looks at what comes of them
def solve_af(s: Instance, tol: float = 0.0) -> Point:
    """AF only: the CPU (52), and both powers by the best rate."""
    noise = s.noise_psd * s.bandwidth
    theta = s.af_gain_user_relay / noise, s.af_gain_relay_receiver / noise
    user, relay = best_af_powers(s.weight / s.af_prelog, theta, s.max_user_power, s.max_relay_power)
    frequency = best_frequency(s.weight, s.user_energy_coefficient, s.max_user_frequency)
    return Point({"user_frequency": frequency, "user_af_power": user, "relay_af_power": relay})


def best_af_powers(
    price: Array, theta: tuple[Array, Array], user_limit: Array, relay_limit: Array
) -> tuple[Array, Array]:
    """argmin (price + p1 + q)/ln(1 + g1); `price` is that of a second of AF airtime per hop."""
    largest = theta[0] * user_limit, theta[1] * relay_limit
    most = 1 / (1 / largest[0] + 1 / largest[1] + 1 / largest[0] / largest[1])
    top = np.log(np.log1p(most))

    def fall(log_rate: Array) -> Array:
        rate = np.exp(np.minimum(log_rate, top))
        hops = cheapest_hops(np.expm1(rate), theta, largest)
        return np.asarray(1 - rate * (1 + np.expm1(rate)) * hops.slope / (price + hops.power))

    low, high = falling_root(fall, top - DECADES, top, precision=PRECISION)
    # at the largest rate the slope is infinite or the budgets bind: both hops send at full power
    full = fall(high) > 0
    hops = cheapest_hops(np.expm1(np.exp(np.minimum((low + high) / 2, top))), theta, largest)
    user = np.where(full, user_limit, np.minimum(hops.user / theta[0], user_limit))
    return user, np.where(full, relay_limit, np.minimum(hops.relay / theta[1], relay_limit))


def cheapest_hops(g: Array, theta: tuple[Array, Array], largest: tuple[Array, Array]) -> Hops:
    """SNRs of the hops that reach g with least power, within their budgets."""
    root = np.sqrt(g) * np.sqrt(1 + g)
    lean = np.sqrt(theta[0] / theta[1])
    free = g + lean * root, g + root / lean
    over = free[0] > largest[0], ~(free[0] > largest[0]) & (free[1] > largest[1])
    pinned = [
        g * (1 + limit) / np.where(limit > g, limit - g, np.nan) for limit in largest
    ]  # what the other hop needs beside a hop at its budget
    user = np.where(over[0], largest[0], np.where(over[1], pinned[1], free[0]))
    relay = np.where(over[0], pinned[0], np.where(over[1], largest[1], free[1]))
    steep = [limit * (1 + limit) / (limit - g) ** 2 for limit in largest]
    bend = (1 + 2 * g) / root / 2
    slopes = (1 + lean * bend) / theta[0] + (1 + bend / lean) / theta[1]
    slope = np.where(over[0], steep[0] / theta[1], np.where(over[1], steep[1] / theta[0], slopes))
    return Hops(user, relay, user / theta[0] + relay / theta[1], slope)
