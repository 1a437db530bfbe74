"""The referee of P1': its bound holds at any prices, wrong points and misprints do not pass, bad data is
refused.
"""

from typing import Any

import numpy as np
import pytest

import mecopt
from mecopt.arithmetic import FLOAT, ball_arithmetic, lower
from mecopt.problems.shared_data import closed_form, saddle
from tests.shared_data.cases import EXAMPLE, P1, example


def test_bound_holds_at_any_prices() -> None:
    s = example()
    exact = P1.solve(s)
    for seed in range(30):
        rng = np.random.default_rng(seed)
        off = {
            name: np.asarray(p) * 10 ** rng.uniform(-1, 1, np.shape(p))
            for name, p in exact.multipliers.items()
        }
        with ball_arithmetic() as ops:
            d = P1.statement.lift(ops, s)
            bound = lower(P1.statement.bound(ops, d, off))
        assert bound < exact.certificate.bound
        d = P1.statement.lift(FLOAT, s)
        assert P1.statement.bound(FLOAT, d, off) == pytest.approx(bound, rel=1e-9)


def test_own_prices_prove_the_optimum() -> None:
    s = example()
    certificate = P1.certify(s, P1.run(s).x, rigorous=False)
    assert certificate.gap <= 1e-10


WRONG: dict[str, dict[str, Any]] = {
    "shared bits to another": {
        "uploaded_shared_bits": [0.0, 15000.0, 0.0],
        "shared_upload_time": [0.0, 0.008, 0.0],
    },
    "a bit less local": {"local_bits": [5900.0, 6013.0, 7174.0]},
    "longer downloads": {"download_time": [0.0010, 0.00139, 0.00139]},
    "too many local bits": {"local_bits": [25000.0, 6013.0, 7174.0]},
    "half the shared bits": {"uploaded_shared_bits": [7500.0, 0.0, 0.0]},
    "negative time": {"private_upload_time": [-0.01, 0.018, 0.018]},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_points_do_not_pass(wrong: str) -> None:
    s = example()
    right = P1.run(s)
    point = dict(right.x) | {name: np.array(value) for name, value in WRONG[wrong].items()}
    certificate = P1.certify(s, point, right.multipliers, tol=1e9)
    assert not certificate.gap <= 1e-7


@pytest.mark.parametrize("field", sorted(set(EXAMPLE) - {"multicast_bandwidth", "max_bs_power"}))
def test_the_optimum_of_other_data_does_not_pass(field: str) -> None:
    s = example()
    factor = 0.99 if field == "shared_bits" else 1.01
    other = s.replace(**{field: s.data[field] * factor})
    point = P1.run(other)
    certificate = P1.certify(s, point.x, P1.run(s).multipliers, tol=1e9)
    same = all(np.allclose(point.x[name], P1.run(s).x[name], rtol=1e-9) for name in point.x)
    assert same or not certificate.gap <= 1e-10
    assert not same or field == "local_frequency"


def test_mutants_of_the_closed_form_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A factor in the exponent of the download: far from the optimum, and the referee says so."""
    from mecopt.problems.shared_data import prices

    right = prices.lambert_exponent
    monkeypatch.setattr(prices, "lambert_exponent", lambda x: 1.1 * right(x))
    r = P1.solve(example())
    assert r.status != "optimal"
    assert closed_form is not None
    assert saddle is not None


INFEASIBLE = {
    "the multicast takes": {"max_latency": 1e-4},
    "results that must be sent take": {"max_bs_energy": 1e-9},
}


@pytest.mark.parametrize("words", INFEASIBLE)
def test_infeasible_data_name_the_condition(words: str) -> None:
    r = P1.solve(example(**INFEASIBLE[words]))
    assert r.status == "infeasible"
    assert words in str(r.message)


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "more shared than input": ({"shared_bits": 45000.0}, "shared_bits"),
    "unequal lengths": ({"uplink_gain": [1e-11, 1e-11]}, "uplink_gain"),
    "no gain": ({"downlink_gain": [0.0, 1e-11, 1e-11]}, "downlink_gain"),
    "not a number": ({"max_latency": float("nan")}, "max_latency"),
    "negative": ({"reception_power": -1.0}, "reception_power"),
}


@pytest.mark.parametrize("bad", BAD)
def test_bad_data_is_refused(bad: str) -> None:
    changes, field = BAD[bad]
    with pytest.raises(mecopt.DataError, match=field):
        example(**changes)


def test_multicast_band_defaults_to_the_downlink() -> None:
    data = {name: value for name, value in EXAMPLE.items() if name != "multicast_bandwidth"}
    assert P1.instance(data).multicast_bandwidth == 1e7
