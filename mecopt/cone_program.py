"""A parametrised CVXPY problem compiled once for one solver: parameters in, solver called, values out.

CVXPY compiles such a problem into a cone program whose data are an affine map of the parameters,

    min c'x + x'P x/2 + d    s.t.  A x = b,  h - G x in a product of cones,
    (c, A, b, G, h, P, d) = M (parameters, 1),

and its `solve` then spends as long around an interior-point solver as that spends inside, on every instance.
Here M is one sparse matrix, the solver's matrices keep their structure and only get new numbers, and
variables and duals are gathered from the solver's vectors by place. Solvers start cold, so that an answer
does not depend on what was solved before.

How CVXPY lays these things out is its own affair and may change. So nothing is taken on trust: `compiled`
compares the data it makes with CVXPY's own, number by number, learns the gathering from what CVXPY's
inversion makes of marked vectors, and gives None where anything differs: `Problem.solve` is then the way.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import scipy.sparse as sp

from mecopt import solver_calls
from mecopt.instance import Array, Indices
from mecopt.solver_calls import Data, Interface

if TYPE_CHECKING:
    import cvxpy as cp

_CACHE: "WeakKeyDictionary[cp.Problem, dict[str, ConeProgram | None]]" = WeakKeyDictionary()

PROBE_SEED = 0
"""Of the vectors on which a learned gathering is tried."""


class Gather(NamedTuple):
    """A variable or a constraint's duals, `sign * vector[places]`, under its id in CVXPY.

    `finish`, if any, is what CVXPY does to a variable with an attribute: it clips what must not be negative.
    """

    id: int
    places: Indices
    sign: Array | None
    finish: Callable[[Any], Any] | None

    def take(self, vector: Array) -> Any:
        """Its value out of the solver's vector."""
        picked = vector[self.places]
        if self.sign is not None:
            picked = self.sign * picked
        return picked if self.finish is None else self.finish(picked)


@dataclass(frozen=True)
class ConeProgram:
    """One problem, one solver. `order` has the parameters and their places in `vector`, which ends in a 1;
    those that are single numbers are apart, as `singles` at the places `where`."""

    interface: Interface
    order: tuple[tuple[Any, slice], ...]
    singles: tuple[Any, ...]
    where: Indices
    vector: Array
    stuffing: Any
    cuts: tuple[slice, ...]
    data: Data
    primal: tuple[Gather, ...]
    dual: tuple[Gather, ...]

    def solve(
        self, problem: "cp.Problem", name: str, options: Mapping[str, Any], *, valued: bool = True
    ) -> None:
        """As `problem.solve(solver=name, warm_start=False, **options)`: sets values, or raises.

        Without `valued` the objective is not evaluated.
        """
        data = self.stuffed()
        if data is None:
            problem.solve(solver=name, warm_start=False, **options)
            return
        answer = self.interface.call(data, options)
        if not answer.status:  # rare: let CVXPY say what that means
            _, chain, inverse = problem.get_problem_data(name, solver_opts=dict(options))
            problem.unpack_results(answer.raw, chain, inverse)
            return
        from cvxpy.problems.problem import SolverStats
        from cvxpy.reductions.solution import Solution

        primal = {gather.id: gather.take(answer.x) for gather in self.primal}
        dual = {gather.id: gather.take(answer.z) for gather in self.dual}
        solution = Solution(answer.status, None, primal, dual, answer.statistics)
        if valued:
            problem.unpack(solution)
            solution.opt_val = problem.value
        else:
            _unpack_point(problem, solution)
        problem._solver_stats = SolverStats.from_dict(answer.statistics, name)

    def stuffed(self) -> Data | None:
        """The solver's data at the parameters' present values; None unless all numbers are finite."""
        for parameter, place in self.order:
            self.vector[place] = np.ravel(parameter.value, order="F")
        self.vector[self.where] = [float(parameter.value) for parameter in self.singles]
        numbers = self.stuffing @ self.vector
        if not np.isfinite(numbers).all():
            return None
        c, A, b, G, h, P = (numbers[cut] for cut in self.cuts)
        for matrix, entries in ((self.data.A, A), (self.data.G, G), (self.data.P, P)):
            if matrix is not None:
                matrix.data = entries
        return self.data._replace(c=c, b=b, h=h)


