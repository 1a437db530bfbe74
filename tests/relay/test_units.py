"""DF in SI units states the same problem."""

import numpy as np
import pytest

import mecopt
from mecopt.problem import FEASIBILITY
from mecopt.watch import watching

DF = mecopt.load("relay.DF")

TAME = {
    "input_bits": 2.0,
    "cycles_per_bit": 1.5,
    "conversion_ratio": 0.5,
    "bandwidth": 1.0,
    "noise_psd": 0.5,
    "max_user_power": 1.0,
    "max_relay_power": 2.0,
    "max_user_frequency": 1.0,
    "max_relay_frequency": 2.0,
    "user_energy_coefficient": 0.3,
    "relay_energy_coefficient": 0.2,
}


@pytest.mark.parametrize("weight", [0.1, 1.0, 10.0])
def test_tame_numbers(weight: float) -> None:
    s = DF.sample(seed=0).replace(**TAME, **dict.fromkeys(gains(), 0.8), weight=weight)
    with watching(tolerance=1e-8):
        point = DF.units[0].conic(s, "CLARABEL", 1e-6)
    found = DF.certify(s, point.x, rigorous=False)
    assert found.infeasibility <= FEASIBILITY
    assert found.value == pytest.approx(float(DF.solve(s).value), rel=1e-6)


def gains() -> tuple[str, ...]:
    return tuple(name for name in DF.sample(seed=0).data if "gain" in name)


def test_what_units_do() -> None:
    s = DF.sample(seed=0)
    with watching(tolerance=1e-7), np.errstate(all="ignore"):
        point = DF.units[0].conic(s, "SCS", 1e-6)
    assert not DF.certify(s, point.x, rigorous=False).value <= 1.01 * float(DF.solve(s).value)
