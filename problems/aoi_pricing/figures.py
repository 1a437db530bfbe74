"""Figures 4 to 8 and Table 5 by simulation, the optimum of single snapshots, and Algorithm 1 step by step.

The paper's are means over 100 networks of 10 000 slots; here a run has `SLOTS`, which is affordable, and as
many networks as the command line says. `mecopt reproduce aoi_pricing 4a --samples 100` takes more of them.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial

import numpy as np

from mecopt.figures import Figure, Outcome, Scheme
from mecopt.instance import Instance

from . import P1, closed_form, policies, pricing
from .simulation import Measures, world

SLOTS = 2000

LABELS = {
    "pricing": "proposed (paper's rule)",
    "pricing-authors-code": "proposed (authors' code)",
    "exact": "exact in each slot",
    "random": "Random",
    "max-sinr": "Max SINR",
    "max-compute": "Max Compute",
    "combined": "Combined",
}

CAPTION = (
    "Simulation with the set `authors` (figures read in the authors' public code): {rest}; runs of "
    f"{SLOTS} slots of 0.1 s where the paper has 10 000, means over finished tasks, prices from 0. The same "
    "networks, tasks and fading for all schemes."
)

MIXES = {"a": ("", "balanced"), "b": ("-communication", "communication-intensive"),
         "c": ("-computation", "computation-intensive")}  # fmt: skip
USERS = (20, 40, 80, 120, 160)
TABLE_USERS = (40, 100, 160)
EPSILONS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
ALPHAS = {"0": 0.0, "1": 1.0, "10": 10.0, "100": 100.0}

Measure = Callable[[Measures], float]


def latency(r: Measures) -> float:
    return r.per_task(r.latency)


def upload(r: Measures) -> float:
    return r.per_task(r.upload)


def compute(r: Measures) -> float:
    return r.per_task(r.compute)


def device_energy(r: Measures) -> float:
    return r.per_task(r.device_energy) / 3.6


def server_energy(r: Measures) -> float:
    return r.per_task(r.server_energy) / 3600


def device_energy_as_coded(r: Measures) -> float:
    return r.battery_energy / r.battery_slots / 3.6 if r.battery_slots else math.nan


def server_energy_as_coded(r: Measures) -> float:
    return r.running_energy / r.served_slots / 3600 if r.served_slots else math.nan


@cache
def run(
    mix: str,
    users: int,
    servers: int,
    policy: str,
    seed: int,
    local: float = 0.2,
    alpha: float = 1.0,
    airtime: float = 1.0,
) -> Measures:
    """One run, shared by figures of different measures. Airtime takes `airtime` times the energy."""
    drawn = world(f"authors{mix}", users=users, servers=servers, seed=seed)
    if airtime != 1.0:
        drawn = replace(drawn, factor=drawn.factor * airtime)
    return policies.run(policy, drawn, slots=SLOTS, local=local, alpha=alpha)


def seeds(samples: int, seed: int) -> Sequence[int]:
    """One seed for each network."""
    return [100_000 * seed + i for i in range(samples)]


def _outcome(value: float) -> Outcome:
    return Outcome(value, said="no task finished" if math.isnan(value) else "")


def by_users(mix: str, servers: int, what: Measure, seed: int, users: float) -> Mapping[str, Outcome]:
    return {name: _outcome(what(run(mix, int(users), servers, name, seed))) for name in LABELS}


def by_epsilon(mix: str, what: Measure, seed: int, epsilon: float) -> Mapping[str, Outcome]:
    fixed = ("pricing", "pricing-authors-code", "exact")
    return {
        name: _outcome(what(run(mix, 80, 8, name, seed, *(() if name in fixed else (epsilon,)))))
        for name in LABELS
    }


def by_alpha(what: Measure, seed: int, users: float) -> Mapping[str, Outcome]:
    return {
        name: _outcome(what(run("", int(users), 4, "pricing", seed, 0.2, alpha)))
        for name, alpha in ALPHAS.items()
    }


CURVES = tuple(Scheme(name, label) for name, label in LABELS.items())


def _simulated(
    key: str, title: str, rest: str, what: Measure, label: str, unit: str, *, mix: str, servers: int
) -> Figure:
    return Figure(
        key=key,
        title=title,
        caption=CAPTION.format(rest=rest),
        axis="devices",
        unit="",
        points=USERS,
        schemes=CURVES,
        draw=seeds,
        measure=partial(by_users, mix, servers, what),
        quantity_label=label,
        quantity_unit=unit,
        ratios=(("pricing", "max-sinr"), ("pricing", "exact"), ("pricing-authors-code", "pricing")),
    )


def _figure_4(letter: str) -> Figure:
    mix, words = MIXES[letter]
    rest = f"{words} tasks, 4 servers, alpha = 1 s, local probability of the baselines 0.2"
    title = f"Figure 4{letter}: latency, {words} network"
    return _simulated(f"4{letter}", title, rest, latency, "mean latency", "s", mix=mix, servers=4)


def _latency_part(number: int, letter: str, servers: int) -> Figure:
    mix, words = MIXES["b" if number == 5 else "c"]
    what, part = (upload, "communication") if number == 5 else (compute, "computation")
    title = f"Figure {number}{letter}: {part} latency, {words} network, {servers} servers"
    rest = f"{words} tasks, {servers} servers, alpha = 1 s; local tasks count as computation"
    label = f"mean {part} latency"
    return _simulated(f"{number}{letter}", title, rest, what, label, "s", mix=mix, servers=servers)


PRINTED: dict[str, dict[str, tuple[tuple[float, ...], tuple[float, ...]]]] = {
    # local mWh and edge Wh per task, Table 5
    "b": {
        "random": ((0.280, 0.231, 0.232), (24.6, 28.1, 31.0)),
        "max-sinr": ((0.172, 0.128, 0.128), (19.5, 22.4, 25.2)),
        "max-compute": ((0.184, 0.260, 0.303), (27.0, 29.0, 30.8)),
        "combined": ((0.177, 0.183, 0.211), (23.6, 26.4, 28.7)),
        "pricing": ((0.062, 0.061, 0.077), (8.42, 8.97, 9.44)),
    },
    "c": {
        "random": ((0.311, 0.361, 0.441), (132, 138, 141)),
        "max-sinr": ((0.301, 0.324, 0.365), (126, 149, 182)),
        "max-compute": ((0.338, 0.275, 0.272), (131, 167, 199)),
        "combined": ((0.315, 0.303, 0.332), (109, 138, 166)),
        "pricing": ((0.129, 0.182, 0.241), (89.9, 94.8, 100)),
    },
}  # fmt: skip


def as_coded(mix: str, what: Measure, seed: int, users: float) -> Mapping[str, Outcome]:
    """The code adds joules of airtime to watt hours of computing: 3600 times too many."""
    return {
        name: _outcome(what(run(mix, int(users), 12, name, seed, airtime=3600.0)))
        for name in LABELS
        if name != "exact"
    }


ENERGIES: dict[str, tuple[tuple[str, Measure, str], ...]] = {
    "": (("local", device_energy, "mWh"), ("edge", server_energy, "Wh")),
    "-as-coded": (("local", device_energy_as_coded, "mWh"), ("edge", server_energy_as_coded, "Wh")),
}
MEANT = {
    "": "energy per task, 1e10 flop per joule",
    "-as-coded": "what the authors' code averages: over slots and devices with a battery, local; over slots "
    "and tasks computed, of what the server has spent so far, edge; joules of airtime added to watt hours",
}


def _table_5(letter: str, side: int, accounting: str) -> Figure:
    mix, words = MIXES[letter]
    where, what, unit = ENERGIES[accounting][side]
    printed = PRINTED[letter]
    names = [name for name in LABELS if not accounting or name != "exact"]
    return Figure(
        key=f"table-5-{words.partition('-')[0]}-{where}{accounting}",
        title=f"Table 5: {where} energy, {words} network, 12 servers",
        caption=CAPTION.format(rest=f"{words} tasks, 12 servers, alpha = 1 s; {MEANT[accounting]}"),
        axis="devices",
        unit="",
        points=TABLE_USERS,
        schemes=tuple(
            Scheme(name, LABELS[name], printed[name][side] if name in printed else None) for name in names
        ),
        draw=seeds,
        measure=partial(as_coded, mix, what) if accounting else partial(by_users, mix, 12, what),
        quantity_label=f"mean {where} energy",
        quantity_unit=unit,
        log_y=True,
    )


def _figure_7(letter: str, what: Measure, label: str, unit: str, suffix: str) -> Figure:
    mix, words = MIXES["b" if letter == "a" else "c"]
    return Figure(
        key=f"7{letter}{suffix}",
        title=f"Figure 7{letter}: {label} against the baselines' local probability, {words} network",
        caption=CAPTION.format(rest=f"{words} tasks, 80 devices, 8 servers, alpha = 1 s")
        + " The paper plots the inverses of latency and energy against each other.",
        axis="local probability of the baselines",
        unit="",
        points=EPSILONS,
        schemes=CURVES,
        draw=seeds,
        measure=partial(by_epsilon, mix, what),
        quantity_label=f"mean {label}",
        quantity_unit=unit,
        log_y=True,
    )


def _figure_8(letter: str, what: Measure, label: str, unit: str) -> Figure:
    return Figure(
        key=f"8{letter}",
        title=f"Figure 8{letter}: {label} of the proposed scheme for several alpha",
        caption=CAPTION.format(rest="balanced tasks, 4 servers, the paper's rule"),
        axis="devices",
        unit="",
        points=USERS,
        schemes=tuple(Scheme(name, f"alpha = {name} s") for name in ALPHAS),
        draw=seeds,
        measure=partial(by_alpha, what),
        quantity_label=f"mean {label}",
        quantity_unit=unit,
    )


# ------------------------------------------------------------------------------------ snapshots

SNAPSHOT_METHODS = {
    "bound": "dual bound",
    "local-search": "prices, then moves and exchanges",
    "pricing": "Algorithm 1, best association",
    "pricing-last": "Algorithm 1, last association",
    "baseline:random": "Random",
    "baseline:max-sinr": "Max SINR",
    "baseline:max-compute": "Max Compute",
    "baseline:combined": "Combined",
}


def draw_snapshots(samples: int, seed: int) -> Sequence[Instance]:
    drawn = P1.sample(users=USERS[-1], servers=4, batch=samples, seed=seed, scenario="snapshot")
    return [drawn[i] for i in range(samples)]


def by_snapshot(s: Instance, users: float) -> Mapping[str, Outcome]:
    """Cost per device of the first devices of a network; every point judged, the bound is the referee's."""
    axes = {f.name: f.axes for f in P1.fields}
    cut = {k: a[: int(users)] if axes[k][:1] == ("users",) else a for k, a in s.data.items()}
    one = P1.instance(cut)
    found, bound = {}, math.nan
    for method in SNAPSHOT_METHODS:
        if method != "bound":
            point = P1.run(one, method=method)
            judged = P1.certify(one, point.x, rigorous=False, tol=0.05)
            bound = float(np.fmax(bound, judged.bound))
            found[method] = float(judged.value)
    # points within 5 % of the dual bound are not searched further
    lower = bound / users
    return {"bound": Outcome(lower, lower)} | {k: Outcome(v / users, lower) for k, v in found.items()}


