"""Where a model's samples were measured: enough to know a place again, not to list them."""

from __future__ import annotations

from pydantic import Field

from smmap.spec.options import Options


class TrainedOn(Options):
    """Digests of the sites that a model was fitted on."""

    sites: int = Field(ge=1)
    """How many they are."""
    places: str = ""
    """Of cells of 0.001 degrees with samples in them, in base64: 4 bytes each; empty: places were
    not known."""
    names: str = ""
    """Of networks with stations, alike."""
