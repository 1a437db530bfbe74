"""Every decision of a small network: what the paper calls Exhaustive."""

from math import comb, factorial

from ..terms import Decision, Terms
from . import exact

MOST = 5_000_000
"""Decisions that are looked at: seconds where numba is installed."""


def count(t: Terms) -> int:
    """Partial matchings of users and slots."""
    users, servers, subbands = t.shape
    slots = servers * subbands
    return sum(comb(users, k) * comb(slots, k) * factorial(k) for k in range(min(users, slots) + 1))


def solve(t: Terms) -> tuple[Decision, str]:
    """The best of them, or nobody and why where there are too many."""
    decisions = count(t)
    if decisions > MOST:
        return Decision.none(t.shape[0]), f"{decisions} decisions are too many to look at: nobody offloads"
    return exact.solve(t, exact=False, bounded=False).decision, ""