SNAPSHOT = Figure(
    key="snapshot",
    title="Cost of a single snapshot: proved bound, Algorithm 1 and baselines",
    caption="Set `snapshot` (the paper's tables, what they leave open assumed): balanced tasks, 4 servers, "
    "alpha = 1 s, "
    "cost with best shares. More devices are added to the same network.",
    axis="devices",
    unit="",
    points=USERS,
    schemes=tuple(Scheme(name, label) for name, label in SNAPSHOT_METHODS.items()),
    draw=draw_snapshots,
    measure=by_snapshot,
    quantity_label="mean cost per device",
    quantity_unit="s",
    orders=tuple(("bound", name) for name in SNAPSHOT_METHODS if name != "bound"),
    ratios=(("local-search", "bound"), ("pricing", "bound"), ("pricing-last", "bound")),
    log_y=True,
)

ITERATIONS = (1, 10, 30, 100, 300, 1000, 2000)


def draw_small(samples: int, seed: int) -> Sequence[Instance]:
    drawn = P1.sample(users=40, servers=4, batch=samples, seed=seed, scenario="snapshot")
    return [drawn[i] for i in range(samples)]


def by_iteration(s: Instance, steps: float) -> Mapping[str, Outcome]:
    """Best bound and best cost after so many steps, constant and diminishing; cost of the last
    association."""
    t = closed_form.terms(s)
    outcomes = {}
    for name, found in (
        ("constant", pricing.paper(t, max_steps=int(steps))),
        ("diminishing", pricing.decreasing(t, max_steps=int(steps))),
    ):
        outcomes[f"{name}-bound"] = Outcome(found.bound)
        outcomes[f"{name}-best"] = Outcome(found.cost)
        outcomes[f"{name}-last"] = Outcome(closed_form.total_cost(t, found.last))
    return outcomes


