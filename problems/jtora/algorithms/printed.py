r"""Algorithm 2 as printed, every neighbour evaluated from scratch by (29): slow, and the other's check.

Routine 1: `remove` takes an element out of X; `exchange` drops what shares the user or the slot of the new
element, up to two, and adds it. Tran and Pompili 2019, Section IV.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np

from mecopt.loops import Search, Trace, local_search
from mecopt.loops.local_search import Neighbour, Rule

from ..closed_form import utility
from ..fields import LOCAL
from ..terms import Decision, Terms


def remove(x: Decision, user: int) -> Decision:
    """X without the element of a user."""
    server, subband = x.server.copy(), x.subband.copy()
    server[user] = subband[user] = LOCAL
    return Decision(server, subband)


def exchange(x: Decision, user: int, s: int, j: int) -> Decision:
    """X with (user, s, j), without what shared its user or its slot."""
    server, subband = x.server.copy(), x.subband.copy()
    there = (server == s) & (subband == j)
    server[there] = subband[there] = LOCAL
    server[user], subband[user] = s, j
    return Decision(server, subband)


def best_single(t: Terms) -> Decision:
    """The best single element, the first among equals; nobody where all channels are dead."""
    nobody = Decision.none(t.shape[0])
    elements = [exchange(nobody, u, s, j) for u, s, j in np.argwhere(t.gain > 0)]
    return max(elements, key=lambda x: utility(t, x), default=nobody)


def _same(x: Decision) -> Decision:
    return x


def search(
    t: Terms, *, epsilon: float = 1.0, rule: Rule = "first", begin: Decision | None = None
) -> tuple[Search[Decision], Trace]:
    """Algorithm 2 on one network; the queries do not count those of the first element."""
    start = best_single(t) if begin is None else begin
    rho = 1.0 + epsilon / float(np.prod(t.shape)) ** 2

    def neighbours(x: Decision) -> Iterator[Neighbour[Decision]]:
        for user in x.offloading:
            then = remove(x, int(user))
            yield utility(t, then), partial(_same, then)
        for user, s, j in np.argwhere(t.gain > 0):
            if x.server[user] != s or x.subband[user] != j:
                then = exchange(x, int(user), int(s), int(j))
                yield utility(t, then), partial(_same, then)

    return local_search(
        start,
        value=utility(t, start),
        neighbours=neighbours,
        sense="max",
        improves=lambda new, old: new > rho * old,
        rule=rule,
    )
