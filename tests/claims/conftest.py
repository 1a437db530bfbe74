"""Two made-up papers with claims, importable here and in worker processes."""

from pathlib import Path

import pytest

import mecopt.problems
from mecopt.claims import collect

PAPERS = Path(__file__).parent / "papers"


@pytest.fixture
def toy_papers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MECOPT_PROBLEMS", str(PAPERS))
    monkeypatch.setattr(mecopt.problems, "__path__", [*mecopt.problems.__path__, str(PAPERS)])
    collect.claims_of.cache_clear()
