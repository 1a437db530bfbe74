"""The utility and how it splits (Section II, III): (16), (19), who offloads, decoupling, hardness."""

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from mecopt.claims import Mutant, ProofError, agree, at_least, claim

from .. import closed_form
from ..algorithms import exact
from ..terms import Decision, Terms
from .common import (
    PAPER,
    Case,
    allocated,
    network,
    networks,
    random_decision,
    utility,
)

seeded = st.integers(0, 99)


def with_seed(cases: Any) -> Any:
    return st.tuples(cases, seeded).map(lambda t: {**t[0], "seed": t[1]})


def prove_split() -> str:
    bt, be, t, tl, e, el, lam = sp.symbols("beta_t beta_e t t_l E E_l lambda", positive=True)
    utility_of_one = lam * (bt * (tl - t) / tl + be * (el - e) / el)
    split = lam * (bt + be) - lam * (bt * t / tl + be * e / el)
    if sp.simplify(utility_of_one - split) != 0:
        raise ProofError("J is not gain less cost")
    return "SymPy: λ J_u = λ (β^t + β^e) − λ (β^t t/t^l + β^e E/E^l); the first part does not hold P or F."


def prove_weights() -> str:
    bt, be, d, rate, c, f, fl, kappa, lam, width, p = sp.symbols(
        "beta_t beta_e d r c f f_l kappa lambda W p", positive=True
    )
    time, energy = d / (width * rate) + c / f, p * d / (width * rate)
    tl, el = c / fl, kappa * fl**2 * c
    phi, psi, eta = lam * bt * d / (tl * width), lam * be * d / (el * width), lam * bt * fl
    if sp.simplify(lam * (bt * time / tl + be * energy / el) - (phi + psi * p) / rate - eta / f) != 0:
        raise ProofError("φ, ψ or η is wrong")
    return "SymPy: λ (β^t t/t^l + β^e E/E^l) = (φ + ψ p)/log₂(1 + γ) + η/f for any rate W log₂(1 + γ)."


Parts = Callable[[dict[str, float], float], tuple[float, float]]


def from_definitions(case: Case, *, split: Callable[[Any, int, float, float], float]) -> Any:
    """J by (1) to (11) from the data, against a split into gains and costs; one decision."""
    s, t = network(case)
    x = random_decision(t, case["seed"])
    point = allocated(t, x)
    theta = closed_form.sinr_per_watt(t, x)
    total, claimed, scale = 0.0, 0.0, 1e-300
    for u in x.offloading:
        p, f = float(point["transmit_power"][u]), float(point["compute_allocation"][u])
        if p == 0 or f == 0:
            return None  # only a limit
        rate = float(s.bandwidth) / s.sizes["subbands"] * np.log1p(theta[u] * p) / np.log(2.0)
        time = float(s.input_bits[u]) / rate + float(s.workload[u]) / f
        energy = p * float(s.input_bits[u]) / rate
        local_time = float(s.workload[u] / s.local_frequency[u])
        local_energy = float(s.energy_coefficient[u] * s.local_frequency[u] ** 2 * s.workload[u])
        total += float(s.provider_preference[u]) * float(
            s.time_preference[u] * (local_time - time) / local_time
            + s.energy_preference[u] * (local_energy - energy) / local_energy
        )
        claimed += split(s, int(u), time / local_time, energy / local_energy)
        scale += 1 + abs(claimed) + abs(total)
    return agree(total, claimed, scale=scale) if x.offloading.size else None


def gain_less_cost(s: Any, u: int, time: float, energy: float) -> float:
    bt, be = float(s.time_preference[u]), float(s.energy_preference[u])
    return float(s.provider_preference[u]) * ((bt + be) - (bt * time + be * energy))


@claim(
    id="JTORA-E16",
    source=f"{PAPER}, (16)",
    statement="J = Σ λ (β^t + β^e) − V with V = Σ λ (β^t t/t^l + β^e E/E^l), for every feasible (X, P, F); "
    "the first sum is constant for fixed X. (rec.)",
    recorded="proved",
    draws=with_seed(networks()),
    subject=gain_less_cost,
    mutants=[
        Mutant(
            "λ only on the gain",
            lambda s, u, t, e: gain_less_cost(s, u, t, e) / float(s.provider_preference[u]),
        ),
        Mutant("+ V", lambda s, u, t, e: gain_less_cost(s, u, -t, -e)),
        Mutant(
            "β^t for both",
            lambda s, u, t, e: float(s.provider_preference[u] * s.time_preference[u]) * (2 - t - e),
        ),
    ],
    tol=1e-12,
    tol_reason="relative to the terms; rounding",
    proof=prove_split,
)
def utility_splits(case: Case, split: Any) -> Any:
    return from_definitions(case, split=split)


