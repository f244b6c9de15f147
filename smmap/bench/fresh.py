"""Runs one side in a process of its own: its own processors, its own peak of memory.

The child is ``python -m smmap.bench.fresh``, which prints one line of JSON.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from smmap.spec.errors import ConfigError, SmmapError

_STATUS = Path("/proc/self/status")
Figures = dict[str, Any]


def run_fresh(
    function: Callable[..., Mapping[str, Any]], processors: int | None = None, **arguments: Any
) -> Figures:
    """What ``function`` says when it runs alone, and ``peak_mb``, the process's peak memory.

    Parameters
    ----------
    function
        Of a module; gives figures that JSON can hold.
    processors
        Which it may use at most; None: as this process.
    arguments
        Of the function, as JSON can hold them; paths become text.

    Raises
    ------
    ConfigError
        If this system has no ``/proc``, or not so many processors.
    SmmapError
        If the child fails.
    """
    if not _STATUS.is_file():
        raise ConfigError("peak memory and processors are set by Linux's means: run it on Linux")
    allowed = sorted(os.sched_getaffinity(0))
    if processors is not None and processors > len(allowed):
        raise ConfigError(f"--threads {processors}: this process may use {len(allowed)} processors")
    order = {
        "module": function.__module__,
        "function": function.__name__,
        "processors": allowed[:processors],
        "arguments": arguments,
    }
    command = [sys.executable, "-m", __name__, json.dumps(order, default=str)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (ours)
    if done.returncode:
        raise SmmapError(
            f"{function.__name__} ended with {done.returncode}:\n{done.stderr.strip()}"
        )
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def _obey(order: Mapping[str, Any]) -> Figures:
    # Before anything else is imported: libraries count processors when they are.
    os.sched_setaffinity(0, order["processors"])
    module = importlib.import_module(order["module"])
    figures = getattr(module, order["function"])(**order["arguments"])
    # The kernel hands a parent's ru_maxrss on to its child; VmHWM is the process's own.
    peak = int(_STATUS.read_text().split("VmHWM:")[1].split()[0])
    return {**figures, "peak_mb": peak * 1024 / 1e6}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_obey(json.loads(sys.argv[1]))) + "\n")
