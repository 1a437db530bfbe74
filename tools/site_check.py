"""Check a built site: every link leads somewhere in it, and no page loads anything from elsewhere."""

from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "object": "data"}
"""Elements that the browser fetches without being asked."""


class _Page(HTMLParser):
    """Links, loaded files and addresses of one page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what matters."""
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if LOADED.get(tag) in given:
            self.loads.append(given[LOADED[tag]])


@cache
def _read(file: Path) -> _Page:
    page = _Page()
    page.feed(file.read_text(encoding="utf-8"))
    return page


def complaints(site: Path) -> list[str]:
    """What is broken, one line each; an empty list for a good site."""
    files = sorted(site.rglob("*.html"))
    if not files:
        return [f"{site} has no pages"]
    return [f"{file.relative_to(site)}: {text}" for file in files for text in _of_page(file)]


def _of_page(file: Path) -> Iterator[str]:
    page = _read(file)
    for address in page.loads:
        if urlsplit(address).netloc:
            yield f"loads {address} from another site"
        elif not urlsplit(address).scheme and not _target(file, address).is_file():
            yield f"loads {address}, which is not there"
    for address in page.links:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            continue
        target = _target(file, address)
        if not target.is_file():
            yield f"links to {address}, which is not there"
        elif parts.fragment and target.suffix == ".html" and unquote(parts.fragment) not in _read(target).ids:
            yield f"links to {address}: no such place on that page"


def _target(file: Path, address: str) -> Path:
    path = unquote(urlsplit(address).path)
    return (file.parent / path).resolve() if path else file.resolve()
