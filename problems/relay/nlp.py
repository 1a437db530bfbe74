r"""P1 as a smooth nonlinear programme in logarithms, by sequential quadratic programming (SciPy's SLSQP).

    min ln(w T + E)   s.t.  T1, T2 <= T,  budgets, bands,  beta + (1 - beta) = 1

in logarithms of shares of the limits, of both loads and of T. FDHR (`half`) and TDHR (`slots`) are the same
with the bands given, TDHR without common budgets and with the times of its slots. Derivatives by complex
steps: exact to rounding. A local method: it proves nothing.
"""

import math
from typing import Any

import numpy as np

from mecopt.instance import Array

from .links import Data, Plan, cost, costs

LOWEST = -45.0
TINY = 1e-30
"""The complex step: no cancellation, however small."""

NAMES = ("f_a", "f_r", "p1", "p2", "q", "p4", "af_band", "df_band", "rest", "beta", "time")

AF_BAND, DF_BAND = NAMES.index("af_band"), NAMES.index("df_band")

ASIDE = np.eye(len(NAMES), len(NAMES) + 1) * 1j * TINY
"""One complex step per variable, and none."""


BANDS = {"half": math.log(0.5), "slots": 0.0}
"""Logarithms of both bands where the mode gives them."""


def _rows(d: Data, mode: str, scale: float, y: Any) -> Any:
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
    if mode == "slots":
        # T >= max{slot + edge, max(slot, local) + slot} + down for a slot of either length
        lengths = (up, af / d.eta)
        delays = [slot + other + down for slot in lengths for other in (edge, slot, local)]
        limited = []
    else:
        delays = [local + af / d.eta, up + edge + down]
        limited = [v["p1"] + v["p2"], v["q"] + v["p4"]]
        limited += [v["af_band"] + v["df_band"]] if mode == "hybrid" else []
    rows = [(d.weight * time + energy) / scale, *(delay / time for delay in delays), *limited]
    return np.log(np.array([*rows, v["rest"] + v["beta"]]))


def refine(d: Data, start: Plan, *, mode: str = "hybrid", steps: int = 200) -> Plan:
    """A local optimum near a plan with both branches in use; the start itself where nothing is better."""
    from scipy.optimize import minimize

    scale = cost(d, start, mode)
    y0 = _logs(d, start, scale)
    bounds = [(LOWEST, 0.0)] * 10 + [(LOWEST, 10.0)]
    if mode in BANDS:
        y0[AF_BAND : DF_BAND + 1] = BANDS[mode]
        bounds[AF_BAND : DF_BAND + 1] = [(BANDS[mode], BANDS[mode])] * 2
    last: list[tuple[bytes, tuple[Array, Array]]] = []

    def evaluate(y: Array) -> tuple[Array, Array]:
        """Rows and derivatives; the solver asks for them in six pieces at every point."""
        at = y.tobytes()
        if not last or last[0][0] != at:
            rows = _rows(d, mode, scale, y[:, None] + ASIDE)
            last[:] = [(at, (rows[:, -1].real, rows[:, :-1].imag / TINY))]
        return last[0][1]

    constraints = [
        {"type": "ineq", "fun": lambda y: -evaluate(y)[0][1:-1], "jac": lambda y: -evaluate(y)[1][1:-1]},
        {"type": "eq", "fun": lambda y: evaluate(y)[0][-1:], "jac": lambda y: evaluate(y)[1][-1:]},
    ]
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
        reached = plan(d, found.x, mode=mode) if np.all(np.isfinite(found.x)) else start
    return reached if cost(d, reached, mode) <= scale else start


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


def plan(d: Data, y: Array, *, mode: str = "hybrid") -> Plan:
    """A feasible plan: what exceeds a budget by rounding is scaled down."""
    v = dict(zip(NAMES, np.exp(y).tolist(), strict=True))
    users, relays = max(v["p1"] + v["p2"], 1.0), max(v["q"] + v["p4"], 1.0)
    if mode == "slots":  # no two transmissions share a budget
        users, relays = max(v["p1"], v["p2"], 1.0), max(v["q"], v["p4"], 1.0)
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
