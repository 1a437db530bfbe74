"""The compiled closed form: the answers of the NumPy one, with few passes and little memory."""

import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from mecopt.problems.tdma_ofdma import closed_form, compiled_policy, curve, many_users
from tests.tdma_ofdma.cases import PROBLEMS, adversarial

ROOT = Path(__file__).parents[2]
FAMILIES = ("decades", "ties", "same priority", "forced")
EXACT = {"P2": closed_form.solve_p2, "P3": closed_form.solve_p3}


def large(name, users, *, seed=1):
    """An instance of the scenario whose slot grows with the users, so that about as many share it."""
    s = PROBLEMS[name].sample(users=users, seed=seed)
    changes = {"slot_duration": s.slot_duration * users / 30}
    if name == "P3":
        changes["cloud_frequency"] = s.cloud_frequency
    return s.replace(**changes)


def certified(s, point):
    return s.problem.certify(s, point.x, point.multipliers, rigorous=False)


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("family", FAMILIES)
def test_agrees_with_the_numpy_closed_form(name, family):
    for users in (1, 2, 7, 8, 9, 30, 65):
        s = adversarial(name, family, batch=30, users=users, seed=users)
        s = s[PROBLEMS[name].infeasible(s) == ""]
        ours, theirs = many_users.solve(s, 0.0), EXACT[name](s, 0.0)
        a, b = certified(s, ours), certified(s, theirs)
        # exponents of hundreds of nats multiply the rounding of times by that much
        np.testing.assert_allclose(a.value, b.value, rtol=1e-11)
        assert np.all(a.infeasibility <= 1e-13)
        prices = ours.multipliers["time_price"], theirs.multipliers["time_price"]
        np.testing.assert_allclose(*prices, rtol=1e-10)


@pytest.mark.parametrize("users", [4097, 30_000])
@pytest.mark.parametrize("name", EXACT)
def test_many_users_are_certified(name, users):
    s = large(name, users)
    found = certified(s, many_users.solve(s, 0.0))
    assert found.gap <= 1e-12
    assert found.infeasibility <= 1e-14


@pytest.mark.parametrize("order", ["ascending", "blocks"])
def test_a_misleading_sample_costs_passes_and_not_digits(order):
    s = large("P2", 20_000)
    order = (
        np.argsort(s.channel_gain)
        if order == "ascending"
        else np.argsort(np.arange(20_000) % 4, kind="stable")
    )
    s = s.replace(**{name: s.data[name][order] for name in many_users.PER_USER})
    assert certified(s, many_users.solve(s, 0.0)).gap <= 1e-12


def test_ties_of_thousands():
    s = large("P2", 9_000)
    alike = {name: np.repeat(s.data[name][:3], 3_000) for name in many_users.PER_USER}
    s = s.replace(**alike)
    assert certified(s, many_users.solve(s, 0.0)).gap <= 1e-12


def test_nobody_wants_to_send():
    s = large("P2", 5_000).replace(
        energy_per_cycle=0.0 * np.ones(5_000), local_frequency=1e15 * np.ones(5_000)
    )
    point = many_users.solve(s, 0.0)
    assert not point.x["offloaded_bits"].any()
    assert not point.x["offloading_time"].any()
    assert point.multipliers["time_price"] == 0


@pytest.mark.parametrize("name", EXACT)
def test_few_passes(monkeypatch, name):
    """A pass takes about two of the Lambert kernel."""
    s, passes = large(name, 100_000), []
    counted = compiled_policy.expanded

    def count(u, *rest):
        passes.append(u.bits.size)
        return counted(u, *rest)

    monkeypatch.setattr(compiled_policy, "expanded", count)
    many_users.solve(s, 0.0)
    assert passes.count(100_000) <= 3


@pytest.mark.parametrize("start", [0.0, 1e-9, 0.1, 10.0, 1e9, np.inf])
@pytest.mark.parametrize("name", EXACT)
def test_any_first_price_leads_to_the_same_answer(monkeypatch, name, start):
    s = large(name, 5_000)
    usual = many_users.solve(s, 0.0)
    monkeypatch.setattr(many_users, "first_price", lambda u, work: start)
    found = many_users.solve(s, 0.0)
    np.testing.assert_allclose(found.multipliers["time_price"], usual.multipliers["time_price"], rtol=1e-13)
    assert certified(s, found).gap <= 1e-12


