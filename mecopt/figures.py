"""Figures and tables of a paper, computed again from random realisations.

A paper states its figures in `mecopt.problems.<key>.figures` as a tuple `FIGURES`. The same realisations are
used for every scheme and every abscissa, so the curves of one figure can be compared draw by draw: what is
provable for each draw (`orders`, `falls`, `rises`) is checked, with the referee's bound on the smaller side.
"""

import contextlib
import csv
import io
import itertools
import json
import math
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np

from mecopt import __version__
from mecopt.errors import DataError, UnknownName
from mecopt.instance import Array
from mecopt.problem import load_paper

ROUNDING = 1e-9
"""Values and bounds in double precision may miss a provable order by this much of themselves."""

CONFIDENCE = 0.95

Quantity = Literal["value", "seconds"]


@dataclass(frozen=True)
class Outcome:
    """One scheme on one realisation: objective, proved bound below the optimum it aims at, run time.

    A scheme that finds no feasible point has the value nan and says why. `across` is where a parametric
    figure draws it.
    """

    value: float
    bound: float = math.nan
    seconds: float = math.nan
    said: str = ""
    across: float = math.nan


@dataclass(frozen=True)
class Scheme:
    """A curve, or a row of a table; `printed` holds the paper's own numbers, one per abscissa."""

    key: str
    label: str
    printed: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Figure:
    """One figure or table: abscissas, schemes, how to draw realisations and to measure the schemes on one.

    `orders` pairs (a, b): scheme a is never above b. `falls` and `rises`: schemes that are monotone along the
    abscissas. `ratios` pairs (a, b): report a/b per realisation. A parametric figure has `across`, name and
    unit of its horizontal axis: means are drawn against means of `Outcome.across`, the abscissas are labels.
    """

    key: str
    title: str
    caption: str
    axis: str
    unit: str
    points: tuple[float, ...]
    schemes: tuple[Scheme, ...]
    draw: Callable[[int, int], Sequence[Any]]
    measure: Callable[[Any, float], Mapping[str, Outcome]]
    quantity: Quantity = "value"
    quantity_label: str = "mean energy"
    quantity_unit: str = "J"
    orders: tuple[tuple[str, str], ...] = ()
    falls: tuple[str, ...] = ()
    rises: tuple[str, ...] = ()
    ratios: tuple[tuple[str, str], ...] = ()
    log_x: bool = False
    log_y: bool = False
    across: tuple[str, str] | None = None

    def at(self, x: float) -> str:
        """An abscissa in words, such as "T = 45 ms"."""
        return f"{self.axis.rpartition(', ')[2]} = {x:g} {self.unit}".rstrip()


Outcomes = dict[str, list[list[Outcome]]]
"""Scheme -> one list per abscissa of one outcome per realisation."""

Memo = dict[Hashable, Mapping[str, Outcome]]


def figures_of(paper: str) -> dict[str, Figure]:
    """A paper's figures by key, in the paper's order. Raises `UnknownName` for a paper that is not there."""
    load_paper(paper)
    name = f"mecopt.problems.{paper}.figures"
    return {figure.key: figure for figure in import_module(name).FIGURES} if find_spec(name) else {}


def find(paper: str, name: str) -> list[Figure]:
    """The figure of that key, or all of them for "all". Raises `UnknownName`."""
    known = figures_of(paper)
    if name == "all" and known:
        return list(known.values())
    if name not in known:
        raise UnknownName("figure", name, [*known, "all"] if known else [], where=paper)
    return [known[name]]