PRICES = Figure(
    key="prices",
    title="Algorithm 1: bound and cost over its steps",
    caption="Set `snapshot`, balanced tasks, 40 devices, 4 servers, alpha = 1 s; prices from 0, constant "
    "steps 0.02 "
    "(assumed) and steps 4/(t + 2).",
    axis="steps",
    unit="",
    points=ITERATIONS,
    schemes=tuple(
        Scheme(f"{rule}-{what}", f"{rule} steps, {words}")
        for rule in ("constant", "diminishing")
        for what, words in (("bound", "best bound"), ("best", "best cost"), ("last", "last cost"))
    ),
    draw=draw_small,
    measure=by_iteration,
    quantity_label="mean total cost",
    quantity_unit="s",
    log_x=True,
    log_y=True,
)

FIGURES = (
    *(_figure_4(letter) for letter in "abc"),
    _latency_part(5, "a", 4),
    _latency_part(5, "b", 8),
    _latency_part(6, "a", 4),
    _latency_part(6, "b", 8),
    *(_table_5(letter, side, way) for letter in "bc" for side in (0, 1) for way in ENERGIES),
    _figure_7("a", latency, "latency", "s", ""),
    _figure_7("a", device_energy, "local energy per task", "mWh", "-energy"),
    _figure_7("b", latency, "latency", "s", ""),
    _figure_7("b", device_energy, "local energy per task", "mWh", "-energy"),
    _figure_8("a", latency, "latency", "s"),
    _figure_8("b", device_energy, "local energy per task", "mWh"),
    SNAPSHOT,
    PRICES,
)
