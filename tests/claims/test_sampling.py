"""Cases drawn without Hypothesis' engine: the same sets of cases, and the engine where that fails."""

import math
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from random import Random
from typing import Any

import pytest
from hypothesis import assume
from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, claim, claim_papers, claims_of, decades, search, verify_claim
from mecopt.claims.claim import Claim
from mecopt.claims.sampling import CannotSampleError, sampled


def cases(strategy: st.SearchStrategy, *, count: int = 400, seed: int = 0) -> list[Any]:
    return list(islice(sampled(strategy, Random(seed)), count))


@st.composite
def ordered(draw: Any) -> tuple[int, int]:
    low = draw(st.integers(0, 9))
    return low, draw(st.integers(low, 9))


@st.composite
def halves(draw: Any) -> int:
    number = draw(st.integers(0, 9))
    assume(number < 5)
    return number


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (st.sampled_from("abc"), set("abc")),
        (st.booleans(), {True, False}),
        (st.one_of(st.just(1), st.just(2)), {1, 2}),
        (st.integers(1, 4).map(lambda n: n / 2), {0.5, 1.0, 1.5, 2.0}),
        (st.integers(1, 6).filter(lambda n: n % 2), {1, 3, 5}),
        (st.sampled_from([2, 3]).flatmap(lambda n: st.just(n * n)), {4, 9}),
        (st.tuples(st.booleans(), st.just(0)), {(True, 0), (False, 0)}),
        (st.lists(st.just(0), max_size=2).map(tuple), {(), (0,), (0, 0)}),
        (
            st.lists(st.sampled_from("ab"), min_size=2, max_size=2, unique=True).map(tuple),
            {("a", "b"), ("b", "a")},
        ),
        (st.builds(complex, st.integers(0, 1), imag=st.just(2)), {2j, 1 + 2j}),
        (st.fixed_dictionaries({"x": st.booleans()}).map(lambda d: d["x"]), {True, False}),
    ],
)
def test_every_case_of_a_small_set_is_drawn_and_no_other(strategy: st.SearchStrategy, expected: set) -> None:
    assert set(cases(strategy)) - {None} == expected


def test_dependent_draws() -> None:
    drawn = set(cases(ordered(), count=2000))
    assert drawn == {(a, b) for a in range(10) for b in range(a, 10)}


def test_the_simplest_case_comes_first() -> None:
    assert cases(st.fixed_dictionaries({"x": decades(1e-6, 1e6), "n": st.integers(3, 9)}), count=1) == [
        {"x": 1.0, "n": 3}
    ]


def test_rejected_cases_take_a_turn() -> None:
    drawn = cases(halves())
    assert set(drawn) == {0, 1, 2, 3, 4, None}
    assert 100 < drawn.count(None) < 300
    assert set(cases(st.integers(0, 99).filter(lambda n: n * n > 99**2))) == {None}


def test_decades_are_even() -> None:
    """Chi square of 20 decades: 19 degrees of freedom, above 60 once in a million runs."""
    drawn = cases(decades(1e-10, 9.999e9), count=20_000)
    seen = Counter(math.floor(math.log10(x)) for x in drawn if x not in (1e-10, 9.999e9))
    mean = sum(seen.values()) / 20
    assert len(seen) == 20
    assert sum((n - mean) ** 2 / mean for n in seen.values()) < 60


def test_one_seed_gives_the_same_cases() -> None:
    strategy = st.lists(decades(1e-3, 1e3), max_size=4)
    assert cases(strategy) == cases(strategy)
    assert cases(strategy) != cases(strategy, seed=1)


def test_a_failing_strategy_is_left_to_hypothesis() -> None:
    with pytest.raises(CannotSampleError):
        cases(st.integers(0, 3).map(lambda n: 1 // n))


@pytest.mark.parametrize("paper", claim_papers())
def test_all_claims_can_be_sampled(paper: str) -> None:
    for c in claims_of(paper):
        assert any(case is not None for case in cases(c.draws, count=10)), c.id


def toy(**changes: Any) -> Any:
    fields = {
        "id": "TOY",
        "source": "nowhere",
        "statement": "x is positive",
        "recorded": "certified",
        "draws": st.fixed_dictionaries({"x": decades(1e-3, 1e3)}),
        "subject": 1,
        "mutants": [Mutant("negative", -1)],
        "tol": 0.0,
        "tol_reason": "exact",
    }
    return claim(**{**fields, **changes})


def sign(case: dict, subject: int) -> Interval:
    return Interval(subject * case["x"], subject * case["x"])


def test_without_sampling_the_engine_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> Iterator[Any]:
        raise CannotSampleError
        yield

    plain = verify_claim(toy()(sign), samples=40)
    monkeypatch.setattr(search, "sampled", refuse)
    engine = verify_claim(toy()(sign), samples=40)
    assert plain.verdict == engine.verdict == "certified"
    assert 30 <= engine.instances <= 40
    assert 30 <= plain.instances <= 40
    refuted = toy(recorded="refuted", explanation="no", corrected_by="C")
    opposite = refuted(lambda case, subject: sign(case, -subject))
    assert verify_claim(opposite, samples=40, known={"x": 1.0}).violations == engine.instances


def looking_ahead(ahead: Any, check: Any = sign) -> Claim:
    made: Claim = toy(ahead=ahead)(check)
    return made


def test_cases_are_announced_before_they_are_checked() -> None:
    announced: list[float] = []
    unknown: list[float] = []

    def check(case: dict, subject: int) -> Interval:
        if case["x"] not in announced:
            unknown.append(case["x"])
        return sign(case, subject)

    verdict = verify_claim(
        looking_ahead(lambda some: announced.extend(c["x"] for c in some), check), samples=200
    )
    assert verdict.verdict == "certified"
    assert 150 <= len(announced) <= 200  # no more than are checked
    assert len(set(unknown)) <= search.STEERED_LEAST  # those that Hypothesis steers are not known before


def test_looking_ahead_cannot_change_a_case() -> None:
    def spoil(some: list[dict]) -> None:
        for case in some:
            case["x"] = -1.0

    assert verify_claim(looking_ahead(spoil), samples=40).verdict == "certified"


def test_looking_ahead_that_fails_is_an_error() -> None:
    verdict = verify_claim(looking_ahead(lambda some: some[0]["y"]), samples=40)
    assert verdict.verdict == "error"
    assert verdict.note == "looking ahead failed: KeyError: 'y'"
