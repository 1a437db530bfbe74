import marimo

app = marimo.App(app_title="The price of airtime")


@app.cell
def _():
    import cvxpy as cp
    import marimo as mo
    import numpy as np
    from hypothesis import strategies as st

    import mecopt
    from mecopt.claims import decades
    from mecopt.grading import grade, grade_text

    return cp, decades, grade, grade_text, mecopt, mo, np, st


@app.cell
def _(mo):
    mo.md(
        r"""
        # The price of airtime

        Phones share one radio slot. Each may compute its bits itself, or send some of them to an edge cloud. Sending
        $\ell$ bits in $t$ seconds over a channel of gain $g$ and bandwidth $B$ costs

        $$E(\ell, t) = \frac{N_0}{g}\, t\, \bigl(2^{\ell/(Bt)} - 1\bigr),$$

        and computing a bit costs $C P$. The energies are to be small, the airtimes must fit into the slot:

        $$\min_{\ell, t}\ \sum_k E_k(\ell_k, t_k) + (R_k - \ell_k)\, C_k P_k
          \quad\text{s.t.}\quad \sum_k t_k \le T,\quad 0 \le \ell_k \le R_k.$$

        This is problem P2 of You et al. (IEEE Trans. Wireless Commun. 16(3), 2017) for phones that could do
        everything themselves. Its answer is a single number, the price $\lambda$ of a second of airtime.

        ## 1. Two phones

        Move the channel of the second phone, and the length of the slot. Before you look: who is served first?
        """
    )
    return


@app.cell
def _(mo):
    gain = mo.ui.slider(
        -40, 0, 2, value=-20, label="gain of phone 2 relative to phone 1, dB", show_value=True
    )
    slot = mo.ui.slider(10, 200, 10, value=60, label="slot, ms", show_value=True)
    local = mo.ui.slider(
        0.2, 4.0, 0.2, value=1.0, label="energy per cycle of phone 2, 1e-10 J", show_value=True
    )
    mo.vstack([gain, slot, local])
    return gain, local, slot


@app.cell
def _(gain, local, mecopt, mo, slot):
    P2 = mecopt.load("tdma_ofdma.P2")
    phones = P2.instance(
        {
            "input_bits": [8e5, 8e5],
            "cycles_per_bit": [1000, 1000],
            "energy_per_cycle": [1e-10, local.value * 1e-10],
            "local_frequency": [1e13, 1e13],
            "channel_gain": [1e-3, 1e-3 * 10 ** (gain.value / 10)],
            "weight": [1, 1],
            "bandwidth": 1e6,
            "noise_power": 1e-9,
            "slot_duration": slot.value / 1000,
        }
    )
    result = P2.solve(phones)
    _bits, _time = result.x["offloaded_bits"], result.x["offloading_time"]
    _rows = "\n".join(
        f"| {k + 1} | {_bits[k] / 1e3:.1f} of 800 kbit | {1e3 * _time[k]:.2f} ms |" for k in range(2)
    )
    mo.md(
        f"""
    | phone | sends | airtime |
    |---|---|---|
    {_rows.replace(chr(10), chr(10) + "    ")}

    Energy {result.value:.6g} J, proved to be within {float(result.certificate.gap):.1e} of the optimum; price of airtime
    $\\lambda$ = {float(result.multipliers["time_price"]):.4g} J/s.
    """.replace("\n    ", "\n")
    )
    return P2, phones


@app.cell
def _(mo):
    mo.md(
        r"""
        ## 2. What a bit costs when airtime has a price

        Sold by the second, airtime makes the phones strangers to each other: each asks for itself how long to send.
        A bit sent slowly is cheap in energy and dear in time. Per bit, with $y = \ell \ln 2/(B t)$ and $A = N_0/g$:

        $$\frac{\ln 2}{B y}\bigl(A (e^y - 1) + \lambda\bigr)
          \quad\text{is smallest where}\quad A\,\bigl((y - 1) e^y + 1\bigr) = \lambda.$$

        So the price alone fixes everybody's rate. The cheapest cost of a bit is then $\kappa(\lambda) = (A \ln 2/B)\, e^y$.
        A phone sends everything while $\kappa(\lambda) < C P$ and nothing when it is above: there is a price at which it
        changes its mind, its *priority* $\varphi$. Choose a price, and see who sends and whether the slot suffices:
        """
    )
    return


@app.cell
def _(mo):
    log_price = mo.ui.slider(-4.0, 2.0, 0.1, value=0.0, label="log10 of the price, J/s", show_value=True)
    log_price
    return (log_price,)


