"""Publishes each tile once a run, when its last task is over; the whole output at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from smmap.archive.indexes import publish_root, publish_tile
from smmap.pipeline.run_state import RunState
from smmap.spec.errors import SmmapError
from smmap.spec.unit import Task


class Publisher:
    """Knows which tiles still have tasks; see `open_publisher`."""

    def __init__(self, tasks: Sequence[Task], state: RunState) -> None:
        self._state = state
        self._staging = state.staging
        self._left = Counter(task.tile.key for task in tasks if task.units)
        self._tiles = {task.tile.key: task.tile for task in tasks}
        self._begun: set[str] = set()

    def begin(self, task: Task) -> None:
        """From now on there may be new items of the task's tile."""
        self._begun.add(task.tile.key)

    def finish(self, task: Task) -> None:
        """The task is over; after the last one of a tile the tile is published."""
        key = task.tile.key
        self._left[key] -= 1
        if not self._left[key]:
            self._publish(key)

    def publish_rest(self) -> None:
        """Tiles without a task too, as any run repairs their indexes; then the root."""
        for key in list(self._tiles):
            self._publish(key)
        publish_root(self._state.store, self._staging)

    def publish_begun(self) -> None:
        """What a run that breaks off has done, as far as that goes."""
        with suppress(SmmapError, OSError):
            for key in self._begun & self._tiles.keys():
                self._publish(key)
            publish_root(self._state.store, self._staging)

    def _publish(self, key: str) -> None:
        tile, state = self._tiles[key], self._state
        publish_tile(state.store, tile, depth_m=state.card.output.depth, staging=self._staging)
        del self._tiles[key]


@contextmanager
def open_publisher(tasks: Sequence[Task], state: RunState) -> Iterator[Publisher]:
    """Publish what is committed at the end; after an error too, and then pass the error on."""
    publisher = Publisher(tasks, state)
    try:
        yield publisher
    except BaseException:
        publisher.publish_begun()
        raise
    publisher.publish_rest()
