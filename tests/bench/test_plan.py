"""What a plan makes of the problems of the built-in papers."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from mecopt.bench.plan import Plan, check, chunks, every_problem, unvaried
from mecopt.bench.run import run
from mecopt.bench.store import Store
from mecopt.errors import UnknownName

SHARED = Plan(("shared_data.P1",), ("closed-form",), ("low",), instances=3)


def test_a_scenario_without_randomness_makes_one_instance() -> None:
    assert unvaried(SHARED) == ("shared_data.P1",)
    assert [chunk.seed for chunk in chunks(SHARED)] == [0]
    dropped = replace(SHARED, scenarios=("dropped",))
    assert unvaried(dropped) == ()
    assert [chunk.seed for chunk in chunks(dropped)] == [0, 1, 2]
    assert unvaried(replace(SHARED, instances=1)) == ()


def test_scenarios_are_those_of_the_problems_that_know_them() -> None:
    plan = Plan(
        ("shared_data.P1", "jtora.CRA", "relay.DF"), ("closed-form",), scenarios=("balanced", "dropped")
    )
    plan = replace(plan, instances=1)
    assert [chunk.scenario for chunk in chunks(plan)] == ["dropped", "balanced", "relay"]
    assert [chunk.id.split()[1] for chunk in chunks(plan)] == ["dropped", "balanced", "relay"]
    assert Plan.from_dict(plan.to_dict()) == plan
    with pytest.raises(UnknownName, match="unknown scenario 'moon'"):
        check(replace(plan, scenarios=("moon",)))


def test_problems_without_sizes() -> None:
    plan = Plan(("relay.AF", "jtora.CRA"), ("closed-form",), instances=1, sizes=(("users", 4),))
    check(plan)
    assert [chunk.sizes for chunk in chunks(plan)] == [(), (("users", 4),)]
    assert "users" not in chunks(plan)[0].id


def test_sizes_of_one_problem_or_paper() -> None:
    sizes = (("tdma_ofdma.users", 3), ("users", 5), ("tdma_ofdma.P4.users", 2), ("servers", 2))
    plan = Plan(
        ("tdma_ofdma.P2", "tdma_ofdma.P4", "jtora.CRA"), ("closed-form", "exact"), instances=1, sizes=sizes
    )
    check(plan)
    found = {chunk.problem: dict(chunk.sizes) for chunk in chunks(plan)}
    assert found == {
        "tdma_ofdma.P2": {"users": 3},
        "tdma_ofdma.P4": {"users": 2},
        "jtora.CRA": {"users": 5, "servers": 2},
    }
    for unknown in ("tdma_ofdma.servers", "relay.users", "jtora.P2.users"):
        with pytest.raises(UnknownName, match="unknown size"):
            check(replace(plan, sizes=((unknown, 2),)))


def test_every_problem_can_be_planned() -> None:
    plan = Plan(every_problem(), instances=1)
    check(plan)
    assert {chunk.problem for chunk in chunks(plan)} == set(every_problem())


@pytest.mark.slow
def test_every_problem_of_every_paper_takes_part(tmp_path: Path) -> None:
    """Statuses, errors and senses: at small size every first method is right by its certificate."""
    sizes = (("users", 4), ("servers", 2), ("subbands", 2), ("subchannels", 4))
    plan = Plan(every_problem(), None, ("medium",), ("scaled",), 1, sizes=sizes, repeats=0)
    with Store(tmp_path / "all.sqlite") as store:
        run(plan, store, jobs=1)
        rows = list(store.view())
    own = {row["problem"] for row in rows if row["status"] == "optimal"}
    assert own == set(every_problem())
    counts = Counter(row["status"] for row in rows)
    # ECOS misses 1e-6 at its tolerance of 1e-7 on the exponential cones of TDMA
    missed = {row["method"] for row in rows if row["status"] != "optimal"}
    assert missed <= {"cvxpy:ECOS", "ellipsoid"}
    assert counts["wrong"] == counts["crashed"] == counts["timeout"] == counts["unknown"] == 0
