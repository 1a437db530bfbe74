r"""The referee's two bounds, in either arithmetic: by prices, and by prices for each part of a partition.

By prices mu, nu, pi >= 0 of sqrt(A), sqrt(S) and memory: a device pays K locally or q_ij at server j, and the
servers pay back what they charge but for what a load L costs anyway, L^2 >= mu L - mu^2/4,

    g = sum_i min(K_i, min_j q_ij) - sum_j (mu_j^2 + nu_j^2)/4 + pi_j C_j,
    q_ij = mu_j sqrt(A_ij) + nu_j sqrt(S_ij) + e_ij + pi_j m_i

is below every association's cost. (True for mu, nu of either sign, as L^2 - mu L + mu^2/4 is a square.)

By parts: where each device may only do some of its options, the same with the others left out. The least over
parts that cover all associations is below every association's cost.
"""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from mecopt.arithmetic import Arithmetic, Numbers
from mecopt.instance import Array, Mask

Data = SimpleNamespace


def by_prices(
    ops: Arithmetic, d: Data, mu: Numbers, nu: Numbers, pi: Numbers, *, beyond_local: bool
) -> Numbers:
    """g at prices `(*batch, servers)`, `(*batch,)`; `beyond_local`: of the cost beyond sum K, as in P5."""
    pi = ops.where(d.limited, pi, 0.0)
    q = d.root_comm * _across(mu) + d.root_comp * _across(nu) + d.edge_cost
    if np.any(d.limited):
        q = q + _across(pi) * _rows(d.memory)
    cheapest = -ops.largest(-ops.where(d.linked, q, np.inf))
    if beyond_local:
        kept = ops.minimum(ops.number(np.zeros(d.local_cost.shape)), cheapest - d.local_cost)
    else:
        kept = ops.minimum(d.local_cost, cheapest)
    return ops.sum(kept) - _charged(ops, d, mu, nu, pi)


def _charged(ops: Arithmetic, d: Data, mu: Numbers, nu: Numbers, pi: Numbers) -> Numbers:
    sold = ops.where(d.limited, pi * ops.where(d.limited, d.capacity, 0.0), 0.0)
    return ops.sum((mu * mu + nu * nu) / 4 + sold)


@dataclass(frozen=True)
class Parts:
    """A partition of all associations, read from the root down.

    Associations that use options `may` only `(parts, users, 1 + servers)`, local first, and one at least of
    the options `out` cost what the prices `(parts, 3, servers)` say; the others are in further parts. In the
    last ones `out` is all of `may`. All of them serve `least` to `most` devices of each group at each server
    `(parts, groups, servers)`, which has prices `number_price` of either sign; `member` `(groups, users)`.
    """

    may: Mask
    out: Mask
    prices: Array
    member: Mask
    least: Array
    most: Array
    number_price: Array


def by_parts(ops: Arithmetic, d: Data, parts: Parts, *, beyond_local: bool) -> Numbers:
    """The least of the parts' bounds, a single number; `d` is one instance."""
    least = ops.number(np.inf)
    columns = (parts.may, parts.out, parts.prices, parts.least, parts.most, parts.number_price)
    for may, out, prices, few, many, number_price in zip(*columns, strict=True):
        mu, nu, pi = ops.number(prices)
        pi = ops.where(d.limited, pi, 0.0)
        q = d.root_comm * mu + d.root_comp * nu + d.edge_cost - _rows(d.local_cost)
        if np.any(d.limited):
            q = q + pi * _rows(d.memory)
        charged = _charged(ops, d, mu, nu, pi)
        for member, low, high, price in zip(parts.member, few, many, number_price, strict=True):
            each = ops.number(price)
            q = q + ops.where(_rows(member), each, 0.0)
            charged = charged + ops.sum(ops.maximum(each * low, each * high))
        local = ops.number(np.zeros((len(may), 1)))
        q = ops.where(may, np.concatenate([local, ops.where(d.linked, q, np.inf)], axis=-1), np.inf)
        cheapest = -ops.largest(-q)
        beyond = -ops.largest(-ops.where(out, q - _rows(cheapest), np.inf).ravel())
        least = ops.minimum(least, ops.sum(cheapest) + beyond - charged)
    return least if beyond_local else least + ops.sum(d.local_cost)


def _rows(a: Numbers) -> Numbers:
    return np.expand_dims(np.asarray(a), -1)


def _across(a: Numbers) -> Numbers:
    return np.expand_dims(np.asarray(a), -2)
