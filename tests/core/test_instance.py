"""Instances: what is accepted, what is refused and how, indexing, pickling, JSON."""

import copy
import json
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mecopt
from mecopt.errors import DataError
from mecopt.instance import Instance, build, finite_or_none
from tests.core.toy import DATA, TOY

P1, P2, P3 = (mecopt.load(f"tdma_ofdma.{name}") for name in ("P1", "P2", "P3"))

GOOD: dict[str, Any] = {
    "input_bits": [5e5, 8e5],
    "cycles_per_bit": [1000, 700],
    "energy_per_cycle": [1e-10, 0],
    "local_frequency": [1e9, 0],
    "channel_gain": [1e-3, 4e-4],
    "bandwidth": 1e6,
    "noise_power": 1e-9,
    "slot_duration": 0.1,
}

quick = settings(max_examples=300, deadline=None, derandomize=True, database=None)


def nested(depth: int) -> Any:
    value: Any = 1.0
    for _ in range(depth):
        value = [value]
    return value


def cycle() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


# what was given in one field, and words the message must contain
MALFORMED_USERS: dict[str, tuple[Any, str]] = {
    "nan": ([math.nan, 1], "nan at position 0"),
    "inf": ([1, math.inf], "inf at position 1"),
    "minus inf": ([-math.inf, 1], "-inf at position 0"),
    "negative": ([1, -5e5], "-500000.0 at position 1"),
    "a string": ("many", "'many'"),
    "strings of digits": (["1", "2"], "['1', '2']"),
    "bytes": (b"ab", "b'ab'"),
    "bytearray": (bytearray(b"ab"), "bytearray"),
    "bool": ([True, 1], "[True, 1]"),
    "NumPy bool": (np.array([True, False]), "True"),
    "None": (None, "None"),
    "None inside": ([None, 1], "None"),
    "complex": ([1j, 2], "1j"),
    "complex array": (np.array([1j, 2]), "1.j"),
    "object array": (np.array([1, 2], dtype=object), "object"),
    "masked array": (np.ma.array([1.0, 2.0], mask=[True, False]), "masked"),
    "mapping": ({"a": 1}, "{'a': 1}"),
    "set": ({1.5}, "{1.5}"),
    "ragged": ([[1, 2], [3]], "different lengths"),
    "scalar": (3.0, "shape ()"),
    "1e400": ([float("1e400"), 1], "inf at position 0"),
    "huge integer": ([10**400, 1], "too large for double precision"),
    "unprintable integer": ([10**5000, "x"], "too large to print"),
    "nested too deeply": (nested(100_000), "nested too deeply"),
    "contains itself": (cycle(), "nested too deeply"),
    "long double": (np.array([np.longdouble("1e4000"), 1]), "inf at position 0"),
}

MALFORMED_SCALARS: dict[str, tuple[Any, str]] = {
    "zero": (0, "0.0; give a number, finite numbers above 0 (Hz)"),
    "negative": (-1, "-1.0"),
    "nan": (math.nan, "nan"),
    "string": ("1e6", "'1e6'"),
    "bool": (True, "True"),
    "None": (None, "None"),
    "complex": (1j, "1j"),
    "1e400": (float("1e400"), "inf"),
    "huge integer": (10**400, "too large"),
    "mapping": ({"value": 1e6}, "{'value'"),
}


def refused(data: Any, problem: Any = P2) -> DataError:
    with pytest.raises(DataError) as caught:
        problem.instance(data)
    error = caught.value
    assert error.field
    assert str(error).startswith(f"{error.field}: ")
    assert error.allowed in str(error)
    return error


@pytest.mark.parametrize("name", MALFORMED_USERS)
@pytest.mark.parametrize("field", ["input_bits", "channel_gain"])
def test_malformed_user_data_is_refused(field: str, name: str) -> None:
    value, words = MALFORMED_USERS[name]
    error = refused(GOOD | {field: value})
    assert error.field == field
    assert words in str(error)
    assert len(str(error)) < 300


@pytest.mark.parametrize("name", MALFORMED_SCALARS)
def test_malformed_scalars_are_refused(name: str) -> None:
    value, words = MALFORMED_SCALARS[name]
    error = refused(GOOD | {"bandwidth": value})
    assert error.field == "bandwidth"
    assert words in str(error)


@pytest.mark.parametrize(
    ("field", "zero_is_fine"),
    [
        ("input_bits", True),
        ("energy_per_cycle", True),
        ("local_frequency", True),
        ("cycles_per_bit", False),
        ("channel_gain", False),
        ("weight", False),
    ],
)
def test_where_zero_is_fine(field: str, zero_is_fine: bool) -> None:
    data = GOOD | {field: [1.0, 0.0]}
    if zero_is_fine:
        assert P2.instance(data).data[field][1] == 0.0
    else:
        assert refused(data).field == field


@pytest.mark.parametrize("field", ["bandwidth", "noise_power", "slot_duration"])
def test_scalars_are_positive(field: str) -> None:
    assert refused(GOOD | {field: 0.0}).field == field


