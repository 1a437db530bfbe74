"""Figures 2 to 6 and Table I of the paper, in the assumed scenario (see `scenario`): its numbers are lost."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from mecopt.figures import Figure, Outcome, Scheme

from .simulation import (
    SCHEMES,
    Draw,
    draw_cells,
    draw_small,
    interference_models,
    measure,
    network,
    time_and_energy,
)

CAPTION = (
    "Assumed, as the paper's numbers are lost: path loss 140.7 + 36.7 log10(d/km) dB, 8 dB of shadowing, "
    "20 dBm, 20 MHz, -100 dBm, 20 and 1 GHz, 420 KB, 1000 Megacycles, preferences 0.2 and 0.8, epsilon = 1; "
    "{rest}. "
    "As stated: hexagonal cells, uniform users. The same draws all along the axis."
)

LABELS = {
    "exhaustive": "Exhaustive",
    "search": "own search",
    "hjtora": "hJTORA",
    "dora": "DORA",
    "gojra": "GOJRA",
    "iojra": "IOJRA",
}

ALL = tuple(LABELS)
OWN = ("search", *SCHEMES)

HIGH_CELLS = (1, 3, 5)
MOST_PER_CELL = 10
MEGA, KILOBYTE = 1e6, 8192.0

UTILITY: dict[str, Any] = {"quantity_label": "mean utility", "quantity_unit": ""}


def _schemes(names: Sequence[str]) -> tuple[Scheme, ...]:
    return tuple(Scheme(name, LABELS[name]) for name in names)


def _small(draw: Draw, megacycles: float) -> Mapping[str, Outcome]:
    return measure(network(draw, subbands=2, workload=megacycles * MEGA), draw.seed, ALL)


def _cells(draw: Draw, per_cell: float, *, high: float) -> Mapping[str, Outcome]:
    """Users come in a random order: the first 7 n of them are uniform over the cells, too."""
    users = int(per_cell) * 7
    load = np.where(np.isin(draw.cell[:users], HIGH_CELLS), high, 1000.0) * MEGA
    return measure(network(draw, users=users, subbands=int(per_cell), workload=load), draw.seed, OWN)


def _workload(draw: Draw, megacycles: float) -> Mapping[str, Outcome]:
    return measure(network(draw, subbands=3, workload=megacycles * MEGA), draw.seed, OWN)


def _size(draw: Draw, kilobytes: float) -> Mapping[str, Outcome]:
    return measure(network(draw, subbands=3, input_bits=kilobytes * KILOBYTE), draw.seed, OWN)


PER_CELL = (2, 4, 8)


def _preference(draw: Draw, preference: float, *, which: int) -> Mapping[str, Outcome]:
    found = {}
    for n in PER_CELL:
        t = network(draw, users=7 * n, subbands=n, time_preference=preference)
        value = time_and_energy(t, draw.seed)[which]
        found[f"users-{7 * n}"] = Outcome(value, value)
    return found


def _power(draw: Draw, dbm: float) -> Mapping[str, Outcome]:
    return interference_models(
        network(draw, subbands=3, max_transmit_power=10 ** (dbm / 10) / 1000), draw.seed
    )


def _figure_2(key: str, megacycles: float) -> Figure:
    return Figure(
        key=key,
        title=f"Figure {key}: utility on the small network, {megacycles:g} Megacycles",
        caption=CAPTION.format(rest="6 users, 4 cells, 2 sub-bands"),
        axis="workload, c",
        unit="Megacycles",
        points=(megacycles,),
        schemes=_schemes(ALL),
        draw=draw_small,
        measure=_small,
        orders=tuple((name, "exhaustive") for name in ALL if name != "exhaustive"),
        ratios=tuple((name, "exhaustive") for name in ALL if name != "exhaustive"),
        **UTILITY,
    )


def _figure_3(key: str, high: float, rest: str) -> Figure:
    return Figure(
        key=key,
        title=f"Figure {key}: utility against the users per cell",
        caption=CAPTION.format(rest=rest),
        axis="users and sub-bands per cell, N",
        unit="",
        points=tuple(range(1, MOST_PER_CELL + 1)),
        schemes=_schemes(OWN),
        draw=partial(draw_cells, MOST_PER_CELL),
        measure=partial(_cells, high=high),
        orders=(("hjtora", "search"),),
        ratios=(("hjtora", "search"), ("dora", "hjtora")),
        **UTILITY,
    )


def _figure_5(key: str, which: int, label: str, unit: str) -> Figure:
    return Figure(
        key=key,
        title=f"Figure {key}: {label} of hJTORA against the preference for time",
        caption=CAPTION.format(
            rest="7 cells, a sub-band per user of a cell, beta^e = 1 - beta^t, interferers at full power"
        ),
        axis="time preference, beta^t",
        unit="",
        points=(0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95),
        schemes=tuple(Scheme(f"users-{7 * n}", f"{7 * n} users") for n in PER_CELL),
        draw=partial(draw_cells, max(PER_CELL)),
        measure=partial(_preference, which=which),
        quantity_label=label,
        quantity_unit=unit,
    )


TABLE_1 = Figure(
    key="table-1",
    title="Table I: run time of the schemes on the small network",
    caption=CAPTION.format(rest="6 users, 4 cells, 2 sub-bands")
    + " Run times on this machine, single instances, one process, decisions only.",
    axis="workload, c",
    unit="Megacycles",
    points=(1000.0,),
    schemes=_schemes(ALL),
    draw=draw_small,
    measure=_small,
    quantity="seconds",
    quantity_label="mean run time",
    quantity_unit="s",
    ratios=(("exhaustive", "hjtora"), ("hjtora", "dora"), ("dora", "gojra")),
    log_y=True,
)

THREE = "7 cells, 21 users, 3 sub-bands"

FIGURES = (
    _figure_2("2a", 1000.0),
    _figure_2("2b", 2000.0),
    TABLE_1,
    _figure_3("3a", 1000.0, "7 cells"),
    _figure_3("3b", 2000.0, "7 cells, 2000 Megacycles in cells 1, 3 and 5"),
    Figure(
        key="4a",
        title="Figure 4a: utility against the workload",
        caption=CAPTION.format(rest=THREE),
        axis="workload, c",
        unit="Megacycles",
        points=(500.0, 1000.0, 1500.0, 2000.0, 2500.0, 3000.0),
        schemes=_schemes(OWN),
        draw=partial(draw_cells, 3),
        measure=_workload,
        orders=(("hjtora", "search"),),
        ratios=(("hjtora", "search"),),
        **UTILITY,
    ),
    Figure(
        key="4b",
        title="Figure 4b: utility against the input size",
        caption=CAPTION.format(rest=THREE),
        axis="input size, d",
        unit="KB",
        points=(100.0, 250.0, 420.0, 600.0, 800.0, 1000.0),
        schemes=_schemes(OWN),
        draw=partial(draw_cells, 3),
        measure=_size,
        orders=(("hjtora", "search"),),
        ratios=(("hjtora", "search"),),
        **UTILITY,
    ),
    _figure_5("5a", 0, "mean completion time", "s"),
    _figure_5("5b", 1, "mean energy", "J"),
    Figure(
        key="6",
        title="Figure 6: interference at full power and as users send",
        caption=CAPTION.format(rest=THREE)
        + " The decision and powers of hJTORA in both models, and the best powers for its decision.",
        axis="power budget, P",
        unit="dBm",
        points=(0.0, 5.0, 10.0, 15.0, 20.0, 23.0, 26.0, 30.0, 34.0, 38.0),
        schemes=(
            Scheme("bound", "hJTORA, interferers at full power"),
            Scheme("exact", "the same solution, interference as sent"),
            Scheme("coupled", "the same decision, best powers as all send"),
        ),
        draw=partial(draw_cells, 3),
        measure=_power,
        orders=(("bound", "exact"), ("exact", "coupled")),
        ratios=(("bound", "exact"), ("exact", "coupled")),
        **UTILITY,
    ),
)
