import marimo

app = marimo.App(app_title="Convex by construction, optimal by certificate")


@app.cell
def _():
    import cvxpy as cp
    import marimo as mo
    import numpy as np
    from hypothesis import strategies as st

    import mecopt
    from mecopt.claims import decades
    from mecopt.explain import as_text, explain_model
    from mecopt.grading import grade, grade_text
    from mecopt.lessons.curve import curve

    return as_text, cp, curve, decades, explain_model, grade, grade_text, mecopt, mo, np, st


@app.cell
def _(mo):
    mo.md(
        r"""
        # Convex by construction, optimal by certificate

        Two questions decide whether you can trust an answer to an optimization problem. Is the *problem* one that
        can be solved at all? And is *this point* the solution? The first has an answer that a machine can check by
        reading your formula. The second has one that a machine can prove, whoever found the point.

        ## 1. A formula that shows that it is convex

        In disciplined convex programming every expression has a curvature. The rule is short: a convex
        function that grows in an argument may be fed something convex there, one that falls something
        concave, and anything affine is welcome everywhere. The same function can be written so that the rule sees
        it, and so that it does not. Predict, then choose:
        """
    )
    return


@app.cell
def _(cp, mo):
    def written(name):
        x = cp.Variable(name="x", pos=True)
        forms = {
            "exp(x) + 1/x": cp.exp(x) + cp.inv_pos(x),
            "sqrt(1 + x^2), as a norm": cp.norm(cp.hstack([1, x])),
            "sqrt(1 + x^2), as a root": cp.sqrt(1 + cp.square(x)),
            "-log(x) + x": -cp.log(x) + x,
            "log(exp(x) + 1)": cp.log(cp.exp(x) + 1),
            "log(exp(x) + 1), as one atom": cp.log_sum_exp(cp.hstack([x, 0])),
        }
        return forms if name is None else forms[name]

    form = mo.ui.dropdown(list(written(None)), value="sqrt(1 + x^2), as a root", label="minimise")
    form
    return form, written


@app.cell
def _(as_text, cp, explain_model, form, mo, written):
    _found = explain_model(cp.Problem(cp.Minimize(written(form.value))))
    mo.md(
        f"""
    It {_found.curvature}.

    ```text
    {as_text(list(_found.trees))}
    ```

    Read the tree from the leaves. Where a node is *unknown*, its parent could not tell how it bends. That is a
    statement about the writing, not about the function: `sqrt(1 + x^2)` is convex either way.
    """.replace("\n    ", "\n")
    )
    return


@app.cell
def _(mo):
    mo.md(
        r"""
        ## 2. A price turns a problem into a bound

        Pour power $x_1 + x_2 = P$ into two channels with floors $a_1, a_2$:

        $$\max_x\ \log(a_1 + x_1) + \log(a_2 + x_2) \quad\text{s.t.}\quad x_1 + x_2 = P,\ x \ge 0.$$

        Suppose that power could be bought and sold at a price $y$. Then nobody needs to respect the budget:

        $$g(y) = \max_{x \ge 0}\ \log(a_1 + x_1) + \log(a_2 + x_2) - y\,(x_1 + x_2 - P).$$

        Whatever the price, $g(y)$ is at least the optimum: the old optimum is still allowed, and costs nothing extra.
        So each price gives an upper bound, and the best price the best one. Move the price, and your split of the
        power, until the two numbers meet:
        """
    )
    return


@app.cell
def _(mo):
    power = mo.ui.slider(1.0, 8.0, 0.5, value=5.0, label="power P", show_value=True)
    floor = mo.ui.slider(0.5, 6.0, 0.5, value=2.0, label="floor a2 (a1 is 1)", show_value=True)
    share = mo.ui.slider(0.0, 1.0, 0.05, value=0.3, label="share of channel 1", show_value=True)
    price = mo.ui.slider(0.05, 1.0, 0.05, value=0.5, label="price y", show_value=True)
    mo.hstack([mo.vstack([power, floor]), mo.vstack([share, price])], justify="start", gap=2)
    return floor, power, price, share


@app.cell
def _(cp, np):
    def water(case):
        a = np.array(case["floor"])
        x = cp.Variable(len(a), name="x", nonneg=True)
        return cp.Problem(cp.Maximize(cp.sum(cp.log(a + x))), [cp.sum(x) == case["power"]])

    return (water,)


