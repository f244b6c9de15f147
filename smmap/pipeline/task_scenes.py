"""The scenes of a task, and what becomes of it when one of them cannot be used."""

from __future__ import annotations

import logging
from collections.abc import Iterable

import pystac

from smmap.catalog.overpass import group_overpasses
from smmap.pipeline.context import Context
from smmap.pipeline.inputs import HISTORY
from smmap.pipeline.scenes import resolve_scene
from smmap.spec.errors import SceneError, TransientError
from smmap.spec.scene import Scene
from smmap.spec.unit import Earlier, Task, Unit
from smmap.stack.dark_pixels import check_dark_pixels

logger = logging.getLogger(__name__)


class TaskScenes:
    """Scenes by unit. A scene that cannot be used is left out of every unit that named it."""

    def __init__(self, task: Task, context: Context) -> None:
        self.task = task
        self._context = context
        self._scenes: dict[str, Scene] = {}
        self._left_out: dict[str, str] = {}
        self._failed: dict[str, str] = {}
        for key, item in self._list_items():
            if item.id in self._scenes or item.id in self._left_out:
                continue
            try:
                scene = resolve_scene(item, context.definitions[key], context.bands[key])
                check_dark_pixels(scene)
                self._scenes[item.id] = scene
            except (SceneError, TransientError) as error:
                self._lose(item.id, error)

    def lose(self, error: SceneError | TransientError) -> None:
        """Leave out the scene that an error names; one of the moment fails the units that need it.

        Raises
        ------
        SceneError, TransientError
            The error itself, if it names no scene of this task.
        """
        if error.scene not in self._scenes:
            raise error
        self._lose(error.scene, error)

    def get_passes(self, unit: Unit | Earlier) -> list[list[Scene]]:
        """Scenes of the unit's overpass, last; before it, earlier overpasses of the same orbit."""
        earlier = group_overpasses(unit.inputs.get(HISTORY, ()))
        passes = [self._usable(one.items) for one in (*earlier, unit.overpass)]
        return [one for one in passes if one]

    def get_scenes(self, unit: Unit | Earlier, source: str) -> list[Scene]:
        """Scenes of a source that may be joined to the unit's overpass."""
        return self._usable(unit.inputs.get(source, ()))

    def get_static(self, source: str) -> list[Scene]:
        """Scenes of the tile whose time does not matter."""
        return self.get_scenes(self.task.units[0], source)

    def is_provisional(self, unit: Unit) -> bool:
        """Whether a scene that the unit is made from will be replaced by a final one."""
        return any(scene.provisional for scene in self._usable(unit.items))

    def has_radar(self, unit: Unit | Earlier) -> bool:
        """Whether a scene of the overpass itself can be used."""
        return bool(self._usable(unit.overpass.items))

    def get_failure(self, unit: Unit) -> str | None:
        """Why the unit cannot be mapped, or None if it can."""
        reasons = [self._failed[one] for one in self._list_names(unit) if one in self._failed]
        if reasons:
            return reasons[0]
        if not self.has_radar(unit):
            return "; ".join(self._left_out[item.id] for item in unit.overpass.items)
        return None

    def has_passing_fault(self, unit: Unit) -> bool:
        """Whether the unit cannot be mapped for a fault of the moment."""
        return any(one in self._failed for one in self._list_names(unit))

    def get_skipped(self, unit: Unit) -> tuple[str, ...]:
        """Scenes that the unit named and could not use, each with the reason."""
        named = self._list_names(unit)
        return tuple(f"{one}: {self._left_out[one]}" for one in named if one in self._left_out)

    def get_left_out(self, unit: Unit) -> list[str]:
        """Ids of the scenes that the unit named and could not use."""
        return [one for one in self._list_names(unit) if one in self._left_out]

    def list_units(self) -> list[Unit]:
        """Units that can be mapped, by time."""
        return [unit for unit in self.task.units if self.get_failure(unit) is None]

    def _lose(self, scene: str, error: SceneError | TransientError) -> None:
        self._scenes.pop(scene, None)
        lost = self._failed if isinstance(error, TransientError) else self._left_out
        lost[scene] = str(error)
        logger.warning("%s: leaving out scene %s: %s", self.task.id, scene, error)

    def _usable(self, items: Iterable[pystac.Item]) -> list[Scene]:
        return [self._scenes[item.id] for item in items if item.id in self._scenes]

    def _list_items(self) -> list[tuple[str, pystac.Item]]:
        units = self.task.units
        overpasses: list[Unit | Earlier] = [*units, *(one for u in units for one in u.history)]
        return [
            (key, item)
            for made in overpasses
            for key, items in (("sentinel1", made.overpass.items), *made.inputs.items())
            for item in items
        ]

    @staticmethod
    def _list_names(unit: Unit) -> list[str]:
        return [item.id for item in unit.items]
