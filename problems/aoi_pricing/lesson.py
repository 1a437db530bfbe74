import marimo

app = marimo.App(app_title="A price instead of a search")


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
        # A price instead of a search

        Devices may hand their tasks to a server. Device $i$ saves $s_i$ if it does. But all who do share the band, and when
        each gets its best part of it, the transfer takes $(\sum_i a_i x_i)^2$ in sum, where $x_i = 1$ for those who offload
        and $a_i^2$ is the time that $i$ would need alone. Who should?

        $$\min_x\ \Bigl(\sum_i a_i x_i\Bigr)^2 - \sum_i s_i x_i \quad\text{s.t.}\quad 0 \le x_i \le 1.$$

        With whole devices this is a search over all subsets; Kim et al. (arXiv 2404.03154, 2024) replace it by prices. Here
        tasks may be split, and the price is exact.

        ## 1. The crowd drives up the price

        Let all devices come that find the price right. At price $\mu$ device $i$ comes if it saves more than it pays,
        $s_i > \mu a_i$. Move the price, and watch what the crowd does to the band:
        """
    )
    return


@app.cell
def _(mo):
    price = mo.ui.slider(0.0, 4.0, 0.1, value=1.0, label="price of the band", show_value=True)
    saving = mo.ui.slider(0.5, 4.0, 0.25, value=2.0, label="what device 3 saves", show_value=True)
    mo.vstack([price, saving])
    return price, saving


@app.cell
def _(curve, mo, np, price, saving):
    _a, _s = np.array([0.3, 0.5, 0.8]), np.array([1.0, 1.2, saving.value])
    _prices = np.linspace(0.0, 4.0, 161)
    _bound = [-m * m / 4 + np.minimum(m * _a - _s, 0.0).sum() for m in _prices]
    _come = price.value * _a < _s
    _x = _come.astype(float)
    _cost = float((_a @ _x) ** 2 - _s @ _x)
    mo.vstack(
        [
            mo.Html(
                curve(
                    _prices,
                    {"what the price proves": _bound},
                    points={"cost of the crowd": (price.value, _cost)},
                    x_label="price",
                    y_range=(float(-_s.sum()), 1.0),
                )
            ),
            mo.md(
                f"Who comes: {', '.join(f'device {i + 1}' for i in np.flatnonzero(_come)) or 'nobody'}. The crowd's own "
                f"load asks for a price of {2 * float(_a @ _x):.2f}; you ask {price.value:.2f}."
            ),
        ]
    )
    return


@app.cell
def _(mo):
    mo.md(
        r"""
        ## 2. The right price is the load's own

        One more unit of load $u = \sum a_i x_i$ costs $2u$. So the price at which everybody's choice is right is $\mu = 2u$: who
        comes depends on the price, the price on who comes. A higher price lets fewer come, so there is exactly one that fits.
        And every price proves something: $(\sum a_i x_i)^2 \ge \mu \sum a_i x_i - \mu^2/4$, hence

        $$\sum_i \min(\mu a_i - s_i,\, 0) - \mu^2/4$$

        is a bound that nobody can beat. Its top is the optimum.

        ## 3. Derive, predict, check

        Write the optimal $x$, parts of devices included. **Derive** who comes first when the price falls. **Predict** how many
        devices are split. **Check:** the referee answers with a proof, or with the smallest instance on which you fail.
        """
    )
    return


@app.cell
def _(mo):
    START = """import numpy as np

def optimum(case):
    a, s = np.array(case["root"]), np.array(case["saving"])
    return {"x": np.where(s > a * a, 1.0, 0.0)}     # worth it alone
"""
    editor = mo.ui.code_editor(value=START, language="python", min_height=140, label="your formula")
    editor
    return START, editor


@app.cell
def _(cp, decades, np, st):
    DRAWS = st.lists(st.tuples(decades(0.1, 3), decades(0.1, 3)), min_size=1, max_size=4).map(
        lambda pairs: {"root": [p[0] for p in pairs], "saving": [p[1] for p in pairs]}
    )

    def model(case):
        """A square of a sum, a linear gain, a box."""
        a, s = np.array(case["root"]), np.array(case["saving"])
        x = cp.Variable(len(a), name="x")
        return cp.Problem(cp.Minimize(cp.square(a @ x) - s @ x), [x >= 0, x <= 1])

    return DRAWS, model


@app.cell
def _(DRAWS, editor, grade_text, mo, model):
    mo.callout(mo.md(grade_text(editor.value, "optimum", model=model, draws=DRAWS, samples=25).markdown))
    return


@app.cell
def _(mo):
    SOLUTION = """import numpy as np

def optimum(case):
    a, s = np.array(case["root"]), np.array(case["saving"])
    x, load = np.zeros(len(a)), 0.0
    for i in np.argsort(-s / a):                 # the most saved per unit of load first
        room = s[i] / (2 * a[i]) - load          # load at which device i no longer pays
        x[i] = min(max(room / a[i], 0.0), 1.0)
        load += a[i] * x[i]
    return {"x": x}
"""
    mo.accordion(
        {
            "A solution": mo.md(
                "At the price $\\mu$ device $i$ comes if $s_i/a_i > \\mu$: as the price falls, the devices come in the order of $s_i/a_i$. "
                "Let them in one by one until the next one no longer pays the price $2u$ of the load; that one is split."
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
        lambda case: {"x": [1.0] * len(case["root"])}, model=model, draws=DRAWS, samples=12
    ).right
    mo.md("With several servers, two resources and whole devices: `mecopt verify aoi_pricing`.")
    return


if __name__ == "__main__":
    app.run()
