import marimo

app = marimo.App(app_title="Sharing a server")


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
        # Sharing a server

        Several phones have handed their tasks to one server. Phone $u$ waits $\eta_u/f_u$ for its result, weighted by how
        much it cares, if it gets $f_u$ of the server's $F$ cycles per second. The waiting is to be short in sum:

        $$\min_f\ \sum_u \frac{\eta_u}{f_u} \quad\text{s.t.}\quad \sum_u f_u \le F,\quad f > 0.$$

        Inside the joint offloading problem of Tran and Pompili (IEEE Trans. Veh. Technol. 68(1), 2019) this one is solved
        again for every server and every decision that is tried, so it had better have a formula.

        ## 1. Two phones

        Move the weight of the second phone. Before you look: if it weighs four times as much, does it get four times
        as much?
        """
    )
    return


@app.cell
def _(mo):
    weight = mo.ui.slider(
        0.25, 16.0, 0.25, value=4.0, label="weight of phone 2 (phone 1 has 1)", show_value=True
    )
    given = mo.ui.slider(0.05, 0.95, 0.05, value=0.8, label="share that you give to phone 2", show_value=True)
    mo.vstack([weight, given])
    return given, weight


@app.cell
def _(curve, given, mo, np, weight):
    _share = np.linspace(0.02, 0.98, 97)
    _cost = 1 / (1 - _share) + weight.value / _share
    _yours = 1 / (1 - given.value) + weight.value / given.value
    _best = np.sqrt(weight.value) / (1 + np.sqrt(weight.value))
    mo.Html(
        curve(
            _share,
            {"waiting": _cost},
            points={"yours": (given.value, _yours), "best": (_best, (1 + np.sqrt(weight.value)) ** 2)},
            x_label="share of phone 2",
            y_range=(0.0, 4 * (1 + np.sqrt(weight.value)) ** 2),
        )
    )
    return


@app.cell
def _(mo):
    mo.md(
        r"""
        ## 2. One price for all

        At the optimum another cycle per second must be worth the same to everybody: otherwise one would move it. What it
        is worth to phone $u$ is $\eta_u/f_u^2$, so

        $$\frac{\eta_u}{f_u^2} = \lambda \quad\text{for all } u, \qquad f_u = \sqrt{\eta_u/\lambda}.$$

        The shares go with the *roots* of the weights. What is left is $\lambda$, and the budget fixes it.

        ## 3. Derive, predict, check

        Write the optimal shares for any number of phones. **Derive** them from the price. **Predict** the sum of the waiting
        times in one formula. **Check:** the referee answers with a proof, or with the smallest instance on which your
        formula fails.
        """
    )
    return


@app.cell
def _(mo):
    START = """import numpy as np

def optimum(case):
    eta, F = np.array(case["weight"]), case["speed"]
    return {"f": F * eta / eta.sum()}
"""
    editor = mo.ui.code_editor(value=START, language="python", min_height=140, label="your formula")
    editor
    return START, editor


@app.cell
def _(cp, decades, np, st):
    DRAWS = st.fixed_dictionaries(
        {"weight": st.lists(decades(0.1, 10), min_size=1, max_size=4), "speed": decades(0.1, 10)}
    )

    def model(case):
        """Waiting times as inverses; one budget."""
        eta = np.array(case["weight"])
        f = cp.Variable(len(eta), name="f")
        waiting = sum(eta[u] * cp.inv_pos(f[u]) for u in range(len(eta)))
        return cp.Problem(cp.Minimize(waiting), [cp.sum(f) <= case["speed"]])

    return DRAWS, model


@app.cell
def _(DRAWS, editor, grade_text, mo, model):
    mo.callout(mo.md(grade_text(editor.value, "optimum", model=model, draws=DRAWS, samples=25).markdown))
    return


@app.cell
def _(mo):
    SOLUTION = """import numpy as np

def optimum(case):
    roots, F = np.sqrt(case["weight"]), case["speed"]
    price = (roots.sum() / F) ** 2
    return {"f": roots / np.sqrt(price)}, {0: price}
"""
    mo.accordion(
        {
            "A solution": mo.md(
                "The budget gives $\\sqrt\\lambda = \\sum_u \\sqrt{\\eta_u}/F$, so $f_u = F \\sqrt{\\eta_u}/\\sum_v \\sqrt{\\eta_v}$, and the sum of the waiting "
                "times is $(\\sum_u \\sqrt{\\eta_u})^2/F$. The price is handed in too, and checked."
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
        lambda case: {"f": [case["speed"] / len(case["weight"])] * len(case["weight"])},
        model=model,
        draws=DRAWS,
        samples=12,
    ).right
    mo.md("What the paper prints about this formula and the rest: `mecopt verify jtora`.")
    return


if __name__ == "__main__":
    app.run()
