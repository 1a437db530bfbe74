"""The paper's problems as the referee reads them; shares no code with the methods.

`decision` states JTORA and TO, `power` UPA, `computing` CRA. Bounds: `ratio_bound` for one upload, `elements`
for networks of any size (no interference), `patterns` for small ones (exact), `coupled` for uploads that
interfere with each other.
"""

from .computing import ComputingStatement
from .decision import DecisionStatement
from .power import PowerStatement

__all__ = ["ComputingStatement", "DecisionStatement", "PowerStatement"]
