r"""What users do at prices, and the prices at which they share a given download window. Exact up to rounding.

Both upload phases of a user run at one rate (Proposition 1), so that with tau = T - t_mc - t_dl it pays
A tau (e^y - 1) for its whole load, y = (s + I)/(w_u tau). Nested searches settle the rest:

    t_dl   the prices of upload and download time balance, sum beta = sum sigma     (bracketed root)
    nu     sum_k G_k t_k (e^(z_k) - 1) = E_max, falling in nu                       (safeguarded Newton)
    mu     sum_k [w_u tau ln(mu w_u/A_k) - I_k]+ = D_S, rising in mu                (safeguarded Newton)
    I      ln(max{mu, (A/w_u) e^y} + (a0 nu G/w_d) e^z) = ln(3 kappa' (M - I)^2)    (Newton)

with z = max{z0, a0 I/(w_d t_dl)}, (z0 - 1) e^z0 + 1 = rho/(nu G). The difference H of the last two sides is
convex and rises with I: Newton from the right never overshoots. From the left M - I shrinks by no more than
e^(H/2), and neither cost alone exceeds the saving there, which keeps steps across kinks in range.

Source: He et al. 2018, Proposition 1; who transmits shared data follows from the primal problem, not Lemma 1.
"""

from typing import Any, NamedTuple

import numpy as np

from mecopt.instance import Array, Instance, Mask
from mecopt.kernels.lambert import lambert_exponent, lambert_slope

SETTLED = 1e-11
"""A Newton step this small, relatively, is the last: the next one would be its square."""

STEPS = 100
"""Cap on each safeguarded Newton iteration: bisection of its widest bracket down to rounding takes 60."""


class Terms(NamedTuple):
    """What the formulas need, user arrays `(batch, users)`, the others `(batch, 1)`."""

    up_scale: Array
    up_nat: Array
    down_scale: Array
    down_nat: Array
    output_ratio: Array
    private_bits: Array
    least_bits: Array
    shared_bits: Array
    log_local: Array
    window: Array
    max_bs_energy: Array
    reception_power: Array
    may_send: Mask
    log_up: Array
    """Logarithm of the energy of an uploaded bit at the lowest rate."""
    log_down: Array
    """The same at the base station, of the results of a bit."""
    lag: Array
    """Exponent by which a user is dearer than the cheapest that may send shared data; inf if it may not."""

    def rows(self, which: Any) -> "Terms":
        """The terms of some instances."""
        return Terms(*(np.broadcast_to(a, (len(self.window), a.shape[-1]))[which] for a in self))


@np.errstate(divide="ignore")  # no results: the logarithm of nothing
def terms(s: Instance, may_send: Mask | None = None) -> Terms:
    """Terms of a batch with one axis. `may_send` says who may upload shared data (default: everybody)."""
    column = {name: np.reshape(s.data[name], (-1, 1)) for name in s.data if s.data[name].ndim == 1}
    users = s.sizes["users"]
    up, down = column["uplink_bandwidth"] / users, column["downlink_bandwidth"] / users
    band, ratio, noise = column["multicast_bandwidth"], column["output_ratio"], column["noise_psd"]
    rate = band * np.log1p(column["max_bs_power"] * s.downlink_gain / (noise * band)) / np.log(2)
    multicast = np.max(ratio * column["shared_bits"] / rate, axis=-1, keepdims=True)
    private = np.maximum(s.input_bits - column["shared_bits"], 0.0)
    latency, cycles = column["max_latency"], column["cycles_per_bit"]
    up_scale, up_nat = noise * up / s.uplink_gain, up / np.log(2)
    down_scale, down_nat = noise * down / s.downlink_gain, down / np.log(2)
    may = np.ones(private.shape, dtype=bool) if may_send is None else may_send
    log_up = np.log(up_scale / up_nat)
    least_up = np.min(np.where(may, log_up, np.inf), axis=-1, keepdims=True)
    return Terms(
        up_scale=up_scale,
        up_nat=up_nat,
        down_scale=down_scale,
        down_nat=down_nat,
        output_ratio=ratio,
        private_bits=private,
        least_bits=private - np.minimum(private, latency * s.local_frequency / cycles),
        shared_bits=column["shared_bits"],
        log_local=np.log(3 * column["energy_coefficient"] * cycles**3 / latency**2),
        window=latency - multicast,
        max_bs_energy=column["max_bs_energy"],
        reception_power=column["reception_power"],
        may_send=may,
        log_up=log_up,
        log_down=np.log(ratio * down_scale / down_nat),
        lag=np.where(may, log_up - least_up, np.inf),
    )


class State(NamedTuple):
    """A guess or an answer: logarithm of nu, exponent of the cheapest sender, private bits offloaded."""

    log_nu: Array
    lead: Array
    bits: Array


class Download(NamedTuple):
    """At one nu: the least exponent z0, its slope in ln nu, the exponent per offloaded bit."""

    floor: Array
    slope: Array
    per_bit: Array


