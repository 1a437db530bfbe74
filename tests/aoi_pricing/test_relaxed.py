"""The relaxation of one server, solved for the claims, against the referee's search for prices."""

import numpy as np
import pytest
from flint import arb

from mecopt.arithmetic import ball_arithmetic
from mecopt.problems.aoi_pricing.claims.common import data, dual
from mecopt.problems.aoi_pricing.claims.minimisers import best_prices, no_less_than_best, searched_prices


def drawn(seed: int):
    rng = np.random.default_rng(seed)
    users = int(rng.integers(1, 5))
    nothing = [0.0] * users
    column = {name: rng.choice([1.0, 4.0, 9.0, 0.1, 0.01], (users, 1)).tolist() for name in ("A", "S")}
    return column | {
        "s": [[0.0]] * users,
        "D": rng.choice([1.0, 5.0, 8.0, 12.0, 20.0], users).tolist(),
        "E_loc": nothing,
        "E_tx": [[0.0]] * users,
        "B": [1.0] * users,
        "alpha": 0.0,
    }


@pytest.mark.parametrize("seed", range(25))
def test_prices_are_the_best(seed: int) -> None:
    with ball_arithmetic():
        d = data(drawn(seed))
        mu, nu, _ = best_prices(d)
        other_mu, other_nu, _ = searched_prices(d)
        best, theirs = (float(dual(d, *p)) for p in ((mu, nu), (other_mu, other_nu)))
        assert best >= theirs - 1e-12
        assert float(mu[0]) == pytest.approx(float(other_mu[0]), abs=1e-4)
        # strong duality: the value of the point bounds g from above and meets it
        top = no_less_than_best(d)
        assert float(top) == pytest.approx(best, abs=1e-11)
        assert top >= dual(d, [mu[0] * arb("0.9")], nu)
