"""The command `mecopt`. Each command has a module of its own, imported when it is called.

Add one: write the module, name it in `COMMANDS`.
"""

import errno
import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from mecopt import MecoptError, SolverError, __version__
from mecopt.cli.common import DONE, FAILED, INTERRUPTED, WRONG_INPUT
from mecopt.cli.interrupts import heeded

COMMANDS = {
    "verify": "mecopt.cli.verify:verify",
    "solve": "mecopt.cli.solve:solve",
    "certify": "mecopt.cli.solve:certify",
    "reproduce": "mecopt.cli.reproduce:reproduce",
    "bench": "mecopt.cli.bench:bench",
    "sweep": "mecopt.cli.sweep:sweep",
    "report": "mecopt.cli.report:report",
    "list": "mecopt.cli.listing:list_",
    "explain": "mecopt.cli.explain:explain",
    "learn": "mecopt.cli.learn:learn",
    "new": "mecopt.cli.new:new",
}
"""Name -> module and function, in the order of `mecopt --help`."""


class Commands(click.Group):
    """Looks commands up in `COMMANDS`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands' names."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module, _, function = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), function)
        return command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status; bad input never ends in a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # statements hold letters that not every terminal has
    try:
        with heeded():
            status = cli.main(args=arguments, prog_name="mecopt", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
        return status or DONE
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    except MecoptError as error:
        click.echo(f"mecopt: {error}", err=True)
        return FAILED if isinstance(error, SolverError) else WRONG_INPUT
    except OSError as error:
        if error.errno != errno.EPIPE:
            raise
        _drop_output()
        return FAILED
    except SystemExit as stop:  # click and rich leave this way when the reader of a pipe has gone
        _drop_output()
        return stop.code if isinstance(stop.code, int) else FAILED


def _drop_output() -> None:
    """Nobody reads any more: let the interpreter flush into nothing."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit status: 0 done, 1 a verdict or certificate failed, 2 the input is wrong.",
)
@click.version_option(__version__, prog_name="mecopt", message="%(prog)s %(version)s")
def cli() -> None:
    """mecopt checks optimization claims: closed forms, algorithms and theorems about convex problems.

    \b
    mecopt verify                          every claim of every paper
    mecopt list                            what there is
    mecopt solve tdma_ofdma.P2 data.json   an instance, with a certificate
    mecopt reproduce tdma_ofdma 3a         a figure of the paper
    mecopt new my_paper                    a folder for a derivation of your own
    """
