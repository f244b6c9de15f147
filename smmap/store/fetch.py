"""Small files (metadata) from a folder, over HTTP or from an object store."""

from __future__ import annotations

from pathlib import Path

from smmap.spec.band import Signer
from smmap.spec.errors import SceneError
from smmap.store.address import is_object, is_web, to_path
from smmap.store.remote_file import RemoteFile

_AHEAD = 1 << 22
"""Bytes that one request brings: of an annotation all."""


def read_small_file(
    href: str, signer: Signer | None = None, requests_per_second: float | None = None
) -> bytes:
    """All bytes of ``href``; a remote file is tried several times, and kept if there is a cache.

    Raises
    ------
    SceneError
        If it is not there.
    TransientError
        If a remote file cannot be had at the moment, or breaks off.
    OfflineError
        If the network must not be used and a remote file is not in the cache.
    """
    if is_web(href) or is_object(href):
        file = RemoteFile(href, signer, requests_per_second, ahead=_AHEAD)
        return file.read(0, file.size)
    try:
        return Path(to_path(href)).read_bytes()
    except OSError as error:
        reason = str(error)
    raise SceneError(f"{href} cannot be read ({reason}); check the catalogue's address")
