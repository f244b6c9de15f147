"""What features ask of a recipe's sources: a band of a source, brought to the overpass."""

from __future__ import annotations

from dataclasses import dataclass

from smmap.spec.join import Join
from smmap.spec.source import SourceKey


@dataclass(frozen=True)
class Request:
    """One layer that is not of the radar scene itself."""

    source: SourceKey
    """Where it comes from."""
    band: str
    """Canonical name."""
    join: Join | None = None
    """How it is brought to the overpass; None: as the recipe says, or static."""

    @property
    def name(self) -> str:
        """Name of the layer."""
        return f"{self.source}:{self.band}" + (f"@{self.join.key}" if self.join else "")
