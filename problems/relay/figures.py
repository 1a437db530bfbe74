"""Figures 2 to 5 and Table II of the paper, at assumed parameters (see `scenario`).

The levels cannot be those of the paper, whose numbers are lost; what its text says about the curves is tested
by the claims.
"""

from functools import partial
from typing import Any

from mecopt.figures import Figure, Scheme

from . import simulation
from .simulation import WEIGHTS

CAPTION = (
    "Assumed: average gain 2e-13 (relay half-way where a distance is shown), B = 1 MHz, N0 = 4e-21 W/Hz "
    "growing with "
    "the band, budgets 0.5 W and 1 W, CPUs 100 MHz and 2.4 GHz, 1000 cycles per bit, 1e-27 J s^2, {rest}. As "
    "printed: result ratio 0.1, smoothing 10/s, Rayleigh fading. CCCP and IBCD start from beta = omega = "
    "1/2 with "
    "the speeds and half the powers of the special cases. The same draws all along the axis."
)

ALL = (
    Scheme("optimum", "HR, certified optimum"),
    Scheme("cccp", "HR, CCCP"),
    Scheme("ibcd", "HR, IBCD"),
    Scheme("af", "AF only"),
    Scheme("df", "DF only"),
    Scheme("tdhr", "TDHR"),
    Scheme("fdhr", "FDHR"),
)
HYBRID = ALL[:3]
SPEEDS = tuple(
    Scheme(f"{key}-{speed / 1e9:g}", f"{label}, F_R = {speed / 1e9:g} GHz")
    for key, label in (("cccp", "CCCP"), ("ibcd", "IBCD"))
    for speed in simulation.RELAYS
)
BOTH = (Scheme("cccp", "CCCP"), Scheme("ibcd", "IBCD"))
BELOW = tuple(("optimum", scheme.key) for scheme in ALL if scheme.key not in ("optimum", "tdhr"))


def _figure(key: str, title: str, rest: str, **more: Any) -> Figure:
    settings: dict[str, Any] = {
        "draw": simulation.draw,
        "quantity_label": "mean weighted sum",
        "quantity_unit": "J",
    }
    return Figure(key=key, title=title, caption=CAPTION.format(rest=rest), **(settings | more))


def _weights(key: str, title: str, **more: Any) -> Figure:
    return _figure(
        key,
        title,
        "L uniform in 0.5 to 1.5 Mbit",
        axis="weight, w",
        unit="J/s",
        points=WEIGHTS,
        log_x=True,
        **more,
    )


def _sizes(key: str, weight: float) -> Figure:
    return _figure(
        key,
        f"Figure {key}: objective against the mean task size, w = {weight:g} J/s",
        "L uniform in 0.5 to 1.5 of its mean",
        axis="mean task size, L",
        unit="Mbit",
        points=(0.25, 0.5, 1, 1.5, 2),
        schemes=ALL,
        measure=partial(simulation.by_size, weight=weight),
        orders=BELOW,
        rises=("optimum", "af", "df"),
        ratios=(("cccp", "optimum"), ("ibcd", "optimum"), ("af", "df"), ("tdhr", "fdhr")),
        log_y=True,
    )


FIGURES = (
    _figure(
        "2",
        "Figure 2: objective against iterations",
        "L uniform in 0.5 to 1.5 Mbit, w = 0.1 J/s",
        axis="iteration, k",
        unit="",
        points=(0, 1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 40, 60),
        schemes=(
            Scheme("cccp", "CCCP, F"),
            Scheme("ibcd", "IBCD, F"),
            Scheme("ibcd-smoothed", "IBCD, F smoothed"),
        ),
        measure=simulation.at_iteration,
        falls=("ibcd-smoothed",),
        orders=(("ibcd", "ibcd-smoothed"),),
        log_y=True,
    ),
    _weights(
        "table-2",
        "Table II: iterations",
        schemes=BOTH,
        measure=simulation.iterations,
        quantity_label="mean iterations",
        quantity_unit="",
        ratios=(("ibcd", "cccp"),),
    ),
    _weights(
        "table-2-time",
        "Table II: time per iteration",
        schemes=BOTH,
        measure=simulation.iterations,
        quantity="seconds",
        quantity_label="mean time per iteration",
        quantity_unit="s",
        ratios=(("cccp", "ibcd"),),
        log_y=True,
    ),
    _weights(
        "3a",
        "Figure 3a: energy against delay as the weight grows",
        schemes=SPEEDS,
        measure=simulation.energy_against_delay,
        quantity_label="mean energy",
        across=("mean delay", "s"),
        log_y=True,
    ),
    _figure(
        "3b",
        "Figure 3b: objective against the relay's distance from the user",
        "L uniform in 0.5 to 1.5 Mbit, w = 0.1 J/s, path gain 1e-6 d^-3.5",
        axis="distance, d",
        unit="m",
        points=(10, 30, 50, 70, 90, 110, 130, 150, 170),
        schemes=HYBRID,
        draw=simulation.draw_segment,
        measure=simulation.by_distance,
        orders=(("optimum", "cccp"), ("optimum", "ibcd")),
        ratios=(("cccp", "optimum"), ("ibcd", "optimum")),
    ),
    _weights(
        "4",
        "Figure 4: objective against the weight",
        schemes=ALL,
        measure=simulation.by_weight,
        orders=BELOW,
        rises=("optimum", "af", "df"),
        ratios=(("cccp", "optimum"), ("ibcd", "optimum"), ("af", "df"), ("tdhr", "fdhr")),
        log_y=True,
    ),
    _sizes("5a", 1e-3),
    _sizes("5b", 10.0),
)
