"""How many instances the sweeps draw."""

import pytest


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`sweep` is the size of a random sweep: a quick one always, a long one among the slow tests."""
    if "sweep" in metafunc.fixturenames:
        sizes = [pytest.param(40, id="quick"), pytest.param(1000, id="long", marks=pytest.mark.slow)]
        metafunc.parametrize("sweep", sizes)
