"""The specification once more, device by device: delays, answers, dual value, Algorithm 1, baselines.
Shares no code with the package."""

import itertools
import math
from typing import Any, NamedTuple

from mecopt.instance import Instance

Grid = list[list[float]]


class Links(NamedTuple):
    """A, S, serial delay, e `[device][server]` (A and e inf where there is no link), K, m, C."""

    A: Grid
    S: Grid
    serial: Grid
    e: Grid
    K: list[float]
    m: list[float]
    C: list[float]


def links(s: Instance) -> Links:
    """Table (b) of the specification, one number after another."""
    d: dict[str, Any] = {name: array.tolist() for name, array in s.data.items()}
    users, servers = range(s.sizes["users"]), range(s.sizes["servers"])
    width, alpha = d["bandwidth"] / len(servers), d["energy_weight"]
    A, S, serial, e, K = [], [], [], [], []
    for i in users:
        f, rho, battery = d["workload"][i], d["parallel_fraction"][i], d["battery_energy"][i]
        speed = d["local_core_speed"][i]
        own = f * (1 - rho) / speed + f * rho / (speed * d["local_cores"][i])
        K.append(own + alpha * d["energy_per_flop"][i] * f / battery)
        rates = [
            width * math.log1p(g * d["transmit_power"][i] / (d["noise_psd"] * width)) / math.log(2)
            for g in d["channel_gain"][i]
        ]
        there = [rates[j] > 0 and d["memory_demand"][i] <= d["memory_capacity"][j] for j in servers]
        A.append([d["input_bits"][i] / rates[j] if there[j] else math.inf for j in servers])
        S.append([f * rho / (d["server_core_speed"][j] * d["server_cores"][j]) for j in servers])
        serial.append([f * (1 - rho) / d["server_core_speed"][j] for j in servers])
        watt = d["transmit_energy_factor"][i] * d["transmit_power"][i]
        e.append([serial[i][j] + alpha * watt * A[i][j] / battery if there[j] else math.inf for j in servers])
    return Links(A, S, serial, e, K, d["memory_demand"], d["memory_capacity"])


def total(t: Links, x: list[int]) -> float:
    """F under square-root shares."""
    found = sum(t.K[i] if j < 0 else t.e[i][j] for i, j in enumerate(x))
    for j in range(len(t.C)):
        here = [i for i in range(len(x)) if x[i] == j]
        found += sum(math.sqrt(t.A[i][j]) for i in here) ** 2 + sum(math.sqrt(t.S[i][j]) for i in here) ** 2
    return found


def fits(t: Links, x: list[int]) -> bool:
    """Whether there is a link for everybody, and memory."""
    linked = all(j < 0 or math.isfinite(t.A[i][j]) for i, j in enumerate(x))
    return linked and all(sum(t.m[i] for i in range(len(x)) if x[i] == j) <= t.C[j] for j in range(len(t.C)))


class Asked(NamedTuple):
    """Of given prices: each device's server and q there (0 for local), and the dual value g (s)."""

    x: list[int]
    q: list[float]
    g: float


def answers(t: Links, mu: Any, nu: Any, pi: Any) -> Asked:
    """(29) and (30) with a memory price."""
    x, least = [], []
    for i in range(len(t.K)):
        q = [
            mu[j] * math.sqrt(t.A[i][j]) + nu[j] * math.sqrt(t.S[i][j]) + t.e[i][j] - t.K[i] + pi[j] * t.m[i]
            if math.isfinite(t.A[i][j])
            else math.inf
            for j in range(len(t.C))
        ]
        j = min(range(len(q)), key=q.__getitem__)
        x.append(j if q[j] < 0 else -1)
        least.append(min(q[j], 0.0))
    sold = sum(pi[j] * t.C[j] for j in range(len(t.C)) if pi[j] > 0)
    squares = sum(p**2 for p in (*mu, *nu))
    return Asked(x, least, sum(t.K) + sum(least) - squares / 4 - sold)


def repaired(t: Links, asked: Asked) -> list[int]:
    """The device with the largest m/|q|, the last of equals, leaves an overfull server until all fits."""
    x = list(asked.x)
    for j in range(len(t.C)):
        while not sum(t.m[i] for i in range(len(x)) if x[i] == j) <= t.C[j]:
            here = [i for i in range(len(x)) if x[i] == j]
            x[max(here, key=lambda i: (t.m[i] / abs(asked.q[i]), i))] = -1
    return x


class Priced(NamedTuple):
    """What Algorithm 1 returns: best association, its cost, the last one, the best bound, its prices."""

    best: list[int]
    cost: float
    last: list[int]
    bound: float
    prices: tuple[list[float], list[float], list[float]]


def algorithm_1(t: Links, size: Any, steps: int, *, memory_scale: float) -> Priced:
    """Section (e): `size(step)` is eta; memory prices pi C move by eta `memory_scale` (used/C - 1)."""
    n = range(len(t.C))
    mu, nu, room = [0.0 for _ in n], [0.0 for _ in n], [0.0 for _ in n]
    limited = [0 < c < math.inf for c in t.C]
    nobody = [-1] * len(t.K)
    best, cost, last, bound, kept = nobody, total(t, nobody), nobody, -math.inf, (mu, nu, room)
    for step in range(steps + 1):
        pi = [room[j] / t.C[j] if limited[j] else 0.0 for j in n]
        asked = answers(t, mu, nu, pi)
        last = repaired(t, asked)
        if total(t, last) < cost:
            best, cost = last, total(t, last)
        if asked.g > bound:
            bound, kept = asked.g, (list(mu), list(nu), pi)
        rise = [[0.0 for _ in n] for _ in range(3)]
        for j in n:
            here = [i for i in range(len(t.K)) if asked.x[i] == j]
            rise[0][j] = sum(math.sqrt(t.A[i][j]) for i in here) - mu[j] / 2
            rise[1][j] = sum(math.sqrt(t.S[i][j]) for i in here) - nu[j] / 2
            rise[2][j] = sum(t.m[i] for i in here) / t.C[j] - 1 if limited[j] else 0.0
        if cost <= bound or not any(itertools.chain(*rise)):
            break
        eta = size(step)
        mu = [max(0.0, p + eta * d) for p, d in zip(mu, rise[0], strict=True)]
        nu = [max(0.0, p + eta * d) for p, d in zip(nu, rise[1], strict=True)]
        room = [max(0.0, p + eta * memory_scale * d) for p, d in zip(room, rise[2], strict=True)]
    return Priced(best, cost, last, bound, kept)


def largest_saving(t: Links) -> float:
    """max |c| over c < 0, 1 if there is none."""
    c = [e - k for row, k in zip(t.e, t.K, strict=True) for e in row]
    return max((-number for number in c if number < 0), default=1.0)


def placed(t: Links, scheme: str, local: set[int]) -> list[int]:
    """A baseline's association where these devices are local by chance."""
    x, users, servers = [-1] * len(t.K), range(len(t.K)), range(len(t.C))
    for i in users:
        if i in local:
            continue
        scores = {}
        for j in servers:
            here = [k for k in users if x[k] == j]
            if not math.isfinite(t.A[i][j]) or sum(t.m[k] for k in (*here, i)) > t.C[j]:
                continue
            load = sum(math.sqrt(t.S[k][j]) for k in here)
            computing = t.S[i][j] + 2 * math.sqrt(t.S[i][j]) * load + t.serial[i][j]
            scores[j] = {
                "max-sinr": t.A[i][j],
                "max-compute": computing,
                "combined": computing + t.A[i][j],
            }[scheme]
        if scores:
            x[i] = min(scores, key=scores.__getitem__)
    return x
