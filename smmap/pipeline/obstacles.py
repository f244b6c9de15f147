"""Why no value can come of a unit, as far as the items tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pystac

from smmap.catalog.bands import find_obstacle
from smmap.catalog.candidate import Candidate
from smmap.pipeline.context import Context
from smmap.spec.overpass import Overpass

_NAMES = {"sentinel2": "optical scene", "dem": "elevation"}


class ObstacleFinder:
    """Looks at each scene once."""

    def __init__(self, candidates: Mapping[str, Sequence[Candidate]], context: Context) -> None:
        self._context = context
        self._reasons = {
            key: self._list_reasons(key, members) for key, members in candidates.items()
        }
        self._needed = [key for key in _NAMES if key in candidates and context.requires(key)]

    def __call__(
        self, overpass: Overpass, inputs: Mapping[str, Sequence[pystac.Item]]
    ) -> str | None:
        """None if nothing speaks against the unit."""
        reason = self._find_common("sentinel1", overpass.items)
        if reason is not None:
            return f"radar: {reason}"
        for key in self._needed:
            if not inputs[key]:
                window = f" within {self._context.recipe.optical.window_days:g} days"
                return f"no {_NAMES[key]}{window if key == 'sentinel2' else ''}"
            reason = self._find_common(key, inputs[key])
            if reason is not None:
                return f"{_NAMES[key]}: {reason}"
        return None

    def _find_common(self, key: str, items: Iterable[pystac.Item]) -> str | None:
        """The first item's reason, if every item has one."""
        first = None
        for item in items:
            reason = self._reasons[key].get(item.id)
            if reason is None:
                return None
            first = first or reason
        return first

    def _list_reasons(self, key: str, candidates: Iterable[Candidate]) -> dict[str, str]:
        """Scenes that cannot be used, by id."""
        definition = self._context.definitions[key]
        wanted = [*self._context.bands[key], *definition.flag_bands]
        found = {one.id: find_obstacle(one, definition, wanted) for one in candidates}
        return {name: reason for name, reason in found.items() if reason is not None}
