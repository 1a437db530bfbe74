"""The precision of ball arithmetic is a global of python-flint: no test hands its own on to the next."""

from collections.abc import Iterator

import pytest
from flint import ctx


@pytest.fixture(autouse=True)
def precision_of_its_own() -> Iterator[None]:
    with ctx.workprec(53):
        yield
