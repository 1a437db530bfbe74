"""The made-up paper `rogues`, here and in worker processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import mecopt.problems
from mecopt.problem import papers

PAPERS = Path(__file__).parent / "papers"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def rogues(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("MECOPT_PROBLEMS", str(PAPERS))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr(mecopt.problems, "__path__", [*mecopt.problems.__path__, str(PAPERS)])
    papers.cache_clear()
    yield
    papers.cache_clear()
