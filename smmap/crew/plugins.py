"""How workers of a run behave beside their work."""

from __future__ import annotations

import atexit
import os
import signal

from distributed import WorkerPlugin


class Deaf(WorkerPlugin):  # type: ignore[misc]  # distributed is untyped here
    """Keeps signals to all processes of a run from its workers: the run ends them, in order."""

    name = "smmap-deaf"

    def __init__(self, *numbers: signal.Signals) -> None:
        self._numbers = numbers

    def setup(self, worker: object) -> None:  # noqa: ARG002 (as plugins have it)
        """Ignore them from now on."""
        for number in self._numbers:
            signal.signal(number, signal.SIG_IGN)


class Brisk(WorkerPlugin):  # type: ignore[misc]  # distributed is untyped here
    """Ends a worker's process as soon as Dask has closed all it had.

    To take a thousand modules apart, as Python does in the end, takes a quarter of a second.
    """

    name = "smmap-brisk"

    def setup(self, worker: object) -> None:  # noqa: ARG002 (as plugins have it)
        """Go before all that Python would do after this."""
        atexit.register(os._exit, 0)
