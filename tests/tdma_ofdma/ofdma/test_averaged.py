"""P5: P2 on averaged gains, with the airtime of several sub-channels."""

import numpy as np
import pytest

import mecopt
from mecopt.problems.tdma_ofdma.ofdma import model
from mecopt.solvers import installed
from tests.tdma_ofdma.ofdma.cases import P4R, P5, example

P2 = mecopt.load("tdma_ofdma.P2")
SOLVERS = [row.name for row in installed(model.CONES) if row.name in ("CLARABEL", "ECOS", "SCS")]


@pytest.mark.parametrize("method", ["closed-form", *(f"cvxpy:{name}" for name in SOLVERS)])
def test_worked_example(method: str) -> None:
    r = P5.solve(example("P5"), method=method, tol=1e-9)
    assert r.status == "optimal"
    assert r.certificate.rigorous
    assert float(r.value) == pytest.approx(4.5952781e-05, abs=5e-13)
    assert r.x["subchannel_share"] == pytest.approx([0.7779159, 1.2208857, 1.0011984], abs=1e-6)
    assert r.x["offloaded_bits"] == pytest.approx([5e5, 8e5, 6e5], rel=1e-9)
    assert float(r.multipliers["time_price"]) == pytest.approx(5.2655898e-04, rel=1e-6)
    if method == "closed-form":
        assert r.certificate.gap <= 1e-12


@pytest.mark.parametrize("scenario", P5.scenarios)
def test_solvers_agree_with_the_closed_form(scenario: str) -> None:
    s = P5.sample(users=8, subchannels=32, batch=4, seed=2, scenario=scenario)
    exact = P5.solve(s)
    assert set(exact.status) == {"optimal"}
    assert np.all(exact.certificate.gap <= 1e-12)
    for name in SOLVERS:
        r = P5.solve(s, method=f"cvxpy:{name}", tol=1e-8)
        assert r.value == pytest.approx(exact.value, rel=1e-6)
        assert np.all(r.certificate.infeasibility <= 1e-9)


def test_one_subchannel_is_p2() -> None:
    for seed in range(5):
        s = P5.sample(users=6, subchannels=1, seed=seed, scenario="ofdma_required")
        shared = {f.name: s.data[f.name] for f in P2.fields if f.name in s.data}
        two = P2.solve(
            P2.instance(
                shared
                | {
                    "channel_gain": s.average_channel_gain,
                    "bandwidth": s.subchannel_bandwidth,
                    "noise_power": s.subchannel_noise_power,
                }
            )
        )
        five = P5.solve(s)
        assert five.value == pytest.approx(float(two.value), rel=1e-13)
        assert np.array_equal(five.x["offloaded_bits"], two.x["offloaded_bits"])
        assert five.x["subchannel_share"] == pytest.approx(two.x["offloading_time"] / s.slot_duration)
        assert five.multipliers["time_price"] == two.multipliers["time_price"]


def test_required_bits_know_the_slot_and_not_the_airtime() -> None:
    """Ten sub-channels are ten slots of airtime and still one slot of local computing."""
    s = example("P5", num_subchannels=10, average_channel_gain=[1e-12] * 3)
    r = P5.solve(s)
    assert r.x["offloaded_bits"] == pytest.approx([4e5, 0, 0])
    assert r.status == "optimal"


def test_equal_gains_make_it_the_relaxation() -> None:
    """With flat gains and nothing reserved P5 on all sub-channels is the relaxation of P4."""
    for seed in range(4):
        s = P4R.sample(users=4, subchannels=6, seed=seed)
        flat = s.replace(channel_gain=np.repeat(s.channel_gain[:, :1], 6, axis=1))
        data = {key: value for key, value in flat.data.items() if key != "channel_gain"}
        averaged = P5.instance(data | {"average_channel_gain": flat.channel_gain[:, 0], "num_subchannels": 6})
        relaxed = P4R.solve(flat, method="ellipsoid", tol=1e-8)
        assert float(P5.solve(averaged).value) == pytest.approx(float(relaxed.certificate.bound), rel=1e-10)


def test_the_price_is_per_channel_second() -> None:
    """A little more slot, with local computing unchanged, saves |N2| times the price."""
    s = example("P5", local_frequency=[1e12] * 3)
    r, h = P5.solve(s), 1e-6
    more = P5.solve(s.replace(slot_duration=s.slot_duration * (1 + h)))
    saved = (r.value - more.value) / (h * s.slot_duration)
    assert saved == pytest.approx(3 * r.multipliers["time_price"], rel=1e-3)


@pytest.mark.parametrize("wrong", [0.9, 1.1])
def test_wrong_shares_are_never_optimal(wrong: float) -> None:
    s = example("P5")
    right = P5.run(s)
    share = right.x["subchannel_share"].copy()
    share[0] *= wrong
    share[1] -= share[0] - right.x["subchannel_share"][0]
    c = P5.certify(s, right.x | {"subchannel_share": share})
    assert c.infeasibility <= 1e-9
    assert c.gap >= 1e-4
    too_much = P5.certify(s, right.x | {"subchannel_share": right.x["subchannel_share"] * 1.01})
    assert too_much.infeasibility == pytest.approx(0.01, rel=1e-6)
