"""`mecopt learn`: lessons in the browser."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from mecopt.cli.common import AS_JSON, DONE, print_json


@click.command()
@click.argument("key", required=False)
@click.option("--edit", is_flag=True, help="Open it with its code, to change it.")
@click.option("--html", metavar="FILE", help="Write the lesson into FILE instead of opening it.")
@AS_JSON
def learn(key: str | None, edit: bool, html: str | None, as_json: bool) -> int:
    """Open a lesson in the browser: prose, sliders that move the optimum, an exercise that is graded.

    Without KEY, list the lessons.

    \b
    mecopt learn
    mecopt learn dcp
    mecopt learn tdma_ofdma --html lesson.html
    """
    from mecopt.errors import DataError
    from mecopt.lessons import lesson, lessons, title

    if key is None:
        if edit or html:
            raise click.UsageError("name a lesson")
        found = {name: title(name) for name in lessons()}
        if as_json:
            print_json({"lessons": [{"key": name, "title": text} for name, text in found.items()]})
        for name, text in () if as_json else found.items():
            click.echo(f"mecopt learn {name:<14} {text}")
        return DONE
    file = lesson(key)
    if as_json:
        print_json({"key": key, "title": title(key), "file": str(file)})
        return DONE
    if find_spec("marimo") is None:
        raise DataError("marimo", "is not installed", 'pip install "mecopt[learn]"')
    command = [sys.executable, "-m", "marimo"]
    if html is None:
        return subprocess.call([*command, "edit" if edit else "run", str(file)])
    target = Path(html)
    if not target.absolute().parent.is_dir():
        raise DataError(html, "its folder does not exist", "name a file in a folder that does")
    done = subprocess.run(
        [*command, "export", "html", "--no-include-code", "--force", str(file), "-o", str(target)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        click.echo(done.stderr, err=True)
    return done.returncode