def reproduce(
    figure: Figure,
    *,
    samples: int,
    seed: int,
    memo: Memo | None = None,
    tick: Callable[[], object] = lambda: None,
) -> dict[str, Any]:
    """Measure every scheme at every abscissa on `samples` realisations; plain values, nan as None.

    `memo` keeps measurements for figures that share them; `tick` is called after each one.
    """
    memo = {} if memo is None else memo
    draws = figure.draw(samples, seed)
    found: Outcomes = {scheme.key: [] for scheme in figure.schemes}
    for x in figure.points:
        row = []
        for number, draw in enumerate(draws):
            place = (figure.draw, figure.measure, samples, seed, x, number)
            if place not in memo:
                memo[place] = figure.measure(draw, x)
            row.append(memo[place])
            tick()
        for key, outcomes in found.items():
            outcomes.append([each[key] for each in row])
    return summary(figure, found) | {"samples": samples, "seed": seed}


def summary(figure: Figure, found: Outcomes) -> dict[str, Any]:
    """Means with confidence intervals, ratios, failures and violated orders of what was measured.

    A realisation on which some scheme fails counts for no mean at that abscissa, so that all means are over
    the same realisations.
    """
    worth = {key: _numbers(rows, figure.quantity) for key, rows in found.items()}
    used = np.all([np.isfinite(_numbers(rows, "value")) for rows in found.values()], axis=0)
    return {
        "figure": figure.key,
        "title": figure.title,
        "caption": figure.caption,
        "mecopt": __version__,
        "x": {"name": figure.axis, "unit": figure.unit, "values": list(figure.points)},
        "y": {"name": figure.quantity_label, "unit": figure.quantity_unit},
        "across": dict(zip(("name", "unit"), figure.across, strict=True)) if figure.across else None,
        "realisations_used": [int(row.sum()) for row in used],
        "schemes": [
            {
                "key": scheme.key,
                "label": scheme.label,
                **_means(worth[scheme.key], used),
                **_places(figure, found[scheme.key], used),
                "printed": [_plain(v) for v in scheme.printed] if scheme.printed else None,
                "failed": _failed(found[scheme.key]),
                "values": [[_plain(v) for v in row] for row in worth[scheme.key].tolist()],
            }
            for scheme in figure.schemes
        ],
        "ratios": [_ratio(figure, worth, used, pair) for pair in figure.ratios],
        "violations": list(violations(figure, found)),
    }


def _numbers(rows: list[list[Outcome]], what: str) -> Array:
    return np.array([[getattr(outcome, what) for outcome in row] for row in rows], dtype=np.float64)


def _means(values: Array, used: Any) -> dict[str, list[float | None]]:
    """Mean and half the width of Student's confidence interval, per abscissa."""
    from scipy.special import stdtrit

    means, halves = [], []
    for row, mask in zip(values, used, strict=True):
        kept = row[mask]
        means.append(_plain(float(np.mean(kept))) if kept.size else None)
        spread = float(np.std(kept, ddof=1)) / math.sqrt(kept.size) if kept.size > 1 else math.nan
        halves.append(_plain(spread * float(stdtrit(max(kept.size - 1, 1), (1 + CONFIDENCE) / 2))))
    return {"mean": means, "half_width_95": halves}


def _places(figure: Figure, rows: list[list[Outcome]], used: Any) -> dict[str, list[float | None]]:
    """Where a parametric figure draws the means."""
    return {"across": _means(_numbers(rows, "across"), used)["mean"]} if figure.across else {}


def _failed(rows: list[list[Outcome]]) -> list[dict[str, int]]:
    """Per abscissa, what the scheme said on the realisations that it failed on, and how often."""
    return [dict(Counter(o.said or "no feasible point" for o in row if math.isnan(o.value))) for row in rows]


def _ratio(figure: Figure, worth: Mapping[str, Array], used: Any, pair: tuple[str, str]) -> dict[str, Any]:
    labels = {scheme.key: scheme.label for scheme in figure.schemes}
    over, under = pair
    ratios = [(a / b)[mask] for a, b, mask in zip(worth[over], worth[under], used, strict=True)]
    return {
        "label": f"{labels[over]} / {labels[under]}",
        "median": [_plain(float(np.median(r))) if r.size else None for r in ratios],
        "max": [_plain(float(np.max(r))) if r.size else None for r in ratios],
    }


