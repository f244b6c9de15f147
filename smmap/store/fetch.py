"""Small files (metadata) from a folder or over HTTP."""

from __future__ import annotations

from pathlib import Path
from urllib.request import urlopen

from smmap.spec.errors import SceneError, TransientError
from smmap.store.probe import is_gone

_TIMEOUT_S = 60


def read_small_file(href: str) -> bytes:
    """All bytes of ``href``.

    Raises
    ------
    SceneError
        If it is not there.
    TransientError
        If a remote file cannot be had at the moment.
    """
    remote = href.startswith(("http://", "https://"))
    try:
        if remote:
            with urlopen(href, timeout=_TIMEOUT_S) as answer:  # noqa: S310 (scheme checked)
                return bytes(answer.read())
        return Path(href).read_bytes()
    except OSError as error:
        reason = str(error)
    if remote and not is_gone(href):
        raise TransientError(f"{href}: not readable at the moment ({reason}); rerun later")
    raise SceneError(f"{href} cannot be read ({reason})")
