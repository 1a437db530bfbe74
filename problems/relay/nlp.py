r"""P1 as a smooth nonlinear programme in logarithms, by sequential quadratic programming (SciPy's SLSQP).

    min ln(w T + E)   s.t.  T1, T2 <= T,  budgets, bands,  beta + (1 - beta) = 1

in logarithms of shares of the limits, of both loads and of T. Derivatives by complex steps: exact to
rounding. A local method: it proves nothing.
"""

from typing import Any

import numpy as np

from mecopt.instance import Array

from .links import Data, Plan, costs, objective

LOWEST = -45.0
TINY = 1e-30
"""The complex step: no cancellation, however small."""

NAMES = ("f_a", "f_r", "p1", "p2", "q", "p4", "af_band", "df_band", "rest", "beta", "time")


def _rows(d: Data, scale: float, y: Any) -> Any:
    """Objective and constraints (all but the last <= 0, the last = 0), for columns of logarithms."""
    v = dict(zip(NAMES, np.exp(y), strict=True))
    af_spread, df_spread = (v["af_band"], v["df_band"]) if d.nu else (1.0, 1.0)
    a, c = d.snr[0] * v["p1"] / af_spread, d.snr[1] * v["q"] / af_spread
    af = v["rest"] * d.down_nats / (v["af_band"] * np.log1p(a * c / (1 + a + c)))
    up = v["beta"] * d.up_nats / (v["df_band"] * np.log1p(d.snr[2] * v["p2"] / df_spread))
    down = v["beta"] * d.down_nats / (v["df_band"] * np.log1p(d.snr[3] * v["p4"] / df_spread))
    local = v["rest"] * d.cycles / (v["f_a"] * d.user_frequency)
    edge = v["beta"] * d.cycles / (v["f_r"] * d.relay_frequency)
    energy = d.kappa_user * v["rest"] * d.cycles * (v["f_a"] * d.user_frequency) ** 2
    energy = energy + d.kappa_relay * v["beta"] * d.cycles * (v["f_r"] * d.relay_frequency) ** 2
    energy = energy + (d.user_power * v["p1"] + d.relay_power * v["q"]) * af
    energy = energy + d.user_power * v["p2"] * up + d.relay_power * v["p4"] * down
    time = v["time"] * scale / d.weight
    return np.array(
        [
            np.log((d.weight * time + energy) / scale),
            np.log((local + af / d.eta) / time),
            np.log((up + edge + down) / time),
            np.log(v["p1"] + v["p2"]),
            np.log(v["q"] + v["p4"]),
            np.log(v["af_band"] + v["df_band"]),
            np.log(v["rest"] + v["beta"]),
        ]
    )


def refine(d: Data, start: Plan, *, steps: int = 200) -> Plan:
    """A local optimum near a plan with both branches in use; the start itself where nothing is better."""
    from scipy.optimize import minimize

    scale = objective(d, start)
    y0 = _logs(d, start, scale)
    steps_of = np.eye(len(NAMES)) * 1j * TINY

    def evaluate(y: Array) -> tuple[Array, Array]:
        columns = y[:, None] + np.concatenate([steps_of, np.zeros((len(NAMES), 1))], axis=1)
        rows = _rows(d, scale, columns)
        return rows[:, -1].real, rows[:, :-1].imag / TINY

    constraints = [
        {"type": "ineq", "fun": lambda y: -evaluate(y)[0][1:6], "jac": lambda y: -evaluate(y)[1][1:6]},
        {"type": "eq", "fun": lambda y: evaluate(y)[0][6:], "jac": lambda y: evaluate(y)[1][6:]},
    ]
    bounds = [(LOWEST, 0.0)] * 10 + [(LOWEST, 10.0)]
    with np.errstate(all="ignore"):
        found = minimize(
            lambda y: evaluate(y)[0][0],
            y0,
            jac=lambda y: evaluate(y)[1][0],
            method="SLSQP",
            bounds=bounds,
            constraints=constraints,
            options={"maxiter": steps, "ftol": 1e-15},
        )
        reached = plan(d, found.x) if np.all(np.isfinite(found.x)) else start
    return reached if objective(d, reached) <= scale else start


def _logs(d: Data, x: Plan, scale: float) -> Array:
    found = costs(d, x)
    shares = [
        x.user_frequency / d.user_frequency,
        x.relay_frequency / d.relay_frequency,
        x.user_af_power / d.user_power,
        x.user_df_power / d.user_power,
        x.relay_af_power / d.relay_power,
        x.relay_df_power / d.relay_power,
        1 - x.omega,
        x.omega,
        1 - x.beta,
        x.beta,
        max(found.af_time, found.df_time) * d.weight / scale,
    ]
    return np.clip(np.log(np.maximum(shares, 1e-300)), LOWEST, [0.0] * 10 + [10.0])


def plan(d: Data, y: Array) -> Plan:
    """A feasible plan: what exceeds a budget by rounding is scaled down."""
    v = dict(zip(NAMES, np.exp(y).tolist(), strict=True))
    users, relays = max(v["p1"] + v["p2"], 1.0), max(v["q"] + v["p4"], 1.0)
    return Plan(
        beta=v["beta"] / (v["beta"] + v["rest"]),
        omega=v["df_band"] / (v["df_band"] + v["af_band"]),
        user_frequency=min(v["f_a"], 1.0) * d.user_frequency,
        relay_frequency=min(v["f_r"], 1.0) * d.relay_frequency,
        user_af_power=v["p1"] / users * d.user_power,
        user_df_power=v["p2"] / users * d.user_power,
        relay_af_power=v["q"] / relays * d.relay_power,
        relay_df_power=v["p4"] / relays * d.relay_power,
    )
