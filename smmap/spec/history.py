"""How far a model looks back: the overpass itself and those before it."""

from __future__ import annotations

from pydantic import Field

from smmap.spec.options import Options


class History(Options):
    """Steps that a model takes: earlier overpasses of all orbits, the overpass itself last.

    An earlier overpass counts at a place where it has a value for every input. Where there are
    fewer than wanted, the earliest is repeated, at the worst the overpass itself.
    """

    overpasses: int = Field(ge=2, le=64)
    """Steps, the overpass itself with them."""
    days: float = Field(gt=0, le=366)
    """How long before the overpass the earliest may be."""

    def count_columns(self, inputs: int) -> int:
        """Columns of the model's input: at each step the inputs, and how many days before."""
        return self.overpasses * (inputs + 1)
