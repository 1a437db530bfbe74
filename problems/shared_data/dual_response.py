"""What users do at prices of P1', as the referee's own search sees it: bits, exponents and how they change.

At a window t_dl, a price nu = e^p and an exponent `lead` up to which the cheapest user sends shared data, a
user computes the x = D^L bits at which a local bit costs what an offloaded one does,

    ln((A/w_u) e^y + a0 (nu G/w_d) e^z) = ln(3 kappa' x^2),   y = max{lead - lag, (M - x)/(w_u tau)},
                                                              z = max{z0(nu), a0 (M - x)/(w_d t_dl)}

It shares no code with the closed form.
"""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from mecopt.exponents import exponents
from mecopt.instance import Array, Mask

Data = SimpleNamespace

STEPS = 60
"""Cap on Newton's method for the local bits; five or six are usual."""

TOP = 690.0
"""Largest exponent evaluated: beyond it doubles overflow."""


@dataclass(frozen=True)
class Response:
    """What everybody does at given prices: bits computed locally and offloaded, and the exponents."""

    local: Array
    offloaded: Array
    shared: Array
    upload: Array
    download: Array
    per_lead: Array
    """Slope of the local bits in the lead; `per_nu` that in ln nu."""
    per_nu: Array
    floor_slope: Array
    """Slope of the exponent z0 in ln nu."""
    held: Mask
    """Who sends results as slowly as the window allows."""


def lag(d: Data) -> Array:
    """Exponents by which users are dearer than the cheapest, at the lowest rate."""
    cost = np.log(d.up_scale / d.up_nat)
    return np.asarray(cost - np.min(cost, axis=-1, keepdims=True))


def _cost(d: Data, nu: Array, y: Array, z: Array) -> tuple[Array, Array]:
    """Of a bit offloaded at these exponents: upload, and what the base station is paid for its results."""
    up = d.up_scale / d.up_nat * np.exp(y)
    return up, d.output_ratio * nu * d.down_scale / d.down_nat * np.exp(z)


def total(a: Array) -> Array:
    return np.asarray(np.sum(a, axis=-1, keepdims=True))


def respond(d: Data, window: Array, nu: Array, lead: Array) -> Response:
    """Users' best answers; `lead` is the exponent up to which the cheapest user would send shared data."""
    left = d.window - window
    ratio = d.reception_power / (nu * d.down_scale)
    floor = exponents(ratio)
    level = np.where(d.shared_bits > 0, lead - lag(d), -np.inf)

    def exponent_pair(local: Array) -> tuple[Array, Array]:
        bits = d.private_bits - local
        y = np.maximum(level, bits / (d.up_nat * left))
        # no window at all: the limit in which nobody has results to wait for
        z = np.maximum(floor, d.output_ratio * bits / np.where(window > 0, d.down_nat * window, np.inf))
        return np.clip(y, 0.0, TOP), np.clip(z, 0.0, TOP)

    def slopes(local: Array, y: Array, z: Array) -> tuple[Array, Array, Mask]:
        """Cost of an offloaded bit over what it saves, in logarithms, its slope, and who is held."""
        bits, (up, down) = d.private_bits - local, _cost(d, nu, y, z)
        held = np.asarray((z > floor) & (window > 0))
        own = np.where(y > level, up / (d.up_nat * left), 0.0)
        steep = own + np.where(held, down * z / np.where(bits > 0, bits, 1.0), 0.0)
        return np.log((up + down) / (3 * d.local_scale * local**2)), -steep / (up + down) - 2 / local, held

    # the excess is convex and falls with the local bits: Newton from the left, where a bit costs what it does
    # at the lowest load, never oversteps
    local = np.sqrt(sum(_cost(d, nu, *exponent_pair(d.private_bits))) / (3 * d.local_scale))
    local = np.minimum(local, d.most_local)
    moving = d.most_local > 0
    for _ in range(STEPS):
        excess, slope, _ = slopes(local, *exponent_pair(local))
        new = np.clip(local - excess / slope, 0.0, d.most_local)
        moving = moving & (np.abs(new - local) > 1e-13 * local)
        if not moving.any():
            break
        local = np.where(moving, new, local)
    y, z = exponent_pair(local)
    _, slope, held = slopes(local, y, z)
    bits = d.private_bits - local
    up, down = _cost(d, nu, y, z)
    loose = (local > 0) & (local < d.most_local)
    turn = np.where(floor > 0, -ratio / (floor * np.exp(floor)), 0.0)
    return Response(
        local,
        bits,
        np.where(level > 0, np.maximum(level * d.up_nat * left - bits, 0.0), 0.0),
        y,
        z,
        np.where(loose & (y <= level), -up / (up + down) / slope, 0.0),
        np.where(loose, -down / (up + down) * np.where(held, 1.0, 1.0 + turn) / slope, 0.0),
        turn,
        held,
    )


def spent(d: Data, r: Response) -> Array:
    """Energy of the base station."""
    return total(d.output_ratio * r.offloaded * d.down_scale / d.down_nat * per_bit(r.download))


def per_bit(z: Array) -> Array:
    """(e^z - 1)/z."""
    return np.where(z > 0, np.expm1(z) / np.where(z > 0, z, 1.0), 1.0)
