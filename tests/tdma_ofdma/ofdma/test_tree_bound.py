"""The bound of P4 from a tree: below the optimum whatever the tree says, at it where the search is done."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import mecopt
from mecopt.arithmetic import FLOAT, ball_arithmetic, lower, upper
from mecopt.instance import Instance
from mecopt.problems.tdma_ofdma.ofdma.statement import OfdmaStatement
from mecopt.problems.tdma_ofdma.ofdma.tree_bound import Tree
from tests.tdma_ofdma.ofdma.cases import P4, P4R, feasible

METHOD = "branch-and-bound"
USERS, CHANNELS = 3, 8
PLAIN = P4.sample(users=USERS, subchannels=CHANNELS, seed=0)
CASES = [PLAIN, *feasible(7, users=3, subchannels=6, seed=41)]
"""The searches of the others often end at the root."""


def tree_of(s: Instance) -> Tree:
    found = P4.run(s, method=METHOD).evidence
    assert isinstance(found, Tree)
    return found


def bound(s: Instance, tree: Tree) -> float:
    """In doubles, which the balls must enclose."""
    statement: Any = P4.statement
    value = float(statement.searched_bound(FLOAT, statement.lift(FLOAT, s), tree))
    with ball_arithmetic() as ops:
        ball = statement.searched_bound(ops, statement.lift(ops, s), tree)
        if np.isfinite(value):
            assert lower(ball) - 1e-9 * abs(value) <= value <= upper(ball) + 1e-9 * abs(value)
    return value


def optimum(s: Instance) -> float:
    return float(P4.solve(s, method="exact", rigorous=False).value)


@pytest.mark.parametrize("i", range(len(CASES)))
def test_a_finished_search_proves_its_optimum(i: int) -> None:
    best = optimum(CASES[i])
    assert best * (1 - 1e-6) <= bound(CASES[i], tree_of(CASES[i])) <= best * (1 + 1e-12)


def test_wrong_numbers_in_a_tree_never_lift_the_bound_above_the_optimum() -> None:
    """Each column scrambled in turn; what is cut off is grown wrongly, at prices for somewhere else."""
    rng = np.random.default_rng(0)
    weaker = 0
    for s in CASES:
        tree, best = tree_of(s), optimum(s)
        users, channels = s.channel_gain.shape
        for _ in range(40):
            nodes = rng.random(len(tree.child)) < 0.3
            scrambled = {
                "user": np.where(nodes, rng.integers(0, users, nodes.size), tree.user),
                "at": np.where(nodes, rng.integers(0, channels, nodes.size), tree.at),
                "by_number": tree.by_number ^ nodes,
                "child": np.where(nodes, 0, tree.child),
                "bit_price": tree.bit_price[rng.permutation(nodes.size)],
                "price": tree.price * rng.normal(1.0, 2.0, tree.price.shape),
            }
            name = str(rng.choice(list(scrambled)))
            found = bound(s, tree._replace(**{name: scrambled[name]}))
            assert found <= best * (1 + 1e-12), name
            weaker += found < best * (1 - 1e-3)
    assert weaker > 50


def test_negative_prices_of_a_bit_count_as_zero() -> None:
    s = PLAIN
    tree = tree_of(s)
    zero = tree._replace(bit_price=np.zeros_like(tree.bit_price))
    assert bound(s, tree._replace(bit_price=-tree.bit_price)) == bound(s, zero) <= optimum(s)


def test_one_sub_channel_is_enough_for_a_user_that_must_send() -> None:
    s = P4.sample(users=2, subchannels=2, seed=0).replace(local_frequency=np.full(2, 1.0))
    child, number, nothing = np.array([1, 0, 0]), np.array([True, False, False]), np.zeros(3, dtype=int)
    tree = Tree(child, number, nothing, nothing + 1, np.zeros((3, 2)), np.zeros((3, 2)))
    assert bound(s, tree) <= optimum(s)
    assert bound(s, tree._replace(at=nothing)) == bound(s, tree)  # user 0 with none is no assignment
    nobody = Tree(child[:1] * 0, number[:1], nothing[:1], nothing[:1], np.zeros((1, 2)), np.zeros((1, 2)))
    assert bound(s, nobody) == bound(s, tree)


@pytest.mark.parametrize(
    "wrong",
    [
        {"child": np.array([0.0])},
        {"child": np.array([1])},
        {"child": np.array([-1])},
        {"child": np.zeros(0, dtype=int)},
        {"user": np.array([USERS])},
        {"at": np.array([CHANNELS])},
        {"at": np.array([-1])},
        {"bit_price": np.ones((1, 2))},
        {"price": np.ones(USERS)},
    ],
)
def test_what_is_no_tree_is_refused(wrong: dict[str, Any]) -> None:
    s = PLAIN
    leaf = Tree(
        *(np.zeros(1, dtype=kind) for kind in (int, bool, int, int)),
        np.ones((1, USERS)),
        np.zeros((1, USERS)),
    )
    assert bound(s, leaf) <= optimum(s)
    with pytest.raises(mecopt.DataError, match="evidence"):
        bound(s, leaf._replace(**wrong))


def test_a_node_cannot_be_its_own_part() -> None:
    s = PLAIN
    tree = tree_of(s)
    assert len(tree.child) > 3
    itself = np.where(np.arange(len(tree.child)) == 1, 1, tree.child)
    with pytest.raises(mecopt.DataError, match="evidence"):
        bound(s, tree._replace(child=itself))


def test_the_referee_proves_what_the_search_found() -> None:
    s = P4.sample(users=8, subchannels=16, seed=0)
    r = P4.solve(s, method=METHOD)
    assert r.status == "optimal"
    assert r.certificate.rigorous
    assert r.certificate.gap <= 1e-6
    assert r.certificate.bound <= optimum(s) * (1 + 1e-12)
    assert P4.solve(s, method="exact").certificate.gap > 0.1  # without evidence: the relaxation's


def test_evidence_of_one_method_judges_the_point_of_another() -> None:
    s = P4.sample(users=8, subchannels=16, seed=0)
    point = P4.run(s, method="phases")
    found = P4.certify(s, point.x, evidence=P4.run(s, method=METHOD).evidence)
    assert found.gap == pytest.approx(1 - optimum(s) / float(found.value), rel=1e-5)


def test_a_batch_keeps_the_evidence_of_each_instance() -> None:
    s = P4.sample(users=5, subchannels=14, seed=2, batch=3)
    r = P4.solve(s, method=METHOD)
    assert list(r.status) == ["optimal"] * 3
    assert np.all(r.certificate.gap <= 1e-6)
    evidence = P4.run(s, method=METHOD).evidence
    assert evidence.shape == (3,)
    turned = P4.certify(s, r.x, evidence=evidence[[1, 2, 0]], tol=1e-6)
    assert np.all(turned.gap > 1e-6)


def test_a_search_that_was_stopped_proves_what_it_had() -> None:
    s = P4.sample(users=8, subchannels=16, seed=0)
    r = P4.solve(s, method=METHOD, options={"max_parts": 2})
    assert r.status == "feasible"
    last = r.trace.records[-1]  # type: ignore[union-attr]
    assert r.certificate.bound == pytest.approx(last["bound"], rel=1e-9)


def test_evidence_in_the_wrong_place_is_refused() -> None:
    tree, point = tree_of(PLAIN), P4.run(PLAIN, method=METHOD)
    shares = P4R.instance(PLAIN.data)
    with pytest.raises(mecopt.DataError, match="whole sub-channels, not shares"):
        P4R.certify(shares, point.x, evidence=tree)
    p2 = mecopt.load("tdma_ofdma.P2")
    s = p2.sample(users=2)
    with pytest.raises(mecopt.DataError, match="P2 has no use for any"):
        p2.certify(s, p2.run(s).x, evidence=tree)
    batch = P4.sample(users=5, subchannels=14, seed=2, batch=2)
    found = P4.run(batch, method="phases").x
    with pytest.raises(mecopt.DataError, match="got Tree for a batch"):
        P4.certify(batch, found, evidence=tree)
    with pytest.raises(mecopt.DataError, match="got ndarray"):
        P4.certify(batch[0], {name: array[0] for name, array in found.items()}, evidence=np.zeros(3))


def test_evidence_counts_where_prices_give_no_bound() -> None:
    class Priceless(OfdmaStatement):
        def bound(self, ops: Any, d: Any, prices: Any) -> Any:
            return ops.number(np.full(d.energy_scale.shape[:-2], np.nan))

    blind = replace(P4, statement=Priceless("whole"))
    s = blind.instance(PLAIN.data)
    point = P4.run(PLAIN, method=METHOD)
    assert not blind.certify(s, point.x).rigorous
    found = blind.certify(s, point.x, evidence=point.evidence)
    assert found.rigorous
    assert found.gap <= 1e-6
