"""Says which scene an error belongs to, so that it costs that scene only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from smmap.spec.errors import SceneError, TransientError
from smmap.spec.scene import Scene


@contextmanager
def blame(scene: Scene) -> Iterator[None]:
    """Put the scene's id on any SceneError or TransientError raised inside."""
    try:
        yield
    except (SceneError, TransientError) as error:
        raise type(error)(str(error), error.scene or scene.id) from None
