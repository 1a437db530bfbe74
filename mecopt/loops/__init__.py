"""Outer loops, written once: each applies a paper's own step until a test names an ending, and keeps a trace.

    iteration          iterate(step, state, stop=..., max_steps=...): the plain loop
    ellipsoid          maximise a concave function from supergradients, with a bound on what is left
    subgradient        maximise a concave function step by step along its supergradients
    local_search       move to a better neighbour until there is none, counting moves and queries
    cccp               minimise one convex majorant after the other
    block_descent      improve one block of variables after the other
    partition          share items out to users at least cost, by sets (dynamic programming)
    branch_and_bound   best-first search for a minimum, with a bound that holds whenever it stops

A loop says how it ended, `converged`, `stationary`, `max_steps` or `time_limit`; it never says `optimal`.
"""

from mecopt.loops.block_descent import block_descent
from mecopt.loops.branch_and_bound import Branching, Found, Part, branch_and_bound
from mecopt.loops.cccp import cccp
from mecopt.loops.ellipsoid import Ellipsoid, ellipsoid_method
from mecopt.loops.iteration import Ended, Trace, iterate
from mecopt.loops.local_search import Search, local_search
from mecopt.loops.subgradient import Answer, Ascent, constant, diminishing, level, subgradient_ascent

__all__ = [
    "Answer",
    "Ascent",
    "Branching",
    "Ellipsoid",
    "Ended",
    "Found",
    "Part",
    "Search",
    "Trace",
    "block_descent",
    "branch_and_bound",
    "cccp",
    "constant",
    "diminishing",
    "ellipsoid_method",
    "iterate",
    "level",
    "local_search",
    "subgradient_ascent",
]
