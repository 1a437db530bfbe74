"""Write the tables and figures of docs/solvers.md from the stored comparison of solvers.

    python tools/solvers.py            bring docs/solvers.md and its figures up to date
    python tools/solvers.py --check    exit 1 if they are not what the store gives

The text between `<!-- NAME -->` and `<!-- end -->` is made here; the words around it are written by hand.
"""

import math
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from mecopt.bench import charts, page, score
from mecopt.bench.score import Row
from mecopt.bench.store import Store

ROOT = Path(__file__).parents[1]
STORE = ROOT / "benchmarks" / "results" / "solvers.sqlite"
DOCUMENT = ROOT / "docs" / "solvers.md"
FIGURES = ROOT / "docs" / "figures"

ACCURACY, MEASURE = "medium", "resolve_cpu"
"""What the page is about; the report has the others."""

WHOLE = frozenset(
    ("tdma_ofdma.P4", "jtora.JTORA", "jtora.TO", "aoi_pricing.P1", "aoi_pricing.P5", "relay.P1")
)
"""The problems that are not convex; they have a table of their own."""

STATED = dict.fromkeys((f"tdma_ofdma.P{k}" for k in (1, 2, 3)), "tdma_ofdma P1 to P3")
"""Problems that are one model in the same unit systems, counted together."""

STYLE = """<style>
text { fill: #5d6570; font: 12px system-ui, sans-serif; } .grid { stroke: #d9d5cc; fill: none; }
.line { fill: none; stroke-width: 2.2; } .limit { stroke: #777; stroke-dasharray: 4 3; fill: none; }
.dots { fill: none; stroke-width: 6.5; stroke-linecap: round; stroke-opacity: .6; }
.c0 { stroke: #2563b8; } .c1 { stroke: #d1701f; } .c2 { stroke: #1f8a70; } .c3 { stroke: #b3326d; }
.c4 { stroke: #7a5cc0; } .c5 { stroke: #8a7a1f; } .c6 { stroke: #0f8aa8; } .c7 { stroke: #a3462c; }
.c8 { stroke: #5b6b2f; } .c9 { stroke: #6b6f78; }
.key { stroke-width: 8; stroke-linecap: round; }
</style>"""


def table(head: Sequence[str], rows: Sequence[Sequence[object]], *, left: int = 1) -> str:
    """A Markdown table, numbers to the right."""
    rule = ["---" if k < left else "--:" for k in range(len(head))]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in [head, rule, *rows])


def leaderboard(rows: Sequence[Row], mode: str) -> str:
    """The leaderboard with tolerances chosen in this way."""
    choose = score.MODES[mode][1]
    board = score.leaderboard(choose(score.ranked(rows), ACCURACY, MEASURE), MEASURE)
    lines = [
        [
            *(s.contender, page.percent(s.share), s.instances, page.seconds(s.mean), page.factor(s.ratio)),
            *(s.wrong, page.error(s.worst_error)),
        ]
        for s in board
    ]
    head = ["method", "solved", "of", "mean time", "x fastest", "silently wrong", "largest error"]
    return table(head, lines)


def problems(rows: Sequence[Row]) -> str:
    """What each solver gets right at the page's accuracy, and wrong at any, problem by problem."""
    conic = [row for row in score.ranked(rows) if score.is_conic(row)]
    solvers = sorted({score.name_of(row) for row in conic})
    lines = []
    for key in sorted({row["problem"] for row in conic}):
        cells = []
        for name in solvers:
            own = [row for row in conic if row["problem"] == key and score.name_of(row) == name]
            cells.append(_told(own) if own else "")
        lines.append([key, *cells])
    return table(["problem", *solvers], lines)


def _told(own: Sequence[Row]) -> str:
    asked = score.as_asked(own, ACCURACY, MEASURE)
    right = sum(row["status"] == "optimal" for row in asked)
    wrong = sum(row["status"] == "wrong" for row in own)
    errors = [row["error"] for row in asked if row["error"] is not None]
    said = f"{right} of {len(asked)}; {page.error(max(errors, default=math.nan))}"
    return said + (f"; **{wrong} wrong**" if wrong else "")


def whole(rows: Sequence[Row]) -> str:
    """The problems that are not convex, each with its methods."""
    lines = []
    for key in sorted({row["problem"] for row in rows}):
        own = score.as_asked([row for row in rows if row["problem"] == key], ACCURACY, MEASURE)
        lines += [
            [
                *(key, s.contender, f"{s.solved} of {s.instances}", page.seconds(s.mean)),
                *(page.factor(s.ratio), s.wrong, page.error(s.worst_error)),
            ]
            for s in score.leaderboard(own, MEASURE)
        ]
    head = ["problem", "method", "solved", "mean time", "x fastest", "silently wrong", "largest error"]
    return table(head, lines, left=2)


