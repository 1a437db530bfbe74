"""`mecopt reproduce`: figures and tables of a paper."""

import functools
import sys

import click

from mecopt.cli.common import AS_JSON, DONE, FAILED, print_json


@click.command()
@click.argument("paper")
@click.argument("figure")
@click.option(
    "--samples", type=click.IntRange(1), default=20, show_default=True, help="Realisations to average over."
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="The same seed draws the same."
)
@click.option("--out", default="mecopt-figures", show_default=True, help="Folder for the files.")
@AS_JSON
def reproduce(paper: str, figure: str, samples: int, seed: int, out: str, as_json: bool) -> int:
    """Compute a figure or table of a paper again: FIGURE is its name, or "all".

    Writes FIGURE.json and FIGURE.csv (the numbers) and FIGURE.png (needs the extra `plots`). Means have
    95 % confidence intervals; the caption says what was assumed. Exit status 1 when a realisation
    violates an order that is provable.

    \b
    mecopt reproduce tdma_ofdma 3a
    mecopt reproduce tdma_ofdma table-1 --samples 200 --out figures
    """
    from mecopt import figures
    from mecopt.report import plot, tables

    wanted = figures.find(paper, figure)
    figures.check_folder(out)
    memo: figures.Memo = {}
    answers = []
    for each in wanted:
        steps = samples * len(each.points)
        with click.progressbar(length=steps, label=f"{paper} {each.key}", file=sys.stderr) as bar:
            data = figures.reproduce(
                each, samples=samples, seed=seed, memo=memo, tick=functools.partial(bar.update, 1)
            )
        picture = plot.png(each, data) if plot.available() else None
        files = figures.write(data, out, picture=picture)
        answers.append({"paper": paper, **data, "files": files})
        if not as_json:
            tables.show(data, files)
    if not plot.available():
        click.echo(f"No picture: {plot.ADVICE}", err=True)
    for data in answers:
        for sentence in data["violations"]:
            click.echo(f"mecopt: {data['figure']}: {sentence}", err=True)
    if as_json:
        print_json({"figures": answers})
    return FAILED if any(data["violations"] for data in answers) else DONE
