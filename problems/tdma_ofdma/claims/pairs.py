"""Points of P2 with a price λ of airtime, known exactly to be optimal or not.

They are built backwards: the slot T and the local energy of a bit follow from the price. With
A_k = β_k N0/h_k², v_k = β_k C_k P_k and

    E_k(ℓ, t) + λ t ≥ κ_k ℓ,    κ_k = (A_k ln 2/B) e^(y_k),    λ = A_k ((y_k − 1) e^(y_k) + 1),

q(λ) = Σ [v_k R_k + min((κ_k − v_k) m_k⁺, (κ_k − v_k) R_k)] − λ T is at most the optimum. So a feasible point
that costs q(λ) is optimal, and an optimal point costs q(λ) for some λ ≥ 0 (P2 meets Slater's condition).
"""

from typing import Any, NamedTuple

from flint import arb
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mecopt.claims import decades

from .common import Case

Ball = Any


class Mobile(NamedTuple):
    """One user of a pair: where its ℓ lies, and what (5a) and (5b) compare."""

    at_required: bool  # ℓ = m⁺
    at_data: bool  # ℓ = R
    marginal: Ball  # β f′(ℓ/t)/h²; where ℓ = t = 0, at the rate at which (5b) would be an equality
    value: Ball  # β C P
    pull: Ball  # −β g(ℓ/t)/h², at the same rate
    price: Ball  # λ
    weight: Ball  # β


class Share(NamedTuple):
    """What a user adds to the pair: itself, its airtime, and its part of the gap J − q(λ)."""

    mobile: Mobile
    time: Ball
    gap: Ball


def share_of(user: Case, case: Case, *, stray: Ball, delay: Ball) -> Share | None:
    """Place one user; None if it must send at a price of zero, which takes for ever.

    Its worth v/κ(λ) tells what it offloads, all above 1 and m⁺ below; it strays from that by a share of
    R − m⁺, and from the airtime at the price by a factor 1 + delay (a silent user takes `delay`).
    """
    B, N0, price, ln2 = case["bandwidth"], case["noise_power"], case["time_price"], arb.const_log2()
    per_gain = user["weight"] / user["channel_gain"]
    A = per_gain * N0
    y = arb(0) if price.is_zero() else 1 + ((price / A - 1) / arb.const_e()).lambertw()
    kappa = A * ln2 / B * y.exp()
    value, data = user["worth"] * kappa, user["input_bits"]
    required = user["required_share"] * data
    share = abs((user["share"] if user["worth"] == 1 else arb(user["worth"] > 1)) - abs(stray))
    bits, no_choice = required + share * (data - required), (data - required).is_zero()
    if y.is_zero() and not bits.is_zero():
        return None
    time = delay.max(arb(0)) if bits.is_zero() else bits * ln2 / (B * y) * (1 + delay)
    rate = bits / time if time > 0 else B * y / ln2
    power = N0 * (rate * ln2 / B).expm1()
    slope = (power + N0) * ln2 / B
    pull = -per_gain * (power - rate * slope)
    cheapest = ((kappa - value) * required).min((kappa - value) * data)
    at_ends = (share.is_zero() or no_choice, share == 1 or no_choice)
    mobile = Mobile(*at_ends, per_gain * slope, value, pull, price, user["weight"])
    return Share(mobile, time, per_gain * power * time + price * time - value * bits - cheapest)


class Pair(NamedTuple):
    """A point with its price, and by how much it is not optimal."""

    mobiles: list[Mobile]
    price: Ball  # λ
    spare: Ball  # (T − Σ t)/Σ t, or 1 without airtime
    gap: Ball  # J − q(λ)

    def optimal(self) -> bool:
        """Feasible at no more than the lower bound; the gap of every other drawn pair is clearly positive."""
        return bool(self.spare >= 0) and bool(self.gap.contains(0))


def pair_of(case: Case) -> Pair | None:
    """The pair that a case describes, if any. It is optimal unless the last user or the slot is put wrong."""
    *others, last = case["users"]
    wrong = {"bits": arb(0), "airtime": arb(0), "slot": arb(0), case["wrong"]: case["by"]}
    shares = [share_of(user, case, stray=arb(0), delay=arb(0)) for user in others]
    shares.append(share_of(last, case, stray=wrong["bits"], delay=wrong["airtime"]))
    placed = [share for share in shares if share is not None]
    if len(placed) < len(shares):
        return None
    airtime = sum((share.time for share in placed), arb(0))
    spare, unused = (wrong["slot"], airtime * wrong["slot"]) if airtime > 0 else (arb(1), arb(1))
    gap = sum((share.gap for share in placed), case["time_price"] * unused)
    return Pair([share.mobile for share in placed], case["time_price"], spare, gap)


SHARES = st.sampled_from([0.0, 1.0, 0.5, 0.25, 1e-9])


def cases(*, price: SearchStrategy[float], worths: list[float]) -> SearchStrategy[Case]:
    """Up to three users whose v/κ(λ) is among the given ones; if all are below 1 nobody must offload."""
    user = st.fixed_dictionaries(
        {
            "weight": decades(1e-3, 1e3),
            "channel_gain": decades(1e-3, 1e3),
            "input_bits": decades(1e-3, 1e3),
            "required_share": SHARES if max(worths) > 1 else st.just(0.0),  # m⁺/R
            "worth": st.sampled_from(worths),
            "share": SHARES,  # of R − m⁺ that a user at worth 1 offloads
        }
    )
    return st.fixed_dictionaries(
        {
            "bandwidth": decades(1e-2, 1e3),
            "noise_power": decades(1e-3, 1e3),
            "time_price": price,
            "wrong": st.sampled_from(["nothing", "nothing", "bits", "airtime", "slot"]),
            "by": st.sampled_from([1.0, 0.5, -0.5, 1e-9, -1e-9]),
            "users": st.lists(user, min_size=1, max_size=3),
        }
    )


SCARCE_AIRTIME = cases(price=decades(1e-3, 1e3), worths=[2.0, 0.5, 1.0, 1e3, 1e-3, 1 + 1e-9])
FREE_AIRTIME = cases(price=st.just(0.0), worths=[0.5, 1e-3, 1 - 1e-9])

PAIRS = st.sampled_from([SCARCE_AIRTIME] * 5 + [FREE_AIRTIME]).flatmap(lambda kind: kind)
