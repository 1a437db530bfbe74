"""Enclosed means of the claims on experiments, against the definitions (3) to (11) in plain numbers."""

import numpy as np
import pytest

from mecopt.arithmetic import ball_arithmetic
from mecopt.problems.jtora import closed_form
from mecopt.problems.jtora.claims import realisations
from mecopt.problems.jtora.simulation import decide, draw_cells, draw_small, instance
from mecopt.problems.jtora.terms import Decision, terms

SCHEMES = ("hjtora", "dora", "gojra", "iojra")


def outcome(s, x, *, full_power):
    """Time, energy and utility of each user as the paper defines them, one sum after another."""
    point = closed_form.point(terms(s), x).x
    sent, share = point["transmit_power"], point["compute_allocation"]
    rows = []
    for u, (server, j) in enumerate(zip(x.server, x.subband, strict=True)):
        local_time = s.workload[u] / s.local_frequency[u]
        local_energy = s.energy_coefficient[u] * s.local_frequency[u] ** 2 * s.workload[u]
        if server < 0:
            rows.append((local_time, local_energy, 0.0))
            continue
        heard = float(s.noise_power)
        for k, (other, i) in enumerate(zip(x.server, x.subband, strict=True)):
            if other not in (-1, server) and i == j:
                heard += (s.max_transmit_power if full_power else sent)[k] * s.channel_gain[k, server, j]
        rate = (
            s.bandwidth
            / s.channel_gain.shape[-1]
            * np.log2(1 + sent[u] * s.channel_gain[u, server, j] / heard)
        )
        time = s.input_bits[u] / rate + s.workload[u] / share[u]
        energy = sent[u] * s.input_bits[u] / rate
        saved = s.time_preference[u] * (local_time - time) / local_time
        saved += s.energy_preference[u] * (local_energy - energy) / local_energy
        rows.append((time, energy, s.provider_preference[u] * saved))
    return np.array(rows)


def test_means_are_those_of_the_definition():
    means = realisations.small(3, 2000)
    for scheme in SCHEMES:
        plain = []
        for d in draw_small(realisations.SMALL, 3):
            s = instance(d, subbands=2, workload=2e9)
            plain.append(outcome(s, decide(scheme, terms(s), d.seed), full_power=True)[:, 2].sum())
        assert float(means.of(scheme)) == pytest.approx(np.mean(plain), rel=1e-11)
        assert float(means.of(scheme).rad()) < 1e-12


def test_schemes_that_decide_the_same_differ_by_exactly_nothing():
    drawn = draw_small(1, 0)
    settings = [instance(d, subbands=2) for d in drawn]
    row = realisations.judged(settings, drawn, ("hjtora", "search", "gojra")).rows[0]
    same = realisations.Means([{"a": row["hjtora"], "b": row["hjtora"], "c": row["gojra"]}])
    assert same.lead("a", "b").is_zero()
    assert not same.lead("a", "c").is_zero()


@pytest.mark.parametrize("preference", [0.05, 0.5])
def test_times_and_energies_are_those_of_the_definition(preference):
    time, energy = realisations.time_and_energy(7, 2, preference, 3)
    rows = []
    for d in draw_cells(2, 3, 7):
        s = instance(d, subbands=2, time_preference=preference)
        rows.append(outcome(s, decide("hjtora", terms(s), d.seed), full_power=False).mean(axis=0))
    assert [float(time), float(energy)] == pytest.approx(np.mean(rows, axis=0)[:2], rel=1e-11)


def test_a_slot_taken_twice_is_refused():
    s = instance(draw_small(1, 0)[0], subbands=2)
    both = Decision(np.array([0, 0, -1, -1, -1, -1]), np.array([1, 1, -1, -1, -1, -1]))
    with pytest.raises(ValueError, match="slot taken once"):
        realisations.Judge([s]).feasible([(0, both)])


def test_utility_of_a_point_below_its_best_powers_is_lower():
    drawn = draw_small(3, 0)
    judge = realisations.Judge([instance(d, subbands=2) for d in drawn])
    found = [(k, decide("hjtora", judge.terms[k], d.seed)) for k, d in enumerate(drawn)]
    point = judge.feasible(found)
    with ball_arithmetic():
        weaker = {**point, "transmit_power": point["transmit_power"] / 2}
        below, best = judge.utilities(found, weaker), judge.utilities(found, point)
        assert all(a < b for a, b in zip(below, best, strict=True))
