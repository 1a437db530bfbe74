"""Figures 2 and 3 of the paper, at assumed parameters (see `scenario`).

The paper's levels cannot be compared, as several of its numbers are lost; what its text says about the
curves can be
tested. `placed` has no randomness: realisation 0 is that scenario, the others drop the users anew.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from mecopt.figures import Figure, Outcome, Scheme
from mecopt.instance import Instance
from mecopt.problem import FEASIBILITY
from mecopt.result import Point

from . import P1
from .algorithms import equal_time, local_energy, without_sharing
from .scenario import INPUT_BITS, path_gain

USERS = 4

SCHEMES = (
    Scheme("proposed", "proposed"),
    Scheme("no-shared-data", "no shared data"),
    Scheme("full-offloading", "full offloading"),
    Scheme("equal-time", "equal time length"),
    Scheme("local-only", "local only"),
)

CAPTION = (
    "Assumed, because the numbers are lost or not printed: 4 users at 50, 100, 150, 200 m (first "
    "realisation) or dropped at "
    "30 to 250 m (the others), path loss 128.1 + 37.6 log10(km) dB, 63 kbit each, 1000 cycles per bit, "
    "kappa = 1e-28 (which "
    "give the printed energies of local computing), 1 W and 1 mJ at the base station, a_0 = 1, CPUs of 1 "
    "GHz. As printed: "
    "10 MHz, -169 dBm/Hz, 0.625 J/s to receive. Local only is plotted without its CPU limit, as in the "
    "paper. {rest}"
)


def draw(samples: int, seed: int) -> Sequence[Instance]:
    """The placed users, then dropped ones."""
    rng = np.random.default_rng(seed)
    placed = P1.sample(users=USERS, scenario="placed")
    gains = [path_gain(rng.uniform(0.03, 0.25, USERS)) for _ in range(samples - 1)]
    return [placed, *(placed.replace(uplink_gain=gain, downlink_gain=gain) for gain in gains)]


def _judged(s: Instance, solve: Callable[[Instance], Point] = P1.run, *, tol: float = 1e-6) -> Outcome:
    """A point of an instance, with the bound at the prices of the optimum or, beyond `tol`, better ones."""
    if P1.infeasible(s):
        return Outcome(math.nan, said="infeasible")
    point = solve(s)
    judged = P1.certify(s, point.x, P1.run(s).multipliers, rigorous=False, tol=tol)
    if not judged.infeasibility <= FEASIBILITY:
        return Outcome(math.nan, said=str(point.message) or "no point")
    return Outcome(float(judged.value), float(judged.bound))


def schemes(s: Instance) -> Mapping[str, Outcome]:
    """Every scheme on one instance; each with a bound below its own optimum where there is one."""
    joule, _ = local_energy(s)
    return {
        "proposed": _judged(s),
        "no-shared-data": _judged(without_sharing(s)),
        "local-only": Outcome(float(joule), float(joule)),
        "full-offloading": _judged(s.replace(local_frequency=np.zeros(USERS))),
        # no prices prove anything better than the optimum's
        "equal-time": _judged(s, partial(equal_time, tol=1e-7), tol=1e9),
    }


def by_deadline(s: Instance, milliseconds: float) -> Mapping[str, Outcome]:
    return schemes(s.replace(max_latency=milliseconds / 1e3))


def by_share(latency: float, s: Instance, percent: float) -> Mapping[str, Outcome]:
    return schemes(s.replace(max_latency=latency, shared_bits=percent / 100 * INPUT_BITS))


def _figure_3(key: str, latency: float) -> Figure:
    return Figure(
        key=key,
        title=f"Figure 3: energy against the share of common data, T = {latency * 1e3:g} ms",
        caption=CAPTION.format(rest=f"T = {latency * 1e3:g} ms, assumed."),
        axis="shared data, D_S/D",
        unit="%",
        points=(10, 20, 30, 40, 50, 60, 70, 80, 90),
        schemes=tuple(scheme for scheme in SCHEMES if scheme.key != "local-only"),
        draw=draw,
        measure=partial(by_share, latency),
        orders=(("proposed", "full-offloading"), ("proposed", "equal-time")),
        ratios=(("no-shared-data", "proposed"), ("full-offloading", "proposed"), ("equal-time", "proposed")),
    )


FIGURES = (
    Figure(
        key="2",
        title="Figure 2: energy against the deadline",
        caption=CAPTION.format(rest="30 % of the data is common, assumed. Printed range: 10 to 100 ms."),
        axis="deadline, T",
        unit="ms",
        points=(10, 15, 20, 30, 50, 70, 100, 200, 500),
        schemes=SCHEMES,
        draw=draw,
        measure=by_deadline,
        orders=(("proposed", "full-offloading"), ("proposed", "equal-time")),
        falls=("proposed", "no-shared-data", "full-offloading", "local-only"),
        ratios=(("no-shared-data", "proposed"), ("equal-time", "proposed"), ("local-only", "proposed")),
        log_x=True,
        log_y=True,
    ),
    _figure_3("3", 0.05),
    _figure_3("3-long", 0.1),
)
