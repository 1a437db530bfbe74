r"""The problems as disciplined convex programs.

RA    shares in the scaled form of `scaled_sharing`, a resource at a time
P5R   min |Q x|^2 + (c/scale) x  over parts x >= 0 of tasks; one row of Q per server and resource
P5    the same with x boolean (mixed-integer, SCIP)
P7    max sum v - |mu|^2/4 - |nu|^2/4 - sum pi  s.t.  v_i <= mu_j Q + nu_j Q + c/scale + pi_j m_i/C_j,  v <= 0

RA is handed out as one program for all servers. P5 is also P1, with the shares at their best.

scale = max |c| over c < 0, Q = sqrt(A/scale), sqrt(S/scale), prices in units of sqrt(scale); only links with
c < 0 take part: no other is worth having. Kim et al. 2024, P3, P4, P5, P7 with the terms of their model.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from mecopt import conic, sharing_program
from mecopt.errors import DataError
from mecopt.handout import in_units
from mecopt.instance import Array, Indices, Instance, Mask
from mecopt.result import Point
from mecopt.solvers import Solver, solver

CONES = frozenset({"SOC"})

MEMORY_ROUNDING = 1e-12


class Data(NamedTuple):
    """A, S, e `(users, servers)`; K, m `(users,)`; C `(servers,)`; where there is a link."""

    comm: Array
    parallel: Array
    edge: Array
    local: Array
    memory: Array
    capacity: Array
    linked: Mask


def read(s: Instance) -> Data:
    """The numbers of one instance."""
    width = s.bandwidth / s.sizes["servers"]
    noise = s.noise_psd * width
    spectral = np.log1p(s.channel_gain * s.transmit_power[:, None] / noise) / np.log(2)
    capacity = s.memory_capacity * (1 + MEMORY_ROUNDING)
    linked = (spectral * width > 0) & (s.memory_demand[:, None] <= capacity)
    comm = s.input_bits[:, None] / (width * np.where(linked, spectral, 1.0))
    serial, parallel = s.workload * (1 - s.parallel_fraction), s.workload * s.parallel_fraction
    drain = s.energy_weight / s.battery_energy
    sending = drain * s.transmit_energy_factor * s.transmit_power
    own = serial / s.local_core_speed + parallel / (s.local_core_speed * s.local_cores)
    return Data(
        comm=comm,
        parallel=parallel[:, None] / (s.server_core_speed * s.server_cores),
        edge=serial[:, None] / s.server_core_speed + sending[:, None] * comm,
        local=own + drain * s.energy_per_flop * s.workload,
        memory=s.memory_demand,
        capacity=capacity,
        linked=linked,
    )


class Links(NamedTuple):
    """Links worth having: user, server, c/scale, rows Q `(2 servers, links)`, memory rows; the scale (s)."""

    user: Indices
    server: Indices
    cost: Array
    rows: Array
    memory: Array
    scale: float


def worthwhile(d: Data) -> Links:
    """Links with c < 0, scaled; none where nobody gains by offloading."""
    servers = d.linked.shape[1]
    c = np.where(d.linked, d.edge - d.local[:, None], np.inf)
    i, j = np.nonzero(c < 0)
    scale = float(np.max(-c[i, j], initial=0.0)) or 1.0
    column = np.arange(len(i))
    rows = np.zeros((2 * servers, len(i)))
    rows[j, column] = np.sqrt(d.comm[i, j] / scale)
    rows[servers + j, column] = np.sqrt(d.parallel[i, j] / scale)
    limited = np.isfinite(d.capacity) & (d.capacity > 0)
    memory = np.zeros((servers, len(i)))
    memory[j, column] = np.where(limited[j], d.memory[i] / np.where(limited[j], d.capacity[j], 1.0), 0.0)
    return Links(i, j, c[i, j] / scale, rows, memory[limited], scale)


# ------------------------------------------------------------------------------------ RA


def solve_shares(s: Instance, solver_name: str, tol: float) -> Point:
    """RA: a small program for each server and resource."""
    d, row = read(s), solver(solver_name, CONES)
    at = s.association.astype(int)
    shares = {name: np.zeros(len(at)) for name in ("bandwidth_share", "compute_share")}
    prices = {name: np.zeros(s.sizes["servers"]) for name in ("bandwidth_price", "compute_price")}
    message = ""
    for j in range(s.sizes["servers"]):
        on = np.flatnonzero(at == j)
        for work, share, price in zip((d.comm, d.parallel), shares, prices, strict=True):
            found = sharing_program.share(work[on, j], row, tol)
            shares[share][on], prices[price][j] = found.share, found.price
            message = message or found.said
    return Point(shares, prices, message)


def of_shares(s: Instance) -> Any:
    """RA of one instance as one program, in units of the least total delay at the resources."""
    d, at = read(s), s.association.astype(int)
    away = np.flatnonzero(at >= 0)
    fixed = float(np.sum(d.local[at < 0]) + np.sum(d.edge[away, at[away]]))
    resources = {"bandwidth": d.comm, "cores": d.parallel}
    weights = {
        f"{name}_{j}": work[at == j, j] for j in range(s.sizes["servers"]) for name, work in resources.items()
    }
    model = sharing_program.handed_out(weights, offset=fixed)
    if model is None:
        raise DataError("association", "nobody is at a server", "send a device to one: nothing is shared")
    return model


# ------------------------------------------------------------------------------------ P5R, P7


@cache
def _relaxed_problem(links: int, rows: int, users: int, memories: int) -> Any:
    import cvxpy as cp

    x = cp.Variable(links, name="x", nonneg=True)
    data = {
        name: cp.Parameter(shape, name=name)
        for name, shape in (("rows", (rows, links)), ("cost", links), ("tasks", (users, links)))
    }
    constraints = [data["tasks"] @ x <= 1]
    if memories:
        constraints.append(cp.Parameter((memories, links), name="memory") @ x <= 1)
    return cp.Problem(cp.Minimize(cp.sum_squares(data["rows"] @ x) + data["cost"] @ x), constraints)


def _tasks(n: Links, users: int) -> Array:
    return np.asarray(n.user == np.arange(users)[:, None], dtype=float)


def _assign_links(problem: Any, n: Links, users: int) -> None:
    values = {"rows": n.rows, "cost": n.cost, "tasks": _tasks(n, users)}
    conic.assign(problem, values | ({"memory": n.memory} if len(n.memory) else {}))


def of_relaxation(s: Instance) -> Any:
    """P5R of one instance, in units of the largest gain of a link."""
    d = read(s)
    n, users = _worth_something(d), d.linked.shape[0]
    problem = _relaxed_problem.__wrapped__(len(n.cost), len(n.rows), users, len(n.memory))
    _assign_links(problem, n, users)
    return in_units(problem, n.scale)


def _worth_something(d: Data) -> Links:
    """The links worth having. Raises `DataError` where there are none."""
    n = worthwhile(d)
    if not len(n.cost):
        raise DataError("channel_gain", "nobody gains by offloading", "give a device a link that is worth it")
    return n


def solve_relaxation(s: Instance, solver_name: str, tol: float) -> Point:
    """P5R as a quadratic program."""
    d = read(s)
    n, shape = worthwhile(d), d.linked.shape
    part = np.zeros(shape)
    if not len(n.cost):
        return Point({"association_share": part}, _no_prices(shape[1]))
    problem = _relaxed_problem(len(n.cost), len(n.rows), shape[0], len(n.memory))
    _assign_links(problem, n, shape[0])
    said = conic.run(problem, solver(solver_name, CONES), tol=tol)
    if said:
        return Point({"association_share": np.full(shape, np.nan)}, _no_prices(shape[1]), said)
    x = np.maximum(problem.variables()[0].value, 0.0)
    x /= np.maximum(_tasks(n, shape[0]) @ x, 1.0)[n.user]
    if len(n.memory):
        over = np.ones(shape[1])
        over[np.isfinite(d.capacity) & (d.capacity > 0)] = np.maximum(n.memory @ x, 1.0)
        x /= over[n.server]
    part[n.user, n.server] = x
    loads = 2 * np.sqrt(n.scale) * (n.rows @ x)
    prices = _no_prices(shape[1])
    prices["bandwidth_price"], prices["compute_price"] = np.split(loads, 2)
    if len(n.memory):
        limited = np.isfinite(d.capacity) & (d.capacity > 0)
        dual = np.maximum(conic.multiplier(problem.constraints[1]), 0.0)
        prices["memory_price"][limited] = n.scale * dual / d.capacity[limited]
    return Point({"association_share": part}, prices)


def _no_prices(servers: int) -> dict[str, Array]:
    return {name: np.zeros(servers) for name in ("bandwidth_price", "compute_price", "memory_price")}


def dual_optimum(s: Instance, solver_name: str, tol: float) -> tuple[float, dict[str, Array], str]:
    """P7: its value in s, the prices, and what the solver said if it gave none."""
    import cvxpy as cp

    d = read(s)
    n, (users, servers) = worthwhile(d), d.linked.shape
    if not len(n.cost):
        return 0.0, _no_prices(servers), ""
    load = cp.Variable(2 * servers, nonneg=True)
    kept = cp.Variable(users, nonpos=True)
    asked = n.rows.T @ load + n.cost
    sold: Any = 0.0
    room = cp.Variable(max(len(n.memory), 1), nonneg=True)
    if len(n.memory):
        asked, sold = asked + n.memory.T @ room, cp.sum(room)
    objective = cp.Maximize(cp.sum(kept) - cp.sum_squares(load) / 4 - sold)
    problem = cp.Problem(objective, [kept[n.user] <= asked])
    said = conic.run(problem, solver(solver_name, CONES), tol=tol)
    prices = _no_prices(servers)
    if said:
        return np.nan, prices, said
    found = np.sqrt(n.scale) * np.maximum(load.value, 0.0)
    prices["bandwidth_price"], prices["compute_price"] = np.split(found, 2)
    if len(n.memory):
        limited = np.isfinite(d.capacity) & (d.capacity > 0)
        prices["memory_price"][limited] = n.scale * np.maximum(room.value, 0.0) / d.capacity[limited]
    return float(problem.value) * n.scale, prices, ""


# ------------------------------------------------------------------------------------ P5

SCIP_OPTIONS = {"limits/gap": 0.0, "numerics/feastol": 1e-9}


def _binary_program(n: Links, users: int) -> Any:
    """P5 in units of the scale; the variable `x` is the link's."""
    import cvxpy as cp

    x, t = cp.Variable(len(n.cost), boolean=True, name="x"), cp.Variable(len(n.rows), name="load_squared")
    constraints = [_tasks(n, users) @ x <= 1]
    constraints += [cp.square(row @ x) <= t[k] for k, row in enumerate(n.rows)]
    constraints += [n.memory @ x <= 1] if len(n.memory) else []
    return cp.Problem(cp.Minimize(cp.sum(t) + n.cost @ x), constraints)


