"""Every TDMA claim gives the verdict recorded for it, at a reduced number of instances."""

from pathlib import Path

import pytest

from mecopt.claims import claims_of, replay, verify_claim
from mecopt.claims.cases import file_name
from mecopt.claims.collect import stored_case
from mecopt.problems.tdma_ofdma.claims import ORDER

KEY = "tdma_ofdma"
CLAIMS = {c.id: c for c in claims_of(KEY)}
STORE = Path(__file__).parents[2] / "problems" / KEY / "counterexamples"
REFUTED = [c.id for c in CLAIMS.values() if c.recorded == "refuted"]


def test_every_printed_statement_has_a_claim() -> None:
    assert set(ORDER) <= set(CLAIMS)


@pytest.mark.parametrize("name", CLAIMS)
def test_verdict_is_as_recorded(name: str) -> None:
    claim = CLAIMS[name]
    verdict = verify_claim(claim, samples=25, seed=1, paper=KEY, known=stored_case((KEY, name)))
    assert verdict.verdict == claim.recorded, verdict.note
    assert verdict.survivors == ()
    assert verdict.instances > 0


@pytest.mark.parametrize("name", REFUTED)
def test_stored_counterexample_is_certified(name: str) -> None:
    found = replay(STORE / file_name(name))
    assert found.claim == name
    assert found.violated
    assert found.certified


def test_no_counterexample_without_a_refuted_claim() -> None:
    assert {file.name for file in STORE.glob("*.json")} == {file_name(name) for name in REFUTED}
