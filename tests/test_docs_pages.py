"""The examples of pages under docs/ run and print what they show."""

import pytest

from tests.test_readme import ROOT, blocks, run_python

PAGES = ["certificates.md"]


@pytest.mark.parametrize("name", PAGES)
def test_examples(name: str) -> None:
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert run_python("\n".join(block.text for block in blocks(text, "pycon"))) == []