def _unpack_point(problem: "cp.Problem", solution: Any) -> None:
    """What `problem.unpack` does for a solution with a point, the objective left out."""
    for variable in problem.variables():
        variable.save_value(solution.primal_vars[variable.id])
    for constraint in problem.constraints:
        if constraint.id in solution.dual_vars:
            constraint.save_dual_value(solution.dual_vars[constraint.id])
    problem._value = None
    problem._status = solution.status
    problem._solution = solution


def compiled(problem: "cp.Problem", name: str, options: Mapping[str, Any]) -> ConeProgram | None:
    """The problem compiled for the solver of that name, at first use; None where CVXPY must do it itself."""
    interface = solver_calls.DIRECT.get(name)
    if interface is None:
        return None
    known = _CACHE.setdefault(problem, {})
    if name not in known:
        parameters = problem.parameters()
        if not parameters or any(parameter.value is None for parameter in parameters):
            return None
        try:
            known[name] = _compile(problem, name, interface, options)
        except (
            Exception
        ):  # CVXPY's insides are not as known here, whatever the symptom; its own way still works
            known[name] = None
    return known[name]


def _compile(
    problem: "cp.Problem", name: str, interface: Interface, options: Mapping[str, Any]
) -> ConeProgram | None:
    theirs, chain, inverse = problem.get_problem_data(name, solver_opts=dict(options))
    program = theirs["param_prob"]
    own = {parameter.id: parameter for parameter in problem.parameters()}
    if {parameter.id for parameter in program.parameters} != set(own):
        return None  # CVXPY has put others in their place (symmetric, sparse), or numbers (not DPP)
    places = program.param_id_to_col
    singles = tuple(p for p in own.values() if p.shape == ())
    where = np.array([places[p.id] for p in singles], dtype=np.intp)
    order = tuple((p, slice(places[p.id], places[p.id] + p.size)) for p in own.values() if p.shape != ())
    equalities = int(theirs["dims"].zero)
    stuffing, cuts, (A, G, P) = _stuffing(program, equalities if interface.splits else 0)
    vector = np.zeros(stuffing.shape[1])
    vector[-1] = 1.0
    none = np.zeros(0)
    data = Data(none, A, none, G, none, P, interface.cones(theirs["dims"]))
    rows = program.A.shape[0] // (program.x.size + 1)

    def inverted(x: Array, z: Array) -> tuple[dict[int, Any], dict[int, Any]]:
        read = chain.invert(interface.pretend(x, z, equalities), inverse)
        return read.primal_vars, read.dual_vars

    finish = {variable.id: variable.project for variable in problem.variables()}
    primal, dual = _learned(inverted, (program.x.size, rows), finish)
    found = ConeProgram(interface, order, singles, where, vector, stuffing, cuts, data, primal, dual)
    return found if _agrees(found.stuffed(), theirs) else None


