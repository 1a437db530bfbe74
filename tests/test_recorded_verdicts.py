"""Every claim of every built-in paper gives the verdict recorded for it, at a reduced number of instances."""

from importlib import import_module
from pathlib import Path

import pytest

from mecopt.claims import claims_of, replay, verify_claim
from mecopt.claims.cases import file_name
from mecopt.claims.collect import stored_case

PROBLEMS = Path(__file__).parents[1] / "problems"
KEYS = sorted(p.parents[1].name for p in PROBLEMS.glob("*/claims/__init__.py"))
CLAIMS = {(key, c.id): c for key in KEYS for c in claims_of(key)}
REFUTED = [target for target, c in CLAIMS.items() if c.recorded == "refuted"]


def store(key: str) -> Path:
    return PROBLEMS / key / "counterexamples"


def name_of(target: object) -> str:
    return str(target[1]) if isinstance(target, tuple) else str(target)


@pytest.mark.parametrize("key", KEYS)
def test_every_printed_statement_has_a_claim(key: str) -> None:
    order = import_module(f"mecopt.problems.{key}.claims").ORDER
    assert len(order) > 10
    assert set(order) <= {name for paper, name in CLAIMS if paper == key}


@pytest.mark.parametrize("target", CLAIMS, ids=name_of)
def test_verdict_is_as_recorded(target: tuple[str, str]) -> None:
    claim = CLAIMS[target]
    verdict = verify_claim(claim, samples=25, seed=1, paper=target[0], known=stored_case(target))
    assert verdict.verdict == claim.recorded, verdict.note
    assert verdict.survivors == ()
    assert verdict.instances > 0


@pytest.mark.parametrize("target", REFUTED, ids=name_of)
def test_stored_counterexample_is_certified(target: tuple[str, str]) -> None:
    key, name = target
    found = replay(store(key) / file_name(name))
    assert found.claim == name
    assert found.violated
    assert found.certified


@pytest.mark.parametrize("key", KEYS)
def test_no_counterexample_without_a_refuted_claim(key: str) -> None:
    wanted = {file_name(name) for paper, name in REFUTED if paper == key}
    assert {file.name for file in store(key).glob("*.json")} == wanted
