"""The proof and ball helpers of the claims: what they must refuse."""

import pytest
import sympy as sp
from flint import arb

from mecopt.claims import ProofError
from mecopt.claims.exact import apart, balls, holds, in_balls, not_negative, vanishes

Z = sp.Symbol("z", positive=True)


def test_identities() -> None:
    vanishes((Z + 1) ** 2 - Z**2 - 2 * Z - 1, "binomial")
    with pytest.raises(ProofError, match="binomial"):
        vanishes((Z + 1) ** 2 - Z**2 - 1, "binomial")


def test_conditions() -> None:
    holds(Z.is_positive, "positive")
    for unknown in (None, False, sp.Symbol("x") > 0):
        with pytest.raises(ProofError, match="sign"):
            holds(unknown, "sign")


def test_signs_by_repeated_slopes() -> None:
    not_negative(sp.exp(Z) - 1 - Z, Z, beyond=0, what="e^z above its tangent")
    not_negative(Z * sp.log(Z) - Z + 1, Z, beyond=1, what="psi")


@pytest.mark.parametrize("function", [-Z, sp.exp(Z) - 1 - 2 * Z, Z - Z**2, sp.sin(Z)])
def test_wrong_signs_are_refused(function: sp.Expr) -> None:
    with pytest.raises(ProofError):
        not_negative(function, Z, beyond=0, what="function")


def test_numbers_become_balls_and_the_rest_stays() -> None:
    case = balls({"a": 1, "b": [0.1, True, None], "c": "text"})
    assert isinstance(case["a"], arb)
    assert case["b"][0] == arb(0.1)
    assert case["b"][1:] == [True, None]
    assert case["c"] == "text"


def test_relative_difference() -> None:
    assert apart(arb(0), arb(0)).is_zero()
    assert apart(arb(3), arb(1)) == arb(0.5)
    assert apart(arb(0), arb(2)) == -1
    assert apart(arb(2), arb(0)) == 1
    assert in_balls(lambda case, subject: (case["x"] / 3).rel_accuracy_bits())({"x": 1.0}, None) > 100