def _stuffing(program: Any, split: int) -> tuple[Any, tuple[slice, ...], tuple[Any, Any, Any]]:
    """M with rows in the order c, A, b, G, h, P; where to cut it; A, G and P as CSC without numbers.

    The first `split` rows of CVXPY's constraint matrix go to A and the others to G; no rows, no matrix.
    """
    size = program.x.size
    tensor = sp.coo_array(program.A)
    rows = tensor.shape[0] // (size + 1)
    parts, matrices = [sp.csr_array(program.q)[:size]], []
    for first, last in ((0, split), (split, rows)):
        # entry (i, j) of [A b] is row i + rows j of the tensor; CVXPY says A x + b in K, solvers b - A x in K
        entries, table = _used(tensor, rows, first, last)
        inside = entries // rows < size
        matrices.append(_structure(entries[inside] - first, rows, (last - first, size)))
        right = sp.csr_array(tensor)[rows * size + first : rows * size + last]
        parts += [-table[np.flatnonzero(inside)], right]
    if program.P is None:
        matrices.append(None)
        parts.append(sp.csr_array((0, tensor.shape[1])))
    else:
        entries, table = _used(sp.coo_array(program.P), size, 0, size)
        upper = np.flatnonzero(entries % size <= entries // size)  # solvers read the upper triangle
        matrices.append(_structure(entries[upper], size, (size, size)))
        parts.append(table[upper])
    ends = [0, *np.cumsum([part.shape[0] for part in parts]).tolist()]
    A, G, P = matrices
    return sp.csr_array(sp.vstack(parts)), tuple(slice(a, b) for a, b in pairwise(ends)), (A, G, P)


def _used(tensor: Any, rows: int, first: int, last: int) -> tuple[Indices, Any]:
    """The entries i + rows j with first <= i < last that hold anything, and their rows of the tensor."""
    tensor.eliminate_zeros()
    place = tensor.row.astype(np.int64)
    keep = (place % rows >= first) & (place % rows < last)
    entries, back = np.unique(place[keep], return_inverse=True)
    table = sp.coo_array((tensor.data[keep], (back, tensor.col[keep])), shape=(entries.size, tensor.shape[1]))
    return entries, sp.csr_array(table)


def _structure(entries: Indices, stride: int, shape: tuple[int, int]) -> Any:
    """A CSC matrix with places for the entries i + stride j, all zero as yet; None without rows."""
    if shape[0] == 0:
        return None
    counts = np.bincount(entries // stride, minlength=shape[1])
    pointers = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    # the old matrix class, not the array: ECOS takes no other
    return sp.csc_matrix((np.zeros(entries.size), (entries % stride).astype(np.int32), pointers), shape=shape)


def _learned(
    inverted: Callable[[Array, Array], tuple[dict[int, Any], dict[int, Any]]],
    sizes: tuple[int, int],
    finish: dict[int, Callable[[Any], Any]],
) -> tuple[tuple[Gather, ...], tuple[Gather, ...]]:
    """Where CVXPY takes variables and duals from. Raises ValueError if it does more than select."""
    rng = np.random.default_rng(PROBE_SEED)
    trial = [rng.normal(size=size) for size in sizes]
    marked = [np.arange(1.0, size + 1) for size in sizes]
    plus, minus = inverted(*marked), inverted(*(-marks for marks in marked))
    primal, dual = (
        # what may not be negative loses the negative marks, and the other way round
        tuple(
            _gather(id, np.where(a[id], a[id], -np.asarray(b[id])), x, seen[id], finish.get(id)) for id in a
        )
        for a, b, x, seen in zip(plus, minus, trial, inverted(*trial), strict=True)
    )
    return primal, dual


def _gather(
    id: int, marks: Array, vector: Array, expected: Any, finish: Callable[[Any], Any] | None
) -> Gather:
    """The gather that marks say: places in the vector, counted from 1, with signs. Tried on the vector."""
    places, sign = np.abs(marks).astype(np.intp) - 1, np.sign(marks) if (marks < 0).any() else None
    for way in (None, finish):
        gather = Gather(id, places, sign, way)
        if np.array_equal(gather.take(vector), np.asarray(expected)):
            return gather
    raise ValueError("more than a selection")


def _agrees(mine: Data | None, theirs: Mapping[str, Any]) -> bool:
    """Whether these are CVXPY's own data, bit for bit."""
    if mine is None:
        return False
    names = ("c", "A", "b", "G", "h") if "G" in theirs else ("c", None, None, "A", "b")
    P = theirs.get("P")
    expected = [None if name is None else theirs[name] for name in names] + [P if P is None else sp.triu(P)]
    return all(_equal(a, b) for a, b in zip(mine, expected, strict=False))


def _equal(a: Any, b: Any) -> bool:
    """Whether two vectors or CSC matrices are equal in every number and place; nothing equals no rows."""
    if a is None or b is None:
        return all(x is None or 0 in x.shape for x in (a, b))
    if not sp.issparse(a):
        return np.array_equal(a, b)
    a, b = (m.tocsc() for m in (a, b))
    return a.shape == b.shape and all(
        np.array_equal(getattr(a, part), getattr(b, part)) for part in ("indptr", "indices", "data")
    )
