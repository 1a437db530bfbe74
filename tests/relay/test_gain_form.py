"""Algorithm 1 on P2 in the relay's gain: its surrogate touches the objective and lies above; it descends."""

import itertools
from collections.abc import Callable

import cvxpy as cp
import numpy as np
import pytest

from mecopt.errors import DataError
from mecopt.instance import Instance
from mecopt.problems.relay import algorithms, links
from mecopt.problems.relay.links import Plan
from mecopt.problems.relay.model import gain_surrogate, surrogate
from mecopt.problems.relay.model.gain_surrogate import GAIN
from tests.relay.cases import P1, example, odd

SOLVED = 1e-7
"""What CLARABEL at 1e-9 may leave of a value of about 1."""

Values = dict[str, float]
Alter = Callable[[Values], Values]


def fixed(**changes: float) -> Instance:
    return odd(noise_model="fixed", **changes)


def inside(rng: np.random.Generator, s: Instance) -> Plan:
    """A plan that uses at most nine tenths of everything: there is room on all sides."""
    share = rng.uniform(0.2, 0.8, 2)
    user, relay = rng.uniform(0.5, 0.9, 2)
    one, other = rng.uniform(0.3, 0.7, 2)
    return Plan(
        beta=share[0],
        omega=share[1],
        user_frequency=float(s.max_user_frequency) * rng.uniform(0.3, 0.9),
        relay_frequency=float(s.max_relay_frequency) * rng.uniform(0.3, 0.9),
        user_af_power=float(s.max_user_power) * user * one,
        user_df_power=float(s.max_user_power) * user * (1 - one),
        relay_af_power=float(s.max_relay_power) * relay * other,
        relay_df_power=float(s.max_relay_power) * relay * (1 - other),
    )


def nearby(rng: np.random.Generator, x: Plan, size: float) -> Plan:
    """Every number of a plan moved by this share of itself, up or down."""
    return Plan(*(v * (1 + size * sign) for v, sign in zip(x, rng.choice([-1, 1], 8), strict=True)))


def amplification(s: Instance, x: Plan) -> float:
    """G g2 from q = G (p1 g1 + sigma^2) in SI units: y of the specification, both noises alike."""
    noise = float(s.noise_psd) * float(s.bandwidth)
    gain = x.relay_af_power / (x.user_af_power * float(s.af_gain_user_relay) + noise)
    return gain * float(s.af_gain_relay_receiver)


class Majorant:
    """The surrogate at x as a function of a plan: its value when only the auxiliary variables are free.

    AF may leave some of its band and DF none of its own: both pinned would leave a solver no interior.
    """

    def __init__(self, s: Instance, x: Plan, alter: Alter = lambda values: values) -> None:
        self.s, self.d = s, links.data(s)
        self.m, problem = surrogate.make(noise_grows=False, form=GAIN)
        for name, value in alter(surrogate.parameters(self.m, self.d, x)).items():
            if name in self.m.parameters:
                self.m.parameters[name].value = value
        names = ("beta", "df_band", "f_a", "f_r", "p1", "p2", "p4", "gain")
        self.pins = {name: cp.Parameter() for name in names}
        rows = [self.m.variables[name] == pin for name, pin in self.pins.items()]
        self.problem = cp.Problem(problem.objective, problem.constraints + rows)
        self.unit = links.objective(self.d, x)

    def __call__(self, z: Plan) -> float:
        """In units of the objective at x; inf where the surrogate allows the plan not at all."""
        d, snr = self.d, self.d.snr
        top = snr[1] / (1 + snr[0])
        given = (
            *(z.beta, z.omega),
            *(z.user_frequency / d.user_frequency, z.relay_frequency / d.relay_frequency),
            *(z.user_af_power / d.user_power, z.user_df_power / d.user_power),
            *(z.relay_df_power / d.relay_power, amplification(self.s, z) / top),
        )
        for pin, value in zip(self.pins.values(), given, strict=True):
            pin.value = value
        options = dict.fromkeys(("tol_gap_abs", "tol_gap_rel", "tol_feas"), 1e-9)
        return float(self.problem.solve(solver="CLARABEL", **options))

    def excess(self, z: Plan) -> float:
        """How far it lies above the objective there."""
        return self(z) - links.objective(self.d, z) / self.unit


