r"""Square-root sharing: one resource among jobs, each slowed down by the share it lacks.

    V(w) = min sum_i w_i/y_i   s.t.  sum_i y_i <= 1,  y >= 0          (0/0 = 0: no work needs no share)

    w   weight, the time a job takes alone  s      y   share of the resource        1
    V   total time under the best shares    s      lam price of the whole resource  s

Stationarity w_i/y_i^2 = lam and a full resource give y_i = sqrt(w_i)/sum sqrt(w), V = lam = (sum sqrt w)^2.
Weak duality: 2 sqrt(lam) sum sqrt(w) - lam <= V for every lam >= 0, whoever chose lam.

The last axis holds the jobs that share one resource; batch axes lead. `where` is a mask of the jobs that are
there at all. Boyd and Vandenberghe, "Convex Optimization", Section 5.5.3 (the same steps as water-filling).
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mecopt.kernels.lambert import Array, as_floats

if TYPE_CHECKING:
    import cvxpy as cp

Where = NDArray[np.bool_] | None


def sharing_roots(weight: ArrayLike, *, where: Where = None) -> Array:
    """sqrt(w_i), 0 for jobs that are not there: `(*batch, jobs)`."""
    with np.errstate(invalid="ignore"):
        roots = np.sqrt(as_floats(weight))
    return roots if where is None else np.where(where, roots, 0.0)


def sharing_cost(weight: ArrayLike, *, where: Where = None) -> Array:
    """V = (sum_i sqrt w_i)^2 in s, which is also the price of the resource: `(*batch,)`; 0 without jobs."""
    with np.errstate(over="ignore"):
        return np.asarray(np.sum(sharing_roots(weight, where=where), axis=-1) ** 2)[()]


def sharing_shares(weight: ArrayLike, *, where: Where = None) -> Array:
    """y_i = sqrt(w_i)/sum sqrt(w): `(*batch, jobs)`; 0 for jobs without weight or not there.

    Weights w >= 0 (s) of any spread: the shares are right to a few ulp each.
    """
    roots = sharing_roots(weight, where=where)
    total = np.sum(roots, axis=-1, keepdims=True)
    return np.asarray(roots / np.where(total == 0.0, 1.0, total))


def sharing_marginal(weight: ArrayLike, *, where: Where = None) -> Array:
    """dV/dw_i = 1/y_i = sum sqrt(w)/sqrt(w_i): `(*batch, jobs)`.

    inf for a job without weight next to others (V grows like a square root there), 1 for one that is alone;
    jobs that are not there get what they would have on joining.
    """
    roots, present = sharing_roots(weight), sharing_roots(weight, where=where)
    total = np.sum(present, axis=-1, keepdims=True)
    joined = total if where is None else np.where(where, total, total + roots)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.asarray(np.where(joined == roots, 1.0, joined / roots))


def share_demand(price: ArrayLike, *, weight: ArrayLike) -> Array:
    """The share y = sqrt(w/lam) that minimises w/y + lam y; inf at price 0 for w > 0, 0 for w = 0."""
    w, lam = as_floats(weight), as_floats(price)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.where(w == 0.0, 0.0, np.sqrt(w / lam))[()]


def share_price(share: ArrayLike, *, weight: ArrayLike) -> Array:
    """The price lam = w/y^2 at which a job asks for the share y, inverse to `share_demand`; inf at y = 0."""
    w, y = as_floats(weight), as_floats(share)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.where(w == 0.0, 0.0, w / y / y)[()]


def scaled_sharing(
    unit: "cp.Expression | Array", scaled: "cp.Expression"
) -> tuple["cp.Expression", "cp.Expression"]:
    """CVXPY expressions sum_i w_i/y_i in units of V, and sum_i y_i, for shares y = unit * scaled.

    `unit` is sqrt(w)/sum sqrt(w), an array or a non-negative parameter without zeros: leave jobs without
    weight out. Solvers then see numbers around 1 whatever the spread of the weights: right to 1e-8 over ten
    decades, where unscaled shares degrade beyond six. DPP.
    """
    import cvxpy as cp

    cost: Any = unit @ cp.inv_pos(scaled)
    return cost, unit @ scaled
