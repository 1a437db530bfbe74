r"""Newton's method on the three prices of P1' at once: the usual way to its optimum, fast where it converges.

Unknown are the logit w of the window t = t_dl, ln nu and the exponent of the cheapest sender of shared data:

    ln sum_k sigma_k - ln sum_k beta_k = 0,     ln sum_k E_k - ln E_max = 0,     sum_k s_k - D_S = 0,

with the users' best answers I_k at these prices and their derivatives (implicit differentiation of H = 0, see
`prices`). The functions have kinks, and no descent is enforced: what has not converged after `STEPS` steps is
said so and left to the nested searches of `closed_form`, which always work.
"""

from typing import NamedTuple

import numpy as np

from mecopt.instance import Array, Mask
from mecopt.kernels.lambert import lambert_argument

from .prices import Download, Response, State, Terms, download, respond

STEPS = 120
"""Usually five to fifteen are needed."""

ARRIVED = 1e-8
"""A step this small is the last, the next one being its square."""

BALANCED = 1e-6
"""And the equations must hold to this: a bracket that a kink misled may be as narrow."""

NEAR = 0.5
"""Sum of the relative errors in energy and shared bits up to which the window is worth moving."""

NEARER = 1e-4
"""And where nobody waits for the window, so that its price is not known to change with the others."""

ROUNDING = 1e-12
"""Of the energy: closer to the budget than this neither side is ruled out."""

FLAT = 1e-6
"""Elasticity of the energy in its price below which the price cannot bring it down."""

FARTHEST = (1.5, 3.0, 1.0)
"""Longest step in each unknown."""


class Residuals(NamedTuple):
    """The three equations at a point, and their slopes in the three unknowns (rows of `(batch, 1)`
    arrays).
    """

    values: tuple[Array, Array, Array]
    slopes: tuple[tuple[Array, Array, Array], ...]


def _total(a: Array) -> Array:
    return np.asarray(np.add.reduce(a, axis=-1, keepdims=True))


def residuals(p: Terms, span: Array, state: State, r: Response) -> Residuals:
    """Values and slopes of the equations; slopes in the logit of the window, ln nu, the lead."""
    left, down = p.window - span, r.down
    stretch = span * left / p.window  # dt/dw
    sends, held = r.shared > 0, (down.per_bit * r.bits > down.floor) & (r.bits > 0)
    own, z = r.bits / (p.up_nat * left), np.maximum(down.floor, down.per_bit * r.bits)
    level = state.lead - p.lag
    moves = (r.per_window * stretch, r.per_nu, r.per_lead)
    y = np.where(sends, level, own)
    grown = np.exp(y)
    # upload: beta = A ((y - 1) e^y + 1)
    beta = _total(p.up_scale * lambert_argument(y))
    own_slopes = (
        moves[0] / (p.up_nat * left) + own / left * stretch,
        moves[1] / (p.up_nat * left),
        moves[2] / (p.up_nat * left),
    )
    lead_slopes = (0.0, 0.0, 1.0)
    beta_slopes = [
        _total(p.up_scale * y * grown * np.where(sends, b, a))
        for a, b in zip(own_slopes, lead_slopes, strict=True)
    ]
    return _assemble(p, span, stretch, state, r, down, sends, held, z, moves, beta, beta_slopes)


def _assemble(
    p: Terms,
    span: Array,
    stretch: Array,
    state: State,
    r: Response,
    down: Download,
    sends: Mask,
    held: Mask,
    z: Array,
    moves: tuple[Array, Array, Array],
    beta: Array,
    beta_slopes: list[Array],
) -> Residuals:
    nu, left = np.exp(state.log_nu), p.window - span
    full, argument = np.exp(z), lambert_argument(z)
    # download: sigma = nu G ((z - 1) e^z + 1) - rho of those held by the window
    charge = nu * p.down_scale * argument
    sigma = _total(np.where(held, charge - p.reception_power, 0.0))
    z_slopes = (
        down.per_bit * moves[0] - z / span * stretch,
        down.per_bit * moves[1],
        down.per_bit * moves[2],
    )
    steep = nu * p.down_scale * z * full
    sigma_slopes = [_total(np.where(held, steep * dz, 0.0)) for dz in z_slopes]
    sigma_slopes[1] = sigma_slopes[1] + _total(np.where(held, charge, 0.0))
    # energy: t G (e^z - 1) if held, else the bits at the free exponent
    base = p.output_ratio * p.down_scale / p.down_nat
    safe = np.where(z > 1e-5, z, 1.0)
    per_bit = np.where(z > 1e-5, np.expm1(z) / safe, 1 + z / 2)
    bend = np.where(z > 1e-5, (full - per_bit) / safe, 0.5)
    energy = _total(base * r.bits * per_bit)
    in_bits = base * np.where(held, full, per_bit)
    energy_slopes = [_total(in_bits * move) for move in moves]
    energy_slopes[0] = energy_slopes[0] - _total(np.where(held, p.down_scale * argument, 0.0)) * stretch
    energy_slopes[1] = energy_slopes[1] + _total(np.where(held, 0.0, base * r.bits * bend * down.slope))
    # shared data: s = level w_u left - I
    unit = np.where(p.shared_bits > 0, p.shared_bits, 1.0)
    room = p.up_nat * left
    level = np.where(sends, state.lead - p.lag, 0.0)
    shared_slopes = (
        -_total(np.where(sends, level * p.up_nat * stretch + moves[0], 0.0)) / unit,
        -_total(np.where(sends, moves[1], 0.0)) / unit,
        np.where(p.shared_bits > 0, _total(np.where(sends, room - moves[2], 0.0)) / unit, 1.0),
    )
    values = (
        np.log(sigma) - np.log(beta),
        np.log(energy) - np.log(p.max_bs_energy),
        np.where(p.shared_bits > 0, (_total(r.shared) - p.shared_bits) / unit, 0.0),
    )
    first = tuple(a / sigma - b / beta for a, b in zip(sigma_slopes, beta_slopes, strict=True))
    second = tuple(a / energy for a in energy_slopes)
    return Residuals(values, (first, second, shared_slopes))  # type: ignore[arg-type]


