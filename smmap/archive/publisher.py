"""Publishes each collection once a run, when the last of its work is over; the root at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

from smmap.spec.errors import SmmapError


class Publisher:
    """Knows which collections still have work; see `open_publisher`."""

    def __init__(
        self,
        work: Mapping[str, int],
        publish: Callable[[str], None],
        publish_root: Callable[[], None],
    ) -> None:
        self._left = dict(work)
        self._publish_one = publish
        self._publish_root = publish_root
        self._begun: set[str] = set()

    def begin(self, key: str) -> None:
        """From now on there may be new items in the collection."""
        self._begun.add(key)

    def finish(self, key: str) -> None:
        """A piece of its work is over; after the last one it is published."""
        self._left[key] -= 1
        if not self._left[key]:
            self._publish(key)

    def publish_rest(self) -> None:
        """Collections without work too, as any run repairs their indexes; then the root."""
        for key in list(self._left):
            self._publish(key)
        self._publish_root()

    def publish_begun(self) -> None:
        """What a run that breaks off has done, as far as that goes."""
        with suppress(SmmapError, OSError):
            for key in self._begun & self._left.keys():
                self._publish(key)
            self._publish_root()

    def _publish(self, key: str) -> None:
        self._publish_one(key)
        del self._left[key]


@contextmanager
def open_publisher(
    work: Mapping[str, int], publish: Callable[[str], None], publish_root: Callable[[], None]
) -> Iterator[Publisher]:
    """Publish what is committed at the end; after an error too, and then pass the error on.

    Parameters
    ----------
    work
        Key of each collection -> how many pieces of work there are for it.
    publish
        Brings the collection of a key up to what is committed.
    publish_root
        Likewise what is above all of them.
    """
    publisher = Publisher(work, publish, publish_root)
    try:
        yield publisher
    except BaseException:
        publisher.publish_begun()
        raise
    publisher.publish_rest()
