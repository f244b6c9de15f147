"""All sinks, by the key of a recipe's ``outputs`` that asks for them."""

from __future__ import annotations

from smmap.sinks.cog import write_cogs
from smmap.sinks.quicklook import write_picture
from smmap.sinks.sink import Sink
from smmap.sinks.zarr_slice import write_cube_slice
from smmap.spec.recipe import Outputs

SINKS: dict[str, Sink] = {
    "cog": write_cogs,
    "cube": write_cube_slice,
    "quicklook": write_picture,
}


def find_sinks(outputs: Outputs) -> list[Sink]:
    """The sinks that a recipe asks for."""
    return [sink for name, sink in SINKS.items() if getattr(outputs, name)]
