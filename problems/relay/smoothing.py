r"""The smoothed problem (29), its blocks and their steps.

    min  F~ = (w/mu) ln(e^(mu T1) + e^(mu T2)) + E     over f_A, f_R, beta, omega and the powers in turn

pi_i are the weights of the soft maximum. f_A, f_R and beta by bisection of an increasing derivative, omega by
golden section, the powers by one projected-gradient step: in gain form on the linearised budgets (33) where
the noise does not depend on omega, else in the powers themselves. Source: Chen et al. 2020, Section IV.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from . import projection
from .links import Costs, Data, Plan, costs, over, spectral
from .projection import Linearised, Powers

EDGE = 1e-6
"""omega stays this far from 0 and 1."""

ARMIJO = 1e-4
HALVINGS = 40
BISECTIONS = 60
GOLDEN = (math.sqrt(5) - 1) / 2


class Soft(NamedTuple):
    """F~ and the weights of the two delays."""

    value: float
    pi1: float
    pi2: float


def soft(d: Data, c: Costs, mu: float) -> Soft:
    """F~ with the larger exponent taken out."""
    top, least = max(c.af_time, c.df_time), min(c.af_time, c.df_time)
    if not math.isfinite(top):
        return Soft(math.inf, 0.5, 0.5)
    weak = math.exp(-mu * (top - least))
    time = top + math.log1p(weak) / mu
    major, minor = 1 / (1 + weak), weak / (1 + weak)
    pi = (major, minor) if c.af_time >= c.df_time else (minor, major)
    return Soft(d.weight * time + c.af_energy + c.df_energy, *pi)


def leaning(one: float, other: float, mu: float) -> float:
    """The weight of the first of two delays, as `soft` has it."""
    far = abs(one - other)
    if not math.isfinite(far):
        return 0.5
    weak = math.exp(-mu * far)
    return 1 / (1 + weak) if one >= other else weak / (1 + weak)


def smoothed(d: Data, x: Plan, mu: float) -> float:
    """F~ at a plan."""
    c = costs(d, x)
    return softly(d, (c.af_time, c.df_time), (c.af_energy, c.df_energy), mu)


def softly(d: Data, times: tuple[float, float], energies: tuple[float, float], mu: float) -> float:
    """F~ alone: a search asks for it a hundred times a sweep."""
    top, least = max(times), min(times)
    if not math.isfinite(top):
        return math.inf
    return d.weight * (top + math.log1p(math.exp(-mu * (top - least))) / mu) + energies[0] + energies[1]


def rising_root(slope: Callable[[float], float], low: float, high: float) -> float:
    """Where an increasing slope changes sign, an end if it does not."""
    if slope(high) <= 0:
        return high
    if slope(low) >= 0:
        return low
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        if middle in (low, high):  # neighbouring doubles: it stays there
            break
        if slope(middle) < 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def golden(f: Callable[[float], float], low: float, high: float, *, steps: int = 60) -> float:
    """The better end of the last bracket of a golden-section search."""
    a, b = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    fa, fb = f(a), f(b)
    for _ in range(steps):
        if fa <= fb:
            high, b, fb = b, a, fa
            a = high - GOLDEN * (high - low)
            fa = f(a)
        else:
            low, a, fa = a, b, fb
            b = low + GOLDEN * (high - low)
            fb = f(b)
    return a if fa <= fb else b


@dataclass
class Blocks:
    """The five block steps; `step_size` of the powers adapts from sweep to sweep."""

    d: Data
    mu: float
    step_size: float = 1.0

    def steps(self) -> tuple[Callable[[Plan], Plan], ...]:
        """In the order of Algorithm 2."""
        return self.user_cpu, self.relay_cpu, self.fraction, self.band, self.powers

    def user_cpu(self, x: Plan) -> Plan:
        """f_A: d F~/d f_A = -w pi1 bbar L C/f^2 + 2 kappa bbar L C f."""
        d, c = self.d, costs(self.d, x)
        load = (1 - x.beta) * d.cycles
        radio = c.af_time - (load / x.user_frequency if load else 0.0)
        if not load:
            return x

        def slope(f: float) -> float:
            return 2 * d.kappa_user * f - d.weight * leaning(radio + load / f, c.df_time, self.mu) / f**2

        return x._replace(user_frequency=rising_root(slope, 1e-9 * d.user_frequency, d.user_frequency))

    def relay_cpu(self, x: Plan) -> Plan:
        """f_R: the same with pi2 and beta."""
        d, c = self.d, costs(self.d, x)
        load = x.beta * d.cycles
        if not load:
            return x
        radio = c.df_time - load / x.relay_frequency

        def slope(f: float) -> float:
            return 2 * d.kappa_relay * f - d.weight * leaning(radio + load / f, c.af_time, self.mu) / f**2

        return x._replace(relay_frequency=rising_root(slope, 1e-9 * d.relay_frequency, d.relay_frequency))

    def fraction(self, x: Plan) -> Plan:
        """beta: T1 and E of AF are proportional to bbar, T2 and E of DF to beta."""
        d = self.d
        af, df = costs(d, x._replace(beta=0.0)), costs(d, x._replace(beta=1.0))
        if not math.isfinite(af.af_time + df.df_time):
            return x

        def slope(beta: float) -> float:
            one, other = (1 - beta) * af.af_time, beta * df.df_time
            pi1, pi2 = leaning(one, other, self.mu), leaning(other, one, self.mu)
            return d.weight * (pi2 * df.df_time - pi1 * af.af_time) + df.df_energy - af.af_energy

        return x._replace(beta=rising_root(slope, 0.0, 1.0))

    def band(self, x: Plan) -> Plan:
        """omega by golden section, kept where it does not raise F~ (the sweep undoes it otherwise)."""
        return x._replace(omega=golden(self.along_band(x), EDGE, 1 - EDGE))

    def along_band(self, x: Plan) -> Callable[[float], float]:
        """F~ as a function of 0 < omega < 1 alone: what does not move with it is computed once."""
        d, mu, log1p = self.d, self.mu, math.log1p
        rest = 1 - x.beta
        local, edge = over(rest * d.cycles, x.user_frequency), over(x.beta * d.cycles, x.relay_frequency)
        af_cpu = d.kappa_user * rest * d.cycles * x.user_frequency**2
        df_cpu = d.kappa_relay * x.beta * d.cycles * x.relay_frequency**2
        af_bits, up_bits, down_bits = rest * d.down_nats, x.beta * d.up_nats, x.beta * d.down_nats
        sent = x.user_af_power + x.relay_af_power
        # SNRs in the full band
        af = d.snr[0] * x.user_af_power / d.user_power, d.snr[1] * x.relay_af_power / d.relay_power
        up, down = d.snr[2] * (x.user_df_power / d.user_power), d.snr[3] * (x.relay_df_power / d.relay_power)

        def value(omega: float) -> float:
            band = 1 - omega
            af_spread, df_spread = (band, omega) if d.nu else (1.0, 1.0)
            a, c = af[0] / af_spread, af[1] / af_spread
            t_af = over(af_bits, band * log1p(a * c / (1 + a + c)))
            t_up = over(up_bits, omega * log1p(up / df_spread))
            t_down = over(down_bits, omega * log1p(down / df_spread))
            return softly(
                d,
                (local + t_af / d.eta, t_up + edge + t_down),
                (af_cpu + sent * t_af, df_cpu + x.user_df_power * t_up + x.relay_df_power * t_down),
                mu,
            )

        return value

    def powers(self, x: Plan) -> Plan:
        """One projected-gradient step with a backtracking search along the feasible direction.

        Powers stay positive, those of a branch that is off (AF alone, DF alone) zero.
        """
        d = self.d
        gain_form = not d.nu
        m = d.snr[0] / (1 + d.snr[0])
        v = self.shares(x, m) if gain_form else self.plain(x)
        slope = self.gradient(x, v, m) if gain_form else self.plain_gradient(x)
        largest = max(map(abs, slope))
        if not (largest > 0 and math.isfinite(largest)):
            return x
        target = Powers(*(a - self.step_size * g / largest for a, g in zip(v, slope, strict=True)))
        if gain_form:
            aim = projection.project(target, Linearised(m, v.x - v.y))
        else:
            (p1, p2), (q, p4) = (
                projection.simplex(target.x, target.x2),
                projection.simplex(target.y, target.z),
            )
            aim = Powers(p1, p2, q, p4)
        direction = Powers(*(b - a for a, b in zip(v, aim, strict=True)))
        fall = sum(g * e for g, e in zip(slope, direction, strict=True))
        start = smoothed(d, x, self.mu)
        alpha = 1.0
        for _ in range(HALVINGS):
            tried = Powers(*(a + alpha * e for a, e in zip(v, direction, strict=True)))
            plan = self.from_shares(x, tried, m) if gain_form else self.from_plain(x, tried)
            positive = all(b > 0 or a == 0 for a, b in zip(v, tried, strict=True))
            if positive and smoothed(d, plan, self.mu) <= start + ARMIJO * alpha * fall:
                self.step_size = (
                    min(1.0, 2 * self.step_size) if alpha == 1 else max(alpha, 0.1) * self.step_size
                )
                return plan
            alpha /= 2
        self.step_size *= 0.1
        return x

    def shares(self, x: Plan, m: float) -> Powers:
        """(x, x2, y, z) of a plan; q = P_R y (m x + 1 - m)."""
        d = self.d
        p1 = x.user_af_power / d.user_power
        y = x.relay_af_power / d.relay_power / (m * p1 + 1 - m)
        return Powers(p1, x.user_df_power / d.user_power, y, x.relay_df_power / d.relay_power)

    def from_shares(self, x: Plan, v: Powers, m: float) -> Plan:
        return self.from_plain(x, v._replace(y=v.y * (m * v.x + 1 - m)))

    def plain(self, x: Plan) -> Powers:
        """(p1, p2, q, p4) as shares."""
        d = self.d
        return Powers(
            x.user_af_power / d.user_power,
            x.user_df_power / d.user_power,
            x.relay_af_power / d.relay_power,
            x.relay_df_power / d.relay_power,
        )

    def from_plain(self, x: Plan, v: Powers) -> Plan:
        d = self.d
        return x._replace(
            user_af_power=v.x * d.user_power,
            user_df_power=v.x2 * d.user_power,
            relay_af_power=v.y * d.relay_power,
            relay_df_power=v.z * d.relay_power,
        )

    def plain_gradient(self, x: Plan) -> Powers:
        """d F~/d shares of (p1, p2, q, p4)."""
        d, c = self.d, costs(self.d, x)
        s = soft(d, c, self.mu)
        nats = spectral(d, x)
        spread_af, spread_df = (1 - x.omega, x.omega) if d.nu else (1.0, 1.0)
        v = self.plain(x)
        a, b = d.snr[0] / spread_af, d.snr[1] / spread_af
        top = 1 + a * v.x + b * v.y
        # ln(1 + g1) = ln(1 + A) + ln(1 + C) - ln(1 + A + C)
        rate_x, rate_y = a / (1 + a * v.x) - a / top, b / (1 + b * v.y) - b / top
        af_price = d.weight * s.pi1 / d.eta + x.user_af_power + x.relay_af_power
        af = [
            c.af_airtime * (own - af_price * rate / nats[0]) if c.af_airtime else 0.0
            for own, rate in ((d.user_power, rate_x), (d.relay_power, rate_y))
        ]
        df = []
        for airtime, snr, share, budget, bits in (
            (c.up_airtime, d.snr[2], v.x2, d.user_power, nats[1]),
            (c.down_airtime, d.snr[3], v.z, d.relay_power, nats[2]),
        ):
            slope = snr / spread_df / (1 + snr / spread_df * share)
            df.append(
                airtime * (budget - (d.weight * s.pi2 + share * budget) * slope / bits) if airtime else 0.0
            )
        return Powers(af[0], df[0], af[1], df[1])

    def gradient(self, x: Plan, v: Powers, m: float) -> Powers:
        """d F~/d (x, x2, y, z) in gain form."""
        g = self.plain_gradient(x)
        return Powers(g.x + g.y * v.y * m, g.x2, g.y * (m * v.x + 1 - m), g.z)
