"""Small files (metadata) from a folder or over HTTP."""

from __future__ import annotations

from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from smmap.spec.errors import SceneError, TransientError
from smmap.store.probe import GONE

_TIMEOUT_S = 60


def read_small_file(href: str) -> bytes:
    """All bytes of ``href``.

    Raises
    ------
    SceneError
        If it is not there.
    TransientError
        If a remote file cannot be had at the moment, or breaks off.
    """
    gone = not href.startswith(("http://", "https://"))
    try:
        if gone:
            return Path(href).read_bytes()
        with urlopen(href, timeout=_TIMEOUT_S) as answer:  # noqa: S310 (scheme checked)
            return bytes(answer.read())
    except HTTPError as error:
        error.close()
        gone, reason = error.code in GONE, str(error)
    except (OSError, HTTPException) as error:
        reason = str(error)
    if gone:
        raise SceneError(f"{href} cannot be read ({reason}); check the catalogue's address")
    raise TransientError(f"{href}: not readable at the moment ({reason}); rerun later")
