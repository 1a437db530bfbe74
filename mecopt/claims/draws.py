"""Hypothesis strategies for cases: wide ranges that shrink to 1 user and to round numbers like 1.

Everything drawn is JSON: floats, ints, lists, dicts. A number is written mantissa x 10^k, so that a
shrunk counterexample reads `{"bandwidth": 1, "input_bits": [1], ...}`.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mecopt.claims.claim import Case, ClaimError

if TYPE_CHECKING:
    from mecopt.instance import Field
    from mecopt.problem import Problem

Floats = SearchStrategy[float]

TIES = st.booleans()

DIGITS = (1,) * 10 + (3,) * 5 + (16,) * 4
"""How many digits a number is drawn with, by frequency."""


def decades(lo: float, hi: float, *, special: Sequence[float] = ()) -> Floats:
    """Positive numbers in [lo, hi], evenly over the decades; shrinks to 1 or the power of ten next to it.

    Half of the draws have one digit, so that exact ties and round numbers are common; the others
    have three or sixteen digits. The ends lo and hi come up now and then, `special` numbers (of any
    sign or size) in about every fifth draw.
    """
    if not 0 < lo < hi < math.inf:
        raise ClaimError(f"decades({lo!r}, {hi!r}): give 0 < lo < hi")
    lo, hi = float(lo), float(hi)
    lowest, highest = math.floor(math.log10(lo)), math.floor(math.log10(hi))
    exponents = sorted(range(lowest, highest + 1), key=lambda k: (abs(k), k))
    digit_counts = DIGITS + (0,) * (4 if special else 1)
    forms = st.sampled_from([(digits, exponent) for digits in digit_counts for exponent in exponents])
    given = [float(x) for x in (*special, *special, lo, hi)]
    # made once: to make a strategy takes as long as to draw from it
    which = st.integers(0, len(given) - 1)
    mantissas = {n: st.integers(10 ** (n - 1), 10**n - 1) for n in set(DIGITS)}

    @st.composite
    def build(draw: Callable[[SearchStrategy[Any]], Any]) -> float:
        # Always two choices: Hypothesis takes fewer for simpler, and 1 is to be the simplest number.
        digits, exponent = draw(forms)
        if digits == 0:
            index: int = draw(which)
            return given[index]
        mantissa = draw(mantissas[digits])
        return min(max(float(f"{mantissa}e{exponent - digits + 1}"), lo), hi)

    return build()


def fraction(*, open_ends: str = "") -> Floats:
    """Numbers in [0, 1] with the ends, round fractions and values within 1e-12 of an end.

    `open_ends`: which ends to leave out, "0", "1" or "01".
    """
    near = decades(1e-12, 0.1)
    parts = [st.sampled_from([0.5, 0.25, 0.75, 0.1, 0.9]), st.integers(1, 999).map(lambda n: n / 1000)]
    parts += [near, near.map(lambda x: 1 - x)]
    ends = [end for end in ("0", "1") if end not in open_ends]
    return st.one_of(*([st.sampled_from(ends).map(float)] if ends else []), *parts)


def boundary(value: float, *, closest: float = 1e-12) -> Floats:
    """Numbers at and around a threshold: the value itself and value (1 +- d), d from `closest` to 0.1."""
    offsets = decades(closest, 0.1)
    signed = st.one_of(st.just(0.0), offsets, offsets.map(lambda d: -d))
    return signed.map(lambda d: value * (1 + d) if value else d)


def instances(
    problem: "Problem",
    *,
    users: tuple[int, int] = (1, 6),
    axis: str = "users",
    sizes: Mapping[str, tuple[int, int]] | None = None,
    **overrides: SearchStrategy[Any],
) -> SearchStrategy[Case]:
    """Cases in the flat JSON format of `problem.instance`.

    Every field is drawn by `field_values` unless `overrides` names a strategy for it (one entry per
    user where the field has one; `st.nothing()` leaves an optional field out). Half of the cases with
    several users contain ties: users copied from others. `sizes` bounds further axes.
    """
    fields = {f.name: f for f in problem.fields}
    for name in overrides:
        if name not in fields:
            raise ClaimError(f"instances({problem.key}): no field {name!r}; choose from {', '.join(fields)}")
    values = {name: overrides.get(name, field_values(f)) for name, f in fields.items()}
    used = {name: f for name, f in fields.items() if not values[name].is_empty}
    ranges = {axis: users, **(sizes or {})}
    missing = {a for f in used.values() for a in f.axes} - set(ranges)
    if missing:
        raise ClaimError(f"instances({problem.key}): give sizes for {', '.join(sorted(missing))}")

    numbers = {name: values[name] for name, f in used.items() if not f.axes}
    arrays = {name: f.axes for name, f in used.items() if f.axes}
    sized = {a: st.integers(*bounds) for a, bounds in ranges.items()}

    # made once for each size: to make a strategy takes as long as to draw from it
    @cache
    def array(name: str, lengths: tuple[int, ...]) -> SearchStrategy[Any]:
        return _array(values[name], lengths)

    @cache
    def copies(length: int) -> SearchStrategy[list[int]]:
        return st.lists(st.integers(0, length - 1), min_size=length, max_size=length)

    @st.composite
    def build(draw: Callable[[SearchStrategy[Any]], Any]) -> Case:
        lengths = {a: draw(size) for a, size in sized.items()}
        case: Case = {name: draw(number) for name, number in numbers.items()}
        per_user = {
            name: array(name, tuple(lengths[a] for a in axes[1:]))
            for name, axes in arrays.items()
            if axes[0] == axis
        }
        rows = [{name: draw(entry) for name, entry in per_user.items()} for _ in range(lengths[axis])]
        if len(rows) > 1 and draw(TIES):
            rows = [rows[min(i, j)] for i, j in enumerate(draw(copies(len(rows))))]
        for name, axes in arrays.items():
            if name in per_user:
                case[name] = [row[name] for row in rows]
            else:
                case[name] = draw(array(name, tuple(lengths[a] for a in axes)))
        return case

    return build()


def field_values(field: "Field") -> SearchStrategy[Any]:
    """What a field allows: a choice, or numbers many decades above its minimum, the minimum, its default.

    A nullable field is null now and then. An index has no end here: give an override.
    """
    if field.choices:
        return st.sampled_from(field.choices)
    low = float(field.minimum)
    if field.integer:
        return st.integers(math.floor(low) + 1 if field.strict else math.ceil(low), math.ceil(low) + 20)
    if low < 0:
        raise ClaimError(f"field {field.name}: give an override to draw numbers of either sign")
    special = [] if field.strict else [low]
    if field.default is not None and math.isfinite(float(field.default)):
        special.append(float(field.default))
    span = 1e6
    if field.maximum < math.inf:
        span = field.maximum - low
        special.append(field.maximum)
    numbers = decades(1e-6 * min(span, 1.0), span, special=[x - low for x in special]).map(lambda x: low + x)
    return st.one_of(numbers, numbers, numbers, st.none()) if field.nullable else numbers


def _array(values: SearchStrategy[Any], lengths: Sequence[int]) -> SearchStrategy[Any]:
    """Nested lists of drawn numbers; a single number when there are no axes."""
    if not lengths:
        return values
    inner = _array(values, lengths[1:])
    return st.lists(inner, min_size=lengths[0], max_size=lengths[0])
