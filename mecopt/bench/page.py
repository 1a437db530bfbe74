"""The report of a store: one self-contained HTML page."""

import json
import math
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from mecopt.bench import charts, score
from mecopt.bench.plan import AS_GIVEN, CONIC
from mecopt.bench.score import MEASURES, Row
from mecopt.bench.status import ACCURACIES, NOT_RUN, ROUGH, STATUSES
from mecopt.bench.store import Store
from mecopt.errors import DataError, MecoptError

COLOURS = 20
"""Colours that the style sheet has for contenders, the second half as rings; then they repeat."""

EXAMPLES = 12
"""Wrong answers that are listed one by one, the worst of each kind first."""

MEANING = {
    "optimal": "value and constraints right to the accuracy asked for",
    "inaccurate": f"not that, but to {ROUGH:.0%}",
    "wrong": f"off by more than {ROUGH:.0%} and claimed optimal, or claimed that there is no solution",
    "failed": "no usable answer, and it said so",
    "timeout": "killed at the time limit",
    "crashed": "the process died",
}


def page(store: Store, *, title: str = "Solvers against certified optima") -> str:
    """The page's HTML. Raises `DataError` for a store without results."""
    rows = list(store.view())
    if not rows:
        raise DataError("store", f"{store.file} holds no results", "run mecopt bench first")
    environment = Environment(
        loader=PackageLoader("mecopt.bench"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "seconds": seconds,
        "error": error,
        "off": off,
        "factor": factor,
        "percent": percent,
    }
    environment.filters["log10"] = lambda value: math.log10(value) if value > 0 else 0.0
    tried = score.ran(rows)
    ranked = score.ranked(tried)
    colours = colours_of(ranked)
    accuracies = _accuracies(ranked)
    return environment.get_template("bench.html").render(
        title=title,
        rows=rows,
        tried=tried,
        not_run=Counter(row["status"] for row in rows if row["status"] in NOT_RUN),
        counts=_in_order(Counter(row["status"] for row in tried)),
        meaning=MEANING,
        statuses=[name for name in STATUSES if name not in NOT_RUN],
        problems=sorted({row["problem"] for row in rows}),
        instances=len({row["instance"] for row in rows}),
        solvers=_versions(tried),
        accuracies=accuracies,
        measures=MEASURES,
        units=score.main_units(tried),
        colours=colours,
        modes={mode: words for mode, (words, _) in score.MODES.items()},
        views=[
            _view(choose(ranked, name, measure), measure, colours)
            | {"accuracy": name, "measure": measure, "mode": mode}
            for mode, (_, choose) in score.MODES.items()
            for name in accuracies
            for measure in MEASURES
        ],
        tables=[
            {"accuracy": name, "mode": mode, "by_problem": _by_problem(choose(ranked, name, "solve"))}
            | {"scaling": scaling(choose(tried, name, "solve"))}
            for mode, (_, choose) in score.MODES.items()
            for name in accuracies
        ],
        units_said=_units_said(tried),
        silent=silent(tried),
        examples=examples(tried),
        runs=store.runs(),
        when=lambda stamp: time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(stamp)),
    )


def _accuracies(rows: Sequence[Row]) -> dict[str, float]:
    """The accuracies in the store, the roughest first, and the errors they allow."""
    found = {row["accuracy"]: row["allowed"] for row in rows}
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def colours_of(rows: Sequence[Row]) -> dict[str, int]:
    """Conic solvers first, so that they have the same colours whatever else takes part."""
    conic = sorted({score.name_of(row) for row in rows if score.is_conic(row)})
    others = sorted({score.name_of(row) for row in rows} - set(conic))
    return {name: k % COLOURS for k, name in enumerate([*conic, *others])}


def _in_order(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: counts[name] for name in STATUSES if counts.get(name)}


def _versions(rows: Sequence[Row]) -> dict[str, str]:
    """Each contender's version."""
    return {score.name_of(row): row["version"] for row in sorted(rows, key=score.name_of)}


def _view(mine: Sequence[Row], measure: str, colours: Mapping[str, int]) -> dict[str, Any]:
    """Leaderboard, profiles, scatter and duels by one measure of time."""
    table = score.times(mine, measure)
    conic = [row for row in mine if score.is_conic(row)]
    board = score.leaderboard(mine, measure)
    names = [standing.contender for standing in board]
    scatter = charts.scatter(dots(mine, measure), colours, mine[0]["allowed"], "error against time")
    return {
        "board": board,
        "shift": score.fitted_shift(table),
        "slowest": max((s.ratio for s in board if math.isfinite(s.ratio)), default=1.0),
        "profiles": charts.profiles(
            score.profile(score.times(conic or mine, measure)), colours, "performance profiles"
        ),
        "scatter": scatter,
        "duels": {a: {b: score.duel(table, a, b) for b in names if b != a} for a in names},
    }


def dots(rows: Sequence[Row], measure: str) -> dict[str, list[tuple[float, float]]]:
    """Contender -> (seconds, error) of its solves."""
    found: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        if row["error"] is not None and row[measure] is not None:
            found.setdefault(score.name_of(row), []).append((row[measure], row["error"]))
    return found


def _by_problem(rows: Sequence[Row]) -> dict[str, dict[str, dict[str, int]]]:
    """Problem -> contender -> statuses."""
    return dict(sorted(_counted(rows, lambda row: row["problem"], score.name_of).items()))


