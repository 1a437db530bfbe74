"""Proofs at 40 devices take tens of parts, not thousands: prices move far enough, numbers are made whole."""

import numpy as np
import pytest

from mecopt.arithmetic import FLOAT
from mecopt.problems.aoi_pricing import closed_form, exact
from mecopt.problems.aoi_pricing.statement import tree
from tests.aoi_pricing.cases import P1

FEW = 150

STALLED = [
    ("snapshot", 0),
    ("snapshot-computation", 3),
    ("authors-computation", 0),
    ("authors-computation", 17),
]


@pytest.mark.parametrize(("scenario", "seed"), STALLED)
@np.errstate(all="ignore")
def test_few_parts_are_branched(scenario: str, seed: int) -> None:
    t = closed_form.terms(P1.sample(users=40, servers=4, seed=seed, scenario=scenario))
    found, _ = exact.solve(t, gap=5e-11)
    assert found.gap <= 5e-11
    assert found.branched < FEW


@pytest.mark.parametrize("seed", [3, 13])
@np.errstate(all="ignore")
def test_the_referee_needs_few_parts(seed: int) -> None:
    s = P1.sample(users=40, servers=4, seed=seed, scenario="authors-computation")
    d = P1.statement.lift(FLOAT, s)
    value = float(P1.statement.value(FLOAT, d, P1.run(s, method="exact").x))
    found = tree.search(
        d, value - float(np.sum(d.local_cost)), P1.statement.best_prices(d), slack=1e-10 * value
    )
    assert found is not None
    assert len(found.may) < 4 * FEW
    assert float(P1.statement.searched_bound(FLOAT, d, found)) >= value * (1 - 1e-10)
