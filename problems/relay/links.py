"""Times and energies of a plan as the methods compute them, in double precision, one instance at a time.

Scaled data: signal-to-noise ratios at full power in the full band, seconds at full speed, joule at full
power.
"""

import math
from typing import NamedTuple

import numpy as np

from mecopt.instance import Array, Instance
from mecopt.result import Point


class Data(NamedTuple):
    """One instance. `snr` belongs to (p1, q, p2, p4) at full power; `nu` is 1 where noise grows with
    the band."""

    cycles: float
    up_nats: float
    down_nats: float
    snr: tuple[float, float, float, float]
    user_power: float
    relay_power: float
    user_frequency: float
    relay_frequency: float
    kappa_user: float
    kappa_relay: float
    weight: float
    eta: float
    nu: float
    af_works: bool
    df_works: bool


class Plan(NamedTuple):
    """A point of P1, in SI units."""

    beta: float
    omega: float
    user_frequency: float
    relay_frequency: float
    user_af_power: float
    user_df_power: float
    relay_af_power: float
    relay_df_power: float

    def outputs(self) -> dict[str, Array]:
        """As arrays by output name."""
        return {name: np.asarray(value, dtype=np.float64) for name, value in self._asdict().items()}


class Costs(NamedTuple):
    """Delays T1, T2 and energies of the branches, and the airtimes (one hop of AF, up, down)."""

    af_time: float
    df_time: float
    af_energy: float
    df_energy: float
    af_airtime: float
    up_airtime: float
    down_airtime: float

    def objective(self, weight: float) -> float:
        """w max{T1, T2} + E."""
        return weight * max(self.af_time, self.df_time) + self.af_energy + self.df_energy


def data(s: Instance) -> Data:
    """The numbers of a single instance."""
    v = {name: float(array) for name, array in s.data.items()}
    noise = v["noise_psd"] * v["bandwidth"]
    nats = v["input_bits"] * math.log(2.0) / v["bandwidth"]
    pa, pr = v["max_user_power"], v["max_relay_power"]
    gains = [
        v["af_gain_user_relay"] * pa,
        v["af_gain_relay_receiver"] * pr,
        v["df_gain_user_relay"] * pa,
        v["df_gain_relay_receiver"] * pr,
    ]
    snr = [gain / noise for gain in gains]
    return Data(
        cycles=v["input_bits"] * v["cycles_per_bit"],
        up_nats=nats,
        down_nats=nats * v["conversion_ratio"],
        snr=(snr[0], snr[1], snr[2], snr[3]),
        user_power=pa,
        relay_power=pr,
        user_frequency=v["max_user_frequency"],
        relay_frequency=v["max_relay_frequency"],
        kappa_user=v["user_energy_coefficient"],
        kappa_relay=v["relay_energy_coefficient"],
        weight=v["weight"],
        eta=v["af_prelog"],
        nu=0.0 if v["noise_model"] else 1.0,
        af_works=min(gains[:2]) > 0,
        df_works=min(gains[2:]) > 0,
    )


def over(load: float, rate: float) -> float:
    """load/rate, a load of zero taking no time."""
    if load == 0:
        return 0.0
    return load / rate if rate > 0 else math.inf


def spectral(d: Data, x: Plan) -> tuple[float, float, float]:
    """ln(1 + g1), ln(1 + g2), ln(1 + g3)."""
    af_band, df_band = max(1 - x.omega, 0.0), max(x.omega, 0.0)
    af = af_nats(d, x.user_af_power, x.relay_af_power, af_band)
    return (
        af,
        df_nats(d.snr[2], x.user_df_power / d.user_power, df_band, d.nu),
        df_nats(d.snr[3], x.relay_df_power / d.relay_power, df_band, d.nu),
    )


def af_nats(d: Data, user_power: float, relay_power: float, band: float) -> float:
    """ln(1 + a c/(1 + a + c))."""
    spread = band if d.nu else 1.0
    if spread <= 0:
        return 0.0
    a = d.snr[0] * user_power / d.user_power / spread
    c = d.snr[1] * relay_power / d.relay_power / spread
    return math.log1p(a * c / (1 + a + c))


def df_nats(snr: float, share: float, band: float, nu: float) -> float:
    """ln(1 + snr share/band^nu)."""
    spread = band if nu else 1.0
    return math.log1p(snr * share / spread) if spread > 0 else 0.0


def costs(d: Data, x: Plan) -> Costs:
    """Delays and energies; a branch without load costs nothing."""
    rest, band = 1 - x.beta, 1 - x.omega
    af, up, down = spectral(d, x)
    t_af = over(rest * d.down_nats, band * af)
    t_up = over(x.beta * d.up_nats, x.omega * up)
    t_down = over(x.beta * d.down_nats, x.omega * down)
    local, edge = over(rest * d.cycles, x.user_frequency), over(x.beta * d.cycles, x.relay_frequency)
    return Costs(
        af_time=local + t_af / d.eta,
        df_time=t_up + edge + t_down,
        af_energy=d.kappa_user * rest * d.cycles * x.user_frequency**2
        + (x.user_af_power + x.relay_af_power) * t_af,
        df_energy=d.kappa_relay * x.beta * d.cycles * x.relay_frequency**2
        + x.user_df_power * t_up
        + x.relay_df_power * t_down,
        af_airtime=t_af,
        up_airtime=t_up,
        down_airtime=t_down,
    )


def objective(d: Data, x: Plan) -> float:
    """w T + E."""
    return costs(d, x).objective(d.weight)


def as_point(plans: list[Plan], shape: tuple[int, ...], messages: list[str] | None = None) -> Point:
    """Plans of single instances as the point of a batch."""
    columns = {name: np.array([getattr(p, name) for p in plans]).reshape(shape) for name in Plan._fields}
    said = np.array(messages or [""] * len(plans), dtype=object).reshape(shape)
    return Point(columns, message=said)


def slots_objective(d: Data, x: Plan) -> float:
    """The objective of TDHR, `x.omega` aside: the full band for every transmission, in disjoint slots."""
    if x.beta in (0.0, 1.0):
        return objective(d, x._replace(omega=x.beta))
    rest = 1 - x.beta
    af = over(rest * d.down_nats, af_nats(d, x.user_af_power, x.relay_af_power, 1.0))
    up = over(x.beta * d.up_nats, df_nats(d.snr[2], x.user_df_power / d.user_power, 1.0, d.nu))
    down = over(x.beta * d.down_nats, df_nats(d.snr[3], x.relay_df_power / d.relay_power, 1.0, d.nu))
    local, edge = over(rest * d.cycles, x.user_frequency), over(x.beta * d.cycles, x.relay_frequency)
    slot = max(up, af / d.eta)
    time = max(slot + edge, max(slot, local) + slot) + down
    energy = d.kappa_user * rest * d.cycles * x.user_frequency**2
    energy += d.kappa_relay * x.beta * d.cycles * x.relay_frequency**2
    radio = (x.user_af_power + x.relay_af_power) * af + x.user_df_power * up + x.relay_df_power * down
    return d.weight * time + energy + radio


def cost(d: Data, x: Plan, mode: str) -> float:
    """The objective of a mode."""
    return slots_objective(d, x) if mode == "slots" else objective(d, x)
