"""Fields that take one number for all entries, that have a maximum, and conditions across fields."""

from dataclasses import replace

import numpy as np
import pytest

from mecopt.errors import DataError
from mecopt.instance import Field, Instance, build
from tests.core.toy import DATA, TOY


def whole_number_of_units(s: Instance) -> None:
    if np.any(s.share + s.rest != 1.0):
        raise DataError("share", "does not add up to 1 with rest", "give shares and rests that do")


SHARED = replace(
    TOY,
    fields=(
        *TOY.fields,
        Field("share", "a", "1", "part taken", ("users",), maximum=1.0, broadcast=True),
        Field("rest", "b", "1", "part left", ("users",), maximum=1.0, broadcast=True),
        Field("pairs", "P", "1", "of users and columns", ("users", "columns"), broadcast=True, default=2.0),
    ),
    check=whole_number_of_units,
)


def test_one_number_stands_for_all():
    s = build(SHARED, {**DATA, "share": 0.25, "rest": [0.75] * 3, "pairs": 4})
    assert s.share.tolist() == [0.25] * 3
    assert s.pairs.tolist() == [[4.0] * 2] * 3
    same = build(SHARED, {**DATA, "share": [0.25] * 3, "rest": 0.75, "pairs": [[4] * 2] * 3})
    assert all(np.array_equal(s.data[name], same.data[name]) for name in s.data)
    assert build(SHARED, s.to_json() | {"problem": "MAX"}).share.tolist() == [0.25] * 3


def test_one_number_in_a_batch():
    s = build(SHARED, {**DATA, "profit": np.ones((4, 3)), "share": 0.25, "rest": np.full((4, 3), 0.75)})
    assert s.batch_shape == (4,)
    assert s.share.shape == (4, 3)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"share": 1.5}, "at most 1"),
        ({"share": [0.5, 0.5, 1.25]}, "1.25 at position 2"),
        ({"share": 0.5}, "does not add up to 1"),
        ({"share": [0.25, 0.25]}, "has 2 users where"),
        ({"profit": 1.0}, "one entry per user, finite"),
    ],
)
def test_what_is_refused(change: dict, words: str):
    with pytest.raises(DataError, match=words):
        build(SHARED, {**DATA, "share": 0.25, "rest": 0.75, **change})


def test_one_number_for_nobody():
    only = replace(TOY, fields=(Field("share", "a", "1", "part taken", ("users",), broadcast=True),))
    with pytest.raises(DataError, match="leaves the number of users open"):
        build(only, {"share": 1.0})


def test_the_check_sees_changes():
    s = build(SHARED, {**DATA, "share": 0.25, "rest": 0.75})
    with pytest.raises(DataError, match="does not add up"):
        s.replace(rest=[0.5] * 3)


def test_the_papers_name_will_do():
    assert build(TOY, {**DATA, "problem": "toy"}).profit.tolist() == DATA["profit"]
    with pytest.raises(DataError, match=r"this is toy\.MAX"):
        build(TOY, {**DATA, "problem": "MIN"})
