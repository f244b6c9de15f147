"""All sinks, by the key of a recipe's ``outputs`` that asks for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from smmap.sinks.cog import write_cogs
from smmap.sinks.quicklook import write_picture
from smmap.sinks.sink import Finished, Sink
from smmap.sinks.zarr_slice import write_cube_slice
from smmap.spec.recipe import Outputs

SINKS: dict[str, Sink] = {
    "cog": write_cogs,
    "cube": write_cube_slice,
    "quicklook": write_picture,
}

BY_LAYER = frozenset({write_cogs})
"""Those whose files hold one layer each: given the layers one by one, they write the same."""


def find_sinks(outputs: Outputs) -> list[Sink]:
    """The sinks that a recipe asks for."""
    return [sink for name, sink in SINKS.items() if getattr(outputs, name)]


def list_jobs(outputs: Outputs, finished: Finished) -> list[Callable[[Path], dict[str, Path]]]:
    """What writes all files that a recipe asks for into a folder, in pieces, in any order."""
    layers = [replace(finished, packed={layer: one}) for layer, one in finished.packed.items()]
    return [
        partial(_write, sink, part)
        for sink in find_sinks(outputs)
        for part in (layers if sink in BY_LAYER else [finished])
    ]


def _write(sink: Sink, finished: Finished, folder: Path) -> dict[str, Path]:
    return sink(folder, finished)
