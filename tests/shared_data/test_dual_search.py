"""The referee's own search for prices: Newton's method against its equations, slopes against differences."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from mecopt.arithmetic import FLOAT
from mecopt.instance import Array
from mecopt.problems.shared_data import dual_newton, dual_response, dual_search
from mecopt.problems.shared_data.dual_newton import Prices
from tests.shared_data.cases import P1
from tests.shared_data.plain import tame

LITTLE = 0.01


def offloading(users: int, *, seed: int, **changes: float) -> tuple[SimpleNamespace, Array]:
    """Data of instances in which bits are offloaded by choice, and their best windows, `(n, 1)`."""
    s = tame(batch=60, users=users, seed=seed)
    s = s.replace(**{name: np.full_like(s.data[name], value) for name, value in changes.items()})
    s = s[np.flatnonzero(P1.infeasible(s) == "")]
    x = P1.run(s).x
    d = dual_search._flat(P1.statement.lift(FLOAT, s))
    chosen = np.sum(x["local_bits"] < d.most_local - LITTLE, axis=-1) > 0
    rows = np.flatnonzero(chosen & (x["download_window"] > 0))
    return dual_search._rows(d, rows), x["download_window"][rows, None]


def prices(d: SimpleNamespace, window: Array) -> tuple[Prices, Array]:
    dear = dual_search._dear(d)
    start = Prices(dear - 2.0, np.full(window.shape, np.inf))
    return dual_newton.prices_at(d, window, start, dear - dual_search.LOG_RANGE)


@pytest.mark.parametrize("users", [1, 3])
@pytest.mark.parametrize("share", [0.8, 1.0, 1.25])
@np.errstate(all="ignore")
def test_newtons_method_arrives(monkeypatch: pytest.MonkeyPatch, users: int, share: float) -> None:
    """Next to the best window it is right after a dozen steps, on whatever side of the kinks it starts."""
    monkeypatch.setattr(dual_newton, "STEPS", 16)
    d, best = offloading(users, seed=7)
    window = np.minimum(share * best, (best + d.window) / 2)
    rows = np.flatnonzero(~dual_search._too_short(d, window)[:, 0])
    d, window = dual_search._rows(d, rows), window[rows]
    assert len(rows) > 15
    found, right = prices(d, window)
    assert np.mean(right) > 0.9
    r = dual_response.respond(d, window, np.exp(found.log_nu), found.lead)
    spent = dual_response.spent(d, r)[right] / d.max_bs_energy[right]
    assert spent == pytest.approx(np.ones(spent.shape), rel=1e-9)
    sent = np.sum(r.shared, axis=-1)[right[:, 0]] / d.shared_bits[right[:, 0], 0]
    assert sent == pytest.approx(np.ones(sent.shape), rel=1e-9)


@np.errstate(all="ignore")
def test_nested_searches_find_the_same() -> None:
    d, window = offloading(2, seed=8)
    found, right = prices(d, window)
    nested = dual_search._spend_all(d, window)
    near = np.abs(found.log_nu - nested.log_nu) <= 1e-6
    near &= np.abs(found.lead - nested.lead) <= 1e-6
    # where its bracket closes on a price at which not all shared data was sent yet, Newton's method errs
    assert np.sum(right) > 15
    assert np.mean(near[right]) > 0.95


@pytest.mark.parametrize("reception", [0.0, 0.1])
@np.errstate(all="ignore")
def test_answers_are_the_cheapest(reception: float) -> None:
    """A user's local bits against a search of what its bits cost, times left to the prices of time."""
    d, window = offloading(2, seed=9, reception_power=reception)
    found, _ = prices(d, window)
    nu, left = np.exp(found.log_nu), d.window - window
    r = dual_response.respond(d, window, nu, found.lead)
    up_price = (
        d.up_scale / d.up_nat * np.exp(found.lead - dual_response.lag(d))
    )  # of a bit, above its own load
    for i, k in np.ndindex(r.local.shape):
        take = {name: np.broadcast_to(getattr(d, name), r.local.shape)[i, k] for name in dual_search.NEEDED}
        v = SimpleNamespace(**take)
        floor = _least_exponent(reception / (nu[i, 0] * v.down_scale))

        def cost(local: float, v: Any = v, i: int = i, k: int = k, floor: float = floor) -> float:
            """Upload in the time left, shared data up to its price; download in the window at most."""
            bits = v.private_bits - local
            own = v.up_scale * left[i, 0] * np.expm1(bits / (v.up_nat * left[i, 0]))
            free = v.up_nat * left[i, 0] * max(found.lead[i, 0] - dual_response.lag(d)[i, k], 0.0)
            top = v.up_scale * left[i, 0] * np.expm1(free / (v.up_nat * left[i, 0]))
            up = own if bits >= free else top - up_price[i, k] * (free - bits)
            results = v.output_ratio * bits
            time = min(window[i, 0], results / (v.down_nat * floor) if floor > 0 else np.inf)
            sent = nu[i, 0] * v.down_scale * time * np.expm1(results / (v.down_nat * time)) if results else 0
            return float(v.local_scale * local**3 + up + sent + reception * (time if results else 0.0))

        best = minimize_scalar(cost, bounds=(0, v.most_local), method="bounded", options={"xatol": 1e-10})
        assert cost(r.local[i, k]) <= best.fun * (1 + 1e-12)


def _least_exponent(ratio: float) -> float:
    """z with (z - 1) e^z + 1 = ratio, by bisection."""
    low, high = 0.0, 700.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if middle * np.exp(middle) - np.expm1(middle) < ratio else (low, middle)
    return high if ratio > 0 else 0.0


@pytest.mark.parametrize("reception", [0.0, 0.1])
@np.errstate(all="ignore")
def test_slopes_by_differences(reception: float) -> None:
    """Of local bits in the lead and in ln nu, and of what prices equate; off the kinks both sides agree."""
    d, window = offloading(3, seed=10, reception_power=reception)
    found, _ = prices(d, window)
    log_nu, lead = found.log_nu + 0.1, found.lead + 0.1
    step = 1e-5

    def at(along_nu: float, along_lead: float) -> tuple[Array, ...]:
        r = dual_response.respond(d, window, np.exp(log_nu + along_nu), lead + along_lead)
        energy = dual_response.spent(d, r)
        return r.local, np.log(energy), np.sum(r.shared, axis=-1, keepdims=True)

    r = dual_response.respond(d, window, np.exp(log_nu), lead)
    slopes = dual_newton._slopes(d, window, r)
    for moved, local, energy, sent in (
        ((step, 0.0), r.per_nu, slopes[0], slopes[2]),
        ((0.0, step), r.per_lead, slopes[1], slopes[3]),
    ):
        ahead, here, behind = at(*moved), at(0.0, 0.0), at(*(-m for m in moved))
        for high, middle, low, slope in zip(ahead, here, behind, (local, energy, sent), strict=True):
            right, left = (high - middle) / step, (middle - low) / step
            smooth = np.abs(right - left) <= 1e-3 * (np.abs(right) + np.abs(left) + 1e-6)
            assert np.mean(smooth) > 0.8
            mean = (right + left) / 2
            assert slope[smooth] == pytest.approx(mean[smooth], rel=1e-3, abs=1e-5)