Weights = Callable[[Any, int], tuple[float, float, float]]


def printed_weights(s: Any, u: int) -> tuple[float, float, float]:
    """φ, ψ, η from the data."""
    width = float(s.bandwidth) / s.sizes["subbands"]
    lam, bt, be = (
        float(getattr(s, n)[u]) for n in ("provider_preference", "time_preference", "energy_preference")
    )
    c, fl, kappa = (float(getattr(s, n)[u]) for n in ("workload", "local_frequency", "energy_coefficient"))
    d = float(s.input_bits[u])
    return lam * bt * d / (c / fl * width), lam * be * d / (kappa * fl**2 * c * width), lam * bt * fl


def without_width(s: Any, u: int) -> tuple[float, float, float]:
    phi, psi, eta = printed_weights(s, u)
    return phi * float(s.bandwidth), psi * float(s.bandwidth), eta


def no_provider(s: Any, u: int) -> tuple[float, float, float]:
    phi, psi, eta = printed_weights(s, u)
    return phi, psi, eta / float(s.provider_preference[u])


def energy_in_power(s: Any, u: int) -> tuple[float, float, float]:
    phi, psi, eta = printed_weights(s, u)
    return phi, psi / float(s.energy_coefficient[u]), eta


@claim(
    id="JTORA-E19",
    source=f"{PAPER}, (19)",
    statement="V = Σ (φ + ψ p)/log₂(1 + γ) + Σ η/f, φ = λβ^t d/(t^l W), ψ = λβ^e d/(E^l W), η = λβ^t f^l. "
    "(rec.)",
    recorded="proved",
    draws=with_seed(networks()),
    subject=printed_weights,
    mutants=[
        Mutant("B for W", without_width),
        Mutant("η without λ", no_provider),
        Mutant("ψ without κ", energy_in_power),
    ],
    tol=1e-12,
    tol_reason="relative to the terms; rounding. J is evaluated by the referee's text",
    proof=prove_weights,
)
def costs_by_weights(case: Case, weights: Weights) -> Any:
    s, t = network(case)
    x = random_decision(t, case["seed"])
    point = allocated(t, x)
    theta = closed_form.sinr_per_watt(t, x)
    total = scale = 0.0
    for u in x.offloading:
        p, f = float(point["transmit_power"][u]), float(point["compute_allocation"][u])
        if p == 0 or f == 0:
            return None
        phi, psi, eta = weights(s, int(u))
        cost = (phi + psi * p) * np.log(2.0) / np.log1p(theta[u] * p) + eta / f
        gain = float(s.provider_preference[u])
        total, scale = total + gain - cost, scale + gain + abs(cost)
    if not x.offloading.size:
        return None
    return agree(total, float(utility(s, point)), scale=scale)


Optimum = Callable[[Terms], Decision]


def optimal(t: Terms) -> Decision:
    return exact.solve(t, exact=False).decision


def all_who_can(t: Terms) -> Decision:
    return random_decision(t, 0)


@claim(
    id="JTORA-U10",
    source=f"{PAPER}, after (10)",
    statement="Users with J_u ≤ 0 should not offload: in an optimal decision every offloaded user has J_u "
    "≥ 0.",
    recorded="supported",
    draws=networks(users=(1, 4), subbands=(1, 2)),
    subject=optimal,
    mutants=[
        Mutant("any decision", all_who_can),
        Mutant("everybody on the first server", lambda t: _all_on_first(t)),
    ],
    tol=1e-9,
    tol_reason="relative to λ: rounding where a user gains nothing",
    max_samples=60,
)
def nobody_loses(case: Case, decide: Optimum) -> Any:
    _, t = network(case)
    x = decide(t)
    if not x.offloading.size:
        return 1.0
    found = closed_form.allocate(t, x)
    who = x.offloading
    with np.errstate(divide="ignore", invalid="ignore"):
        computing = np.where(t.compute_weight[who] == 0, 0.0, t.compute_weight[who] / found.share[who])
    return at_least(t.offload_gain[who] - found.cost[who] - computing, 0.0, scale=t.offload_gain[who])


def _all_on_first(t: Terms) -> Decision:
    x = Decision.none(t.shape[0])
    for u in range(min(t.shape[0], t.shape[2])):
        x.server[u], x.subband[u] = 0, u
    return x


# NP-hardness: the largest independent set of a graph is read off an optimum. Vertex i is user i at server i,
# on one sub-band; neighbours drown each other, others do not hear each other.
