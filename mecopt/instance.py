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
from mecopt.fields import (
    Array,
    Field,
    as_given,
    check_range,
    finite_or_none,
    numbers,
    read,
    shorten,
    singular,
)

if TYPE_CHECKING:
    from mecopt.problem import Problem

__all__ = ["Array", "Field", "Indices", "Instance", "Mask", "build", "finite_or_none", "numbers", "shorten"]

Mask = NDArray[np.bool_]
Indices = NDArray[np.intp]


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
        """The data as `Problem.instance` reads them: arrays of numbers, texts where a field has choices."""
        return {f.name: as_given(f, self.data[f.name]) for f in self.problem.fields}

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
        entries: dict[str, Any] = {"problem": self.problem.key.rpartition(".")[2]}
        for f in self.problem.fields:
            array = self.data[f.name]
            endless = f.default == math.inf and np.all(array == f.default)  # JSON has no infinity
            if not endless:
                listed = as_given(f, array).tolist()
                entries[f.name] = finite_or_none(listed) if f.nullable else listed
        for f in self.problem.fields:  # what comes together goes together
            if f.together and f.together not in entries:
                entries.pop(f.name, None)
        return entries


def build(problem: "Problem", raw: Mapping[str, Any]) -> Instance:
    """Validate a mapping of SI data against the problem's fields.

    Raises `DataError` for an unknown or missing key, a wrong type or shape, a value that is not
    finite or out of range, or what the problem's own `check` of several fields together refuses.
    """
    if not isinstance(raw, Mapping):
        raise DataError("instance", f"got {type(raw).__name__}", "give a mapping from field names to numbers")
    given = dict(raw)
    if "problem" in given:
        _check_problem_name(problem, given.pop("problem"))
    _check_keys(problem, given)
    arrays = {f.name: read(f, given[f.name]) for f in problem.fields if f.name in given}
    sizes = _axis_sizes(problem.fields, arrays)
    for f in problem.fields:
        number = arrays[f.name] if f.name in arrays else _left_out(f, arrays)
        if number.ndim < len(f.axes):
            number = np.broadcast_to(number, tuple(sizes[axis] for axis in f.axes))
        arrays[f.name] = number
    batch = _batch_shape(problem.fields, arrays)
    shaped = {}
    for f in problem.fields:
        array, shape = arrays[f.name], batch + tuple(sizes[axis] for axis in f.axes)
        shaped[f.name] = array if array.shape == shape else np.broadcast_to(array, shape)
        check_range(f, shaped[f.name], sizes)
    instance = Instance(problem, _freeze(shaped), batch, MappingProxyType(sizes))
    if problem.check is not None:
        problem.check(instance)
    return instance


def _left_out(f: Field, arrays: Mapping[str, Array]) -> Array:
    """What an optional field holds that is not given."""
    return arrays[f.default_from] if f.default_from else f.standard


def _freeze(arrays: Mapping[str, Array]) -> Mapping[str, Array]:
    frozen = {}
    for name, array in arrays.items():
        if type(array) is np.ndarray and array.flags.c_contiguous:
            frozen[name] = array.view()
        else:
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
        if f.name not in given and not f.optional:
            raise DataError(f.name, f"missing for {problem.key}", f.allowed)
        if f.name not in given and f.together in given:
            allowed = f"{f.allowed}, or neither of them"
            raise DataError(f.name, f"missing where {f.together} is given", allowed)


def _axis_sizes(fields: Sequence[Field], arrays: Mapping[str, Array]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    first: dict[str, str] = {}
    for f in fields:
        if f.name not in arrays:
            continue
        shape = arrays[f.name].shape
        if len(shape) < len(f.axes):
            continue  # one number for all entries
        for axis, length in zip(f.axes, shape[len(shape) - len(f.axes) :], strict=True):
            if axis in sizes and sizes[axis] != length:
                raise DataError(
                    f.name,
                    f"has {length} {axis} where {first[axis]} has {sizes[axis]}",
                    f"give the same number of {axis} in every field",
                )
            if length == 0:
                raise DataError(f.name, f"has no {axis}", f"give at least one {singular(axis)}")
            sizes[axis], first[axis] = length, first.get(axis, f.name)
    for f in fields:
        for axis in f.axes:
            if axis in sizes:
                continue
            allowed = f"give one entry per {singular(axis)}"
            raise DataError(f.name, f"leaves the number of {axis} open", allowed)
    return sizes


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
