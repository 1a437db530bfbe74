"""Fixtures that several folders of tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import mecopt.problems
from mecopt.claims import collect
from mecopt.problem import papers

TOY_PAPERS = Path(__file__).parent / "claims" / "papers"


@pytest.fixture
def toy_papers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two made-up papers with claims, `toy` and `broken`, importable here and in worker processes."""
    monkeypatch.setenv("MECOPT_PROBLEMS", str(TOY_PAPERS))
    monkeypatch.setattr(mecopt.problems, "__path__", [*mecopt.problems.__path__, str(TOY_PAPERS)])
    for cached in (papers, collect.claims_of):
        cached.cache_clear()
    yield
    for cached in (papers, collect.claims_of):
        cached.cache_clear()
