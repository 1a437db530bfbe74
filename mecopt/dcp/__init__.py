r"""Certificates for anybody's CVXPY model of linear, second-order and exponential cones.

CVXPY's own reductions turn the model into a cone program (`program`); a solver serves as an oracle for its
dual (`oracle`); the dual vector is made exactly feasible in ball arithmetic (`repair`), which proves a bound;
the model's own expressions say what the point is worth and where it misses a constraint (`point`);
`conditions` says which optimality condition fails, where and by how much.

The Lagrangian and the signs, for a minimised objective :math:`f`:

.. math:: L(x, y) = f(x) + \sum_i y_i (l_i(x) - r_i(x)) - \sum_k \langle y_k, s_k(x) \rangle

for constraints :math:`l_i \le r_i` with :math:`y_i \ge 0`, equalities :math:`l_i = r_i` with :math:`y_i` of
any sign, and cone constraints :math:`s_k \in K` with :math:`y_k` in the dual cone. A constraint written
:math:`r_i \ge l_i` is the same constraint with the same multiplier. For a maximised objective the signs
before the sums are turned, and multipliers keep theirs. These are the signs of CVXPY's `dual_value`. Ranges
that a variable declares (`nonneg`, `bounds`, ...) have no multipliers: L is minimised over them.

For every such y, min L is a lower bound. At an optimal pair the point is feasible (primal), y has its signs
(dual), :math:`y_i (l_i - r_i) = 0` (complementarity), and x minimises L (stationarity); value - bound is the
sum of what the last two are missed by.

`optimum` and `excess` give proved intervals, and `optimality` the slack that a claim's check returns. They
are proved for the cone program as CVXPY computed it in double precision: its arithmetic on data is trusted.
"""

from mecopt.dcp.certify import certify_model
from mecopt.dcp.excess import excess, optimality, optimum
from mecopt.dcp.report import Condition, Report

__all__ = ["Condition", "Report", "certify_model", "excess", "optimality", "optimum"]