def test_the_cloud_may_be_closed_in_p1_but_not_in_p3() -> None:
    assert P1.instance(GOOD | {"cloud_capacity": 0}).cloud_capacity == 0.0
    assert refused(GOOD | {"cloud_frequency": 0}, P3).field == "cloud_frequency"


@pytest.mark.parametrize("field", sorted(GOOD))
def test_missing_key(field: str) -> None:
    error = refused({name: value for name, value in GOOD.items() if name != field})
    assert error.field == field
    assert "missing" in str(error)


@pytest.mark.parametrize("key", ["input_bit", "Weight", "", "cloud_capacity", 3, ("a",), None])
def test_unknown_key(key: Any) -> None:
    error = refused({**GOOD, key: 1.0})
    assert "unknown key" in str(error)
    assert "input_bits" in error.allowed


@pytest.mark.parametrize(
    "name",
    ["P1", "p2", "tdma_ofdma.P3", "", 3, None, True, ["P2"], {"a": 1}, 10**5000],
    ids=lambda name: type(name).__name__,
)
def test_wrong_problem_name(name: Any) -> None:
    error = refused(GOOD | {"problem": name})
    assert error.field == "problem"
    assert "tdma_ofdma.P2" in str(error)


@pytest.mark.parametrize("name", ["P2", "tdma_ofdma.P2"])
def test_right_problem_name(name: str) -> None:
    assert isinstance(P2.instance(GOOD | {"problem": name}), Instance)


@pytest.mark.parametrize("data", [None, 3, "P2", [GOOD], [("bandwidth", 1)], {("bandwidth", 1)}])
def test_data_must_be_a_mapping(data: Any) -> None:
    assert refused(data).field == "instance"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"bandwidth": [1e6, 2e6], "slot_duration": [0.1, 0.1, 0.1]}, "slot_duration"),
        ({"input_bits": [[1e5, 2e5]] * 3, "bandwidth": [1e6, 2e6]}, "bandwidth"),
        ({"input_bits": [[1e5, 2e5]] * 3, "weight": [[[1, 1]] * 3]}, "weight"),
        ({"input_bits": [[1e5, 2e5]] * 3, "channel_gain": [[1, 1]] * 2}, "channel_gain"),
    ],
)
def test_batch_shapes_that_disagree(changes: dict[str, Any], field: str) -> None:
    error = refused(GOOD | changes)
    assert error.field == field
    assert "batch shape" in str(error)


def test_user_counts_that_disagree_name_both_fields() -> None:
    assert "channel_gain: has 3 users where input_bits has 2" in str(
        refused(GOOD | {"channel_gain": [1e-3] * 3})
    )
    assert "cycles_per_bit: has 2 users where input_bits has 3" in str(
        refused(GOOD | {"input_bits": [1, 2, 3]})
    )
    assert "channel_gain: has 0 users where input_bits has 2" in str(refused(GOOD | {"channel_gain": []}))


def test_no_users() -> None:
    nobody = {name: [] if isinstance(value, list) else value for name, value in GOOD.items()}
    assert "has no users; give at least one user" in str(refused(nobody))


def test_fields_with_two_axes() -> None:
    s = TOY.instance(DATA)
    assert s.table.shape == (3, 2)
    assert np.all(s.table == 0.5)  # the default fills the whole field
    table = np.arange(24.0).reshape(4, 3, 2)
    batch = TOY.instance(DATA | {"table": table})
    assert batch.batch_shape == (4,)
    assert np.array_equal(batch[2].table, table[2])
    assert batch.header.shape == (4, 2)
    assert refused(DATA | {"table": [[1, 2]] * 2}, TOY).field == "table"
    assert refused(DATA | {"table": [1, 2]}, TOY).field == "table"
    assert "one entry per user and column" in refused(DATA | {"table": 3}, TOY).allowed


@pytest.mark.parametrize(("value", "fine"), [(1, True), (7.0, True), (0, False), (1.5, False)])
def test_whole_numbers(value: float, fine: bool) -> None:
    if fine:
        assert TOY.instance(DATA | {"rounds": value}).rounds == value
    else:
        error = refused(DATA | {"rounds": value}, TOY)
        assert error.field == "rounds"
        assert "whole numbers at least 1" in str(error)


def test_default_weight() -> None:
    assert np.array_equal(P2.instance(GOOD).weight, [1.0, 1.0])
    batch = P2.instance(GOOD | {"bandwidth": [1e6, 2e6, 3e6]})
    assert np.array_equal(batch.weight, np.ones((3, 2)))


def test_arrays_are_float64_frozen_and_copies() -> None:
    own = np.array([5e5, 8e5])
    s = P2.instance(GOOD | {"input_bits": own})
    own[0] = -1.0
    assert s.input_bits[0] == 5e5
    for array in s.data.values():
        assert array.dtype == np.float64
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0.0
    with pytest.raises(TypeError):
        s.data["bandwidth"] = np.array(1.0)  # type: ignore[index]
    with pytest.raises(AttributeError, match="bandwith"):
        s.bandwith  # noqa: B018


