"""Outer loops, written once: each applies a paper's own step until a test names an ending, and keeps a trace.

    iteration   iterate(step, state, stop=..., max_steps=...): the plain loop
    ellipsoid   maximise a concave function from supergradients, with a proved bound on what is left

A loop says how it ended, `converged`, `stationary` or `max_steps`; it never says `optimal`.
"""

from mecopt.loops.iteration import Ended, Trace, iterate

__all__ = ["Ended", "Trace", "iterate"]
