"""NP-hardness of (12), and how (13) splits into (14), (15) and (18) (Section III)."""

import json
from collections.abc import Callable
from functools import lru_cache
from itertools import combinations
from typing import Any

import numpy as np
from flint import arb
from hypothesis import strategies as st

from mecopt.arithmetic import ball_arithmetic
from mecopt.claims import Interval, Mutant, agree, claim
from mecopt.instance import Array
from mecopt.referee import evaluate

from .. import JTORA
from ..algorithms import coupled
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
from .utility import with_seed

graphs = st.integers(1, 5).flatmap(
    lambda n: st.fixed_dictionaries(
        {"vertices": st.just(n), "edges": st.lists(st.sampled_from([*combinations(range(n), 2)]), max_size=8)}
        if n > 1
        else {"vertices": st.just(n), "edges": st.just([])}
    )
)


HEARD = 10**-4.5
"""Between the noise, 1e-9, and the gain to one's own server: next to a sender, or at its server, the rate is
15 bit/s/Hz and not 30, too little to gain anything at φ = 20."""


def drowned(case: Case) -> Array:
    """Gains: 1 to one's own server, `HEARD` to those of neighbours."""
    gain = np.eye(case["vertices"])
    for a, b in case["edges"]:
        gain[a, b] = gain[b, a] = HEARD
    return gain


@claim(
    id="JTORA-NP",
    source=f"{PAPER}, after (12)",
    statement="(12) is NP-hard. (Tested: the largest independent set of a graph is the number of users who "
    "offload in an optimum with one user, one server and one slot per vertex, whose neighbours drown each "
    "other; finding one is NP-hard.)",
    recorded="certified",
    draws=graphs,
    subject=drowned,
    mutants=[
        Mutant("nobody interferes", lambda c: np.eye(c["vertices"])),
        Mutant("everybody does", lambda c: HEARD + (1 - HEARD) * np.eye(c["vertices"])),
    ],
    tol=0.0,
    tol_reason="a count; the optimal value is enclosed by the referee, to 1e-6 users",
    max_samples=15,
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
    if not certificate.rigorous:
        return None
    with ball_arithmetic():
        # alone a user gains this; two neighbours never both reach the 20 bit/s/Hz they need
        each = 1 - 20 * arb.const_log2() / (1 + arb(10) ** 9).log() - arb("6.25e-6")
        optimum = arb(float(certificate.upper)).union(arb(float(certificate.bound))) / each
        return Interval.from_arb(arb("1e-6") - abs(optimum - largest))


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
    max_samples=12,
)
def maximum_of_maxima(case: Case, powers: Callable[[Terms, Decision], Array]) -> Any:
    s, t = network(case)
    model = exact_model(s)
    bound = _bound(json.dumps(model.to_json()))
    best = 0.0
    for x in _decisions(t):
        point = {**allocated(t, x), "transmit_power": powers(t, x)}
        best = max(best, float(evaluate(model, point)[0]))  # the value alone: no bound is asked for
    return agree(best, bound, scale=max(1.0, bound))


@lru_cache(maxsize=256)
def _bound(text: str) -> float:
    """The proved bound of an instance of JTORA: the same for every subject."""
    return float(JTORA.solve(JTORA.instance(json.loads(text))).certificate.bound)


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
    statement="For fixed X the cost is a function of P plus a function of F, so that (18) decouples into "
    "UPA and CRA: J(P, F) + J(P', F') = J(P, F') + J(P', F).",
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
