"""Small Sphinx extensions: formulas as MathML, docstrings that are plain text, addresses of headings.

Formulas become MathML when the site is built, so that pages need no script and no network. Docstrings are
plain text with `code` in single backquotes and indented formulas; reStructuredText would trip over both.
"""

import re
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert

ROLE = re.compile(r":\w+:`[^`]*`")
CODE = re.compile(r"`([^`]+)`")


def setup(app: Any) -> dict[str, bool]:
    """What Sphinx calls."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    app.connect("autodoc-process-docstring", _docstring)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def slug(title: str) -> str:
    """As on GitHub; a claim's heading `TDMA-E2 (source)` has the address that the list links to."""
    claim = re.match(r"([A-Z0-9]+-[\w.]+) \(", title)
    text = claim[1].replace(".", "-") if claim else title
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")


def _inline(self: Any, node: Any) -> None:
    self.body.append(convert(node.astext(), display="inline"))
    raise nodes.SkipNode


def _block(self: Any, node: Any) -> None:
    self.body.append(f'<div class="math">{convert(node.astext(), display="block")}</div>')
    raise nodes.SkipNode


def _docstring(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    lines[:] = to_rst(lines)


def to_rst(lines: list[str]) -> list[str]:
    """Plain text as reStructuredText: indented or aligned paragraphs are shown as they are."""
    found: list[str] = []
    directive = False
    for paragraph in _paragraphs(lines):
        first = paragraph[0]
        if first.startswith(".. "):
            directive = True
            found += paragraph
        elif directive and first.startswith(" "):
            found += paragraph  # the directive's content
        elif any("  " in line.strip() for line in paragraph) or first.startswith(" "):
            directive = False
            found += ["::", "", *(f"    {line}" for line in paragraph)]
        elif re.match(r"[*-] |\d+\. ", first):
            directive = False
            found += _items(paragraph)
        else:
            directive = False
            found += [_inline_markup(line) for line in paragraph]
        found.append("")
    return found


def _paragraphs(lines: list[str]) -> list[list[str]]:
    """Paragraphs, an introduction that ends in a colon split from an indented block right below it."""
    found: list[list[str]] = [[]]
    for line in lines:
        if not line.strip():
            found.append([])
            continue
        last = found[-1]
        indents = line.startswith("    ") and last and not last[0].startswith((" ", "..", "*", "-"))
        if indents or (last and last[0].startswith("    ") and not line.startswith(" ")):
            found.append([])
        found[-1].append(line)
    return [paragraph for paragraph in found if paragraph]


def _items(paragraph: list[str]) -> list[str]:
    """A list: every item on a line of its own."""
    found: list[str] = []
    for line in paragraph:
        if re.match(r"[*-] |\d+\. ", line) or not found:
            found.append(line)
        else:
            found[-1] += " " + line.strip()
    return [line[:2] + _inline_markup(line[2:]) for line in found]


def _inline_markup(line: str) -> str:
    """Single backquotes are code; what reStructuredText would read as markup is text."""
    parts = []
    place = 0
    for match in ROLE.finditer(line):
        parts += [_text(line[place : match.start()]), match[0]]
        place = match.end()
    return "".join([*parts, _text(line[place:])])


def _text(text: str) -> str:
    pieces = re.split(r"(``[^`]+``|`[^`]+`)", text)
    return "".join(
        f"``{piece.strip('`')}``" if piece.startswith("`") and len(piece) > 2 else _escaped(piece)
        for piece in pieces
    )


def _escaped(text: str) -> str:
    return re.sub(r"([*|_`\\])", r"\\\1", text)
