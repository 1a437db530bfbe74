"""Build the documentation site: python tools/site.py [--out site] [--figures 5] [--links]

    --out      folder of the site (default: site)
    --figures  realisations per figure, 0 leaves the pictures out (default: 5)
    --links    also try links to other sites, which needs a network

Pages that follow from the code are written to docs/generated and docs/api first: problems as `mecopt explain`
shows them, figures, the API. Then Sphinx builds the site, a warning being an error,
and every link and address in the result is checked: no page may need anything from another site.
"""

import argparse
import contextlib
import io
import pkgutil
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]

import site_check  # noqa: E402 - beside this file

import mecopt  # noqa: E402 - the checkout's

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
GENERATED, API = DOCS / "generated", DOCS / "api"
APART = {"cli", "problems", "report", "skeleton", "lessons"}
"""Packages that are not called from Python."""


def built_in() -> dict[str, Any]:
    """The papers of this checkout; papers of one's own are not documented here."""
    return {key: paper for key, paper in mecopt.papers().items() if (ROOT / "problems" / key).is_dir()}


def papers_page(pictures: bool) -> str:
    """One section per paper, with all that there is about it."""
    pages = ["errata/{key}", "{key}"] + (["generated/figures_{key}"] if pictures else [])
    lines = ["# The papers\n"]
    names = []
    for key, paper in built_in().items():
        doi = f", doi [{paper.doi}](https://doi.org/{paper.doi})" if paper.doi else ""
        lines.append(f"## {paper.title}\n\n{paper.source}{doi}.\n")
        there = [page.format(key=key) for page in pages if (DOCS / f"{page.format(key=key)}.md").is_file()]
        titles = {f"errata/{key}": "errata", key: "what the paper asks and what was found"}
        links = [f"[{titles.get(name, 'figures')}](../{name}.md)" for name in there]
        lines.append(f"{', '.join(links)}. Check it: `mecopt verify {key}`\n")
        names += there
    lines += ["```{toctree}\n:hidden:\n", *(f"../{name}" for name in names), "```\n"]
    lines.append("How the conic solvers compare on these problems: [solvers](../solvers.md).")
    return "\n".join(lines) + "\n"


def problem_page(problem: Any) -> str:
    """A problem as `mecopt explain` shows it, the tree as a picture too."""
    from mecopt.explain import as_svg, as_text, explain

    found = explain(problem)
    parts = [
        f"# {problem.key}\n",
        f"{problem.title}. Source: {problem.source}.\n",
        f"`mecopt explain {problem.key}`\n",
    ]
    parts += ["## The problem\n", _literal(found.mathematics)]
    if found.trees:
        (GENERATED / f"{problem.key}.svg").write_text(as_svg(list(found.trees)), encoding="utf-8")
        parts += ["## The model\n", _literal(found.model), f"It {found.curvature}.\n"]
        parts += [
            f"Compiles to {found.cones}.\n",
            f"![Expression tree of {problem.key}]({problem.key}.svg)\n",
        ]
        parts += [_literal(as_text(list(found.trees)))]
    if found.closed_form:
        parts += ["## The closed form\n", _literal(found.closed_form)]
    methods = [f"| `{m.name}` | {m.summary.replace('|', chr(92) + '|')} |" for m in problem.methods.values()]
    return "\n".join([*parts, "## Methods\n", "| method | what it is |", "|---|---|", *methods, ""])


def _literal(text: str) -> str:
    return f"````text\n{text}\n````\n"


def problems_pages() -> dict[str, str]:
    """A page per problem and one that lists them."""
    every = [p for paper in built_in().values() for p in paper.problems]
    pages = {p.key: problem_page(p) for p in every}
    rows = [f"| [{p.key}]({p.key}.md) | {p.title} | {p.sense} | {p.unit} |" for p in every]
    tree = ["```{toctree}\n:hidden:\n", *pages, "```\n"]
    head = ["# Problems\n", "| problem | title | sense | unit |", "|---|---|---|---|"]
    return {**pages, "problems": "\n".join([*head, *rows, "", *tree])}


def figures_page(key: str, samples: int) -> str | None:
    """The paper's figures, computed here; None for a paper without any."""
    from mecopt import figures
    from mecopt.report import plot

    try:
        wanted = figures.find(key, "all")
    except mecopt.MecoptError:
        return None
    lines = [
        f"# Figures of {key}\n",
        f"{samples} realisations, seed 0. With more: `mecopt reproduce {key} all`\n",
    ]
    memo: Any = {}
    for figure in wanted:
        data = figures.reproduce(figure, samples=samples, seed=0, memo=memo, tick=lambda: None)
        name = f"{key}-{figure.key}.png"
        (GENERATED / name).write_bytes(plot.png(figure, data))
        lines += [f"## {data['title']}\n", f"![{data['title']}]({name})\n", f"{data['caption']}\n"]
    return "\n".join(lines)


def api_pages() -> dict[str, str]:
    """A page per module of the toolkit, made from docstrings."""
    names, rows = ["mecopt"], []
    for module in pkgutil.walk_packages(mecopt.__path__, "mecopt."):
        parts = module.name.split(".")
        if parts[1] not in APART and not any(part.startswith("_") for part in parts):
            names.append(module.name)
    pages = {}
    for name in names:
        doc = (import_module(name).__doc__ or "").strip().splitlines()
        # what a package re-exports is documented where it is defined
        own = "" if name == "mecopt" else "   :ignore-module-all:\n"
        pages[name] = f"# {name}\n\n```{{eval-rst}}\n.. automodule:: {name}\n   :members:\n{own}```\n"
        first = doc[0].replace("|", chr(92) + "|") if doc else ""
        rows.append(f"| [`{name}`]({name}.md) | {first} |")
    head = [
        "# API\n",
        "Start with `mecopt.load`, `mecopt.certify` and `mecopt.verify`.\n",
        "| module | |",
        "|---|---|",
    ]
    tree = ["```{toctree}\n:hidden:\n", *pages, "```\n"]
    return {**pages, "index": "\n".join([*head, *rows, "", *tree])}


def write_pages(samples: int) -> None:
    """All pages that follow from the code."""
    for folder in (GENERATED, API):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    for key in built_in() if samples else ():
        page = figures_page(key, samples)
        if page:
            (GENERATED / f"figures_{key}.md").write_text(page, encoding="utf-8")
    texts = {**problems_pages(), "papers": papers_page(bool(samples))}
    for name, text in texts.items():
        (GENERATED / f"{name}.md").write_text(text, encoding="utf-8")
    for name, text in api_pages().items():
        (API / f"{name}.md").write_text(text, encoding="utf-8")


def main() -> int:
    """Write the pages, build, check."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", default="site")
    parser.add_argument("--figures", type=int, default=5)
    parser.add_argument("--links", action="store_true")
    given = parser.parse_args()
    out = Path(given.out)
    with contextlib.redirect_stdout(io.StringIO()):
        write_pages(given.figures)
    sphinx = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-E"]
    done = subprocess.run(
        [*sphinx, "-b", "html", "-d", str(out / ".doctrees"), str(DOCS), str(out)], check=False
    )
    if done.returncode:
        return done.returncode
    shutil.rmtree(out / ".doctrees", ignore_errors=True)
    wrong = site_check.complaints(out)
    for line in wrong:
        print(line, file=sys.stderr)
    if given.links:
        subprocess.run([*sphinx, "-b", "linkcheck", str(DOCS), str(out / ".links")], check=True)
    print(f"{out / 'index.html'}: {len(list(out.rglob('*.html')))} pages, {len(wrong)} broken links")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
