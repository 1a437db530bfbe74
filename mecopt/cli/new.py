"""`mecopt new`: a skeleton for one's own paper."""

from pathlib import Path

import click

from mecopt.cli.common import DONE


@click.command()
@click.argument("name")
@click.option(
    "--in", "where", default=".", show_default=True, help="Folder to write the paper's folder into."
)
def new(name: str, where: str) -> int:
    """Write the folder of a paper of your own: a small true example, one claim, one misprint.

    It verifies at once; put your problem in place of the example, file by file.

    \b
    mecopt new my_paper
    mecopt verify ./my_paper
    python -m pytest my_paper
    """
    from mecopt import skeleton

    for file in skeleton.write(name, Path(where)):
        click.echo(str(file))
    click.echo(f"\nNow: mecopt verify {Path(where) / name}", err=True)
    return DONE