@app.cell
def _(log_price, mecopt, mo, np, P2, phones):
    from mecopt.kernels.lambert import lambert_exponent

    _price = 10**log_price.value
    _A = phones.noise_power / phones.channel_gain
    _y = lambert_exponent(_price / _A)
    _cost = _A * np.log(2) / phones.bandwidth * np.exp(_y)
    _worth = phones.cycles_per_bit * phones.energy_per_cycle
    _bits = np.where(_cost < _worth, phones.input_bits, 0.0)
    _time = _bits * np.log(2) / (phones.bandwidth * _y)
    _bound = float(np.sum(np.minimum(_cost, _worth) * phones.input_bits) - _price * phones.slot_duration)
    _rows = "\n".join(
        f"    | {k + 1} | {_cost[k]:.3g} | {_worth[k]:.3g} | {'sends all' if _bits[k] else 'sends nothing'} | {1e3 * _time[k]:.2f} |"
        for k in range(2)
    )
    mo.md(
        f"""
    | phone | a bit sent costs, J | computed, J | so it | for ms |
    |---|---|---|---|---|
{_rows}

    Together {1e3 * _time.sum():.2f} of {1e3 * float(phones.slot_duration):.0f} ms. By weak duality no plan needs less than
    {_bound:.6g} J, whatever this price is; the optimum is {float(P2.solve(phones).value):.6g} J. Find the price that brings
    the two together. If the slot cannot be filled exactly, one phone is undecided, and sends a part.
    """.replace("\n    ", "\n")
    )
    return


@app.cell
def _(mo):
    mo.md(
        r"""
        ## 3. Derive, predict, check

        Now all bits must be sent; only the airtimes are free. In nats $x_k$ and with a slot of length 1:

        $$\min_t\ \sum_k A_k\, t_k\, \bigl(e^{x_k/t_k} - 1\bigr) \quad\text{s.t.}\quad \sum_k t_k \le 1.$$

        **Derive** the airtimes from the price. **Predict:** is airtime in proportion to the bits right? For which phones?
        **Check** it: the referee answers with a proof, or with the smallest instance on which your formula fails.
        """
    )
    return


@app.cell
def _(mo):
    START = """import numpy as np

def airtimes(case):
    x = np.array(case["nats"])          # and case["scale"] are the A_k
    return x / x.sum()
"""
    editor = mo.ui.code_editor(value=START, language="python", min_height=140, label="your formula")
    editor
    return START, editor


@app.cell
def _(cp, decades, np, st):
    phone = st.tuples(decades(0.1, 10), decades(0.1, 3))
    DRAWS = st.lists(phone, min_size=1, max_size=3).map(
        lambda phones: {"scale": [p[0] for p in phones], "nats": [p[1] for p in phones]}
    )

    def model(case):
        """Energies z_k >= t_k exp(x_k/t_k) as exponential cones."""
        x, A = np.array(case["nats"]), np.array(case["scale"])
        t, z = cp.Variable(len(x), name="airtime"), cp.Variable(len(x), name="energy")
        return cp.Problem(cp.Minimize(A @ (z - t)), [cp.ExpCone(cp.Constant(x), t, z), cp.sum(t) <= 1])

    def with_energy(airtimes):
        """The formula's airtimes and the least energies that go with them."""

        def point(case):
            t = np.asarray(airtimes(case), dtype=float)
            return {"airtime": t, "energy": t * np.exp(np.array(case["nats"]) / t) * (1 + 1e-15)}

        return point

    return DRAWS, model, with_energy


@app.cell
def _(DRAWS, grade_text, model, with_energy):
    def checked(source, samples=25):
        """Grade a text that defines `airtimes`."""
        text = source + "\n\npoint = WRAP(airtimes)" if "def airtimes" in source else source
        return grade_text(
            text, "point", given={"WRAP": with_energy}, model=model, draws=DRAWS, samples=samples
        )

    return (checked,)


@app.cell
def _(checked, editor, mo):
    mo.callout(mo.md(checked(editor.value).markdown))
    return


@app.cell
def _(mo):
    SOLUTION = """import numpy as np
from mecopt.kernels.lambert import lambert_exponent

def airtimes(case):
    x, A = np.array(case["nats"]), np.array(case["scale"])
    low, high = -50.0, 50.0                      # log of the price
    for _ in range(200):
        middle = (low + high) / 2
        t = x / lambert_exponent(np.exp(middle) / A)
        low, high = (middle, high) if t.sum() > 1 else (low, middle)
    t = x / lambert_exponent(np.exp(high) / A)
    return t / t.sum()
"""
    mo.accordion(
        {
            "A solution": mo.md(
                "At the price $\\lambda$ phone $k$ sends at the rate $y_k$ with $A_k ((y_k - 1) e^{y_k} + 1) = \\lambda$, so "
                "$t_k = x_k/y_k(\\lambda)$, and $y = 1 + W_0((\\lambda/A - 1)/e)$. The price is where the airtimes fill the "
                "slot. They are in proportion to the bits only for phones of equal $A$.\n\n```python\n"
                + SOLUTION
                + "```"
            )
        }
    )
    return (SOLUTION,)


@app.cell
def _(DRAWS, SOLUTION, START, checked, grade, model, mo, with_energy):
    # The lesson grades itself: its solution must be right, its starting point must not.
    assert checked(SOLUTION, samples=12).right
    assert not checked(START, samples=12).right
    assert not grade(
        with_energy(lambda case: [1.0 / len(case["nats"])] * len(case["nats"])), model=model, draws=DRAWS
    ).right
    mo.md("What the paper prints about this price, and what of it holds: `mecopt verify tdma_ofdma`.")
    return


if __name__ == "__main__":
    app.run()