@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.int64, np.float16, np.float32])
def test_number_types(dtype: Any) -> None:
    s = P2.instance(GOOD | {"input_bits": np.array([1, 2], dtype=dtype), "bandwidth": dtype(3)})
    assert np.array_equal(s.input_bits, [1.0, 2.0])
    assert s.bandwidth == 3.0


def test_batches_broadcast_shared_data() -> None:
    gains = np.array([[1e-3, 2e-3], [3e-3, 4e-3], [5e-3, 6e-3]])
    s = P2.instance(GOOD | {"channel_gain": gains, "slot_duration": [0.1, 0.2, 0.3]})
    assert (s.batch_shape, len(s), s.sizes["users"]) == ((3,), 3, 2)
    assert s.bandwidth.shape == (3,)
    assert s.input_bits.shape == (3, 2)
    for i, one in enumerate(s):
        assert one.batch_shape == ()
        assert np.array_equal(one.channel_gain, gains[i])
        assert one.slot_duration == [0.1, 0.2, 0.3][i]
        assert one.bandwidth == 1e6


def test_indexing_like_an_array() -> None:
    s = P2.sample(users=2, batch=6, seed=0)
    square = P2.instance({name: a.reshape((2, 3, *a.shape[1:])) for name, a in s.data.items()})
    assert square.batch_shape == (2, 3)
    assert np.array_equal(square[1, 2].input_bits, s[5].input_bits)
    assert np.array_equal(square[1].input_bits, s.input_bits[3:])
    assert square[:, 1:].batch_shape == (2, 2)
    assert np.array_equal(s[s.input_bits[:, 0] > 0].input_bits, s.input_bits)
    assert s[np.zeros(6, dtype=bool)].batch_shape == (0,)
    with pytest.raises(IndexError):
        s[6]
    with pytest.raises(IndexError):
        s[0][0]
    with pytest.raises(TypeError, match="no batch axis"):
        len(s[0])


def test_replace_validates_anew() -> None:
    s = P2.instance(GOOD)
    assert s.replace(bandwidth=2e6).bandwidth == 2e6
    assert s.bandwidth == 1e6
    with pytest.raises(DataError) as caught:
        s.replace(channel_gain=[1e-3, -1])
    assert caught.value.field == "channel_gain"
    with pytest.raises(DataError, match="unknown key"):
        s.replace(gain=1)


def equal(a: Instance, b: Instance) -> bool:
    return (
        a.problem.key == b.problem.key
        and a.batch_shape == b.batch_shape
        and a.data.keys() == b.data.keys()
        and all(np.array_equal(a.data[name], b.data[name]) for name in a.data)
    )


@pytest.mark.parametrize("batch", [None, 0, 3])
@pytest.mark.parametrize("problem", [P1, P2, P3], ids=lambda p: p.key)
def test_copies_survive_pickle_and_json(problem: Any, batch: int | None) -> None:
    s = problem.sample(users=4, batch=batch, seed=1)
    assert equal(pickle.loads(pickle.dumps(s)), s)
    assert equal(copy.deepcopy(s), s)
    text = json.dumps(s.to_json(), allow_nan=False)
    if batch != 0:  # [] says nothing of the number of users
        assert equal(problem.instance(json.loads(text)), s)
    assert json.loads(text)["problem"] == problem.key.rpartition(".")[2]


def test_equality_of_the_test_can_fail() -> None:
    s = P2.instance(GOOD)
    assert not equal(s, s.replace(bandwidth=2e6))


def test_finite_or_none() -> None:
    assert finite_or_none([1.0, [math.nan, "x"], [-math.inf, 3]]) == [1.0, [None, "x"], [None, 3]]


junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.text(max_size=5)
    | st.binary(max_size=5)
    | st.sampled_from(
        [10**400, -(10**400), float("1e308"), 5e-324, np.float32(1), np.int64(3), np.bool_(True)]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=6,
)
plausible = st.one_of(
    st.floats(0, 1e300), st.lists(st.floats(0, 1e300), min_size=2, max_size=2), st.integers(0, 10**20)
)


def built(data: Any) -> Instance | DataError:
    try:
        return build(P2, data)
    except DataError as error:
        return error


@quick
@given(
    st.dictionaries(st.sampled_from([*GOOD, "weight", "problem", "other"]), junk | plausible, max_size=3),
    st.sets(st.sampled_from(sorted(GOOD)), max_size=1),
)
def test_data_is_refused_by_data_error_or_valid(changes: dict[str, Any], missing: set[str]) -> None:
    data = {name: value for name, value in (GOOD | changes).items() if name not in missing}
    s = built(data)
    if isinstance(s, DataError):
        assert s.field in {f.name for f in P2.fields} | {"problem", "other"}
        return
    for f in P2.fields:
        array = s.data[f.name]
        assert array.shape == s.batch_shape + tuple(s.sizes[axis] for axis in f.axes)
        assert np.all(np.isfinite(array))
        assert np.all(array > 0 if f.strict else array >= 0)
    assert equal(P2.instance(json.loads(json.dumps(s.to_json()))), s)
