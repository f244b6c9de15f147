"""What the forward models need to know of a ground, whoever drew it."""

from __future__ import annotations

from typing import Protocol

from smmap.features.array import Bools, Doubles


class Ground(Protocol):
    """A ground on a grid; arrays of shape (h, w)."""

    @property
    def rms_height_cm(self) -> Doubles:
        """Roughness, cm."""
        ...

    @property
    def water(self) -> Bools:
        """River, lake and sea."""
        ...

    def compute_gradient(self) -> tuple[Doubles, Doubles]:
        """Rise per metre towards grid east and grid north."""
        ...
