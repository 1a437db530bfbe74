r"""Proposition 1 and Lemma 1 as printed: what minimises the partial Lagrangian (17) at given multipliers.

    r_k^u = (W_u/ln 2) (1 + W0((beta_k h_k/n_u - 1)/e))
    r_k^d = (W_d/ln 2) (1 + W0(((rho + sigma_k) g_k/(nu n_d) - 1)/e)),   times = bits/rate
    D_k^L = min{M_k, T sqrt([c_k + a0 d_k - omega_k]+/(3 kappa lambda_0^3))},   t = bits/rate
    D_k^s = D_S for the k of least c_k, 0 for the others
    t_dl  = 0 or T - t_mc by the sign of sum (beta - sigma)

with c_k = f_u'(r_k^u)/h_k and d_k = nu f_d'(r_k^d)/g_k. A minimiser of the Lagrangian need not satisfy the
constraints that were priced, and is not unique where two c_k are equal or sum beta = sum sigma.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from mecopt.instance import Array, Instance, Mask
from mecopt.kernels.lambert import lambert_exponent

LN2 = float(np.log(2.0))


class Minimiser(NamedTuple):
    """A minimiser of the Lagrangian, its value g, and the constraint residuals it leaves (its
    supergradient).
    """

    x: dict[str, Array]
    value: float
    latency: Array
    window: Array
    local: Array
    energy: float


def upload_price(s: Instance, beta: Array) -> tuple[Array, Array]:
    """Optimal exponent (nat/s/Hz) and c_k, the price of an uploaded bit, at these prices of time."""
    band = float(s.uplink_bandwidth) / s.sizes["users"]
    scale = s.noise_psd * band / s.uplink_gain
    y = lambert_exponent(beta / scale)
    return y, scale * LN2 / band * np.exp(y)


def download_price(s: Instance, sigma: Array, nu: float) -> tuple[Array, Array]:
    """Optimal exponent and d_k, the price of a result bit."""
    band = float(s.downlink_bandwidth) / s.sizes["users"]
    scale = nu * s.noise_psd * band / s.downlink_gain
    z = lambert_exponent((s.reception_power + sigma) / scale)
    return z, scale * LN2 / band * np.exp(z)


def multicast_time(s: Instance) -> float:
    """t_mc, that of the weakest downlink."""
    band = float(s.multicast_bandwidth)
    rate = band * np.log2(1 + s.max_bs_power * s.downlink_gain / (s.noise_psd * band))
    return float(np.max(s.output_ratio * s.shared_bits / rate))


def minimise(
    s: Instance, multipliers: Mapping[str, Array], omega: Array, *, at_cap: Mask | None = None
) -> Minimiser:
    """Proposition 1 and Lemma 1 at time, download and energy prices > 0 and prices omega of local bits.

    `at_cap` are users known to have an omega that keeps their local bits at the cap: where omega is 10^16
    times what is left of c + a0 d - omega, doubles do not tell them from others.
    """
    beta, sigma = multipliers["time_price"], multipliers["download_price"]
    nu = float(multipliers["energy_price"])
    users, ratio = s.sizes["users"], float(s.output_ratio)
    multicast = multicast_time(s)
    left, private = float(s.max_latency) - multicast, s.input_bits - s.shared_bits
    (y, c), (z, d) = upload_price(s, beta), download_price(s, sigma, nu)
    cube = s.energy_coefficient * s.cycles_per_bit**3 / s.max_latency**2
    local = np.minimum(private, np.sqrt(np.maximum(c + ratio * d - omega, 0.0) / (3 * cube)))
    most = s.max_latency * s.local_frequency / s.cycles_per_bit
    local = local if at_cap is None else np.where(at_cap, most, local)
    bits = private - local
    shared = np.zeros(users)
    shared[int(np.argmin(c))] = float(s.shared_bits)
    up, down = s.uplink_bandwidth / users / LN2, s.downlink_bandwidth / users / LN2
    with np.errstate(divide="ignore", invalid="ignore"):
        sending, own = np.where(shared > 0, shared / (up * y), 0.0), np.where(bits > 0, bits / (up * y), 0.0)
        time = np.where(bits * ratio > 0, ratio * bits / (down * z), 0.0)
    slope = float(np.sum(beta - sigma))
    window = 0.0 if slope > 0 else left
    band = s.downlink_bandwidth / users
    spent = float(np.sum(time * s.noise_psd * band / s.downlink_gain * np.expm1(z)))
    value = (
        float(np.sum(cube * local**3 + omega * (local - most) + bits * (c + ratio * d)))
        + float(s.shared_bits) * float(np.min(c))
        + left * (min(0.0, slope) - float(np.sum(beta)))
        - nu * float(s.max_bs_energy)
        + users * float(s.reception_power) * multicast
    )
    x = {
        "uploaded_shared_bits": shared,
        "local_bits": local,
        "shared_upload_time": sending,
        "private_upload_time": own,
        "download_time": time,
        "download_window": np.array(window),
    }
    return Minimiser(
        x, value, sending + own + window - left, time - window, local - most, spent - float(s.max_bs_energy)
    )