def _window_step(f: Residuals) -> Array:
    """What Newton's method says of the window, by Cramer's rule.

    Near the end of the last user's wait sum sigma is about linear in w, and its logarithm has a pole.
    """
    (a, b, c), (d, e, g), (h, i, j) = f.slopes
    u, v, w = f.values
    u = -np.expm1(-u)
    det = a * (e * j - g * i) - b * (d * j - g * h) + c * (d * i - e * h)
    return -(u * (e * j - g * i) - b * (v * j - g * w) + c * (v * i - e * w)) / det


def _price_steps(f: Residuals, along: Array) -> tuple[Array, Array]:
    """Newton steps of ln nu and the lead when the window's logit moves by `along`."""
    _, (d, e, g), (h, i, j) = f.slopes
    v, w = f.values[1] + d * along, f.values[2] + h * along
    det = e * j - g * i
    return -(v * j - g * w) / det, -(e * w - v * i) / det


def _at_right_prices(f: Residuals) -> Array:
    """What the first equation would be at this window if the other two held, to first order."""
    in_nu, in_lead = _price_steps(f, np.zeros(f.values[0].shape))
    return f.values[0] + f.slopes[0][1] * in_nu + f.slopes[0][2] * in_lead


def _forced(p: Terms, r: Response) -> Mask:
    """Where hardly a bit is offloaded that need not be."""
    return np.asarray(_total(r.bits - p.least_bits) <= FLAT * _total(r.bits))


class Search(NamedTuple):
    """Where Newton's method is: the window's logit and its bracket, that of ln nu at this window, prices and
    bits,
    the size of the last step.
    """

    logit: Array
    short: Array
    long: Array
    cheap: Array
    dear: Array
    state: State
    size: Array
    arrived: Mask
    floor: Array
    lost: Mask

    def rows(self, which: Mask) -> "Search":
        """The searches of some instances."""
        state = State(*(a[which] for a in self.state))
        cut = {name: a[which] for name, a in self._asdict().items() if name != "state"}
        return Search(**cut, state=state)


