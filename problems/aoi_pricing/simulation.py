"""The network slot by slot: tasks arrive, are sent to servers by a policy, uploaded, computed, and measured.

The rules are those of the authors' public code (mwkim00/mec_uara), with two sets of figures (`scenario`):
`authors` as in their code, `snapshot` as assumed for single snapshots (no shadowing, split band, GPU cores).

A device has one task at a time; when it ends, the next is there in the following slot. A policy decides when
a task arrives, from the current channels and loads and, if it wants, the broadcast prices. Tasks that upload
share their server's band in proportion to sqrt(d/R); those that have arrived share its speed in proportion to
sqrt(f/F) from the next slot on. Prices change once a slot by (31) over everybody's last decision, with steps
0.01 and 2 divided by 1 + t/10000. Every policy meets the same network, tasks and fading for the same seed.
`policies.run` runs the built-in policies, compiled where numba is installed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mecopt.instance import Array, Mask

from . import scenario

SLOT = 0.1
FADING_CHANCE, FADING_MEMORY = 0.1, 0.9
FIRST_TASK = 100
STEPS = (0.01, 2.0)
SLOWING = 1e-4

FINISHED = 1e-9
"""A part of a task that counts as nothing left."""

RELIABLE = 1e-10
"""A run with a larger `margin` has the same events, hence counts, in exact arithmetic on the rates drawn.

