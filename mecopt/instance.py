"""Instances: validated, immutable problem data in SI units with leading batch axes.

A problem lists its `Field`s; an `Instance` holds one float64 array per field, of shape
`(*batch, *axes)` where `axes` are the field's own trailing axes (for example `users`).
Data without batch axes is shared by the whole batch.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mecopt.errors import DataError

if TYPE_CHECKING:
    from mecopt.problem import Problem

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Field:
    """One entry of a problem's data.

    `axes` names the trailing axes; fields that share an axis name share its length. `minimum` is
    allowed itself unless `strict`, `maximum` always. `default` makes the field optional. With `shared` one
    number, without axes, may stand for all entries. A field with `choices` takes one of these texts, and an
    instance holds the text's place among them, so that batches stay arrays of numbers.
    """

    name: str
    symbol: str
    unit: str
    meaning: str
    axes: tuple[str, ...] = ()
    minimum: float = 0.0
    strict: bool = False
    integer: bool = False
    default: float | str | None = None
    maximum: float = math.inf
    shared: bool = False
    choices: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        """The allowed values in words."""
        if self.choices:
            return f"give one of {', '.join(map(repr, self.choices))}"
        kind = "whole numbers" if self.integer else "finite numbers"
        shape = (
            f"one entry per {' and '.join(_singular(axis) for axis in self.axes)}"
            if self.axes
            else "a number"
        )
        shape += " or one for all" if self.axes and self.shared else ""
        bound = f"{'above' if self.strict else 'at least'} {self.minimum:g}"
        bound += f" and at most {self.maximum:g}" if self.maximum < math.inf else ""
        return f"give {shape}, {kind} {bound} ({self.unit})"


def _singular(axis: str) -> str:
    return axis.removesuffix("s")


@dataclass(frozen=True, eq=False)
class Instance:
    """Data of one problem, or of a batch of them. Fields read as attributes: `s.input_bits`."""

    problem: "Problem"
    data: Mapping[str, Array]
    batch_shape: tuple[int, ...]
    sizes: Mapping[str, int] = field(repr=False)

    def __getattr__(self, name: str) -> Array:
        try:
            return self.__dict__["data"][name]  # type: ignore[no-any-return]
        except KeyError:
            raise AttributeError(f"no field {name!r}") from None

    @property
    def given(self) -> dict[str, Any]:
        """The data as `Problem.instance` reads it: arrays of numbers, texts where a field has choices."""
        choices = {f.name: f.choices for f in self.problem.fields}
        return {
            name: np.array(choices[name])[array.astype(np.intp)] if choices[name] else array
            for name, array in self.data.items()
        }

    def __getstate__(self) -> dict[str, Any]:
        return {"key": self.problem.key, "data": self.given}

    def __setstate__(self, state: dict[str, Any]) -> None:
        from mecopt.problem import load_problem

        self.__dict__.update(build(load_problem(state["key"]), state["data"]).__dict__)

    def __len__(self) -> int:
        if not self.batch_shape:
            raise TypeError("this instance has no batch axis")
        return self.batch_shape[0]

    def __iter__(self) -> Iterator["Instance"]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: Any) -> "Instance":
        """Index the batch axes, as one would index an array of instances."""
        picked = np.empty(self.batch_shape)[index].shape
        chosen = {name: array[index] for name, array in self.data.items()}
        return Instance(self.problem, _freeze(chosen), picked, self.sizes)

    def replace(self, **changes: Any) -> "Instance":
        """A copy with some fields changed, validated anew."""
        return build(self.problem, {**self.given, **changes})

    def to_json(self) -> dict[str, Any]:
        """The flat JSON mapping that `Problem.instance` reads."""
        name = self.problem.key.rpartition(".")[2]
        return {"problem": name, **{key: value.tolist() for key, value in self.given.items()}}


def build(problem: "Problem", raw: Mapping[str, Any]) -> Instance:
    """Validate a mapping of SI data against the problem's fields.

    Raises `DataError` for an unknown or missing key, a wrong type or shape, a value that is not
    finite or out of range.
    """
    if not isinstance(raw, Mapping):
        raise DataError("instance", f"got {type(raw).__name__}", "give a mapping from field names to numbers")
    given = dict(raw)
    if "problem" in given:
        _check_problem_name(problem, given.pop("problem"))
    _check_keys(problem, given)
    arrays = {f.name: _given(f, given[f.name]) for f in problem.fields if f.name in given}
    sizes = _axis_sizes(problem.fields, arrays)
    for f in problem.fields:
        if f.name not in arrays and f.default is not None:
            arrays[f.name] = np.full(tuple(sizes[axis] for axis in f.axes), _entries(f, f.default))
        elif f.axes and arrays[f.name].ndim == 0:
            arrays[f.name] = np.full(tuple(_known_size(f, sizes, axis) for axis in f.axes), arrays[f.name])
    batch = _batch_shape(problem.fields, arrays)
    shaped = {}
    for f in problem.fields:
        trailing = tuple(sizes[axis] for axis in f.axes)
        shaped[f.name] = np.broadcast_to(arrays[f.name], batch + trailing)
        _check_range(f, shaped[f.name])
    instance = Instance(problem, _freeze(shaped), batch, MappingProxyType(sizes))
    if problem.check is not None:
        problem.check(instance)
    return instance


def _freeze(arrays: Mapping[str, Array]) -> Mapping[str, Array]:
    frozen = {}
    for name, array in arrays.items():
        frozen[name] = np.ascontiguousarray(array).reshape(np.shape(array))
        frozen[name].flags.writeable = False
    return MappingProxyType(frozen)


def _check_problem_name(problem: "Problem", name: object) -> None:
    paper, _, own = problem.key.rpartition(".")
    if name not in (problem.key, own, paper):
        raise DataError(
            "problem",
            f"the data says {shorten(name)}",
            f"this is {problem.key}; drop the entry or load that problem",
        )


def _check_keys(problem: "Problem", given: Mapping[str, Any]) -> None:
    known = {f.name for f in problem.fields}
    for key in given:
        if key not in known:
            name = key if isinstance(key, str) and key else shorten(key)
            raise DataError(
                name, f"unknown key for {problem.key}", f"allowed keys: {', '.join(sorted(known))}"
            )
    for f in problem.fields:
        if f.name not in given and f.default is None:
            raise DataError(f.name, f"missing for {problem.key}", f.allowed)


def _given(f: Field, value: Any) -> Array:
    array = _entries(f, value)
    if array.ndim < len(f.axes) and not (f.shared and array.ndim == 0):
        raise DataError(f.name, f"got shape {array.shape}: {shorten(value)}", f.allowed)
    return array


def _entries(f: Field, value: Any) -> Array:
    """A float64 array of what is given for a field. Raises `DataError`."""
    return _places(f, value) if f.choices else numbers(f.name, value, f.allowed)


def _places(f: Field, value: Any) -> Array:
    """Texts as their places among the field's choices. Raises `DataError`."""
    if isinstance(value, str):
        if value not in f.choices:
            raise DataError(f.name, f"got {shorten(value)}", f.allowed)
        return np.array(f.choices.index(value), dtype=np.float64)
    if isinstance(value, np.ndarray) and value.dtype.kind in "UO":
        value = value.tolist()
        return _places(f, value)
    if not isinstance(value, Sequence) or isinstance(value, bytes | bytearray | memoryview):
        raise DataError(f.name, f"got {shorten(value)}", f.allowed)
    try:
        return np.array([_places(f, item) for item in value], dtype=np.float64)
    except ValueError as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f.name, f"got rows of different lengths: {shorten(value)}", f.allowed) from None


