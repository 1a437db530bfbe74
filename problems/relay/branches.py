r"""What each branch costs, in either arithmetic: the formulas (17) and (18) as the referee reads them.

The AF branch carries the results of the share bbar of the task over two hops in the band wbar, the DF branch
decodes the share b at the relay in the band w (fractions of B):

    t_loc  = bbar L C/f_A,                          kappa_A bbar L C f_A^2
    t_af   = rho bbar L ln2/(wbar B ln(1 + g1)),    (p1 + q) t_af,     g1 = a c/(1 + a + c)
    t_up   = b L ln2/(w B ln(1 + g2)),              p2 t_up
    t_edge = b L C/f_R,                             kappa_R b L C f_R^2
    t_down = rho b L ln2/(w B ln(1 + g3)),          p4 t_down

with a = theta1 p1/wbar^nu, c = theta2 q/wbar^nu, g2 = theta3 p2/w^nu, g3 = theta4 p4/w^nu and
theta = g/(N0 B). nu = 1 where noise grows with the band, 0 where it is that of the whole band.
Slopes are derivatives with respect to logarithms. Source: Chen et al. 2020, Sections II and III.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

from mecopt.arithmetic import Arithmetic, Numbers
from mecopt.instance import Instance

Data = SimpleNamespace


class AfBranch(NamedTuple):
    """Times and energies of the AF branch, and how ln(1 + g1) answers to ln a and ln c."""

    local_time: Numbers
    local_energy: Numbers
    radio_time: Numbers
    user_energy: Numbers
    relay_energy: Numbers
    user_response: Numbers
    relay_response: Numbers


class DfBranch(NamedTuple):
    """Times and energies of the DF branch, and how the two rates answer to their powers (in logarithms)."""

    edge_time: Numbers
    edge_energy: Numbers
    up_time: Numbers
    up_energy: Numbers
    down_time: Numbers
    down_energy: Numbers
    up_response: Numbers
    down_response: Numbers


def lift(ops: Arithmetic, s: Instance) -> Data:
    """The data in the given arithmetic, and what follows from it, all `(*batch,)`."""
    d = Data(**{name: ops.number(array) for name, array in s.data.items()})
    d.cycles = d.input_bits * d.cycles_per_bit
    d.nat_time = d.input_bits * ops.ln2 / d.bandwidth  # seconds per raw task at one nat/s/Hz in the full band
    noise = d.noise_psd * d.bandwidth
    d.theta1, d.theta2 = d.af_gain_user_relay / noise, d.af_gain_relay_receiver / noise
    d.theta3, d.theta4 = d.df_gain_user_relay / noise, d.df_gain_relay_receiver / noise
    d.fixed_noise = s.noise_model == 1.0
    d.af_works = (s.af_gain_user_relay > 0) & (s.af_gain_relay_receiver > 0)
    d.df_works = (s.df_gain_user_relay > 0) & (s.df_gain_relay_receiver > 0)
    return d


def pick(d: Data, cell: Any) -> Data:
    """The lifted data of one instance of a batch."""
    return Data(
        **{name: value[cell] if getattr(value, "ndim", 0) else value for name, value in vars(d).items()}
    )


def af_branch(ops: Arithmetic, d: Data, share: Numbers, band: Numbers, x: Any) -> AfBranch:
    """The AF branch at x.user_frequency, x.user_af_power, x.relay_af_power."""
    spread = ops.where(d.fixed_noise, 1.0, band)
    a, c = d.theta1 * x.user_af_power / spread, d.theta2 * x.relay_af_power / spread
    snr = a * c / (1 + a + c)
    nats = ops.log1p(snr)
    radio = share * d.conversion_ratio * d.nat_time / (band * nats)
    return AfBranch(
        local_time=share * d.cycles / x.user_frequency,
        local_energy=share * d.cycles * d.user_energy_coefficient * x.user_frequency**2,
        radio_time=radio,
        user_energy=x.user_af_power * radio,
        relay_energy=x.relay_af_power * radio,
        user_response=snr / (1 + a) / nats,
        relay_response=snr / (1 + c) / nats,
    )


def df_branch(ops: Arithmetic, d: Data, share: Numbers, band: Numbers, x: Any) -> DfBranch:
    """The DF branch at x.relay_frequency, x.user_df_power, x.relay_df_power."""
    spread = ops.where(d.fixed_noise, 1.0, band)
    up, down = d.theta3 * x.user_df_power / spread, d.theta4 * x.relay_df_power / spread
    up_nats, down_nats = ops.log1p(up), ops.log1p(down)
    up_time = share * d.nat_time / (band * up_nats)
    down_time = share * d.conversion_ratio * d.nat_time / (band * down_nats)
    return DfBranch(
        edge_time=share * d.cycles / x.relay_frequency,
        edge_energy=share * d.cycles * d.relay_energy_coefficient * x.relay_frequency**2,
        up_time=up_time,
        up_energy=x.user_df_power * up_time,
        down_time=down_time,
        down_energy=x.relay_df_power * down_time,
        up_response=up / (1 + up) / up_nats,
        down_response=down / (1 + down) / down_nats,
    )
