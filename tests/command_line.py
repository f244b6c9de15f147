"""``smmap`` in this very process: one of its own costs seconds of imports.

What only a process shows, such as signals, is for `drivers`.
"""

from __future__ import annotations

import contextlib
import io
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from smmap.cli.app import main


@dataclass(frozen=True)
class Done:
    """How a command ended, as `subprocess.CompletedProcess` tells it."""

    returncode: int
    stdout: str
    stderr: str


def smmap(*arguments: object, cwd: str | Path = ".") -> Done:
    """Run a command to its end, in the folder ``cwd``."""
    out, err = io.StringIO(), io.StringIO()
    told = contextlib.redirect_stdout(out), contextlib.redirect_stderr(err)
    with _called(*arguments), contextlib.chdir(cwd), told[0], told[1]:
        code: object = 0
        try:
            main()
        except SystemExit as end:
            code = end.code
    return Done(code if isinstance(code, int) else 0, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def _called(*arguments: object) -> Iterator[None]:
    """As a shell calls it; then arguments and handlers of signals are again what they were."""
    before = sys.argv
    handlers = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    sys.argv = ["smmap", *map(str, arguments)]
    try:
        yield
    finally:
        sys.argv = before
        for number, handler in handlers.items():
            signal.signal(number, handler)
