"""Other units change no association: numbers in the code that stand for an amount would show."""

import numpy as np
import pytest

from mecopt.instance import Instance
from mecopt.problems.aoi_pricing import closed_form, model
from tests.aoi_pricing.cases import P1
from tests.aoi_pricing.test_prices import PRICES, tight

SPEEDS = ("local_core_speed", "server_core_speed")

UNITS: dict[str, tuple[dict[str, int], float]] = {
    "bit": ({"input_bits": 1, "bandwidth": 1, "noise_psd": -1}, 4.0**-10),
    "flop": ({"workload": 1, "energy_per_flop": -1, **dict.fromkeys(SPEEDS, 1)}, 4.0**-20),
    "joule": ({"transmit_power": 1, "noise_psd": 1, "energy_per_flop": 1, "battery_energy": 1}, 4.0**6),
    "gain": ({"channel_gain": 1, "noise_psd": 1}, 4.0**15),
    "byte": ({"memory_demand": 1, "memory_capacity": 1}, 4.0**-15),
    "second": (
        {"bandwidth": -1, "noise_psd": 1, "energy_per_flop": 1, "battery_energy": 1, "energy_weight": 1,
         **dict.fromkeys(SPEEDS, -1)},
        4.0**5,
    ),
}  # fmt: skip
"""Exponents of the unit in each field; powers of four, so that rounding is the same, in roots too."""

SOLVED = ("exact", "pricing", "pricing-level", "relaxation")


def changed(s: Instance, unit: str) -> Instance:
    exponents, size = UNITS[unit]
    return s.replace(**{name: s.data[name] * size**power for name, power in exponents.items()})


@pytest.mark.parametrize("unit", ["bit", "flop", "joule", "gain"])
def test_delays_and_costs_are_the_same_in_any_unit(unit: str) -> None:
    """Methods see no more of the data than these."""
    for s in tight(6, users=6, seed=4):
        other = changed(s, unit)
        for read in (closed_form.terms, model.read):
            for mine, theirs in zip(read(s), read(other), strict=True):
                np.testing.assert_allclose(theirs, mine, rtol=1e-13)


@pytest.mark.parametrize(("unit", "root", "memory"), [("second", 2.0**5, 4.0**5), ("byte", 1.0, 4.0**15)])
def test_associations_and_prices_in_other_units(unit: str, root: float, memory: float) -> None:
    for s in [
        *tight(2, users=6, seed=4)[1:],
        P1.sample(users=9, servers=3, seed=2, scenario="snapshot-memory"),
    ]:
        other = changed(s, unit)
        for method in SOLVED:
            mine, theirs = P1.run(s, method=method), P1.run(other, method=method)
            assert np.array_equal(mine.x["association"], theirs.x["association"]), method
            for name in ("bandwidth_share", "compute_share"):
                np.testing.assert_allclose(theirs.x[name], mine.x[name], rtol=1e-9, err_msg=method)
            for name, factor in zip(PRICES, (root, root, memory), strict=True):
                wanted = mine.multipliers[name] * factor
                near = 1e-4 * np.max(wanted)  # as far as prices are settled
                np.testing.assert_allclose(theirs.multipliers[name], wanted, atol=near, err_msg=method)