@pytest.mark.parametrize("slot", [0.01, 0.3, 3.0, 30.0, 1e4])
@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("family", FAMILIES)
def test_adversarial_instances_too_large_to_sort(name, family, slot):
    s = adversarial(name, family, batch=1, users=4_500, seed=7)[0]
    changes = {"slot_duration": s.slot_duration * slot}
    if name == "P3" and slot < 1:  # so that the cloud can still do what users must send
        changes["cloud_frequency"] = s.cloud_frequency * (1e3 / slot)
    s = s.replace(**changes)
    ours, theirs = certified(s, many_users.solve(s, 0.0)), certified(s, EXACT[name](s, 0.0))
    np.testing.assert_allclose(ours.value, theirs.value, rtol=1e-11)
    assert ours.infeasibility <= 1e-13


@pytest.mark.parametrize("users", [7, 20, 60])
@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("family", FAMILIES)
def test_the_search_on_small_adversarial_instances(monkeypatch, name, family, users):
    """Few users are the hard case: gaps between priorities are wide and the first price is far off."""
    monkeypatch.setattr(many_users, "MANY", 6)
    s = adversarial(name, family, batch=30, users=users, seed=2)
    s = s[PROBLEMS[name].infeasible(s) == ""]
    ours, theirs = many_users.solve(s, 0.0), EXACT[name](s, 0.0)
    a, b = certified(s, ours), certified(s, theirs)
    np.testing.assert_allclose(a.value, b.value, rtol=1e-11)
    assert np.all(a.infeasibility <= 1e-13)
    prices = ours.multipliers["time_price"], theirs.multipliers["time_price"]
    np.testing.assert_allclose(*prices, rtol=1e-10)


def test_a_batch_has_the_digits_of_its_instances():
    first, second = large("P3", 5_000, seed=3), large("P3", 5_000, seed=4)
    both = PROBLEMS["P3"].instance({k: np.stack([first.data[k], second.data[k]]) for k in first.data})
    found = many_users.solve(both, 0.0)
    for i, s in enumerate((first, second)):
        alone = many_users.solve(s, 0.0)
        np.testing.assert_array_equal(found.x["offloading_time"][i], alone.x["offloading_time"])
        np.testing.assert_array_equal(found.multipliers["time_price"][i], alone.multipliers["time_price"])


def test_mutant_a_curve_without_curvature_costs_passes_and_not_digits(monkeypatch):
    """The answer stays exact: a wrong guess costs passes."""
    s = large("P2", 9_000)
    exact = certified(s, many_users.solve(s, 0.0)).value
    monkeypatch.setattr(
        curve.Curve, "curvature", property(lambda c: 0.0, lambda c, value: None), raising=False
    )
    np.testing.assert_allclose(certified(s, many_users.solve(s, 0.0)).value, exact, rtol=1e-12)


def test_memory():
    users = 200_000
    s = large("P2", users)
    many_users.solve(s, 0.0)
    tracemalloc.start()
    try:
        many_users.solve(s, 0.0)
        assert tracemalloc.get_traced_memory()[1] <= 10 * 8 * users
    finally:
        tracemalloc.stop()


def test_mutant_a_lost_factor_is_seen(monkeypatch):
    s = large("P2", 5_000)
    monkeypatch.setattr(many_users, "LN2", 1.0)
    assert certified(s, many_users.solve(s, 0.0)).gap > 1e-3


WITHOUT = """
import sys
sys.modules["numba"] = None
import importlib.util as u
find = u.find_spec
u.find_spec = lambda name, *rest: None if name == "numba" else find(name, *rest)
import numpy as np
import mecopt
from mecopt.problems.tdma_ofdma import many_users
p = mecopt.load("tdma_ofdma.P3")
assert "closed-form-compiled" not in p.methods
s = p.sample(users=12, batch=4, seed=3)
bits, time, price = many_users.threshold_policy(s)
print(np.concatenate([bits.ravel(), time.ravel(), price]).tobytes().hex())
"""


def test_without_numba_the_same_answers():
    """To the digits that the math module's exp and log, which make Newton's steps, share with numba's."""
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    found = np.frombuffer(bytes.fromhex(run.stdout.strip()))
    s = PROBLEMS["P3"].sample(users=12, batch=4, seed=3)
    bits, time, price = many_users.threshold_policy(s)
    np.testing.assert_allclose(found, np.concatenate([bits.ravel(), time.ravel(), price]), rtol=1e-12)


LIGHT = """
import sys
import mecopt
assert not {"cvxpy", "scipy", "numba", "sympy", "flint"} & set(sys.modules)
s = mecopt.load("tdma_ofdma.P2")
assert not {"cvxpy", "scipy", "numba", "sympy", "flint"} & set(sys.modules)
"""


def test_nothing_heavy_is_imported_before_it_is_used():
    subprocess.run([sys.executable, "-c", LIGHT], cwd=ROOT, timeout=120, check=True)