def scaling(rows: Sequence[Row]) -> str:
    """Right and wrong answers by model, units and solver."""
    conic = [row for row in rows if score.is_conic(row)]
    systems: dict[str, set[str]] = {}
    for row in conic:
        systems.setdefault(_model(row), set()).add(row["units"])
    solvers = sorted({score.name_of(row) for row in conic if len(systems[_model(row)]) > 1})
    lines = []
    for model in sorted(name for name, units in systems.items() if len(units) > 1):
        mine = [row for row in score.as_asked(conic, ACCURACY, MEASURE) if _model(row) == model]
        for units in sorted(systems[model], key=lambda name: (-_right(mine, name), name)):
            own = [row for row in mine if row["units"] == units]
            errors = [row["error"] for row in own if row["error"] is not None]
            cells = [_counts([row for row in own if score.name_of(row) == name]) for name in solvers]
            lines.append([model, units, *cells, page.error(max(errors, default=math.nan))])
    head = ["model", "units", *(f"{name}: right / silently wrong" for name in solvers), "largest error"]
    return table(head, lines, left=2)


def _model(row: Row) -> str:
    return STATED.get(row["problem"], row["problem"].replace(".", " "))


def _right(rows: Sequence[Row], units: str) -> int:
    return sum(row["status"] == "optimal" for row in rows if row["units"] == units)


def _counts(own: Sequence[Row]) -> str:
    right = sum(row["status"] == "optimal" for row in own)
    wrong = sum(row["status"] == "wrong" for row in own)
    return f"{right} / {wrong} of {len(own)}" if own else ""


def machine(store: Store) -> str:
    """What ran it."""
    found = []
    for run in store.runs():
        versions = ", ".join(f"{name} {version}" for name, version in run["versions"].items())
        where = f"{run['machine']['processor']}, {run['machine']['cores']} cores"
        found.append(f"    {run['command']}\n\n{where}; load when it started {run['load']:.1f}; {versions}.")
    return "\n\n".join(found)


def figure(svg: str, names: Sequence[tuple[str, int]]) -> str:
    """A chart as a file of its own: with a style sheet and a key."""
    key = "".join(
        f'<path class="key c{colour}" d="M{charts.WIDTH + 14} {24 + 22 * k}h0"/>'
        f'<text x="{charts.WIDTH + 26}" y="{28 + 22 * k}">{name}</text>'
        for k, (name, colour) in enumerate(names)
    )
    size = f'viewBox="0 0 {charts.WIDTH + 180} {charts.HEIGHT}"'
    svg = re.sub(r'viewBox="[^"]*"', f'xmlns="http://www.w3.org/2000/svg" {size}', svg, count=1)
    return svg.replace(">", f">\n{STYLE}", 1).replace("</svg>", f"{key}</svg>") + "\n"


def files() -> dict[Path, str]:
    """Everything that this writes."""
    with Store(STORE, must_exist=True) as store:
        every = list(store.view())
        rows, others = (score.ran(r for r in every if (r["problem"] in WHOLE) == w) for w in (False, True))
        blocks: dict[str, Callable[[], str]] = {
            "leaderboard": lambda: leaderboard(rows, "asked"),
            "whatever-it-takes": lambda: leaderboard(rows, "best"),
            "problems": lambda: problems(rows),
            "whole": lambda: whole(others),
            "scaling": lambda: scaling(rows),
            "machine": lambda: machine(store),
        }
        text = DOCUMENT.read_text(encoding="utf-8")
        for name, make in blocks.items():
            pattern = rf"(<!-- {name} -->\n).*?(<!-- end -->)"
            text, count = re.subn(
                pattern, lambda m, make=make: f"{m[1]}{make()}\n{m[2]}", text, count=1, flags=re.S
            )
            if count != 1:
                raise SystemExit(f"{DOCUMENT} has no place for {name}")
    mine = score.as_asked(score.ranked(rows), ACCURACY, MEASURE)
    colours = page.colours_of(score.ranked(rows))
    conic = [row for row in mine if score.is_conic(row)]
    profiles = charts.profiles(score.profile(score.times(conic, MEASURE)), colours, "performance profiles")
    dots = charts.scatter(page.dots(mine, MEASURE), colours, mine[0]["allowed"], "error against time")
    solvers = {score.name_of(row) for row in conic}
    return {
        DOCUMENT: text,
        FIGURES / "solvers-profiles.svg": figure(profiles, [c for c in colours.items() if c[0] in solvers]),
        FIGURES / "solvers-errors.svg": figure(dots, list(colours.items())),
    }


def main(arguments: Sequence[str]) -> int:
    """Write, or with --check compare."""
    wanted = files()
    if "--check" in arguments:
        stale = [
            file for file, text in wanted.items() if not file.exists() or file.read_text("utf-8") != text
        ]
        for file in stale:
            print(f"{file.relative_to(ROOT)} is not what the store gives: run python tools/solvers.py")
        return 1 if stale else 0
    FIGURES.mkdir(exist_ok=True)
    for file, text in wanted.items():
        file.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
