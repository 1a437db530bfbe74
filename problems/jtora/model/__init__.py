"""The paper's problems as disciplined convex programs.

`power` states UPA as time and energy, a convex program; `forms` the same as a quasiconvex program and by
Dinkelbach's iteration; `computing` CRA; `coupled` the powers of uploads that interfere with each other;
`units` UPA and CRA in SI units.
"""

from .computing import of_instance as computing_of_instance
from .computing import solve as solve_computing
from .power import of_instance as power_of_instance
from .power import solve as solve_power

CONES = frozenset({"ExpCone"})

COMPUTING_CONES = frozenset({"SOC"})

__all__ = [
    "COMPUTING_CONES",
    "CONES",
    "computing_of_instance",
    "power_of_instance",
    "solve_computing",
    "solve_power",
]
