"""Few instances are solved in plain floats: the same digits as in arrays, whatever the batch."""

import numpy as np
import pytest

from mecopt.problems.shared_data import prices, window
from mecopt.problems.shared_data.prices import Terms
from tests.shared_data.cases import P1, natural


def feasible(*, users: int, seed: int) -> Terms:
    s = natural(batch=150, users=users, seed=seed)
    return prices.terms(s[np.flatnonzero(P1.infeasible(s) == "")])


@pytest.mark.parametrize("users", [1, 2, 3, 7])
@np.errstate(all="ignore")
def test_newtons_method_has_the_digits_of_arrays(users: int) -> None:
    p = feasible(users=users, seed=users)
    cold, on, shortest = window.cold_start(p), ~window._silent(p), window._shortest(p)
    both = [ways.newton(p, cold, on, shortest) for ways in (window.ARRAYS, window.FLOATS)]
    (logit, state, arrived), (logit2, state2, arrived2) = both
    assert 10 < np.sum(arrived) < len(arrived)  # some arrive, some do not
    assert np.array_equal(arrived, arrived2)
    assert np.array_equal(logit, logit2)
    for a, b in zip(state, state2, strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("users", [1, 3])
@pytest.mark.parametrize("share", [0.01, 0.5])
@np.errstate(all="ignore")
def test_prices_at_a_window_have_the_digits_of_arrays(users: int, share: float) -> None:
    p = feasible(users=users, seed=10 + users)
    on, span = ~window._silent(p), p.window * share
    both = [ways.spend_all(p, span, window.cold_start(p), on) for ways in (window.ARRAYS, window.FLOATS)]
    (state, r), (state2, r2) = both
    rows = on[:, 0]
    for a, b in [*zip(state, state2, strict=True), (r.bits, r2.bits), (r.shared, r2.shared)]:
        assert np.array_equal(a[rows], b[rows])


@pytest.mark.parametrize("users", [2, 7])
def test_a_large_batch_has_the_digits_of_its_instances(users: int) -> None:
    s = natural(batch=40, users=users, seed=5)
    s = s[np.flatnonzero(P1.infeasible(s) == "")]
    together, alone = P1.run(s), [P1.run(s[i]) for i in range(len(s.max_latency))]
    assert window.ways_for(prices.terms(s)) is window.ARRAYS
    for name, array in together.x.items():
        assert np.array_equal(array, np.stack([point.x[name] for point in alone])), name
