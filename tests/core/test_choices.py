"""Fields that take one of a few texts."""

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import find

from mecopt.claims import field_values
from mecopt.errors import DataError
from mecopt.instance import Field, Instance
from mecopt.problem import Problem

from .toy import TOY

MODEL = Field("model", "nu", "1", "which model", default="band", choices=("band", "fixed"))
DATA = {"profit": [1.0, 2.0], "capacity": [3.0, 4.0], "header": [1.0], "model": "fixed"}


@pytest.fixture
def problem() -> Problem:
    from dataclasses import replace

    return replace(TOY, fields=(*TOY.fields, MODEL))


def instance(problem: Problem, **changes: Any) -> Instance:
    return problem.instance({**DATA, **changes})


def test_a_choice_is_stored_as_its_place_and_written_as_its_text(problem: Problem) -> None:
    s = instance(problem)
    assert s.model == 1.0
    assert s.to_json()["model"] == "fixed"
    assert problem.instance(s.to_json()).model == 1.0


def test_the_default_is_a_text(problem: Problem) -> None:
    s = problem.instance({name: value for name, value in DATA.items() if name != "model"})
    assert s.model == 0.0
    assert s.to_json()["model"] == "band"


@pytest.mark.parametrize("texts", [["band", "fixed"], ("band", "fixed"), np.array(["band", "fixed"])])
def test_batches_of_choices(problem: Problem, texts: Any) -> None:
    s = instance(problem, model=texts)
    assert s.batch_shape == (2,)
    assert s.model.tolist() == [0.0, 1.0]
    assert s.to_json()["model"] == ["band", "fixed"]
    assert [one.to_json()["model"] for one in s] == ["band", "fixed"]


def test_replace_and_pickle_keep_choices(problem: Problem) -> None:
    s = instance(problem, model=["fixed", "band"])
    assert s.replace(rounds=2).model.tolist() == [1.0, 0.0]
    assert s.replace(model="band").model.tolist() == [0.0, 0.0]
    state = pickle.loads(pickle.dumps(s.__getstate__()))
    assert state["data"]["model"].tolist() == ["fixed", "band"]


@pytest.mark.parametrize(
    "wrong", ["Band", "", 0, 1.0, None, True, b"band", ["band", 1], [["band"], "fixed"], {}]
)
def test_other_values_are_refused(problem: Problem, wrong: Any) -> None:
    with pytest.raises(DataError, match=r"^model: .*give one of 'band', 'fixed'"):
        instance(problem, model=wrong)


def test_draws_of_a_choice() -> None:
    values = field_values(MODEL)
    assert {find(values, lambda text, want=want: text == want) for want in MODEL.choices} == set(
        MODEL.choices
    )
