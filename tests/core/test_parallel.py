"""Certificates from several processes are those of one."""

import numpy as np
import pytest

import mecopt
from mecopt import parallel

P2 = mecopt.load("tdma_ofdma.P2")


def test_the_same_digits():
    s = P2.sample(users=3, batch=5, seed=0)
    point = P2.run(s)
    here = P2.certify(s, point.x, point.multipliers)
    there = parallel.certify(s, point.x, point.multipliers, jobs=2)
    for name in type(here).__dataclass_fields__:
        np.testing.assert_array_equal(getattr(here, name), getattr(there, name))
    assert there.rigorous.all()


@pytest.mark.parametrize("jobs", [0, -1, True, 1.5])
def test_wrong_numbers_of_jobs(jobs):
    s = P2.sample(users=3, batch=2, seed=0)
    with pytest.raises(mecopt.DataError, match="jobs"):
        parallel.certify(s, P2.run(s).x, jobs=jobs)


def test_wrong_points_are_said_before_anything_starts():
    s = P2.sample(users=3, batch=2, seed=0)
    with pytest.raises(mecopt.DataError, match="offloading_time"):
        parallel.certify(s, {"offloaded_bits": s.input_bits}, jobs=2)
    with pytest.raises(mecopt.DataError, match="batch axis"):
        parallel.certify(s[0], P2.run(s[0]).x)