def _advance(p: Terms, at: Search) -> Search:
    """One step for all instances, unless the last one was so small that its square does not matter."""
    logit, (log_nu, lead, bits) = at.logit, at.state
    span = p.window / (1 + np.exp(-logit))
    room = p.up_nat * (p.window - span)
    most = np.min(p.lag + (p.shared_bits + p.private_bits) / room, axis=-1, keepdims=True)
    lead = np.clip(lead, 0.0, most)
    down = download(p, span, log_nu)
    bits, r = respond(p, span, down, log_nu, lead, bits, np.ones(logit.shape, dtype=bool))
    f = residuals(p, span, State(log_nu, lead, bits), r)
    # prices far off say nothing of the window yet; nobody waiting for it says that it is too long
    missed = np.abs(f.values[1]) + np.abs(f.values[2])
    near = missed < np.where(np.isfinite(f.values[0]), NEAR, NEARER)
    off = np.maximum.reduce([np.abs(value) for value in f.values])
    # where its price does not move the energy, the window must, and the price follows from the balance
    flat = f.slopes[1][1] >= -FLAT
    # bits that must be offloaded leave nothing to correct in the end: their energy has to be right
    arrived = (off <= BALANCED) & (at.size <= ARRIVED) & ~(flat & (np.abs(f.values[1]) > ROUNDING))
    # too much energy for the least bits: the window is too short; too little although it is cheap: too long
    tight = (f.values[1] > ROUNDING) & flat & _forced(p, r)
    idle = (f.values[1] < -ROUNDING) & flat & (f.values[0] < 0)
    # a side is ruled out only if it still is when the prices are right
    there = _at_right_prices(f)
    sure = near & (~np.isfinite(f.values[0]) | (np.sign(there) == np.sign(f.values[0])))
    short = np.where(tight | (sure & (f.values[0] > 0)), np.maximum(at.short, logit), at.short)
    long = np.where(idle | (sure & (f.values[0] <= 0)), np.minimum(at.long, logit), at.long)
    far, far_nu, far_lead = FARTHEST
    along = np.where(flat, -f.values[1] / f.slopes[1][0], np.where(near, _window_step(f), 0.0))
    along = np.where(np.isfinite(along), along, np.where(tight, far, -far))
    along = np.where(np.isfinite(f.values[0]) | flat | ~near, np.clip(along, -far, far), -far)
    inside = (logit + along > short) & (logit + along < long)
    along = np.where(inside | ~np.isfinite(short - long), along, (short + long) / 2 - logit)
    # no window is shorter than the budget allows; one that should be, is the shortest
    pinned = (logit <= at.floor) & sure & (f.values[0] <= 0) & ~arrived
    along = np.maximum(along, at.floor - logit)
    in_nu, in_lead = _price_steps(f, along)
    # nobody offloads: there is no energy to price, and the lead is known alone
    in_lead = np.where(np.isfinite(in_lead), in_lead, -f.values[2] / f.slopes[2][2])
    # nobody sends shared data: the lead is wrong, and says nothing of nu
    silent = ~np.any(r.shared > 0, axis=-1, keepdims=True)
    in_nu = np.where(silent, -f.values[1] / f.slopes[1][1], in_nu)
    balancing = -(f.values[0] + f.slopes[0][0] * along) / f.slopes[0][1]
    in_nu = np.where(flat, np.where(near, balancing, 0.0), in_nu)
    in_lead = np.where(flat, -(f.values[2] + f.slopes[2][0] * along) / f.slopes[2][2], in_lead)
    cheap = np.where(f.values[1] > 0, np.maximum(at.cheap, log_nu), at.cheap)
    dear = np.where(f.values[1] < 0, np.minimum(at.dear, log_nu), at.dear)
    size = np.maximum.reduce([np.abs(along), np.abs(in_nu), np.abs(in_lead)])
    size = np.where(near & np.isfinite(size), size, np.inf)
    in_nu = np.where(np.isfinite(in_nu), np.clip(in_nu, -far_nu, far_nu), -far_nu)
    outside = (log_nu + in_nu <= cheap) | (log_nu + in_nu >= dear)
    still = along == 0
    in_nu = np.where(still & outside & np.isfinite(dear - cheap), (cheap + dear) / 2 - log_nu, in_nu)
    in_lead = np.where(np.isfinite(in_lead), np.clip(in_lead, -far_lead, far_lead), 0.0)
    alone = np.min(p.lag + bits / room, axis=-1, keepdims=True)
    alone = alone + p.shared_bits / (
        p.up_nat * (p.window - span) * np.sum(p.may_send, axis=-1, keepdims=True)
    )
    in_lead = np.where(silent, alone - lead, in_lead)
    new = State(
        np.where(arrived, log_nu, np.clip(log_nu + in_nu, -690.0, 690.0)),
        np.where(arrived, lead, lead + in_lead),
        bits,
    )
    # where nothing moves any more, nothing ever will
    idle = still & (new.log_nu == log_nu) & (new.lead == at.state.lead) & (size == at.size)
    idle = idle & (bits == at.state.bits).all(axis=-1, keepdims=True)
    return Search(
        np.where(arrived, logit, logit + along),
        short,
        long,
        np.where(still, cheap, -np.inf),
        np.where(still, dear, np.inf),
        new,
        size,
        arrived,
        at.floor,
        (pinned | idle) & ~arrived,
    )


def newton(p: Terms, start: State, on: Mask, shortest: Array) -> tuple[Array, State, Mask]:
    """Logit of the window, prices and bits, and which instances have arrived; `on` are those to try.

    `shortest` is the logit of the shortest window. Whoever has arrived or is not going to leaves the batch,
    so that the rest is done with sooner.
    """
    logit = np.maximum(START, shortest + ABOVE)
    found = State(*(a.copy() for a in start))
    arrived = np.zeros(on.shape, dtype=bool)
    rows = np.flatnonzero(on[:, 0])
    part = p.rows(rows)
    nowhere, nobody = np.full((len(rows), 1), np.inf), arrived[rows]
    state = State(*(a[rows] for a in start))
    at = Search(
        logit[rows], -nowhere, nowhere, -nowhere, nowhere, state, nowhere, nobody, shortest[rows], nobody
    )
    for _ in range(STEPS):
        if not len(rows):
            break
        at = _advance(part, at)
        leaves = (at.arrived | at.lost)[:, 0]
        if leaves.any():
            done = rows[leaves]
            arrived[done] = at.arrived[leaves]
            logit[done] = at.logit[leaves]
            for target, source in zip(found, at.state, strict=True):
                target[done] = source[leaves]
            rows, part, at = rows[~leaves], part.rows(~leaves), at.rows(~leaves)
    return logit, found, arrived


START = -2.0
"""First guess of the window's logit."""

ABOVE = 0.3
"""And at least so much above that of the shortest window."""