def violations(figure: Figure, found: Outcomes) -> Iterable[str]:
    """Sentences on provable orders that some realisation violates; nan (no point) violates nothing."""
    labels = {scheme.key: scheme.label for scheme in figure.schemes}
    for low, high in figure.orders:
        for x, ones, others in zip(figure.points, found[low], found[high], strict=True):
            for number, (one, other) in enumerate(zip(ones, others, strict=True), 1):
                if one.bound > other.value * (1 + ROUNDING):
                    numbers = f"{one.bound:.9g} > {other.value:.9g} {figure.quantity_unit}"
                    where = f"{figure.at(x)}, realisation {number}"
                    yield f"{labels[low]} is above {labels[high]} at {where}: {numbers}"
    monotone = [(key, "rises") for key in figure.falls] + [(key, "falls") for key in figure.rises]
    for (key, wrong), (i, j) in itertools.product(monotone, itertools.pairwise(range(len(figure.points)))):
        smaller, larger = (j, i) if wrong == "rises" else (i, j)
        for number, (one, other) in enumerate(zip(found[key][smaller], found[key][larger], strict=True), 1):
            if one.bound > other.value * (1 + ROUNDING):
                where = f"{figure.at(figure.points[i])} to {figure.points[j]:g}, realisation {number}"
                yield f"{labels[key]} {wrong} from {where}: {one.bound:.9g} > {other.value:.9g}"


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None


def as_csv(data: Mapping[str, Any]) -> str:
    """One line per abscissa and scheme."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    unit = data["y"]["unit"]
    numbers = [f"mean_{unit}", f"half_width_95_{unit}", "used", "failed", f"printed_{unit}"]
    across = [f"mean_{data['across']['name']}_{data['across']['unit']}"] if data["across"] else []
    lines.writerow(["x", "scheme", *numbers, *across])
    for i, x in enumerate(data["x"]["values"]):
        for scheme in data["schemes"]:
            failed = sum(scheme["failed"][i].values())
            printed = scheme["printed"][i] if scheme["printed"] else None
            means = [scheme["mean"][i], scheme["half_width_95"][i], data["realisations_used"][i]]
            place = [scheme["across"][i]] if across else []
            lines.writerow([x, scheme["key"], *means, failed, printed, *place])
    return text.getvalue()


def check_folder(out: str | Path) -> None:
    """Make the folder; raise `DataError` when nothing can be written there, before any work is done."""
    try:
        Path(out).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        given = f"{out} cannot be written ({error.strerror})"
        raise DataError("out", given, "give a folder, or where to make one") from None


def write(data: Mapping[str, Any], out: str | Path, *, picture: bytes | None) -> list[str]:
    """Write <figure>.json, .csv and, if there is a picture, .png; each is replaced as a whole.

    Without a picture an earlier one of that name is removed: it would belong to other numbers.
    """
    check_folder(out)
    text = json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    contents = {"json": text.encode(), "csv": as_csv(data).encode()}
    files = {Path(out) / f"{data['figure']}.{end}": content for end, content in contents.items()}
    image = Path(out) / f"{data['figure']}.png"
    try:
        if picture is None:
            image.unlink(missing_ok=True)
        else:
            files[image] = picture
        for file, content in files.items():
            _replace(file, content)
    except OSError as error:
        raise DataError("out", f"{out} cannot be written ({error.strerror})", "give a folder") from None
    return [str(file) for file in files]


def _replace(file: Path, content: bytes) -> None:
    """Put a file in place in one step, with the permissions a new file gets."""
    scratch = file.with_name(f".{file.name}-{os.getpid()}")
    try:
        scratch.write_bytes(content)
        os.replace(scratch, file)
    finally:
        with contextlib.suppress(FileNotFoundError):
            scratch.unlink()