@app.cell
def _(curve, floor, mecopt, mo, np, power, price, share, water):
    _case = {"floor": [1.0, floor.value], "power": power.value}
    _x = power.value * np.array([share.value, 1 - share.value])
    report = mecopt.certify(water(_case), {"x": _x}, {0: price.value})

    def _proves(y):
        return sum(np.log(max(a, 1 / y)) - y * max(1 / y - a, 0.0) for a in _case["floor"]) + y * power.value

    _prices = np.linspace(0.05, 1.0, 96)
    _picture = curve(
        _prices,
        {"what a price proves": [_proves(y) for y in _prices]},
        points={
            "your price": (price.value, _proves(price.value)),
            "your split": (price.value, report.value),
        },
        x_label="price y",
        y_range=(min(report.value, report.bound) - 0.5, report.bound + 2.0),
    )
    _table = f"""
    | | |
    |---|---|
    | your split is worth | {report.value:.5f} |
    | your price proves that no split is worth more than | {_proves(price.value):.5f} |
    | the best price proves | {report.bound:.5f} |
    | so your split is at most this far from the optimum | {report.gap:.2%} |
    """.replace("\n    ", "\n")
    mo.vstack([mo.Html(_picture), mo.md(_table)])
    return (report,)


@app.cell
def _(mo, report):
    _rows = "\n".join(
        f"| {'holds' if c.holds else '**fails**'} | {c.name} | {c.sentence} |" for c in report.conditions
    )
    mo.md(
        "## 3. Four conditions, and which one you miss\n\n"
        "The distance between a point and a bound is no riddle: point and price are optimal together exactly if "
        "four conditions hold. For your sliders:\n\n"
        "| | condition | in words |\n|---|---|---|\n"
        + _rows
        + "\n\nStationarity says that your split is what "
        "somebody would buy at your price. Where it fails, the sentence says which channel to look at. Find the "
        "sliders for which all four hold; there the water stands equally high in all channels that get any."
    )
    return


@app.cell
def _(mo):
    mo.md(
        r"""
        ## 4. Derive, predict, check

        Write the optimal $x$ for any number of channels. **Derive:** at a price $y$, what does channel $k$ buy?
        Which price uses up exactly $P$? **Predict** what happens to a channel whose floor is above the water.
        **Check:** the referee tries your function on dozens of instances, and answers with a proof or with the
        smallest instance on which it fails.
        """
    )
    return


@app.cell
def _(mo):
    START = """import numpy as np

def optimum(case):
    a, P = np.array(case["floor"]), case["power"]
    level = (P + a.sum()) / len(a)      # the same water level everywhere?
    return {"x": level - a}
"""
    editor = mo.ui.code_editor(value=START, language="python", min_height=140, label="your formula")
    editor
    return START, editor


@app.cell
def _(decades, st):
    DRAWS = st.fixed_dictionaries(
        {"floor": st.lists(decades(0.1, 10), min_size=1, max_size=4), "power": decades(0.1, 10)}
    )
    return (DRAWS,)


@app.cell
def _(DRAWS, editor, grade_text, mo, water):
    mo.callout(mo.md(grade_text(editor.value, "optimum", model=water, draws=DRAWS).markdown))
    return


@app.cell
def _(mo, np):
    def solution(case):
        a, P = np.sort(case["floor"]), case["power"]
        for count in range(len(a), 0, -1):
            level = (P + a[:count].sum()) / count
            if level >= a[count - 1]:
                break
        return {"x": np.maximum(level - np.array(case["floor"]), 0.0)}

    mo.accordion(
        {
            "A solution": mo.md(
                r"""
    At the price $y$ channel $k$ buys up to $1/(a_k + x_k) = y$, that is $x_k = \max(1/y - a_k, 0)$: nothing if its
    floor is above the level $1/y$. Try all channels; while the level lies below the highest floor, leave that
    channel dry:

    ```python
    def optimum(case):
        a, P = np.sort(case["floor"]), case["power"]
        for count in range(len(a), 0, -1):
            level = (P + a[:count].sum()) / count
            if level >= a[count - 1]:
                break
        return {"x": np.maximum(level - np.array(case["floor"]), 0.0)}
    ```
    """.replace("\n    ", "\n")
            )
        }
    )
    return (solution,)


@app.cell
def _(DRAWS, START, grade, grade_text, mo, solution, water):
    # The lesson grades itself: its solution must be right, its starting point must not.
    assert grade(solution, model=water, draws=DRAWS, samples=15).right
    assert not grade_text(START, "optimum", model=water, draws=DRAWS, samples=15).right
    mo.md("Where to go on: `mecopt learn tdma_ofdma`, where the price is that of airtime.")
    return


if __name__ == "__main__":
    app.run()
