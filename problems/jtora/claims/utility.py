"""The utility and how it splits (Section II, III): (16), (19), who offloads, decoupling, hardness."""

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import sympy as sp
from flint import arb
from hypothesis import strategies as st

from mecopt.arithmetic import ball_arithmetic
from mecopt.claims import Interval, Mutant, ProofError, agree, at_least, claim
from mecopt.instance import Array

from .. import JTORA, closed_form
from ..algorithms import coupled, exact
from ..terms import Decision, Terms
from .common import (
    PAPER,
    Ball,
    Case,
    allocated,
    exact_model,
    network,
    networks,
    random_decision,
    relative,
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
        rate = float(s.bandwidth) / s.sizes["subbands"] * np.log2(1 + theta[u] * p)
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
    statement="J = Σ λ (β^t + β^e) − V with V = Σ λ (β^t t/t^l + β^e E/E^l), for every feasible (X, P, F); the first "
    "sum is constant for fixed X. (rec.)",
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
    statement="V = Σ (φ + ψ p)/log₂(1 + γ) + Σ η/f, φ = λβ^t d/(t^l W), ψ = λβ^e d/(E^l W), η = λβ^t f^l. (rec.)",
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
        cost = (phi + psi * p) / np.log2(1 + theta[u] * p) + eta / f
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
    statement="Users with J_u ≤ 0 should not offload: in an optimal decision every offloaded user has J_u ≥ 0.",
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
    s, t = network(case)
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

graphs = st.integers(1, 5).flatmap(
    lambda n: st.fixed_dictionaries(
        {"vertices": st.just(n), "edges": st.lists(st.sampled_from([*combinations(range(n), 2)]), max_size=8)}
        if n > 1
        else {"vertices": st.just(n), "edges": st.just([])}
    )
)


HEARD = 10**-4.5
"""Between the noise, 1e-9, and the gain to one's own server: next to a sender, or at its server, the rate is 15
bit/s/Hz and not 30, too little to gain anything at φ = 20."""


def drowned(case: Case) -> Array:
    """Gains: 1 to one's own server, `HEARD` to those of neighbours."""
    gain = np.eye(case["vertices"])
    for a, b in case["edges"]:
        gain[a, b] = gain[b, a] = HEARD
    return gain


@claim(
    id="JTORA-NP",
    source=f"{PAPER}, after (12)",
    statement="(12) is NP-hard. (Tested: the largest independent set of a graph is the number of users who offload in "
    "an optimum with one user, one server and one slot per vertex, whose neighbours drown each other; "
    "finding one is NP-hard.)",
    recorded="certified",
    draws=graphs,
    subject=drowned,
    mutants=[
        Mutant("nobody interferes", lambda c: np.eye(c["vertices"])),
        Mutant("everybody does", lambda c: HEARD + (1 - HEARD) * np.eye(c["vertices"])),
    ],
    tol=0.0,
    tol_reason="a count; the optimal value is enclosed by the referee, to 1e-6 users",
    max_samples=40,
)
def independent_sets(case: Case, gains: Callable[[Case], Array]) -> Any:
    n = case["vertices"]
    edges = {tuple(edge) for edge in case["edges"]}
    sets = (set(c) for k in range(n + 1) for c in combinations(range(n), k))
    largest = max(len(c) for c in sets if not any(a in c and b in c for a, b in edges))
    s = JTORA.instance(
        {
            **dict.fromkeys(
                ("max_transmit_power", "workload", "energy_coefficient", "provider_preference"), 1.0
            ),
            **{
                "channel_gain": gains(case)[:, :, None],
                "bandwidth": 1e3,
                "noise_power": 1e-9,
                "input_bits": 3.2e5,
            },
            **{
                "local_frequency": 0.0625,
                "server_frequency": 1e4,
                "time_preference": 1.0,
                "energy_preference": 0.0,
            },
        }
    )
    certificate = JTORA.solve(s).certificate
    # alone a user gains 1 - 20/log2(1 + 1e9) - 6.25e-6; two neighbours never both reach the 20 bit/s/Hz they need
    each = 1 - 20 / np.log2(1 + 1e9) - 6.25e-6
    upper, lower = float(certificate.bound) / each, float(certificate.upper) / each
    low, high = largest - 1e-6, largest + 1e-6
    return Interval(min(lower - low, high - upper), min(upper - low, high - lower))


@claim(
    id="JTORA-D14",
    source=f"{PAPER}, (13) to (15)",
    statement="max over X of max over P, F of J is the maximum over X of J*(X), the optimum of (15).",
    recorded="supported",
    draws=networks(
        users=(1, 3), servers=(1, 2), subbands=(1, 1), time_preference=st.sampled_from([0.5, 0.9, 1.0])
    ),
    subject=lambda t, x: coupled.powers(t, x),
    mutants=[
        Mutant("J*(X) at a tenth of the power", lambda t, x: 0.1 * coupled.powers(t, x)),
        Mutant("J*(X) at twice the power", lambda t, x: 2 * coupled.powers(t, x)),
    ],
    tol=1e-9,
    tol_reason="relative to the value: the inner optimum is found in doubles",
    max_samples=30,
)
def maximum_of_maxima(case: Case, powers: Callable[[Terms, Decision], Array]) -> Any:
    s, t = network(case)
    model = exact_model(s)
    outer = JTORA.solve(model).certificate
    best = 0.0
    for x in _decisions(t):
        point = {**allocated(t, x), "transmit_power": powers(t, x)}
        best = max(
            best, float(JTORA.certify(model, point, _any_prices(model), rigorous=False, tol=1e300).value)
        )
    return agree(best, float(outer.bound), scale=max(1.0, float(outer.bound)))


def _any_prices(s: Any) -> dict[str, Array]:
    return {"user_price": np.ones(s.sizes["users"]), "server_price": np.zeros(s.sizes["servers"])}


def _decisions(t: Terms) -> Any:
    """All decisions of one sub-band with living channels."""
    users, servers, _ = t.shape
    for choice in np.ndindex(*(servers + 1,) * users):
        taken = [c for c in choice if c]
        if len(set(taken)) == len(taken) and all(
            not c or t.gain[u, c - 1, 0] > 0 for u, c in enumerate(choice)
        ):
            server = np.array(choice) - 1
            yield Decision(server, np.where(server >= 0, 0, -1))


Mixed = Callable[[Ball, Ball, Ball, Ball], Ball]


@claim(
    id="JTORA-D18",
    source=f"{PAPER}, (18)",
    statement="For fixed X the cost is a function of P plus a function of F, so that (18) decouples into UPA and CRA: "
    "J(P, F) + J(P', F') = J(P, F') + J(P', F).",
    recorded="certified",
    draws=with_seed(networks(time_preference=st.sampled_from([0.5, 0.25, 1.0]))),
    subject=lambda a, b, c, d: a + b - c - d,
    mutants=[
        Mutant("J(P, F) = J(P', F')", lambda a, b, c, d: a - b),
        Mutant("J does not depend on F", lambda a, b, c, d: a - c),
    ],
    tol=1e-30,
    tol_reason="relative to the four utilities, in balls of 1e-48",
)
def separates(case: Case, rest: Mixed) -> Any:
    s, t = network(case)
    model = exact_model(s)
    x = random_decision(t, case["seed"])
    if not x.offloading.size:
        return None
    one = allocated(t, x)
    half = {
        "transmit_power": one["transmit_power"] / 2 + t.most / 8,
        "compute_allocation": one["compute_allocation"] / 4,
    }
    mixes = [
        {},
        half,
        {"compute_allocation": half["compute_allocation"]},
        {"transmit_power": half["transmit_power"]},
    ]
    values = [
        utility(model, {**one, **{k: np.where(x.server >= 0, v, 0) for k, v in m.items()}}) for m in mixes
    ]
    if not all(v.is_finite() for v in values):
        return None
    with ball_arithmetic():
        return relative(arb(0), abs(rest(*values)), 1 + sum((abs(v) for v in values), arb(0)))
