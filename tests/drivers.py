"""Runs as a user starts them, each in a session of its own, so that all of it can be found."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

STARTED_LATE_S = 180


@dataclass(frozen=True)
class Ending:
    """How a driver ended."""

    code: int
    told: str
    """On stderr."""
    said: str
    """On stdout."""

    @property
    def result(self) -> dict[str, Any]:
        """What ``--json`` says of a run that came to its end."""
        return json.loads(self.said) if self.said.strip() else {}


class Driver:
    """``smmap VERB local-stac`` on a catalogue, ``batch`` overpasses a task."""

    def __init__(
        self,
        catalog: str | Path,
        out: str | Path,
        *options: str,
        verb: str = "run",
        batch: int = 1,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        told = ["--set", f"catalog={catalog}", "--set", f"batch={batch}", "--out", str(out)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "smmap", verb, "local-stac", *told, "--json", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env=environment,
        )

    def list_processes(self) -> list[psutil.Process]:
        """All that lives of its session, even where the driver itself has ended."""
        found = []
        for pid in psutil.pids():
            with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess):
                if os.getsid(pid) == self.process.pid:
                    found.append(psutil.Process(pid))
        return [one for one in found if _is_alive(one)]

    def signal_all(self, number: signal.Signals) -> None:
        """To every process of the session, as a terminal's Ctrl-C does."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def finish(self, seconds: float = 120) -> Ending:
        """Wait for its end."""
        said, told = self.process.communicate(timeout=seconds)
        return Ending(self.process.returncode, told, said)

    def wait_for(self, what: Callable[[], Any], seconds: float = STARTED_LATE_S) -> Any:
        """The first true answer of ``what``, or the last one where the driver ends before."""
        end = time.monotonic() + seconds
        while not (found := what()) and self.process.poll() is None:
            assert time.monotonic() < end, "it never happened"
            time.sleep(0.005)
        return found

    def check_nothing_left(self, seconds: float = 20) -> None:
        """No process of the session outlives the driver for long."""
        end = time.monotonic() + seconds
        while left := self.list_processes():
            assert time.monotonic() < end, [one.cmdline() for one in left]
            time.sleep(0.05)


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
