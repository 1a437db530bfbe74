"""The page of a report, one self-contained HTML file."""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from mecopt.claims.cases import tidy
from mecopt.claims.claim import VERDICTS
from mecopt.claims.verdict import Verdict

MEANING = {
    "proved": "holds for all parameters, by a symbolic proof; the numeric check agrees",
    "certified": "a ball-arithmetic certificate proves it on every case tried; no float is trusted",
    "supported": "holds on every case tried, within the tolerance",
    "refuted": "a counterexample is proved to violate it; what holds instead is a claim of its own",
    "vacuous": "no case met its hypothesis",
    "error": "its check could not run",
}


@dataclass(frozen=True)
class Row:
    """A field of a counterexample: its name and one cell per entry, each as (shown, exact)."""

    name: str
    cells: tuple[tuple[str, str], ...]
    spread: int


def page(verdicts: Sequence[Verdict], facts: Mapping[str, Any], *, folder: str) -> str:
    """The page's HTML. `facts` holds the settings of the run, `folder` where the report will be."""
    environment = Environment(
        loader=PackageLoader("mecopt.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "rows": rows, "one_line": _one_line}
    counts = Counter(v.verdict for v in verdicts)
    return environment.get_template("report.html").render(
        verdicts=verdicts,
        papers={key: title_of(key) for key in dict.fromkeys(v.paper for v in verdicts)},
        counts={name: counts[name] for name in VERDICTS if counts[name]},
        meaning=MEANING,
        refuted=[v for v in verdicts if v.verdict == "refuted"],
        failing=[v for v in verdicts if not v.as_recorded],
        caught=sum(v.caught for v in verdicts),
        mutants=sum(v.mutants for v in verdicts),
        instances=sum(v.instances for v in verdicts),
        ids={v.id for v in verdicts},
        facts=facts,
        folder=folder,
    )


def title_of(paper: str) -> str:
    """A paper's title, or its key when it has none."""
    from mecopt.problem import papers

    known = papers()
    return known[paper].title if paper in known else paper


def number(value: float | None, digits: int = 2) -> str:
    """A number for the eye, with a true minus sign; a dash for an unknown one."""
    if value is None or math.isnan(value):
        return "–"
    text = f"{value:.{digits}g}" if math.isfinite(value) else ("∞" if value > 0 else "-∞")
    return text.replace("e-0", "e-").replace("e+0", "e").replace("e+", "e").replace("-", "−")


def rows(case: Mapping[str, Any]) -> list[Row]:
    """A case as a table: lists of numbers get a column per entry."""
    neat = tidy(dict(case))
    columns = max((len(value) for value in neat.values() if _flat(value)), default=1)
    table = []
    for name, value in neat.items():
        entries = value if _flat(value) else [value]
        cells = tuple((_shown(entry), json.dumps(entry)) for entry in entries)
        table.append(Row(name, cells, columns if len(cells) < columns else 1))
    return table


def _flat(value: object) -> bool:
    return isinstance(value, list) and not any(isinstance(item, list | dict) for item in value)


def _shown(entry: object) -> str:
    if isinstance(entry, bool) or not isinstance(entry, int | float):
        return entry if isinstance(entry, str) else json.dumps(entry)
    if isinstance(entry, int) and abs(entry) < 10**6:
        return str(entry).replace("-", "−")
    return number(entry, 6)


def _one_line(case: Mapping[str, Any]) -> str:
    return json.dumps(tidy(dict(case)), ensure_ascii=False)
