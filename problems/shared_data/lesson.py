import marimo

app = marimo.App(app_title="Who sends what all need")


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
        # Who sends what all need

        Users of one application share a part of their input: it has to reach the edge once, whoever sends it. Let $D$ nats be
        shared. User $k$ sends $d_k$ of them in a time $\tau$ over a channel on which noise weighs $A_k$ (small for a good one):

        $$\min_d\ \sum_k A_k\, \tau\, \bigl(e^{d_k/\tau} - 1\bigr) \quad\text{s.t.}\quad \sum_k d_k = D,\quad d \ge 0.$$

        This is the upload of shared data in He et al. (2018), for a phase of given length.

        ## 1. The best channel alone?

        Move the second channel, and the part that it takes. Before you look: is it ever right that the worse channel sends?
        """
    )
    return


@app.cell
def _(mo):
    noise = mo.ui.slider(1.0, 10.0, 0.5, value=2.0, label="A of user 2 (user 1 has 1)", show_value=True)
    data = mo.ui.slider(0.5, 5.0, 0.5, value=2.0, label="shared nats D, time 1", show_value=True)
    part = mo.ui.slider(0.0, 1.0, 0.05, value=0.0, label="part that user 2 sends", show_value=True)
    mo.vstack([noise, data, part])
    return data, noise, part


@app.cell
def _(curve, data, mo, noise, np, part):
    _part = np.linspace(0.0, 1.0, 101)

    def _energy(p):
        return np.expm1((1 - p) * data.value) + noise.value * np.expm1(p * data.value)

    _best = min(max((1 - np.log(noise.value) / data.value) / 2, 0.0), 1.0)
    mo.Html(
        curve(
            _part,
            {"energy": _energy(_part)},
            points={
                "yours": (part.value, float(_energy(part.value))),
                "best": (_best, float(_energy(_best))),
            },
            x_label="part that user 2 sends",
            y_range=(0.0, 2.0 * float(_energy(0.0))),
        )
    )
    return


@app.cell
def _(mo):
    mo.md(
        r"""
        ## 2. Water over the channels

        Another nat costs user $k$ the energy $A_k e^{d_k/\tau}$: it grows with what the user already sends. At the optimum all who send
        pay the same $\nu$, and nobody who stays silent would pay less:

        $$d_k = \tau\, \max\bigl(\ln(\nu/A_k),\, 0\bigr).$$

        On a logarithmic scale this is water of level $\ln \nu$ over floors $\ln A_k$. A second channel helps as soon as the first
        has risen to its floor, however good the first is.

        ## 3. Derive, predict, check

        Write the optimal $d$ for any number of users. **Derive** the level. **Predict** who stays silent. **Check:** the referee
        answers with a proof, or with the smallest instance on which your formula fails.
        """
    )
    return


@app.cell
def _(mo):
    START = """import numpy as np

def optimum(case):
    A = np.array(case["scale"])
    return {"d": np.where(np.arange(len(A)) == np.argmin(A), case["nats"], 0.0)}
"""
    editor = mo.ui.code_editor(value=START, language="python", min_height=140, label="your formula")
    editor
    return START, editor


@app.cell
def _(cp, decades, np, st):
    DRAWS = st.fixed_dictionaries(
        {"scale": st.lists(decades(0.1, 10), min_size=1, max_size=4), "nats": decades(0.1, 3)}
    )

    def model(case):
        """Exponentials of the loads, in a slot of length 1."""
        A = np.array(case["scale"])
        d = cp.Variable(len(A), name="d", nonneg=True)
        return cp.Problem(cp.Minimize(A @ (cp.exp(d) - 1)), [cp.sum(d) == case["nats"]])

    return DRAWS, model


@app.cell
def _(DRAWS, editor, grade_text, mo, model):
    mo.callout(mo.md(grade_text(editor.value, "optimum", model=model, draws=DRAWS, samples=25).markdown))
    return


@app.cell
def _(mo):
    SOLUTION = """import numpy as np

def optimum(case):
    floors, D = np.log(case["scale"]), case["nats"]
    order = np.sort(floors)
    for count in range(len(order), 0, -1):
        level = (D + order[:count].sum()) / count
        if level >= order[count - 1]:
            break
    return {"d": np.maximum(level - floors, 0.0)}
"""
    mo.accordion(
        {
            "A solution": mo.md(
                "With $n$ users sending, $n \\ln\\nu = D/\\tau + \\sum \\ln A_k$ over the $n$ best. Take the largest $n$ whose level reaches its highest floor."
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
        lambda case: {"d": [case["nats"] / len(case["scale"])] * len(case["scale"])},
        model=model,
        draws=DRAWS,
        samples=12,
    ).right
    mo.md("The times, the private data and the base station: `mecopt verify shared_data`.")
    return


if __name__ == "__main__":
    app.run()
