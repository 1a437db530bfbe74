"""What the claims share: where cases come from, and how two proved optima compare."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mecopt.claims import Interval, decades, instances

from .. import P1 as P1
from .optima import Optimum, certified

PAPER = "He et al. 2018"

Case = dict[str, Any]

OPTIMA = "relative to the optimum, which is proved to 1e-9 or better"


def optimum(case: Case) -> Optimum | None:
    """The proved optimum of a case."""
    return certified(P1.instance(case))


def less(a: Optimum, b: Optimum) -> Interval:
    """Slack of 'a is at most b', relative to b."""
    return Interval((b.lower - a.upper) / b.upper, (b.upper - a.lower) / b.upper)


NATURAL = {
    "input_bits": decades(0.1, 10.0),
    "cycles_per_bit": decades(0.1, 10.0),
    "energy_coefficient": decades(1e-3, 1e3),
    "max_latency": decades(1.0, 100.0),
    "uplink_bandwidth": decades(0.1, 10.0),
    "downlink_bandwidth": decades(0.1, 10.0),
    "multicast_bandwidth": decades(0.1, 10.0),
    "noise_psd": decades(1e-2, 10.0),
    "uplink_gain": decades(1e-2, 1e2),
    "downlink_gain": decades(1e-2, 1e2),
    "local_frequency": decades(1e-2, 1e2, special=[0.0]),
    "max_bs_power": decades(0.1, 100.0),
    "max_bs_energy": decades(1e-2, 1e3),
    "output_ratio": decades(1e-2, 1.0, special=[0.0]),
    "reception_power": decades(1e-3, 10.0, special=[0.0]),
}
"""Dimensionless data around 1: counterexamples shrink to numbers a reader can check by hand."""

SHARES = st.sampled_from([1.0, 0.5, 0.25, 0.75, 0.1, 0.9])


def cases(
    *,
    users: tuple[int, int] = (1, 4),
    shares: SearchStrategy[float] = SHARES,
    **overrides: SearchStrategy[Any],
) -> SearchStrategy[Case]:
    """Cases of P1' of which `shared_bits` is a share of the least input."""
    drawn = instances(P1, users=users, **(NATURAL | {"shared_bits": st.just(0.0)} | overrides))
    return st.builds(
        lambda case, share: case | {"shared_bits": share * min(case["input_bits"])}, drawn, shares
    )