def download(p: Terms, span: Array, log_nu: Array) -> Download:
    ratio = np.exp(np.minimum(np.log(p.reception_power / p.down_scale) - log_nu, 690.0))
    floor = lambert_exponent(ratio)
    slope = np.where(ratio > 0, -ratio * lambert_slope(floor), 0.0)
    per_bit = np.where((p.output_ratio > 0) & (span > 0), p.output_ratio / (p.down_nat * span), 0.0)
    return Download(floor, slope, per_bit)


class Response(NamedTuple):
    """What users do at given prices, and how their offloaded bits change with ln mu, ln nu and the window."""

    bits: Array
    shared: Array
    per_lead: Array
    per_nu: Array
    per_window: Array
    down: Download


class Costs(NamedTuple):
    """Of offloading one more of these bits: logarithms of both parts and of the sum, the saving's, and H.

    `own` and `held` are the exponents at which the private bits alone fill the time there is; H rises with
    the bits by `growth`. `leads` and `free`: another exponent is higher.
    """

    own: Array
    held: Array
    leads: Mask
    free: Mask
    up_share: Array
    down_share: Array
    growth: Array
    saving: Array
    excess: Array


def _costs(p: Terms, left: Array, level: Array, down: Download, log_nu: Array, bits: Array) -> Costs:
    local = p.private_bits - bits
    own, held = bits / (p.up_nat * left), down.per_bit * bits
    leads, free = level >= own, down.floor >= held
    up = p.log_up + np.maximum(level, own)
    there = p.log_down + log_nu + np.maximum(down.floor, held)
    total = np.logaddexp(up, there)
    up_share, down_share = np.exp(up - total), np.exp(there - total)
    growth = np.where(leads, 0.0, up_share / (p.up_nat * left)) + np.where(
        free, 0.0, down_share * down.per_bit
    )
    saving = p.log_local + 2 * np.log(local)
    return Costs(own, held, leads, free, up_share, down_share, growth + 2 / local, saving, total - saving)


def _most(p: Terms, left: Array, down: Download, log_nu: Array, bits: Array, c: Costs) -> Array:
    """An upper bound of the root where H < 0: neither cost alone exceeds the saving here."""
    alone = np.minimum(
        (c.saving - p.log_up) * p.up_nat * left, (c.saving - p.log_down - log_nu) / down.per_bit
    )
    return np.minimum(alone, p.private_bits - (p.private_bits - bits) * np.exp(c.excess / 2))


def respond(
    p: Terms, span: Array, down: Download, log_nu: Array, lead: Array, bits: Array, on: Mask
) -> tuple[Array, Response]:
    """Offloaded bits by Newton (see the module) for the instances that are `on`, and what follows from
    them.
    """
    level = np.where(p.shared_bits > 0, lead - p.lag, -np.inf)
    left = p.window - span
    moving = on & (p.least_bits < p.private_bits)
    for _ in range(STEPS):
        c = _costs(p, left, level, down, log_nu, bits)
        new = bits - c.excess / c.growth
        behind = c.excess < 0
        if behind.any():
            new = np.where(behind, np.minimum(new, _most(p, left, down, log_nu, bits, c)), new)
        new = np.where(moving, np.maximum(new, p.least_bits), bits)
        change = np.abs(new - bits)
        bits = new
        least = np.minimum(bits, p.private_bits - bits)
        moving = moving & (change > np.maximum(SETTLED * least, 4e-16 * bits))
        if not moving.any():
            break
    return bits, _response(p, span, level, down, log_nu, bits)


def answer(p: Terms, span: Array, at: State) -> Response:
    """What users do at these prices who offload these bits."""
    level = np.where(p.shared_bits > 0, at.lead - p.lag, -np.inf)
    return _response(p, span, level, download(p, span, at.log_nu), at.log_nu, at.bits)


def _response(p: Terms, span: Array, level: Array, down: Download, log_nu: Array, bits: Array) -> Response:
    left = p.window - span
    c = _costs(p, left, level, down, log_nu, bits)
    loose = (p.least_bits < p.private_bits) & (bits > p.least_bits)
    shared = np.where(level > 0, np.maximum(level * p.up_nat * left - bits, 0.0), 0.0)
    per_lead = np.where(c.leads, c.up_share, 0.0)
    per_nu = c.down_share * (1 + np.where(c.free, down.slope, 0.0))
    per_window = np.where(c.leads, 0.0, c.up_share * c.own / left)
    per_window = per_window - np.where(c.free, 0.0, c.down_share * c.held / span)
    by_lead, by_nu, by_window = (
        np.where(loose, -slope / c.growth, 0.0) for slope in (per_lead, per_nu, per_window)
    )
    return Response(bits, shared, by_lead, by_nu, by_window, down)