def of_association(s: Instance) -> Any:
    """P5 of one instance, mixed-integer, in units of the largest gain of a link."""
    d = read(s)
    n = _worth_something(d)
    return in_units(_binary_program(n, d.linked.shape[0]), n.scale)


def of_association_and_shares(s: Instance) -> Any:
    """P1 of one instance as P5, whose value is what it is better than all-local computing."""
    program = of_association(s)
    return in_units(program, program.unit, offset=float(np.sum(read(s).local)))


def associate(s: Instance, *, seconds: float) -> tuple[Indices, str]:
    """P5 by SCIP: the association, and what SCIP said if it gave none. Needs pyscipopt."""
    d = read(s)
    n, users = worthwhile(d), d.linked.shape[0]
    at = np.full(users, -1)
    if not len(n.cost):
        return at, ""
    problem = _binary_program(n, users)
    x = problem.var_dict["x"]
    row = Solver("SCIP", "pyscipopt", CONES, limits={"scip_params": SCIP_OPTIONS | {"limits/time": seconds}})
    said = conic.run(problem, row, tol=1e-9)
    if x.value is None:
        return at, said or "SCIP gave no association"
    chosen = np.flatnonzero(x.value > 0.5)
    at[n.user[chosen]] = n.server[chosen]
    return at, ""
