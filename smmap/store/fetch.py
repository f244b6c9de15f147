"""Small files (metadata) from a folder, over HTTP or from an object store."""

from __future__ import annotations

from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from smmap.spec.band import Signer
from smmap.spec.errors import SceneError, TransientError
from smmap.store.probe import GONE, is_object, is_web, to_path
from smmap.store.retry import retry
from smmap.store.signing import sign_href

_TIMEOUT_S = 60


def read_small_file(href: str, signer: Signer | None = None) -> bytes:
    """All bytes of ``href``; a remote file is tried several times, signed anew each time.

    Raises
    ------
    SceneError
        If it is not there.
    TransientError
        If a remote file cannot be had at the moment, or breaks off.
    """
    if is_web(href) or is_object(href):
        return retry(lambda: _fetch(href, signer))
    try:
        return Path(to_path(href)).read_bytes()
    except OSError as error:
        reason = str(error)
    raise SceneError(f"{href} cannot be read ({reason}); check the catalogue's address")


def _fetch(href: str, signer: Signer | None) -> bytes:
    gone = False
    try:
        with urlopen(sign_href(href, signer), timeout=_TIMEOUT_S) as answer:  # noqa: S310 (is_web)
            return bytes(answer.read())
    except HTTPError as error:
        error.close()
        gone, reason = error.code in GONE, str(error)
    except (OSError, HTTPException) as error:
        reason = str(error)
    if gone:
        raise SceneError(f"{href} cannot be read ({reason}); check the catalogue's address")
    raise TransientError(f"{href}: not readable at the moment ({reason}); rerun later")
