"""Newton's method of the referee's own search, for the two prices at one window.

    ln E_BS(p, lead) = ln E_max,     sum_k s_k(p, lead) = D_S        (p = ln nu)

Both sides have kinks and no descent is enforced: who has not arrived after `STEPS` steps is left to the
nested searches of `dual_search`.
"""

from typing import NamedTuple

import numpy as np

from mecopt.instance import Array, Mask

from .dual_response import Data, Response, lag, per_bit, respond, spent, total

STEPS = 60
"""Three to five are usual next to the last window, twelve from nowhere."""

ARRIVED = 1e-10
"""Of both equations, relative to budget and shared bits: the bound then misses the square of it."""

ROUNDING = 1e-15
"""A step in p this small, relatively, is no step: the energy may turn on the last digits of its price."""

JUMP = 1e-10
"""Nor can a price be told better than this where the energy jumps."""

FARTHEST = 3.0
"""Longest step in p; doubled while it leads nowhere new."""


class Prices(NamedTuple):
    """ln nu and the exponent of the cheapest sender of shared data, `(n, 1)`."""

    log_nu: Array
    lead: Array


def _slopes(d: Data, window: Array, r: Response) -> tuple[Array, Array, Array, Array]:
    """Of the energy in p and the lead (relative to it), of the shared bits in p and the lead."""
    base, each = d.output_ratio * d.down_scale / d.down_nat, per_bit(r.download)
    grown = np.exp(r.download)
    in_bits = base * np.where(r.held, grown, each)
    bend = np.where(r.download > 1e-5, (grown - each) / np.maximum(r.download, 1e-5), 0.5)
    direct = np.where(r.held, 0.0, base * r.offloaded * bend * r.floor_slope)
    energy, sends = spent(d, r), r.shared > 0
    room = d.up_nat * (d.window - window)
    return (
        total(direct - in_bits * r.per_nu) / energy,
        total(-in_bits * r.per_lead) / energy,
        total(np.where(sends, r.per_nu, 0.0)),
        total(np.where(sends, room + r.per_lead, 0.0)),
    )


def prices_at(d: Data, window: Array, start: Prices, lowest: Array) -> tuple[Prices, Mask]:
    """Both prices at these windows, and where they are right."""
    log_nu, lead = start
    shares = d.shared_bits > 0
    unit = np.where(shares, d.shared_bits, 1.0)
    load = d.private_bits / (d.up_nat * (d.window - window))
    extra = d.shared_bits / (d.up_nat * (d.window - window))
    most = np.min(lag(d) + load + extra, axis=-1, keepdims=True)
    # no results, no price: the lowest that the nested searches know
    mute = (d.output_ratio == 0) | np.all(d.private_bits <= 0, axis=-1, keepdims=True)
    log_nu = np.where(mute, lowest, log_nu)
    right = np.zeros(window.shape, dtype=bool)
    cheap, dear = np.full(window.shape, -np.inf), np.full(window.shape, np.inf)
    far = np.full(window.shape, FARTHEST)
    for _ in range(STEPS):
        lead = np.where(right, lead, np.clip(lead, 0.0, most))
        r = respond(d, window, np.exp(log_nu), lead)
        over = np.where(mute, 0.0, np.log(spent(d, r) / d.max_bs_energy))
        miss = np.where(shares, total(r.shared) - d.shared_bits, 0.0)
        sent = np.abs(miss) <= ARRIVED * unit
        right = right | ((np.abs(over) <= ARRIVED) & sent)
        if right.all():
            break
        a, b, c, e = _slopes(d, window, r)
        alone = shares & ~np.any(r.shared > 0, axis=-1, keepdims=True)  # nobody sends: the lead is too low
        b, c, e = (np.where(alone | ~shares, k, slope) for k, slope in ((0.0, b), (0.0, c), (1.0, e)))
        a = np.where(mute, -1.0, a)
        det = a * e - b * c
        in_nu, in_lead = (b * miss - e * over) / det, (c * over - a * miss) / det
        right = right | (sent & (np.abs(in_nu) <= ROUNDING * np.abs(log_nu)))
        cheap, dear = np.where(over > 0, log_nu, cheap), np.where(over > 0, dear, log_nu)
        # where bits appear out of rounding the energy jumps over the budget at one price
        right = right | (sent & (dear - cheap <= JUMP * np.maximum(np.abs(log_nu), 1.0)))
        far = np.where(np.isfinite(dear - cheap), FARTHEST, 2 * far)
        new = log_nu + np.clip(np.where(np.isfinite(in_nu), in_nu, np.where(over > 0, far, -far)), -far, far)
        inside = ((new > cheap) & (new < dear)) | ~np.isfinite(dear - cheap) | (dear - cheap < ARRIVED)
        new = np.where(inside, new, (cheap + dear) / 2)
        low = np.min(lag(d) + r.offloaded / (d.up_nat * (d.window - window)), axis=-1, keepdims=True)
        in_lead = np.where(alone, low + extra / d.private_bits.shape[-1] - lead, in_lead)
        alternative = -miss / e  # at this nu
        in_lead = np.where(np.isfinite(in_lead) & inside, in_lead, alternative)
        log_nu = np.where(right, log_nu, np.clip(new, -TOP_PRICE, TOP_PRICE))
        lead = np.where(right | ~shares, lead, lead + np.where(np.isfinite(in_lead), in_lead, 0.0))
    return Prices(log_nu, lead), right


TOP_PRICE = 690.0
"""Largest |ln nu|: beyond it doubles overflow."""