def scaling(rows: Sequence[Row]) -> dict[str, dict[str, dict[str, int]]]:
    """Problem and units -> solver -> statuses, on the problems that have more than one unit system here.

    Units of the same name need not be the same in two papers.
    """
    systems: dict[str, set[str]] = {}
    for row in rows:
        if row["units"] != AS_GIVEN:
            systems.setdefault(row["problem"], set()).add(row["units"])
    several = {problem for problem, units in systems.items() if len(units) > 1}
    kept = [row for row in rows if row["problem"] in several and row["units"] != AS_GIVEN]
    found = _counted(kept, lambda row: (row["problem"], row["units"]), score.name_of)
    order = {problem: k for k, problem in enumerate(sorted(several))}
    return {" ".join(key): found[key] for key in sorted(found, key=lambda key: order[key[0]])}


def _counted(rows: Sequence[Row], outer: Any, inner: Any) -> dict[str, dict[str, dict[str, int]]]:
    found: dict[str, dict[str, Counter[str]]] = {}
    for row in rows:
        found.setdefault(outer(row), {}).setdefault(inner(row), Counter())[row["status"]] += 1
    return {
        key: {name: _in_order(counts) for name, counts in sorted(own.items())}
        for key, own in sorted(found.items(), key=lambda item: -_share(item[1].values()))
    }


def _share(counts: Any) -> float:
    """The share of optimal ones."""
    every: list[dict[str, int]] = [dict(each) for each in counts]
    return sum(c.get("optimal", 0) for c in every) / max(1, sum(sum(c.values()) for c in every))


def _units_said(rows: Sequence[Row]) -> dict[str, str]:
    """What each unit system is, in the paper's own words where it is known here."""
    from mecopt.problem import load_problem

    said = {"scaled": "the model that the paper's folder offers"}
    met = {(row["problem"], row["units"]) for row in rows}
    for key in sorted({row["problem"] for row in rows}):
        try:
            own = {units.name: units.summary for units in load_problem(key).units if (key, units.name) in met}
            said |= {
                f"{key} {name}": summary for name, summary in own.items() if summary not in said.values()
            }
        except MecoptError:  # a store may come from a machine that knows other papers
            continue
    return said


def silent(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Per contender and units: how many answers were wrong with nothing to show it, the most first."""
    found = []
    for (name, units), group in _grouped(rows, lambda row: (score.name_of(row), row["units"])):
        wrong = [row for row in group if row["status"] == "wrong"]
        if wrong:
            errors = [row["error"] for row in wrong if row["error"] is not None]
            denied = sum(row["claimed"] != "optimal" for row in wrong)
            found.append(
                {
                    "contender": name,
                    "units": units,
                    "wrong": len(wrong),
                    "of": len(group),
                    "denied": denied,
                    "worst": max(errors, default=math.nan),
                }
            )
    return sorted(found, key=lambda each: (-each["wrong"] / each["of"], each["contender"]))


def examples(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The worst wrong answer of each contender and units, with the command that runs it again."""
    found = []
    wrong = [row for row in rows if row["status"] == "wrong"]
    for _, group in _grouped(wrong, lambda row: (score.name_of(row), row["units"])):
        worst = max(group, key=lambda row: math.inf if row["error"] is None else row["error"])
        found.append({**worst, "contender": score.name_of(worst), "command": command(worst)})
    found.sort(key=lambda row: -(math.inf if row["error"] is None else row["error"]))
    return found[:EXAMPLES]


def _grouped(rows: Sequence[Row], key: Any) -> list[tuple[Any, list[Row]]]:
    return [(name, list(group)) for name, group in groupby(sorted(rows, key=key), key=key)]


def command(row: Row) -> str:
    """The command that does one solve again."""
    sizes = " ".join(f"--size {name}={count}" for name, count in json.loads(row["sizes"]).items())
    accuracy = f"--accuracy {row['accuracy']}" if row["accuracy"] in ACCURACIES else ""
    units = "" if row["units"] == AS_GIVEN else f"--units {row['units']}"
    solver = row["method"].removeprefix(CONIC)
    parts = ["mecopt bench", row["problem"], "--solvers", solver, units, accuracy]
    parts += [
        sizes,
        f"--scenario {row['scenario']}",
        f"--seed {row['seed']} --instances 1 --store one.sqlite",
    ]
    return " ".join(part for part in parts if part)


def seconds(value: float | None) -> str:
    """A time for the eye, with its unit."""
    if value is None or math.isnan(value):
        return "–"
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value / 1e-6:.2g} µs"


def off(value: float | None) -> str:
    """How far a value is off, in words."""
    if value is None:
        return ""
    if math.isinf(value):
        return ", and its objective is infinite"
    if value < 1:
        return f", {value:.1%} off".replace("%", " %")
    return (
        f", {1 + value:.3g} times the optimum" if value < 999 else f", {error(1 + value)} times the optimum"
    )


def error(value: float | None) -> str:
    """An error for the eye; powers of ten as such."""
    if value is None or math.isnan(value):
        return "–"
    exponent = math.log10(value) if 0 < value < math.inf else 0.5
    if abs(exponent - round(exponent)) < 1e-9:
        return charts.power(round(exponent))
    return f"{value:.1e}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e").replace("-", "−")


def factor(value: float) -> str:
    """A ratio of times; small ones as fractions."""
    if math.isnan(value):
        return "–"
    if value < 0.1:
        return f"1/{1 / value:.0f}" if value > 0 else "0"
    if value < 1e4:
        return f"{value:.2f}" if value < 10 else f"{value:.0f}"
    return error(value)


def percent(value: float) -> str:
    """A share; all and nothing only when it is."""
    shown = f"{100 * value:.0f} %"
    if shown == "100 %" and value < 1:
        return "> 99 %"
    return "< 1 %" if shown == "0 %" and value > 0 else shown
