"""The referee's own search for prices: the saddle point of P1', by nested bracketed roots in doubles.

    window t_dl     the prices of upload and download time balance      (outermost, in its logit)
    nu              the base station's budget is spent                  (in its logarithm)
    mu              the shared data is sent                             (exponent of the cheapest user)
    x = D^L         a local bit costs what an offloaded one does        (innermost)

It shares no code with the closed form. Whatever it returns is only a candidate: `statement.bound` is valid at
any prices, and loses the square of an error in them.
"""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from mecopt.exponents import exponents as exponents
from mecopt.instance import Array
from mecopt.rootfind import falling_root

Data = SimpleNamespace

PRECISION = 1e-8
"""Of each root, where the numbers are of order one: the bound then misses 1e-14 or so."""

WIDEST, NARROWEST = 30.0, -22.0
"""Logits between which the window is searched. In narrower ones bits are too few to be told from none."""

LOG_RANGE = 80.0
"""nu is searched over this many e-foldings around the price at which nobody wants to offload."""

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


def _cheapest(d: Data) -> Array:
    """Energy of a bit at the lowest rate, in logarithms."""
    return np.asarray(np.log(d.up_scale / d.up_nat))


def _cost(d: Data, nu: Array, y: Array, z: Array) -> Array:
    """Of a bit offloaded at these exponents."""
    return np.asarray(
        d.up_scale / d.up_nat * np.exp(y) + d.output_ratio * nu * d.down_scale / d.down_nat * np.exp(z)
    )


def _respond(d: Data, window: Array, nu: Array, lead: Array) -> Response:
    """Users' best answers; `lead` is the exponent up to which the cheapest user would send shared data."""
    left = d.window - window
    floor = exponents(d.reception_power / (nu * d.down_scale))
    offset = _cheapest(d) - np.min(_cheapest(d), axis=-1, keepdims=True)
    level = np.where(d.shared_bits > 0, lead - offset, -np.inf)

    def exponent_pair(local: Array) -> tuple[Array, Array]:
        bits = d.private_bits - local
        y = np.maximum(level, bits / (d.up_nat * left))
        # no window at all: the limit in which nobody has results to wait for
        z = np.maximum(floor, d.output_ratio * bits / np.where(window > 0, d.down_nat * window, np.inf))
        return np.clip(y, 0.0, TOP), np.clip(z, 0.0, TOP)

    # ln(cost of an offloaded bit) - ln(saving of a local one) is convex and falls with the local bits: Newton
    # from the left, where a bit costs what it does at the lowest load, never oversteps
    y, z = exponent_pair(d.private_bits)
    local = np.minimum(np.sqrt(_cost(d, nu, y, z) / (3 * d.local_scale)), d.most_local)
    moving = d.most_local > 0
    for _ in range(STEPS):
        bits = d.private_bits - local
        y, z = exponent_pair(local)
        cost = _cost(d, nu, y, z)
        upload = np.where(y > level, d.up_scale / d.up_nat * np.exp(y) / (d.up_nat * left), 0.0)
        free = (z <= floor) | (window <= 0)
        steep = d.output_ratio * nu * d.down_scale / d.down_nat * np.exp(z)
        download = np.where(free, 0.0, steep * z / np.where(bits > 0, bits, 1.0))
        slope = -(upload + download) / cost - 2 / local
        new = np.clip(local - np.log(cost / (3 * d.local_scale * local**2)) / slope, 0.0, d.most_local)
        moving = moving & (np.abs(new - local) > 1e-13 * local)
        if not moving.any():
            break
        local = np.where(moving, new, local)
    y, z = exponent_pair(local)
    bits = d.private_bits - local
    shared = np.where(level > 0, np.maximum(level * d.up_nat * left - bits, 0.0), 0.0)
    return Response(local, bits, shared, y, z)


