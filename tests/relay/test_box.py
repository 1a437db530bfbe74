"""The box in which the referee takes its tangents: no plan of a known cost has less than it says.

A box that is too small would make a bound that is none. Plans that spend all of their cost on one
transmission come next to it.
"""

from typing import Any

import numpy as np
import pytest

from mecopt.arithmetic import FLOAT
from mecopt.instance import Instance
from mecopt.problems.relay import branches, cuts
from tests.relay.cases import by_hand, example, scattered
from tests.relay.test_statement import random_plan

LINKS = ("af_gain_user_relay", "af_gain_relay_receiver", "df_gain_user_relay", "df_gain_relay_receiver")
FREE: dict[str, Any] = {
    "user_energy_coefficient": 1e-60,
    "relay_energy_coefficient": 1e-60,
    "max_user_frequency": 1e20,
    "max_relay_frequency": 1e20,
    "weight": 1e4,
    "input_bits": 3e6,
    "conversion_ratio": 0.3,
}
"""Computing takes neither time nor energy, and powers next to nothing of the cost."""


def shares(s: Instance, x: dict[str, float]) -> dict[str, float]:
    """What a plan has over what the box says it has at least."""
    d = branches.pick(branches.lift(FLOAT, s), ())
    cost = np.asarray(by_hand(s, x, "hybrid"))
    af = cuts._least_af(d, "hybrid", np.asarray(1 - x["beta"]), cost)
    df = cuts._least_df(d, np.asarray(x["beta"]), cost)
    has = {**x, "af_band": 1 - x["omega"], "df_band": x["omega"]}
    return {name: has[name] / float(least) for name, least in (af | df).items()}


def test_every_plan_is_in_its_box() -> None:
    rng = np.random.default_rng(0)
    for s in scattered("P1", 60, seed=41):
        assert min(shares(s, random_plan(s, rng)).values()) >= 1


SLOW: dict[str, tuple[str, dict[str, float]]] = {
    # one link at little power, the others as good as can be
    "user_af_power": ("af_gain_user_relay", {"user_af_power": 1e-4}),
    "relay_af_power": ("af_gain_relay_receiver", {"relay_af_power": 1e-4}),
    "user_df_power": ("df_gain_user_relay", {"user_df_power": 1e-4}),
    "relay_df_power": ("df_gain_relay_receiver", {"relay_df_power": 1e-4}),
}


@pytest.mark.parametrize("prelog", [0.5, 0.8])
@pytest.mark.parametrize("name", SLOW)
def test_the_box_of_the_powers_is_tight(name: str, prelog: float) -> None:
    weak, power = SLOW[name]
    gains = {link: 1e-16 if link == weak else 1e25 for link in LINKS}
    s = example(af_prelog=prelog, **FREE, **gains)
    half = dict.fromkeys(("user_af_power", "relay_af_power", "user_df_power", "relay_df_power"), 0.25)
    x = {"beta": 0.4, "omega": 0.3, "user_frequency": 1e20, "relay_frequency": 1e20, **half, **power}
    assert 1 <= shares(s, x)[name] < 1.02


@pytest.mark.parametrize("name", ["user_frequency", "relay_frequency"])
def test_the_box_of_the_frequencies_is_tight(name: str) -> None:
    s = example(noise_model="fixed", **FREE, **dict.fromkeys(LINKS, 1e25))
    half = dict.fromkeys(("user_af_power", "relay_af_power", "user_df_power", "relay_df_power"), 0.25)
    x = {"beta": 0.4, "omega": 0.3, "user_frequency": 1e20, "relay_frequency": 1e20, **half, name: 1e6}
    assert 1 <= shares(s, x)[name] < 1.02


@pytest.mark.parametrize("name", ["af_band", "df_band"])
def test_the_box_of_the_bands_is_tight(name: str) -> None:
    """ln(1 + x) <= sqrt(x), nearest at x = 3.92: 1.54 times what the box says."""
    weak = LINKS[0] if name == "af_band" else LINKS[2]
    width = 0.99
    gain = 3.92 * width * 4e-21 * 1e6 / 0.4999
    gains = {link: gain if link == weak else 1e25 for link in LINKS}
    s = example(noise_model="band", **FREE, **gains)
    powers = {"user_af_power": 1e-4, "user_df_power": 1e-4, "relay_af_power": 0.5, "relay_df_power": 0.5}
    powers["user_af_power" if name == "af_band" else "user_df_power"] = 0.4999
    beta = 1e-6 if name == "af_band" else 1 - 1e-6
    omega = 1 - width if name == "af_band" else width
    x = {"beta": beta, "omega": omega, "user_frequency": 1e20, "relay_frequency": 1e20, **powers}
    assert 1.5 < shares(s, x)[name] < 1.6
