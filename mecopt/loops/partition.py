r"""Share out N items among K agents at least cost, when what an agent pays depends on its whole set.

    min  sum_k c_k(S_k)   over all partitions of the items into sets S_1 .. S_K (some may be empty)

by the dynamic programme over subsets M of the items,

    V_1(M) = c_1(M),      V_k(M) = min_{S in M} V_{k-1}(M - S) + c_k(S).

A set is a whole number whose bit n says whether item n is in it. Every V_k but the last takes 3^N sums:
0.3 s at N = 18 compiled, fifteen times as long in NumPy, and the same numbers, for a minimum does not depend
on the order in which it is taken. Kept tables take K 2^N doubles.

Source: the textbook dynamic programme for set partitioning; compare Bjorklund et al., "Fourier meets Moebius:
fast subset convolution", STOC 2007, for integer costs.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from mecopt.compiled import AVAILABLE, jit
from mecopt.instance import Array, Indices

LOW_BITS = 8
"""Of a set, in NumPy: all 3^8 pairs of low halves at once, a Python step for each pair of high halves."""


class Partition(NamedTuple):
    """The least cost, and the set of each agent, `(K,)`. Where every partition costs inf, any one."""

    value: float
    sets: Indices


def best_partition(costs: Array) -> Partition:
    """The cheapest partition; `costs` is `(K, 2^N)`, inf forbids a set."""
    extend = _extend_compiled if AVAILABLE else _extend_numpy
    tables = [costs[0]]
    for own in costs[1:-1]:
        tables.append(extend(tables[-1], own))
    sets = np.zeros(len(costs), dtype=np.intp)
    left = costs.shape[1] - 1
    value = None
    for k in range(len(costs) - 1, 0, -1):
        parts = np.arange(left + 1)
        parts = parts[parts & ~left == 0]
        sums = tables[k - 1][left ^ parts] + costs[k][parts]
        best = int(np.argmin(sums))
        value = float(sums[best]) if value is None else value
        sets[k] = parts[best]
        left ^= int(parts[best])
    sets[0] = left
    return Partition(float(costs[0, left]) if value is None else value, sets)


def _extend_compiled(before: Array, own: Array) -> Array:
    found = np.empty_like(before)
    _extend_loop(before, own, found)
    return found


@jit
def _extend_loop(before: Array, own: Array, found: Array) -> None:
    """found(M) = min over S in M of before(M - S) + own(S): the parts of a number, in descending order."""
    for whole in range(len(before)):
        least = before[whole] + own[0]
        part = whole
        while part > 0:
            tried = before[whole ^ part] + own[part]
            if tried < least:
                least = tried
            part = (part - 1) & whole
        found[whole] = least


def _extend_numpy(before: Array, own: Array) -> Array:
    low = min(len(before).bit_length() - 1, LOW_BITS)
    parts, rests, first = _pairs(low)
    shape = (-1, 2**low)
    rest, chosen = before.reshape(shape)[:, rests], own.reshape(shape)[:, parts]
    found = np.empty_like(before).reshape(shape)
    for whole in range(len(found)):
        part = whole
        sums = rest[whole] + chosen[0]
        while part > 0:
            np.minimum(sums, rest[whole ^ part] + chosen[part], out=sums)
            part = (part - 1) & whole
        found[whole] = np.minimum.reduceat(sums, first)
    return found.ravel()


@cache
def _pairs(bits: int) -> tuple[Indices, Indices, Indices]:
    """All S within M for M = 0 .. 2^bits - 1 in turn: S, M - S, and where each M begins."""
    numbers = np.arange(2**bits)
    whole, part = np.nonzero(numbers & ~numbers[:, None] == 0)
    return part, whole ^ part, np.searchsorted(whole, numbers)
