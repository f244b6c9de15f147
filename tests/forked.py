"""Processes that tests kill or let compete, forked from one that has imported what they need.

Python's own fork server: it has no threads and nothing open, as a process that was just started.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Mapping
from multiprocessing.context import ForkServerProcess
from typing import Any

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    [
        "smmap.pipeline.run",
        "smmap.mosaic.run",
        "scipy.optimize",
        "PIL.PngImagePlugin",
        "pystac_client",
        "zarr",
    ]
)


def start_forked(function: Callable[..., object], *arguments: Any, **options: Any):
    """Call an importable function in a process of its own, with the environment of now."""
    told = (dict(os.environ), function, arguments, options)
    process = ForkServerProcess(target=_call, args=told)
    process.start()
    return process


def _call(
    environment: Mapping[str, str],
    function: Callable[..., object],
    arguments: tuple[Any, ...],
    options: Mapping[str, Any],
) -> None:
    # The server's own may be of before a store was started.
    os.environ.clear()
    os.environ.update(environment)
    function(*arguments, **options)


def wait(process: ForkServerProcess) -> int | None:
    """Exit code, once it has ended."""
    process.join()
    return process.exitcode
