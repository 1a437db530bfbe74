"""Write the errata: docs/errata.md and a page per paper, what holds, what does not, smallest counterexamples.

    python tools/errata.py            write docs/errata.md, docs/errata/<paper>.md and the table in README.md
    python tools/errata.py --check    exit 1 if a page is not what the claims and counterexamples give

The pages are made from the claims' recorded verdicts and the stored counterexamples; `mecopt verify` is what
finds that the verdicts are as recorded.
"""

import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mecopt.claims import Claim, claim_papers, claims_of
from mecopt.claims.cases import file_name
from mecopt.problem import load_paper

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"

README = ROOT / "README.md"

INTRODUCTION = """# Errata

What the built-in papers print, and what we found. Each statement is given in our own words with our verdict:
`proved` for all parameters, `certified` in ball arithmetic on every instance tried, `supported` within a
tolerance, or `refuted` by a counterexample that is itself certified. `mecopt verify` finds the verdicts anew;
each counterexample replays with the command below it.

These pages are written by `python tools/errata.py`; a test compares them with the claims.

"""

HEADING = "| paper | statements | proved | certified | supported | refuted |\n|---|---|---|---|---|---|\n"
START, END = "<!-- verdicts: written by tools/errata.py -->\n", "<!-- end of verdicts -->\n"

VERDICTS = ("proved", "certified", "supported", "refuted")


def pages() -> dict[Path, str]:
    """Every page and its text; papers of one's own elsewhere have none here."""
    keys = [key for key in claim_papers() if (ROOT / "problems" / key).is_dir()]
    texts = {DOCS / "errata" / f"{key}.md": paper(key) for key in keys}
    lists = []
    for key in keys:
        about = load_paper(key)
        lists.append(f"\n## {about.title}\n\n{about.source}. What does not hold:\n")
        for c in printed_claims(key):
            if c.recorded == "refuted":
                lists.append(f"- [{c.id}](errata/{key}.md#{anchor(c.id)}): {c.statement}")
    texts[DOCS / "errata.md"] = INTRODUCTION + table(keys, "errata") + "\n".join(lists) + "\n"
    before, _, rest = README.read_text(encoding="utf-8").partition(START)
    after = rest.partition(END)[2]
    texts[README] = before + START + table(keys, "docs/errata") + END + after
    return texts


def table(keys: Sequence[str], folder: str) -> str:
    """How many statements of each paper hold; links into `folder`."""
    rows, total = [], Counter[str]()
    for key in keys:
        counts = Counter(c.recorded for c in printed_claims(key))
        total += counts
        numbers = " | ".join(str(counts[verdict]) for verdict in VERDICTS)
        rows.append(f"| [{load_paper(key).title}]({folder}/{key}.md) | {counts.total()} | {numbers} |\n")
    numbers = " | ".join(str(total[verdict]) for verdict in VERDICTS)
    return HEADING + "".join(rows) + f"| all | {total.total()} | {numbers} |\n"


def printed_claims(key: str) -> list[Claim]:
    """The claims that the paper prints: all but our corrections and what we add to them."""
    claims = claims_of(key)
    ours = {c.corrected_by for c in claims} | {c.id for c in claims if c.source.startswith("correction of")}
    return [c for c in claims if c.id not in ours]


def anchor(name: str) -> str:
    """The heading's address in the paper's page."""
    return name.lower().replace(".", "-")


def paper(key: str) -> str:
    """One paper: counts, the refuted statements with their corrections, and the list of all."""
    claims = claims_of(key)
    by_id = {c.id: c for c in claims}
    printed = printed_claims(key)
    counts = Counter(c.recorded for c in printed)
    said = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts[verdict])
    about = load_paper(key)
    doi = f", doi [{about.doi}](https://doi.org/{about.doi})" if about.doi else ""
    lines = [f"# Errata: {about.title}\n", f"{about.source}{doi}.\n"]
    lines += [f"{len(printed)} statements checked: {said}. [All papers](../errata.md)\n"]
    lines += ["## What does not hold\n"]
    for c in printed:
        if c.recorded == "refuted":
            lines += erratum(key, c, by_id[str(c.corrected_by)])
    lines += ["## All statements\n", "| id | where | statement | verdict |", "|---|---|---|---|"]
    lines += [f"| {c.id} | {cell(c.source)} | {cell(c.statement)} | {c.recorded} |" for c in claims]
    return "\n".join([*lines, ""])


def erratum(key: str, c: Claim, correction: Claim) -> list[str]:
    """One refuted statement: what is printed, what is wrong, the counterexample, what holds."""
    stored = f"problems/{key}/counterexamples/{file_name(c.id)}"
    found: dict[str, Any] = json.loads((ROOT / stored).read_text(encoding="utf-8"))
    return [
        f'<a id="{anchor(c.id)}"></a>\n',
        f"### {c.id} ({c.source})\n",
        f"**Printed:** {c.statement}\n",
        f"**Wrong:** {c.explanation}\n",
        f"**Counterexample** (violated by {abs(found['slack']):.3g}, tolerance {found['tolerance']:g}):\n",
        f"```json\n{json.dumps(found['case'], ensure_ascii=False)}\n```\n",
        f"`mecopt verify --replay {stored}`\n",
        f"**Instead** ({correction.id}, {correction.recorded}): {correction.statement}\n",
    ]


def cell(text: str) -> str:
    """Text for a table: a bar would end the cell."""
    return text.replace("|", "\\|")


def main() -> int:
    """Write or compare the pages."""
    texts = pages()
    old = {path for path in (DOCS / "errata").glob("*.md") if path not in texts}
    if "--check" in sys.argv[1:]:
        stale = [p for p, text in texts.items() if not p.is_file() or p.read_text(encoding="utf-8") != text]
        for path in sorted([*stale, *old]):
            print(f"{path.relative_to(ROOT)} is out of date; run: python tools/errata.py", file=sys.stderr)
        return 1 if stale or old else 0
    (DOCS / "errata").mkdir(parents=True, exist_ok=True)
    for path in old:
        path.unlink()
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