def numbers(name: str, value: Any, allowed: str) -> Array:
    """A float64 array of what is given; raises `DataError` unless it holds real numbers only."""
    try:
        if _only_numbers(value):
            with np.errstate(over="ignore"):
                return np.array(value, dtype=np.float64)
        problem = f"got {shorten(value)}"
    except OverflowError:
        problem = "a number too large for double precision"
    except RecursionError:
        problem = "nested too deeply"
    except (TypeError, ValueError):
        problem = f"got rows of different lengths: {shorten(value)}"
    raise DataError(name, problem, allowed)


def _only_numbers(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "iuf" and not isinstance(value, np.ma.MaskedArray)
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray | memoryview):
        return all(_only_numbers(item) for item in value)
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _axis_sizes(fields: Sequence[Field], arrays: Mapping[str, Array]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    first: dict[str, str] = {}
    for f in fields:
        if f.name not in arrays or arrays[f.name].ndim < len(f.axes):
            continue
        shape = arrays[f.name].shape
        for axis, length in zip(f.axes, shape[len(shape) - len(f.axes) :], strict=True):
            if axis in sizes and sizes[axis] != length:
                raise DataError(
                    f.name,
                    f"has {length} {axis} where {first[axis]} has {sizes[axis]}",
                    f"give the same number of {axis} in every field",
                )
            if length == 0:
                raise DataError(f.name, f"has no {axis}", f"give at least one {_singular(axis)}")
            sizes[axis], first[axis] = length, first.get(axis, f.name)
    return sizes


def _known_size(f: Field, sizes: Mapping[str, int], axis: str) -> int:
    if axis not in sizes:
        raise DataError(
            f.name, f"one number does not tell how many {axis} there are", "list them in some field"
        )
    return sizes[axis]


def _batch_shape(fields: Sequence[Field], arrays: Mapping[str, Array]) -> tuple[int, ...]:
    batch: tuple[int, ...] = ()
    for f in fields:
        own = arrays[f.name].shape[: arrays[f.name].ndim - len(f.axes)]
        if own and batch and own != batch:
            raise DataError(
                f.name,
                f"has batch shape {own} where another field has {batch}",
                f"{f.allowed}; batch axes come first and are the same in every field that has them",
            )
        batch = batch or own
    return batch


def _check_range(f: Field, array: Array) -> None:
    bad = ~np.isfinite(array)
    bad |= (array <= f.minimum) if f.strict else (array < f.minimum)
    bad |= array > f.maximum
    if f.integer:
        bad |= array != np.floor(array)
    if np.any(bad):
        at = tuple(int(i) for i in np.argwhere(bad)[0])
        place = f" at position {at[0] if len(at) == 1 else at}" if at else ""
        raise DataError(f.name, f"got {float(array[at])!r}{place}", f.allowed)


def shorten(value: Any) -> str:
    """What was given, fit for one line of an error message."""
    try:
        text = " ".join(repr(value).split())
    except (ValueError, RecursionError):  # integers of thousands of digits, lists nested as deeply
        return f"a {type(value).__name__} too large to print"
    return text if len(text) <= 60 else f"{text[:57]}..."


def finite_or_none(value: Any) -> Any:
    """Nested lists of numbers with nan and infinities replaced by None: JSON has neither."""
    if isinstance(value, list):
        return [finite_or_none(item) for item in value]
    return value if not isinstance(value, float) or math.isfinite(value) else None
