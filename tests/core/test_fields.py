"""What a field may hold besides numbers: null, one for all, half of a pair, an index; whole outputs."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from mecopt.claims import field_values, instances
from mecopt.errors import DataError
from mecopt.problem import Method
from mecopt.result import Point
from tests.core.toy import DATA, TOY

FIELDS = {f.name: f for f in TOY.fields}


def refused(**changes: Any) -> DataError:
    with pytest.raises(DataError) as caught:
        TOY.instance(DATA | changes)
    return caught.value


def test_null_is_stored_as_infinity_and_written_as_null() -> None:
    s = TOY.instance(DATA | {"reserve": [2.0, None, 5]})
    assert s.reserve.tolist() == [2.0, np.inf, 5.0]
    again = TOY.instance(json.loads(json.dumps(s.to_json(), allow_nan=False)))
    assert again.reserve.tolist() == s.reserve.tolist()
    assert s.to_json()["reserve"] == [2.0, None, 5.0]
    assert s.replace(capacity=[1.0, 1.0, 1.0]).reserve.tolist() == [2.0, np.inf, 5.0]
    batch = TOY.instance(DATA | {"reserve": [[1.0, None, 1.0], [None] * 3]})
    assert batch[1].to_json()["reserve"] == [None] * 3


@pytest.mark.parametrize(
    "value", [None, [1.0, None], [1.0, "x", 1.0], [1.0, -1.0, 1.0], [0.0, None, 1.0], [np.nan, 1.0, 1.0]]
)
def test_null_excuses_nothing_else(value: Any) -> None:
    error = refused(reserve=value)
    assert error.field == "reserve"
    assert error.allowed.endswith("or null") or "same number" in error.allowed


def test_null_elsewhere_is_refused() -> None:
    assert refused(profit=[1.0, None, 2.0]).field == "profit"
    assert "null" not in refused(profit=[1.0, None, 2.0]).allowed


def test_one_number_for_all() -> None:
    assert TOY.instance(DATA | {"speed": 3}).speed.tolist() == [3.0] * 3
    batch = TOY.instance(DATA | {"speed": 3, "profit": [[1.0, 2.0, 3.0]] * 2})
    assert batch.speed.shape == (2, 3)
    assert "or one for all" in refused(speed="fast").allowed
    assert refused(speed=-1).field == "speed"
    assert refused(profit=3.0).field == "profit"  # not this one
    with pytest.raises(DataError, match="leaves the number of users open"):
        replace(TOY, fields=(FIELDS["speed"],)).instance({"speed": 1.0})


def test_pairs_are_given_together() -> None:
    alone = refused(size=[1.0, 1.0, 1.0])
    assert alone.field == "room"
    assert "missing where size is given" in str(alone)
    assert refused(room=[1.0, 1.0]).field == "size"
    plain, limited = TOY.instance(DATA), TOY.instance(DATA | {"size": 1.0, "room": [2.0, 3.0]})
    assert np.all(np.isinf(plain.room))
    assert not {"size", "room"} & plain.to_json().keys()
    assert limited.to_json()["room"] == [2.0, 3.0]
    assert limited.to_json()["size"] == [1.0] * 3
    for s in (plain, limited):
        again = TOY.instance(s.to_json())
        assert all(np.array_equal(again.data[name], s.data[name]) for name in s.data)
    assert refused(size=1.0, room=[2.0, np.inf]).field == "room"  # without end for all, or for none


@pytest.mark.parametrize(("choice", "fine"), [(-1, True), (1, True), (2, False), (-2, False), (0.5, False)])
def test_indices_stay_in_their_axis(choice: float, fine: bool) -> None:
    if fine:
        assert TOY.instance(DATA | {"choice": choice}).choice == choice
    else:
        assert "below the number of columns" in refused(choice=choice).allowed


def test_a_maximum_is_allowed_itself() -> None:
    assert TOY.instance(DATA | {"share": [0.0, 1.0, 0.5]}).share.tolist() == [0.0, 1.0, 0.5]
    error = refused(share=[0.0, 1.0, 1.1])
    assert error.field == "share"
    assert "at least 0 and at most 1" in error.allowed


@settings(max_examples=50, deadline=None, derandomize=True, database=None)
@given(
    instances(
        TOY, sizes={"columns": (1, 2)}, choice=field_values(FIELDS["rounds"]).map(lambda n: min(n, 1) - 1)
    )
)
def test_drawn_cases_are_json_and_valid(case: Any) -> None:
    s = TOY.instance(json.loads(json.dumps(case, allow_nan=False)))
    assert s.reserve.shape == s.profit.shape


def test_whole_outputs_are_integers_unless_unknown() -> None:
    problem = replace(
        TOY,
        outputs=(replace(TOY.outputs[0], integer=True),),
        own_methods=(
            Method("some", "whole numbers", lambda s, tol: Point({"amount": np.floor(s.capacity)})),
            Method("none", "gives up", lambda s, tol: Point({"amount": np.full(s.capacity.shape, np.nan)})),
            Method("half", "not whole", lambda s, tol: Point({"amount": s.capacity / 2})),
        ),
    )
    s = problem.instance(DATA)
    whole, unknown, half = (problem.solve(s, method=name).x["amount"] for name in ("some", "none", "half"))
    assert whole.dtype == np.int64
    assert json.dumps(problem.solve(s, method="some").to_dict()["x"]["amount"]) == "[3, 0, 8]"
    assert unknown.dtype == half.dtype == np.float64
    assert np.all(np.isnan(unknown))


def test_a_field_may_default_to_another() -> None:
    downlink = replace(FIELDS["speed"], name="downlink", default=None, default_from="speed", broadcast=False)
    problem = replace(TOY, fields=(*TOY.fields, downlink))
    assert problem.instance(DATA | {"speed": [1.0, 2.0, 3.0]}).downlink.tolist() == [1.0, 2.0, 3.0]
    assert problem.instance(DATA | {"downlink": [5.0, 6.0, 7.0]}).downlink.tolist() == [5.0, 6.0, 7.0]
    assert problem.instance(DATA).to_json()["downlink"] == [1.0] * 3
