"""One entry of a problem's data: what is allowed, how it is read, what is said when it is wrong."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mecopt.errors import DataError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Field:
    """One entry of a problem's data.

    axes          names of the trailing axes; fields that share an axis name share its length
    minimum       is allowed itself unless `strict`
    maximum       is allowed itself
    integer       whole numbers only
    default       makes the field optional; allowed itself, even out of range (inf: no limit)
    default_from  an earlier field of the same axes; makes this one optional: it then holds the same
    nullable      `null` is allowed too: nothing there, stored as inf, and `null` again in JSON
    broadcast     one number may stand for all entries
    together      the name of another optional field: both are given, or neither
    index_of      entries count along that axis, from 0
    choices       one of these texts; stored as its place among them, so that batches are arrays of numbers
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
    nullable: bool = False
    broadcast: bool = False
    together: str = ""
    index_of: str = ""
    maximum: float = math.inf
    choices: tuple[str, ...] = ()
    default_from: str = ""

    @property
    def optional(self) -> bool:
        """Whether data may leave the field out."""
        return self.default is not None or bool(self.default_from)

    @cached_property
    def standard(self) -> Array:
        """What `default` is stored as."""
        array = places(self, self.default) if self.choices else np.array(self.default, dtype=np.float64)
        array.flags.writeable = False
        return array

    @cached_property
    def allowed(self) -> str:
        """The allowed values in words."""
        if self.choices:
            return f"give one of {', '.join(map(repr, self.choices))}"
        kind = "whole numbers" if self.integer else "finite numbers"
        shape = "a number"
        if self.axes:
            shape = f"one entry per {' and '.join(singular(axis) for axis in self.axes)}"
        if self.axes and self.broadcast:
            shape += " or one for all"
        bound = f"{'above' if self.strict else 'at least'} {self.minimum:g}"
        below = f" and at most {self.maximum:g}" if self.maximum < math.inf else ""
        below += f" and below the number of {self.index_of}" if self.index_of else ""
        return f"give {shape}, {kind} {bound}{below} ({self.unit}){' or null' if self.nullable else ''}"


def singular(axis: str) -> str:
    """The word for one entry along an axis."""
    return axis.removesuffix("s")


def read(f: Field, value: Any) -> Array:
    """The field's numbers as given, before any broadcasting; raises `DataError`."""
    if f.choices:
        array = places(f, value)
    else:
        array = numbers(f.name, _null_as_infinity(value) if f.nullable else value, f.allowed)
    if array.ndim < len(f.axes) and not (f.broadcast and array.ndim == 0):
        raise DataError(f.name, f"got shape {array.shape}: {shorten(value)}", f.allowed)
    return array


def _null_as_infinity(value: Any) -> Any:
    if isinstance(value, list | tuple):
        try:
            return [_null_as_infinity(item) for item in value]
        except RecursionError:
            return value  # refused by `numbers`, in words
    return math.inf if value is None else value


def places(f: Field, value: Any) -> Array:
    """Texts as their places among the field's choices; raises `DataError`."""
    if isinstance(value, str):
        if value not in f.choices:
            raise DataError(f.name, f"got {shorten(value)}", f.allowed)
        return np.array(f.choices.index(value), dtype=np.float64)
    if isinstance(value, np.ndarray) and value.dtype.kind in "UO":
        value = value.tolist()
        return places(f, value)
    if not isinstance(value, Sequence) or isinstance(value, bytes | bytearray | memoryview):
        raise DataError(f.name, f"got {shorten(value)}", f.allowed)
    try:
        return np.array([places(f, item) for item in value], dtype=np.float64)
    except ValueError as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f.name, f"got rows of different lengths: {shorten(value)}", f.allowed) from None


def as_given(f: Field, array: Array) -> Any:
    """The stored array as `read` takes it: texts where the field has choices."""
    return np.array(f.choices)[array.astype(np.intp)] if f.choices else array


def numbers(name: str, value: Any, allowed: str) -> Array:
    """A float64 array of what is given; raises `DataError` unless it holds real numbers only."""
    if type(value) is float or (type(value) is np.ndarray and value.dtype == np.float64):
        return np.array(value)
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
    if type(value) is list and set(map(type, value)) == {float}:
        return True  # as most rows of JSON are
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "iuf" and not isinstance(value, np.ma.MaskedArray)
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray | memoryview):
        return all(_only_numbers(item) for item in value)
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def check_range(f: Field, array: Array, sizes: Mapping[str, int]) -> None:
    """Refuse the first entry that the field does not allow."""
    if f.choices or _plainly_inside(f, array) or (f.default is not None and np.all(array == f.standard)):
        return
    bad = np.isnan(array) | np.isneginf(array) if f.nullable else ~np.isfinite(array)
    bad |= (array <= f.minimum) if f.strict else (array < f.minimum)
    bad |= array > f.maximum
    if f.integer:
        bad |= array != np.floor(array)
    if f.index_of:
        bad |= array >= sizes[f.index_of]
    if np.any(bad):
        at = tuple(int(i) for i in np.argwhere(bad)[0])
        place = f" at position {at[0] if len(at) == 1 else at}" if at else ""
        raise DataError(f.name, f"got {float(array[at])!r}{place}", f.allowed)


def _plainly_inside(f: Field, array: Array) -> bool:
    """Whether the ends of the range alone say that all is well; nan is in neither."""
    if f.integer or f.index_of or not array.size:
        return False
    low, high = (float(array.min()), float(array.max())) if array.ndim else (float(array),) * 2
    above = low > f.minimum if f.strict else low >= f.minimum
    return above and high <= f.maximum and high < math.inf


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
