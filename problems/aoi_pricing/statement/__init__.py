r"""What P1, P5, its relaxation and RA ask for, as the referee reads them.

    P1  min  sum_i local K_i + sum_i at j (A_ij/y_i + S_ij/z_i + e_ij)
        s.t. each device local or at one server with a link; at each server sum y <= 1, sum z <= 1, y, z >= 0,
             sum m <= C
    RA  the same for a given association
    P5  min  sum_j (sum_i sqrt(A_ij) x_ij)^2 + (sum_i sqrt(S_ij) x_ij)^2 + sum_ij (e_ij - K_i) x_ij
        s.t. x in {0, 1}, sum_j x_ij <= 1, sum_i m_i x_ij <= C_j;   P5R  the same with 0 <= x

    A = d/R,  R = (W/N) log2(1 + g P N/(N0 W)),  S = f rho/(F Z),  e = f (1 - rho)/F + alpha delta_cm P A/B,
    K = f (1 - rho)/F' + f rho/(F' Z') + alpha delta_cp f/B      (all in s; N servers; primes: the device)

A/0 counts as inf, 0/0 as 0; a link without gain, or to a server with less than m of memory, is none. Kim et
al.
2024, P1 and P5 with signs and terms as their model has them. How the bounds come about is in `bounds`.
"""

from .allocation import AllocationStatement
from .association import AssociationStatement
from .relaxed import RelaxedStatement

__all__ = ["AllocationStatement", "AssociationStatement", "RelaxedStatement"]