@pytest.mark.parametrize("seed", range(4))
def test_tight_at_the_point_and_above_around_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    s = fixed()
    x = inside(rng, s)
    majorant = Majorant(s, x)
    assert majorant(x) == pytest.approx(1.0, abs=SOLVED)
    for size in (0.003, 0.03, 0.1, 0.1):
        found = majorant.excess(nearby(rng, x, size))
        assert found >= -SOLVED
        assert found > 0


@pytest.mark.parametrize("seed", range(4))
def test_slopes_at_the_point_are_those_of_the_objective(seed: int) -> None:
    """Half the way, a quarter of the excess: its first-order part is 0. Were it not, it would be half."""
    rng = np.random.default_rng(10 + seed)
    s = fixed()
    x = inside(rng, s)
    majorant = Majorant(s, x)
    for _ in range(3):
        far = nearby(rng, x, 0.02)
        half = Plan(*((a + b) / 2 for a, b in zip(x, far, strict=True)))
        assert majorant.excess(half) < 0.35 * majorant.excess(far)


def without_tangent(values: Values) -> Values:
    return values | {key: 0.0 for key in values if key.startswith("tangent")}


def budget_tangent(values: Values) -> Values:
    """The product above with twice the slopes: the relay's signal counts for too little."""
    return values | {key: 2 * values[key] for key in ("budget.slope_u", "budget.slope_v")}


def snr_constant(values: Values) -> Values:
    return values | {"snr.level": values["snr.level"] / 2}


def noise_left_out(values: Values) -> Values:
    return values | {"noise_share": 0.0}


@pytest.mark.parametrize("misprint", [without_tangent, budget_tangent, snr_constant, noise_left_out])
def test_misprints_of_its_rows_are_noticed(misprint: Alter) -> None:
    """A weak first hop, where the relay's noise is a fair part of what it radiates."""
    s = fixed(af_gain_user_relay=1e-14)
    x = inside(np.random.default_rng(20), s)
    assert abs(Majorant(s, x, misprint)(x) - 1) > 1e-4
    assert Majorant(s, x)(x) == pytest.approx(1.0, abs=SOLVED)


def test_it_is_disciplined_and_compiled_once() -> None:
    m, problem = surrogate.build(noise_grows=False, form=GAIN)
    assert problem.is_dcp(dpp=True)
    assert surrogate.build(noise_grows=False, form=GAIN)[1] is problem
    assert surrogate.build(noise_grows=False)[1] is not problem
    own = set(m.variables) - set(surrogate.build(noise_grows=False)[0].variables)
    assert own == {"gain", "u", "v"}
    assert len(m.below) + 1 == 10  # product constraints, that of (19h) among them, as RACO-N28 counts


@pytest.mark.parametrize("start", algorithms.STARTS)
def test_it_descends_to_the_optimum_of_the_example(start: str) -> None:
    s = fixed()
    plan, trace = algorithms.algorithm_1(s, algorithms.start(s, start), form=GAIN)
    values = trace.column("objective")
    assert trace.ended == "converged"
    assert all(b <= a * (1 + algorithms.RISE) for a, b in itertools.pairwise(values))
    assert values[-1] < 0.9 * values[0]
    assert values[-1] == pytest.approx(float(P1.solve(s).value), rel=1e-5)
    assert P1.certify(s, plan.outputs()).infeasibility <= 1e-9


def test_it_ends_where_the_form_in_powers_does() -> None:
    """A loop ends when a step gains less than a millionth: its end is known to some of them."""
    batch = P1.sample(batch=6, seed=3, scenario="relay_fixed")
    one, other = (P1.run(batch, method=name).x for name in ("cccp", "cccp:gain"))
    for i in range(6):
        d = links.data(batch[i])
        a, b = (links.objective(d, Plan(**{k: float(v[i]) for k, v in x.items()})) for x in (one, other))
        assert a == pytest.approx(b, rel=1e-5)


def test_it_refuses_a_noise_that_grows_with_the_band() -> None:
    s = example()
    r = P1.solve(s, method="cccp:gain")
    assert r.status == "failed"
    assert str(r.message) == gain_surrogate.REFUSAL
    with pytest.raises(DataError, match="noise_model: got 'band'"):
        surrogate.minimise(links.data(s), algorithms.start(s, "naive"), form=GAIN)


def test_with_one_chain_dead_the_other_carries_everything() -> None:
    r = P1.solve(fixed(df_gain_user_relay=0.0), method="cccp:gain")
    assert float(r.x["beta"]) == 0.0
    assert r.status == "optimal"
