"""``smmap``: the verbs, and how every one of them ends.

Exit codes: 0 done; 1 unexpected; 2 a recipe, card, catalogue file, option, station data or table
cannot be used; 3 a search failed or was empty; 4 some overpasses or scenes failed; 5 a model cannot
be opened; 6 an output is none, is not whole, or cannot be written; 7 a store, server or scheduler
does not answer now: rerun later; 8 a goal was missed (``bench --strict``); 130 interrupted, 143
terminated.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from smmap.cli import (
    backfill,
    bench,
    demo,
    doctor,
    export,
    gc,
    insitu,
    inspect,
    mosaic,
    plan,
    predict,
    run,
    samples,
    schema,
    simulate,
    sources,
    status,
    train,
    update,
    validate,
    verify,
)
from smmap.cli.logs import set_up_logging
from smmap.spec.errors import SmmapError

app = typer.Typer(
    name="smmap",
    help="Soil-moisture maps from satellite scenes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog="Exit codes: 0 done, 2 bad recipe or option, 3 nothing found, 4 some overpasses failed, "
    "5 model, 6 output, 7 no answer: rerun later, 8 goal missed, 130 interrupted, 143 terminated.",
)
_VERBS: tuple[Callable[..., None], ...] = (
    run.run,
    plan.plan,
    update.update,
    backfill.backfill,
    mosaic.mosaic,
    status.status,
    validate.validate,
    verify.verify,
    gc.gc,
    insitu.insitu,
    inspect.inspect,
    doctor.doctor,
    schema.schema,
    sources.sources,
    simulate.simulate,
    samples.samples,
    train.train,
    export.export,
    predict.predict,
    demo.demo,
    bench.bench,
)
for verb in _VERBS:
    app.command()(verb)


@app.callback(invoke_without_command=True)
def common(
    context: typer.Context,
    *,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Log what is done, to stderr.")
    ] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Soil-moisture maps from satellite scenes."""
    if version:
        from smmap.version import __version__

        typer.echo(f"smmap {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is not None:
        set_up_logging(verbose=verbose)


class _Stopped(BaseException):
    """A signal asked the program to end: no error, and nothing may swallow it."""


def main() -> None:
    """Run the command line; every error of ours is one message and its own exit code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        app()
    except SmmapError as error:
        typer.secho(f"smmap: {error}", fg=typer.colors.RED, err=True)
        sys.exit(error.exit_code)
    except _Stopped as stopped:
        typer.secho("smmap: interrupted; what was committed stays, rerun to go on", err=True)
        sys.exit(128 + stopped.args[0])


def _stop(number: int, frame: object) -> None:  # noqa: ARG001 (as signals want it)
    raise _Stopped(number)