Its state is made by additions, products, quotients and square roots of doubles. For M devices and T slots
what is left of a task is off by less than (M + T + 10) roundings of its size, a charge by less than
(M + T + 10) of the full one, and a price, a sum of terms that are not negative, by (M + 3 T) of itself and
one of 10^4/t for each early step t, which takes nearly the whole price back. At M = 200 and T = 10 000 that
is 2e-11 in all.
"""

IDLE, UPLOADS, COMPUTES, LOCAL = range(4)

Choice = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class World:
    """Everything that does not depend on the policy, drawn from a seed."""

    path: Array
    shadow: Array
    fades: bool
    band: float
    device_speed: Array
    device_core: Array
    server_speed: Array
    server_core: Array
    rho: Array
    battery: Array
    per_flop: float
    factor: float
    kinds: NDArray[np.intp]
    bits: Array
    flop: Array
    first: NDArray[np.intp]
    seed: int

    @property
    def users(self) -> int:
        return int(self.path.shape[0])

    @property
    def servers(self) -> int:
        return int(self.path.shape[1])


QUEUE = 4096
"""Tasks drawn in advance for each device; a device that outlives them starts over."""


def world(name: str, *, users: int, servers: int, seed: int) -> World:
    """Draw a network of the scenario: its own generator for each part, so that nothing depends on the
    policy."""
    rng = np.random.default_rng([seed, users, servers])
    data = scenario.sample(name, users=users, servers=servers, batch=None, rng=rng)
    authors = name.startswith("authors")
    tasks = scenario.AUTHORS_TASKS if authors else scenario.TASKS
    mix = name.removeprefix("authors").removeprefix("snapshot").removesuffix("-memory")
    chances = (scenario.AUTHORS_MIXES if authors else scenario.MIXES)[mix]
    path = scenario.authors_path((), users, servers, rng) if authors else data["channel_gain"]
    return World(
        path=path,
        shadow=rng.standard_normal((users, servers)),
        fades=authors,
        band=data["bandwidth"] / servers,
        device_speed=data["local_core_speed"] * data["local_cores"],
        device_core=data["local_core_speed"],
        server_speed=data["server_core_speed"] * data["server_cores"],
        server_core=data["server_core_speed"],
        rho=np.broadcast_to(data["parallel_fraction"], (users,)),
        battery=data["battery_energy"],
        per_flop=data["energy_per_flop"],
        factor=data["transmit_energy_factor"],
        kinds=_kinds(rng, list(chances.values()), (users, QUEUE)),
        bits=np.array([tasks[kind].bits for kind in chances]),
        flop=np.array([tasks[kind].flop for kind in chances]),
        first=rng.integers(0, FIRST_TASK, users),
        seed=seed,
    )


def _kinds(rng: np.random.Generator, chances: list[float], shape: tuple[int, int]) -> NDArray[np.intp]:
    """What `rng.choice` draws for a few kinds: it would search for every number in their sums."""
    ends = np.cumsum(chances)
    drawn = rng.random(shape)
    found = np.zeros(shape, dtype=np.int8)
    for end in ends[:-1] / ends[-1]:
        found += drawn >= end
    return found.astype(np.intp)


@dataclass
class View:
    """What a policy may look at when tasks arrive: rows are the devices that ask, columns the servers.

    A, S, s, D, E_loc, E_tx, B, alpha as in the symbol table; `rate` bit/s over the whole band, `snr`; of each
    server the loads sum sqrt(A), sum sqrt(S) of the tasks it has, its speed, the flop it still has to do; the
    broadcast prices; a generator for policies that draw.
    """

    A: Array
    S: Array
    s: Array
    D: Array
    D_parallel: Array
    E_loc: Array
    E_tx: Array
    B: Array
    alpha: float
    rate: Array
    snr: Array
    loads: tuple[Array, Array]
    speed: Array
    backlog: Array
    prices: tuple[Array, Array]
    rng: np.random.Generator
    compared: Callable[[Array, Array], None]
    """Takes the differences that a policy looks at the sign of, and their scales; see `RELIABLE`."""

    @property
    def cost(self) -> Array:
        """c = s − D − alpha G/B."""
        saved = (self.E_loc[:, None] - self.E_tx) / self.B[:, None]
        return self.s - self.D[:, None] - self.alpha * saved


Policy = Callable[[View], Choice]
"""The server of each device that asks, -1 for local."""


@dataclass
class Measures:
    """Of a run: sums over finished tasks (s), energies (J), and the prices over time.

    `battery_energy` is that of the devices with a battery; `running_energy` sums, over slots and the tasks
    that are computed in them, what their server has spent so far, and `served_slots` counts these. `margin`
    is how far the closest of all comparisons was from going the other way, relative to what is compared.
    """

    finished: int = 0
    latency: float = 0.0
    upload: float = 0.0
    compute: float = 0.0
    local: int = 0
    device_energy: float = 0.0
    server_energy: float = 0.0
    battery_energy: float = 0.0
    running_energy: float = 0.0
    served_slots: int = 0
    battery_slots: int = 0
    dead: int = 0
    margin: float = np.inf
    prices: list[tuple[float, float]] = field(default_factory=list)

    def per_task(self, total: float) -> float:
        """A sum over the finished tasks as their mean; nan if none has finished."""
        return total / self.finished if self.finished else float("nan")


def simulate(w: World, policy: Policy, *, slots: int, alpha: float = 1.0) -> Measures:
    """Run a policy in a world."""
    run = _Run(w, policy, alpha)
    run.found.battery_slots = slots * int(np.sum(np.isfinite(w.battery)))
    for t in range(slots):
        run.step(t)
    return run.found


def channels(w: World, shadow: Array) -> tuple[Array, Array]:
    """SNR and rate over the whole band at this shadowing."""
    gain = w.path * 10 ** (-shadow / 2) if w.fades else w.path
    snr = gain * (scenario.TRANSMIT_POWER / (scenario.NOISE_PSD * w.band))
    return snr, w.band * np.log2(1 + snr)


class _Run:
    """The state: of each device its phase, what is left to do, where, and since when."""

    def __init__(self, w: World, policy: Policy, alpha: float) -> None:
        self.w, self.policy, self.alpha = w, policy, alpha
        self.fading, self.dice = np.random.default_rng([w.seed, 1]), np.random.default_rng([w.seed, 2])
        m, n = w.users, w.servers
        self.phase, self.at = np.full(m, IDLE), np.full(m, -1)
        self.next, self.count = w.first.copy(), np.zeros(m, dtype=np.intp)
        self.started, self.arrived = np.zeros(m), np.zeros(m)
        self.left, self.size_bits, self.size_flop = np.zeros(m), np.ones(m), np.ones(m)
        self.battery, self.alive = w.battery.copy(), np.ones(m, dtype=bool)
        self.shadow, self.served = w.shadow.copy(), np.zeros(n)
        self.decided = np.zeros((2, m)), np.full(m, -1)
        self.prices = np.zeros((2, n))
        self.found = Measures()
        self._channels()

    def _channels(self) -> None:
        self.snr, self.rate = channels(self.w, self.shadow)

    def step(self, t: int) -> None:
        if self.w.fades:
            moves = self.fading.random(self.shadow.shape) < FADING_CHANCE
            fresh = np.sqrt(1 - FADING_MEMORY**2) * self.fading.standard_normal(self.shadow.shape)
            self.shadow = np.where(moves, FADING_MEMORY * self.shadow + fresh, self.shadow)
            self._channels()
        self._decide(np.flatnonzero(self.alive & (self.phase == IDLE) & (self.next <= t)), t)
        self._work(t)
        self._reprice(t)

    def _decide(self, who: Choice, t: int) -> None:
        if not who.size:
            return
        kind = self.w.kinds[who, self.count[who] % QUEUE]
        self.count[who] += 1
        self.size_bits[who], self.size_flop[who] = self.w.bits[kind], self.w.flop[kind]
        view = self._view(who)
        chosen = np.asarray(self.policy(view), dtype=np.intp)
        away = chosen >= 0
        self.at[who], self.started[who] = chosen, t
        self.phase[who] = np.where(away, UPLOADS, LOCAL)
        self.left[who] = np.where(away, self.size_bits[who], self.size_flop[who])
        server = np.where(away, chosen, 0)
        row = np.arange(len(who))
        self.decided[0][0, who] = np.where(away, np.sqrt(view.A[row, server]), 0.0)
        self.decided[0][1, who] = np.where(away, np.sqrt(view.S[row, server]), 0.0)
        self.decided[1][who] = chosen

    def _view(self, who: Choice) -> View:
        w, rho, flop = self.w, self.w.rho[who], self.size_flop[who]
        rate = self.rate[who]
        A = self.size_bits[who][:, None] / rate
        uploads, computes = self.phase == UPLOADS, self.phase == COMPUTES
        return View(
            A=A,
            S=(flop * rho)[:, None] / w.server_speed,
            s=(flop * (1 - rho))[:, None] / w.server_core,
            D=flop * (1 - rho) / w.device_core[who] + flop * rho / w.device_speed[who],
            D_parallel=flop * rho / w.device_speed[who],
            E_loc=w.per_flop * flop,
            E_tx=w.factor * scenario.TRANSMIT_POWER * A,
            B=self.battery[who],
            alpha=self.alpha,
            rate=rate,
            snr=self.snr[who],
            loads=(
                self._sums(uploads, self._band_weight()),
                self._sums(uploads | computes, self._core_weight()),
            ),
            speed=w.server_speed,
            backlog=self._sums(uploads | computes, np.where(computes, self.left, self.size_flop)),
            prices=(self.prices[0], self.prices[1]),
            rng=self.dice,
            compared=self._compared,
        )

    def _compared(self, gap: Array, scale: Array) -> None:
        gap, scale = np.broadcast_arrays(np.abs(gap), scale)
        counts = scale > 0
        if counts.any():
            self.found.margin = min(self.found.margin, float(np.min(gap[counts] / scale[counts])))

    def _band_weight(self) -> Array:
        """sqrt(d/R) of each device at its server."""
        server = np.maximum(self.at, 0)
        return np.asarray(np.sqrt(self.size_bits / self.rate[np.arange(self.w.users), server]))

    def _core_weight(self) -> Array:
        """sqrt(f/F) of each device at its server."""
        return np.asarray(np.sqrt(self.size_flop / self.w.server_speed[np.maximum(self.at, 0)]))

    def _sums(self, which: Mask, values: Array) -> Array:
        return np.bincount(self.at[which], values[which], self.w.servers).astype(np.float64)

    def _shares(self, which: Mask, weight: Array) -> Array:
        total = self._sums(which, weight)
        return np.where(which, weight / np.maximum(total[np.maximum(self.at, 0)], 1e-300), 0.0)

    def _work(self, t: int) -> None:
        w, m = self.w, np.arange(self.w.users)
        uploads, computes, local = (self.phase == p for p in (UPLOADS, COMPUTES, LOCAL))
        server = np.maximum(self.at, 0)
        band = self._shares(uploads, self._band_weight())
        pace = np.where(uploads, band * self.rate[m, server], 0.0)
        pace += self._shares(computes, self._core_weight()) * w.server_speed[server]
        pace += np.where(local, w.device_speed, 0.0)
        done = np.minimum(self.left, pace * SLOT)
        time = np.where(pace > 0, done / np.where(pace > 0, pace, 1.0), 0.0)
        sent = np.where(uploads, w.factor * scenario.TRANSMIT_POWER * band * time, 0.0)
        spent = sent + np.where(local, w.per_flop * done, 0.0)
        self.found.device_energy += float(np.sum(spent))
        self.found.battery_energy += float(np.sum(spent[np.isfinite(w.battery)]))
        self.found.server_energy += float(np.sum(np.where(computes, w.per_flop * done, 0.0)))
        self.served += self._sums(computes, w.per_flop * done)
        self.found.running_energy += float(np.sum(self.served[self.at[computes]]))
        self.found.served_slots += int(np.sum(computes))
        self.left = self.left - done
        nothing = FINISHED * np.maximum(self.size_bits, self.size_flop)
        busy, size = self.phase != IDLE, np.where(uploads, self.size_bits, self.size_flop)
        self._compared((self.left - nothing)[busy], size[busy])
        ends = self.left <= nothing
        self._finish(ends & (computes | local), t + 1)
        lands = ends & uploads
        self.phase[lands], self.arrived[lands] = COMPUTES, t + 1
        self.left[lands] = self.size_flop[lands]
        self._drain(spent)

    def _finish(self, who: Mask, now: int) -> None:
        away = who & (self.phase == COMPUTES)
        self.found.finished += int(np.sum(who))
        self.found.local += int(np.sum(who & ~away))
        self.found.latency += SLOT * float(np.sum(now - self.started[who]))
        self.found.upload += SLOT * float(np.sum(self.arrived[away] - self.started[away]))
        self.found.compute += SLOT * float(np.sum(now - self.arrived[away]))
        self.found.compute += SLOT * float(np.sum(now - self.started[who & ~away]))
        self.phase[who], self.next[who] = IDLE, now

    def _drain(self, spent: Array) -> None:
        self.battery = self.battery - spent
        charged = self.alive & np.isfinite(self.w.battery)
        self._compared(self.battery[charged], self.w.battery[charged])
        empty = self.alive & (self.battery <= 0)
        self.found.dead += int(np.sum(empty))
        self.alive &= ~empty
        self.phase[empty], self.at[empty] = IDLE, -1
        self.decided[1][empty] = -1

    def _reprice(self, t: int) -> None:
        weights, at = self.decided
        away = at >= 0
        for k, step in enumerate(STEPS):
            load = np.bincount(at[away], weights[k, away], self.w.servers)
            moved = self.prices[k] + step / (1 + SLOWING * t) * (load - self.prices[k] / 2)
            self.prices[k] = np.maximum(moved, 0.0)
        self.found.prices.append((float(np.mean(self.prices[0])), float(np.mean(self.prices[1]))))
