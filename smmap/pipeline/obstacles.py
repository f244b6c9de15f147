"""Why no value can come of a unit, as far as the items tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pystac

from smmap.catalog.bands import find_obstacle
from smmap.catalog.candidate import Candidate
from smmap.pipeline.context import Context
from smmap.spec.overpass import Overpass

_NAMES = {"sentinel2": "optical scene", "landsat": "Landsat scene", "dem": "elevation"}


class ObstacleFinder:
    """Looks at each scene once."""

    def __init__(self, candidates: Mapping[str, Sequence[Candidate]], context: Context) -> None:
        self._context = context
        self._reasons = {
            key: self._list_reasons(key, members) for key, members in candidates.items()
        }
        self._needed = [key for key in candidates if key != "sentinel1" and context.requires(key)]

    def __call__(
        self, overpass: Overpass, inputs: Mapping[str, Sequence[pystac.Item]]
    ) -> str | None:
        """None if nothing speaks against the unit."""
        reason = self._find_common("sentinel1", overpass.items)
        if reason is not None:
            return f"radar: {reason}"
        for key in self._needed:
            name = _NAMES.get(key, key)
            if not inputs[key]:
                return f"no {name}{self._tell_window(key)}"
            reason = self._find_common(key, inputs[key])
            if reason is not None:
                return f"{name}: {reason}"
        return None

    def _tell_window(self, key: str) -> str:
        if self._context.definitions[key].static:
            return ""
        before, after = (span.total_seconds() / 86_400 for span in self._context.reach(key))
        if before == after:
            return f" within {before:g} days"
        return f" from {before:g} days before to {after:g} days after"

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
