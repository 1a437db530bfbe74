r"""The referee's bound for P4 from a tree of parts with prices, whoever grew it.

The root is every assignment that gives each sub-channel to one user (to hold one more costs nobody
anything). A node is split by the number of sub-channels of a user, n_k <= f or n_k >= f + 1, or by the
holder of a sub-channel, k or anybody else: either way its two parts cover it, so any tree will do. Within a
leaf user k may hold certain sub-channels, and between lo_k and hi_k of them; at any prices theta >= 0 of a
bit and mu (of either sign) of holding a sub-channel no assignment costs less than

    D(theta, mu) = sum_k [ least_k(theta_k) - max{ mu_k lo_k, mu_k hi_k } ]
                   - sum_n max_{k allowed} [ saved_{k,n}(theta_k) - mu_k ]

with `least` and `saved` of `bounds`. The least over the leaves bounds P4. A tree is data: wrong numbers in it
make a bound weaker, not wrong.
"""

from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from mecopt.arithmetic import Arithmetic, Numbers
from mecopt.errors import DataError
from mecopt.instance import Array, Indices, Mask

from . import bounds

Data = SimpleNamespace


class Tree(NamedTuple):
    """Nodes in the order of their birth, the root first.

    `child` is a node's first part, the next node its second; 0 makes a leaf. It splits by the number of
    `user` where `by_number`, at most or more than `at`, else by whether `user` holds sub-channel `at`.
    `bit_price` and `price` are theta and mu, `(nodes, K)`.
    """

    child: Indices
    by_number: Mask
    user: Indices
    at: Indices
    bit_price: Array
    price: Array


class Part(NamedTuple):
    """Who may hold what, `(K, N)`, and the least and largest numbers held, `(K,)`."""

    allowed: Mask
    least: Indices
    most: Indices


def by_tree(ops: Arithmetic, d: Data, tree: Tree) -> Numbers:
    """The least D over the leaves, of one instance; raises `DataError` for what is no tree."""
    users, channels = d.energy_scale.shape
    if not isinstance(tree, Tree):
        raise DataError("evidence", f"got {type(tree).__name__}", "give the tree of branch and bound")
    _check(tree, users, channels)
    everybody = np.ones((users, channels), dtype=bool)
    none = np.zeros(users, dtype=np.intp)
    left = [(0, Part(everybody, none, none + channels))]
    found = ops.number(np.inf)
    while left:
        node, part = left.pop()
        part = _tightened(part)
        if _empty(d, part):
            continue
        first = tree.child[node]
        if first:
            left += zip((first, first + 1), _halves(tree, node, part), strict=True)
        else:
            found = ops.minimum(found, _at(ops, d, part, tree.bit_price[node], tree.price[node]))
    return found


def _at(ops: Arithmetic, d: Data, part: Part, bit_price: Array, price: Array) -> Numbers:
    """D at the prices of a leaf."""
    theta, mu = ops.number(np.maximum(bit_price, 0.0)), ops.number(price)
    kept = bounds.worth(ops, d, theta) - ops.maximum(mu * part.least, mu * part.most)
    earned = bounds.savings(ops, np.expand_dims(theta * d.bits_per_nat, -1), d.energy_scale) - mu[:, None]
    earned = ops.where(part.allowed, earned, -np.inf)
    return ops.sum(kept) - ops.sum(ops.largest(np.swapaxes(earned, -1, -2)))


def _halves(tree: Tree, node: int, part: Part) -> tuple[Part, Part]:
    """The two parts of a node."""
    user, at = tree.user[node], tree.at[node]
    if tree.by_number[node]:
        few, many = part.most.copy(), part.least.copy()
        few[user], many[user] = min(few[user], at), max(many[user], at + 1)
        return part._replace(most=few), part._replace(least=many)
    only, never = part.allowed.copy(), part.allowed.copy()
    only[:, at] &= np.arange(len(only)) == user
    never[user, at] = False
    return part._replace(allowed=only), part._replace(allowed=never)


def _tightened(part: Part) -> Part:
    """Numbers that can still be met: every sub-channel has one holder, who is allowed to hold it."""
    allowed, channels = part.allowed, part.allowed.shape[1]
    most = np.minimum(part.most, np.sum(allowed, axis=1))
    most = np.minimum(most, channels - np.sum(part.least) + part.least)
    alone = np.sum(allowed & (np.sum(allowed, axis=0) == 1), axis=1)
    least = np.maximum(part.least, alone)
    least = np.maximum(least, channels - np.sum(most) + most)
    return Part(allowed, least, most)


def _empty(d: Data, part: Part) -> bool:
    """Whether no assignment is left that sends all required bits."""
    needy = np.asarray(d.required_bits > 0, dtype=bool)
    return bool(
        np.any(part.least > part.most)
        or np.any(needy & (part.most < 1))
        or not np.all(np.any(part.allowed, axis=0))
    )


def _check(tree: Tree, users: int, channels: int) -> None:
    nodes = len(tree.child)
    born = np.arange(nodes)
    right = (
        nodes > 0
        and all(np.shape(column) == (nodes,) for column in tree[:4])
        and all(np.shape(column) == (nodes, users) for column in tree[4:])
        and all(
            np.issubdtype(np.asarray(column).dtype, np.integer) for column in (tree.child, tree.user, tree.at)
        )
        and np.all((tree.child == 0) | (tree.child > born) & (tree.child < nodes - 1))
        and np.all((tree.user >= 0) & (tree.user < users) & (tree.at >= 0) & (tree.at < channels))
    )
    if not right:
        raise DataError("evidence", "not a tree over this instance", "give the tree of branch and bound")
