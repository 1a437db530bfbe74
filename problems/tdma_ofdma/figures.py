"""Figures 3a to 3c and Tables I to IV of the paper, at assumed parameters (see `scenario`).

At the printed parameters no instance of P1 is feasible, so the levels cannot be those of the paper; what its
text says about the curves can be tested.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from mecopt.figures import Figure, Scheme

from .simulation import (
    by_capacity,
    by_duration,
    by_ofdma_users,
    by_subchannels,
    by_users,
    draw_ofdma,
    draw_tdma,
)

USERS, SUBCHANNELS = (10, 15, 20, 25, 30, 35, 38), (8, 16, 32, 64, 128, 256)
TABLE_USERS = (4, 8, 12, 16, 20)

TDMA_CAPTION = (
    "Assumed, because at the printed parameters no instance is feasible: data in units of 1000 bit "
    "(100 to 500 of them per user), local CPUs ten times faster (1 to 10 GHz), {rest}. As printed: "
    "B = 10 MHz, Rayleigh fading of mean power 1e-3, noise 1e-9 W, unit weights. Algorithm 3 reserves the "
    "cycles of required bits first. The same draws all along the axis."
)

OFDMA_CAPTION = (
    "Assumed: 1 KB = 8000 bit, and local CPUs so fast that nobody must offload, which makes every scheme "
    "feasible. As printed: {rest}, T = 100 ms, 1 MHz and 1e-9 W of noise per sub-channel, Rayleigh "
    "fading of mean power 1e-3, unit weights. The cloud is not a limit. The same draws all along the axis."
)

TIME_CAPTION = (
    " Run times on this machine, single instances, one process; the paper's were MATLAB and CVX on theirs. "
    "Relaxation and rounding includes solving the relaxation."
)

TDMA_CURVES = (
    Scheme("optimal", "optimal"),
    Scheme("algorithm-3", "Algorithm 3"),
    Scheme("equal", "equal allocation"),
)


def _tdma(key: str, what: str, rest: str, **more: Any) -> Figure:
    return Figure(
        key=key,
        title=f"Figure {key}: TDMA energy against {what}",
        caption=TDMA_CAPTION.format(rest=rest),
        schemes=TDMA_CURVES,
        orders=(("optimal", "algorithm-3"), ("optimal", "equal")),
        ratios=(("algorithm-3", "optimal"), ("equal", "algorithm-3")),
        log_y=True,
        **more,
    )


def _ofdma(
    key: str, title: str, rest: str, *, printed: Mapping[str, tuple[float, ...]], **more: Any
) -> Figure:
    labels = {
        "relaxation": "relaxation (bound)",
        "best": "optimum up to N = 16, then branch and bound",
        "rounding": "relaxation and rounding",
        "phases-reoptimised": "heuristic, bits re-optimised",
        "phases": "heuristic as printed",
        "greedy": "greedy",
    }
    return Figure(
        key=key,
        title=title,
        caption=OFDMA_CAPTION.format(rest=rest),
        schemes=tuple(Scheme(name, label, printed.get(name)) for name, label in labels.items()),
        orders=(*(("relaxation", name) for name in labels if name != "relaxation"),),
        ratios=(
            ("best", "relaxation"),
            ("rounding", "best"),
            ("phases-reoptimised", "best"),
            ("phases", "best"),
            ("rounding", "relaxation"),
            ("phases-reoptimised", "relaxation"),
            ("phases", "relaxation"),
            ("greedy", "relaxation"),
        ),
        log_y=True,
        **more,
    )


def _timed_table(table: Figure, key: str, title: str, printed: Mapping[str, tuple[float, ...]]) -> Figure:
    """The run times of a table's schemes."""
    schemes = (scheme for scheme in table.schemes if scheme.key not in ("relaxation", "best"))
    return replace(
        table,
        key=key,
        title=title,
        caption=table.caption + TIME_CAPTION,
        schemes=tuple(replace(scheme, printed=printed.get(scheme.key)) for scheme in schemes),
        quantity="seconds",
        quantity_label="mean run time",
        quantity_unit="s",
        orders=(),
        falls=(),
        rises=(),
        ratios=(("rounding", "phases"), ("phases", "greedy")),
    )


TABLE_1 = _ofdma(
    "table-1",
    "Table I: OFDMA energy against the number of sub-channels",
    "K = 8 users",
    axis="sub-channels, N",
    unit="",
    points=SUBCHANNELS,
    draw=partial(draw_ofdma, 8, SUBCHANNELS[-1]),
    measure=by_subchannels,
    falls=("relaxation",),
    log_x=True,
    printed={
        "rounding": (0.0041, 0.0013, 0.0008, 0.0006, 0.0005, 0.0004),
        "phases": (0.0073, 0.0021, 0.0010, 0.0007, 0.0006, 0.0005),
        "greedy": (0.0129, 0.0099, 0.0078, 0.0064, 0.0054, 0.0046),
    },
)

TABLE_2 = _ofdma(
    "table-2",
    "Table II: OFDMA energy against the number of users",
    "N = 128 sub-channels",
    axis="users, K",
    unit="",
    points=TABLE_USERS,
    draw=partial(draw_ofdma, TABLE_USERS[-1], 128),
    measure=by_ofdma_users,
    rises=("relaxation",),
    printed={
        "rounding": (0.0002, 0.0005, 0.0008, 0.0011, 0.0014),
        "phases": (0.0003, 0.0006, 0.0010, 0.0013, 0.0016),
        "greedy": (0.001, 0.0051, 0.0109, 0.0181, 0.0258),
    },
)

NOT_PRINTED = math.nan

FIGURES = (
    _tdma(
        "3a",
        "the slot duration",
        "T = 45 to 80 ms, F = 9e9 cycles per slot, K = 30 users",
        axis="slot duration, T",
        unit="ms",
        points=(45, 50, 60, 70, 80),
        draw=partial(draw_tdma, 30),
        measure=by_duration,
        falls=("optimal",),
    ),
    _tdma(
        "3b",
        "the cloud's capacity",
        "T = 60 ms, F = 6e9 to 12e9 cycles per slot, K = 30 users",
        axis="cloud capacity, F",
        unit="1e9 cycles per slot",
        points=(6, 7, 8, 9, 10, 11, 12),
        draw=partial(draw_tdma, 30),
        measure=by_capacity,
        falls=("optimal",),
    ),
    _tdma(
        "3c",
        "the number of users",
        "T = 60 ms, F = 9e9 cycles per slot, K = 10 to 38 users",
        axis="users, K",
        unit="",
        points=USERS,
        draw=partial(draw_tdma, USERS[-1]),
        measure=by_users,
        rises=("optimal",),
    ),
    TABLE_1,
    TABLE_2,
    _timed_table(
        TABLE_1,
        "table-3",
        "Table III: run time against the number of sub-channels",
        {
            "rounding": (9.5, *(NOT_PRINTED,) * 4, 247),
            "phases": (0.31, *(NOT_PRINTED,) * 4, 0.63),
        },
    ),
    _timed_table(TABLE_2, "table-4", "Table IV: run time against the number of users", {}),
)
