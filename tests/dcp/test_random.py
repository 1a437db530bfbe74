"""Random models of all three cones, against a solver that the certificate does not use."""

import cvxpy as cp
import numpy as np
import pytest

import mecopt

AGREE = 1e-5
"""SCS is asked for 1e-9 on its own residuals and reaches this on the value."""


@pytest.mark.parametrize("seed", range(12))
def test_the_bound_agrees_with_another_solver(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(2, 8)), int(rng.integers(1, 6))
    x, t = cp.Variable(n, name="x"), cp.Variable(name="t")
    A = rng.standard_normal((m, n))
    start = rng.uniform(-1, 1, n)
    rows = [A @ x <= A @ start + rng.uniform(0.1, 1, m), cp.norm(x) <= 3, t >= cp.log_sum_exp(x)]
    if seed % 2:
        rows.append(cp.sum(x) == start.sum())
    objective = t + rng.standard_normal(n) @ x + 5  # away from 0, where a relative gap says little
    problem = cp.Problem(cp.Minimize(objective), rows)
    problem.solve(solver="SCS", eps_abs=1e-9, eps_rel=1e-9, max_iters=100_000)
    report = mecopt.certify(problem)
    assert report.rigorous, str(report)
    assert report.bound <= report.upper
    assert report.bound == pytest.approx(problem.value, rel=AGREE)
    assert report.gap <= AGREE
    shifted = mecopt.certify(problem, {"x": x.value * 0.9, "t": t.value}).bound
    assert shifted == pytest.approx(report.bound, rel=1e-9)  # the bound is the model's, not the point's
