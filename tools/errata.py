"""Write docs/errata.md: what holds in each paper, what does not, and the smallest counterexamples.

    python tools/errata.py            write the page
    python tools/errata.py --check    exit 1 if the page is not what the claims and counterexamples give

The page is made from the claims' recorded verdicts and the stored counterexamples; `mecopt verify` is what
finds that the verdicts are as recorded.
"""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from mecopt.claims import Claim, claim_papers, claims_of
from mecopt.claims.cases import file_name
from mecopt.problem import load_paper

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "errata.md"

INTRODUCTION = """# Errata

What the built-in papers print, and what we found. Each statement is given in our own words with our verdict:
`proved` for all parameters, `certified` in ball arithmetic on every instance tried, `supported` within a
tolerance, or `refuted` by a counterexample that is itself certified. `mecopt verify` finds the verdicts anew;
each counterexample replays with the command below it.

This page is written by `python tools/errata.py`; a test compares it with the claims.
"""


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION]
    for key in claim_papers():
        parts += paper(key)
    return "\n".join(parts)


def paper(key: str) -> list[str]:
    """One paper: counts, the refuted statements with their corrections, and the list of all."""
    claims = claims_of(key)
    by_id = {c.id: c for c in claims}
    corrections = {c.corrected_by for c in claims}
    printed = [c for c in claims if c.id not in corrections]
    counts = Counter(c.recorded for c in printed)
    said = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    about = load_paper(key)
    lines = [f"## {about.title}\n", f"{about.source}, doi [{about.doi}](https://doi.org/{about.doi}).\n"]
    lines += [f"{len(printed)} statements checked: {said}.\n", "### What does not hold\n"]
    for c in printed:
        if c.recorded == "refuted":
            lines += erratum(key, c, by_id[str(c.corrected_by)])
    lines += ["### All statements\n", "| id | where | statement | verdict |", "|---|---|---|---|"]
    lines += [f"| {c.id} | {cell(c.source)} | {cell(c.statement)} | {c.recorded} |" for c in claims]
    return [*lines, ""]


def erratum(key: str, c: Claim, correction: Claim) -> list[str]:
    """One refuted statement: what is printed, what is wrong, the counterexample, what holds."""
    stored = f"problems/{key}/counterexamples/{file_name(c.id)}"
    found: dict[str, Any] = json.loads((ROOT / stored).read_text(encoding="utf-8"))
    return [
        f"#### {c.id} ({c.source})\n",
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
    """Write or compare the page."""
    text = page()
    if "--check" in sys.argv[1:]:
        if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text:
            return 0
        print("docs/errata.md is out of date; run: python tools/errata.py", file=sys.stderr)
        return 1
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
