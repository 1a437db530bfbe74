import marimo

app = marimo.App(app_title="Energy for time")


@app.cell
def _():
    import cvxpy as cp
    import marimo as mo
    import numpy as np
    from hypothesis import strategies as st

    from mecopt.claims import decades
    from mecopt.grading import grade, grade_text
    from mecopt.lessons.curve import curve

    return cp, curve, decades, grade, grade_text, mo, np, st


@app.cell
def _(mo):
    mo.md(
        r"""
        # Energy for time

        A nat is to cross a link. At power $p$ the link carries $\ln(1 + \theta p)$ nats per second, so it takes the time
        $t = 1/\ln(1 + \theta p)$ and the energy $p\,t$. Time is worth $w$ joule per second:

        $$\min_{0 < p \le P}\ \frac{w + p}{\ln(1 + \theta p)}.$$

        Quotients of this kind price each hop of a relay that decodes and forwards (Chen et al., IEEE Internet Things J. 7(3),
        2020). A quotient is not convex. Is there a way to see that it has one optimum, and where?

        ## 1. The quotient

        Move what time is worth. Before you look: does the best power ever reach the limit?
        """
    )
    return


@app.cell
def _(mo):
    worth = mo.ui.slider(0.1, 10.0, 0.1, value=2.0, label="w, worth of a second", show_value=True)
    limit = mo.ui.slider(
        0.5, 10.0, 0.5, value=6.0, label="P, most power (the link has theta = 1)", show_value=True
    )
    power = mo.ui.slider(0.1, 10.0, 0.1, value=1.0, label="your power", show_value=True)
    mo.vstack([worth, limit, power])
    return limit, power, worth


@app.cell
def _(curve, limit, mo, np, power, worth):
    _p = np.linspace(0.05, limit.value, 200)
    _cost = (worth.value + _p) / np.log1p(_p)
    _own = min(power.value, limit.value)
    _at = _p[np.argmin(_cost)]
    mo.Html(
        curve(
            _p,
            {"cost": _cost},
            points={
                "yours": (_own, (worth.value + _own) / np.log1p(_own)),
                "best": (float(_at), float(_cost.min())),
            },
            x_label="power",
            y_range=(0.0, 3.0 * float(_cost.min())),
        )
    )
    return


@app.cell
def _(mo):
    mo.md(
        r"""
        ## 2. Ask for the time instead

        Choose the time $t$ of a nat rather than the power: $p = (e^{1/t} - 1)/\theta$, and the cost becomes

        $$w\,t + \frac{t}{\theta}\bigl(e^{1/t} - 1\bigr), \qquad t \ge \frac{1}{\ln(1 + \theta P)}.$$

        The second term is the *perspective* of an exponential, which is convex: the same curve, seen from the side, has one valley.
        With $y = 1/t$ its floor is where $(y - 1)\,e^y + 1 = w\,\theta$.

        ## 3. Derive, predict, check

        Write the best time of a nat (and its least `energy` $z = t\,e^{1/t}$). **Derive** it from the equation for $y$. **Predict** what
        the limit of the power does. **Check:** the referee answers with a proof, or with the smallest instance on which
        your formula fails.
        """
    )
    return


@app.cell
def _(mo):
    START = """import numpy as np

def optimum(case):
    theta, P = case["theta"], case["limit"]
    t = 1 / np.log1p(theta * P)          # full power: done first
    return {"time": t, "energy": t * np.exp(1 / t)}
"""
    editor = mo.ui.code_editor(value=START, language="python", min_height=140, label="your formula")
    editor
    return START, editor


@app.cell
def _(cp, decades, np, st):
    DRAWS = st.fixed_dictionaries({name: decades(0.1, 10) for name in ("worth", "theta", "limit")})

    def model(case):
        """The perspective of the exponential as an exponential cone."""
        t, z = cp.Variable(name="time"), cp.Variable(name="energy")
        rows = [cp.ExpCone(cp.Constant(1.0), t, z), t >= 1 / np.log1p(case["theta"] * case["limit"])]
        return cp.Problem(cp.Minimize(case["worth"] * t + (z - t) / case["theta"]), rows)

    return DRAWS, model


@app.cell
def _(DRAWS, editor, grade_text, mo, model):
    mo.callout(mo.md(grade_text(editor.value, "optimum", model=model, draws=DRAWS, samples=25).markdown))
    return


@app.cell
def _(mo):
    SOLUTION = """import numpy as np
from mecopt.kernels.lambert import lambert_exponent     # y with (y - 1) e^y + 1 = x

def optimum(case):
    w, theta, P = case["worth"], case["theta"], case["limit"]
    y = min(float(lambert_exponent(w * theta)), float(np.log1p(theta * P)))
    return {"time": 1 / y, "energy": np.exp(y) / y}
"""
    mo.accordion(
        {
            "A solution": mo.md(
                "$y = 1 + W_0((w \\theta - 1)/e)$ is the rate without a limit; the cost is convex in $t = 1/y$, so a limit that binds is met exactly: "
                "$y = \\min\\{1 + W_0((w\\theta - 1)/e), \\ln(1 + \\theta P)\\}$."
                + "\n\n```python\n"
                + SOLUTION
                + "```"
            )
        }
    )
    return (SOLUTION,)


@app.cell
def _(DRAWS, SOLUTION, START, grade, grade_text, mo, model):
    # The lesson grades itself: its solution must be right, its starting point and the other guess must not.
    assert grade_text(SOLUTION, "optimum", model=model, draws=DRAWS, samples=12).right
    assert not grade_text(START, "optimum", model=model, draws=DRAWS, samples=12).right
    assert not grade(
        lambda case: {"time": 1.0, "energy": 2.718281828459046}, model=model, draws=DRAWS, samples=12
    ).right
    mo.md("Two hops, two protocols, one band: `mecopt verify relay`.")
    return


if __name__ == "__main__":
    app.run()