def _spent(d: Data, r: Response) -> Array:
    """Energy of the base station."""
    per_bit = np.where(r.download > 0, np.expm1(r.download) / np.where(r.download > 0, r.download, 1.0), 1.0)
    energy = d.output_ratio * r.offloaded * d.down_scale / d.down_nat * per_bit
    return np.asarray(np.sum(energy, axis=-1, keepdims=True))


def _send_all(d: Data, window: Array, nu: Array) -> Array:
    """The exponent of the cheapest user at which all shared data is sent."""
    load = (d.shared_bits + d.private_bits) / (d.up_nat * (d.window - window))
    offset = _cheapest(d) - np.min(_cheapest(d), axis=-1, keepdims=True)
    high = np.minimum(np.min(offset + load, axis=-1, keepdims=True), TOP)

    def missing(lead: Array) -> Array:
        sent = np.sum(_respond(d, window, nu, lead).shared, axis=-1, keepdims=True)
        return np.where(d.shared_bits > 0, 1.0 - sent / np.where(d.shared_bits > 0, d.shared_bits, 1.0), 0.0)

    return falling_root(missing, np.zeros(high.shape), high, precision=PRECISION)[1]


def _spend_all(d: Data, window: Array) -> Array:
    """The price of the base station's energy at which its budget is spent, `(*batch, 1)`."""
    wish = np.max(np.log(3 * d.local_scale * np.maximum(d.private_bits, 1e-300) ** 2), axis=-1, keepdims=True)
    worth = np.max(np.log(d.down_nat / d.down_scale), axis=-1, keepdims=True)
    middle = np.clip(wish + worth - np.log(np.where(d.output_ratio > 0, d.output_ratio, 1.0)), -600.0, 600.0)

    def over(log_nu: Array) -> Array:
        nu = np.exp(log_nu)
        spent = _spent(d, _respond(d, window, nu, _send_all(d, window, nu)))
        return np.asarray(np.clip(np.log(spent / d.max_bs_energy), -1e3, 1e3))

    low, high = middle - LOG_RANGE, middle + LOG_RANGE
    return np.exp(falling_root(lambda p: np.nan_to_num(over(p)), low, high, precision=PRECISION)[1])


def _time_prices(d: Data, r: Response, nu: Array, window: Array) -> tuple[Array, Array]:
    """Prices of upload and of download time."""

    def argument(y: Array) -> Array:
        return y * np.exp(y) - np.expm1(y)

    held = d.output_ratio * r.offloaded >= r.download * d.down_nat * window * (1 - 1e-9)
    sigma = np.maximum(nu * d.down_scale * argument(r.download) - d.reception_power, 0.0)
    return d.up_scale * argument(r.upload), np.where(held & (r.offloaded > 0), sigma, 0.0)


def best_prices(d: Data) -> dict[str, Array]:
    """Prices near those that maximise the dual bound."""
    with np.errstate(all="ignore"):

        def at(logit: Array) -> tuple[Array, Response, Array]:
            window = d.window / (1.0 + np.exp(-logit))
            nu = _spend_all(d, window)
            return window, _respond(d, window, nu, _send_all(d, window, nu)), nu

        def download_dearer(logit: Array) -> Array:
            window, r, nu = at(logit)
            beta, sigma = _time_prices(d, r, nu, window)
            paid, lost = np.sum(sigma, axis=-1, keepdims=True), np.sum(beta, axis=-1, keepdims=True)
            dearer = (np.minimum(paid, 1e300) - lost) / (np.minimum(paid, 1e300) + lost)
            return np.asarray(np.nan_to_num(dearer, nan=-1.0))

        low, high = (np.full(d.window.shape, end) for end in (NARROWEST, WIDEST))
        _, logit = falling_root(download_dearer, low, high, precision=PRECISION)
        window, r, nu = at(logit)
        beta, sigma = _time_prices(d, r, nu, window)
        mu = np.min(d.up_scale / d.up_nat * np.exp(r.upload), axis=-1)
    return {
        "time_price": beta,
        "download_price": sigma,
        "energy_price": nu[..., 0],
        "shared_price": np.where(d.shared_bits[..., 0] > 0, mu, 0.0),
    }