def send_all(p: Terms, span: Array, start: State, on: Mask) -> tuple[State, Response, Array]:
    """The price of shared bits at which all are sent, the response, and the slope of what is sent."""
    left, log_nu, lead, bits = p.window - span, *start
    needed = p.lag + (p.shared_bits + p.private_bits) / (p.up_nat * left)
    low, high = np.zeros(lead.shape), np.min(needed, axis=-1, keepdims=True)
    lead = np.clip(lead, low, high)
    down = download(p, span, log_nu)
    active = on.copy()
    for _ in range(STEPS):
        bits, r = respond(p, span, down, log_nu, lead, bits, active)
        sends = r.shared > 0
        slope = np.sum(np.where(sends, p.up_nat * left - r.per_lead, 0.0), axis=-1, keepdims=True)
        miss = p.shared_bits - np.sum(r.shared, axis=-1, keepdims=True)
        low, high = np.where(miss >= 0, lead, low), np.where(miss <= 0, lead, high)
        new = lead + miss / slope
        new = np.where((new > low) & (new < high), new, low + (high - low) / 2)
        active = active & (np.abs(miss) > 1e-14 * p.shared_bits) & (np.abs(new - lead) > 1e-15 * lead)
        if not active.any():
            break
        lead = np.where(active, new, lead)
    return State(log_nu, lead, bits), r, slope


def spent(p: Terms, r: Response) -> tuple[Array, Array, Array]:
    """Energy of the base station per user, its slope in the bits, and in ln nu at fixed bits."""
    down = r.down
    held = down.per_bit * r.bits
    z = np.maximum(down.floor, held)
    per_bit = np.where(z > 1e-5, np.expm1(z) / np.where(z > 1e-5, z, 1.0), 1 + z / 2)
    bend = np.where(z > 1e-5, (np.exp(z) - per_bit) / np.where(z > 1e-5, z, 1.0), 0.5)
    base = p.output_ratio * p.down_scale / p.down_nat
    free = down.floor >= held
    return (
        base * r.bits * per_bit,
        base * np.where(free, per_bit, np.exp(z)),
        np.where(free, base * r.bits * bend * down.slope, 0.0),
    )


def range_of_nu(p: Terms) -> tuple[Array, Array, Array]:
    """Logarithms between which nu lies, and that at which nobody would offload if uploading were free."""
    wish = p.log_local + 2 * np.log(np.max(p.private_bits, axis=-1, keepdims=True))
    dear = wish - np.min(p.log_down, axis=-1, keepdims=True)
    dear = np.clip(np.where(np.isfinite(dear), dear, 0.0), -600.0, 600.0)
    receive = np.log(p.reception_power) - np.log(p.down_scale)
    receive = np.where(np.isfinite(receive), receive, dear)
    low = np.minimum(dear, np.min(receive, axis=-1, keepdims=True)) - 300.0
    high = np.maximum(dear, np.max(receive, axis=-1, keepdims=True)) + 60.0
    return np.clip(low, -690.0, 0.0), np.clip(high, 0.0, 690.0), dear


def spend_all(p: Terms, span: Array, start: State, on: Mask) -> tuple[State, Response]:
    """The price at which the base station's budget is spent: its lowest where the budget is slack."""
    low, high, _ = range_of_nu(p)
    state, r, _ = send_all(p, span, start._replace(log_nu=low), on)
    energy, _, _ = spent(p, r)
    slack = np.sum(energy, axis=-1, keepdims=True) <= p.max_bs_energy
    active = on & ~slack
    state = State(*(np.where(slack, a, b) for a, b in zip(state, start, strict=True)))
    log_nu = np.where(slack, low, np.clip(start.log_nu, low, high))
    for _ in range(STEPS):
        found, r, send_slope = send_all(p, span, state._replace(log_nu=log_nu), active)
        state = State(*(np.where(active, a, b) for a, b in zip(found, state, strict=True)))
        each, per_bit, direct = spent(p, r)
        energy = np.sum(each, axis=-1, keepdims=True)
        pull = np.sum(np.where(r.shared > 0, r.per_nu, 0.0), axis=-1, keepdims=True)
        lead_slope = np.where(send_slope > 0, pull / np.where(send_slope > 0, send_slope, 1.0), 0.0)
        slope = (
            np.sum(per_bit * (r.per_nu + r.per_lead * lead_slope) + direct, axis=-1, keepdims=True) / energy
        )
        over = np.log(energy / p.max_bs_energy)
        low, high = np.where(over >= 0, log_nu, low), np.where(over < 0, log_nu, high)
        new = log_nu - over / slope
        new = np.where((new > low) & (new < high), new, low + (high - low) / 2)
        active = (
            active & (np.abs(over) > 4e-15) & (np.abs(new - log_nu) > 1e-15 * np.maximum(np.abs(log_nu), 1.0))
        )
        if not active.any():
            break
        log_nu = np.where(active, new, log_nu)
    return state._replace(log_nu=log_nu), r
