"""Write the tables and figures of docs/solvers.md from the stored comparison of solvers.

    python tools/solvers.py            bring docs/solvers.md and its figures up to date
    python tools/solvers.py --check    exit 1 if they are not what the store gives

The text between `<!-- NAME -->` and `<!-- end -->` is made here; the words around it are written by hand.
"""

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


def scaling(rows: Sequence[Row]) -> str:
    """Share solved and wrong answers by units and solver."""
    found = page.scaling(score.as_asked(rows, ACCURACY, MEASURE))
    solvers = sorted({name for own in found.values() for name in own})
    lines = []
    for units, own in found.items():
        cells = []
        for name in solvers:
            counts = own.get(name, {})
            every = sum(counts.values())
            cells.append(f"{counts.get('optimal', 0)} / {counts.get('wrong', 0)} of {every}")
        lines.append([units, *cells])
    return table(["units", *(f"{name}: right / silently wrong" for name in solvers)], lines)


def silent(rows: Sequence[Row]) -> str:
    """Silently wrong answers over all accuracies."""
    lines = [
        [s["contender"], s["units"], s["wrong"], s["of"], s["denied"], page.error(s["worst"])]
        for s in page.silent(rows)
    ]
    head = ["method", "units", "wrong", "of", "of these: denied a solution", "largest error"]
    return table(head, lines, left=2)


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
    size = f'viewBox="0 0 {charts.WIDTH + 130} {charts.HEIGHT}"'
    svg = re.sub(r'viewBox="[^"]*"', f'xmlns="http://www.w3.org/2000/svg" {size}', svg, count=1)
    return svg.replace(">", f">\n{STYLE}", 1).replace("</svg>", f"{key}</svg>") + "\n"


def files() -> dict[Path, str]:
    """Everything that this writes."""
    with Store(STORE, must_exist=True) as store:
        rows = score.ran(store.view())
        blocks: dict[str, Callable[[], str]] = {
            "leaderboard": lambda: leaderboard(rows, "asked"),
            "whatever-it-takes": lambda: leaderboard(rows, "best"),
            "scaling": lambda: scaling(rows),
            "silent": lambda: silent(rows),
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
