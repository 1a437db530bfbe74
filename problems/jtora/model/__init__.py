"""The paper's problems as disciplined convex programs.

`power` states UPA as time and energy, a convex program; `forms` the same as a quasiconvex program and by
Dinkelbach's iteration; `computing` CRA; `coupled` the powers of uploads that interfere with each other.
"""

from .computing import solve as solve_computing
from .power import solve as solve_power

CONES = frozenset({"ExpCone"})

COMPUTING_CONES = frozenset({"SOC"})

__all__ = ["COMPUTING_CONES", "CONES", "solve_computing", "solve_power"]
