"""One remote file for all who have it open: what it says of itself is asked for once."""

from __future__ import annotations

from threading import Lock
from weakref import WeakValueDictionary

from smmap.spec.band import Signer
from smmap.store.network import get_page_cache, is_offline
from smmap.store.remote_file import RemoteFile

_Key = tuple[object, ...]
_FILES: WeakValueDictionary[_Key, RemoteFile] = WeakValueDictionary()
_OPENING: WeakValueDictionary[_Key, Lock] = WeakValueDictionary()
_GUARD = Lock()


def share_file(
    href: str, signer: Signer | None = None, requests_per_second: float | None = None
) -> RemoteFile:
    """The file of that address that somebody has open, else a new one.

    It lives as long as somebody holds it: then all read one version of it. Who opens it while
    another thread does waits for that. Parameters and errors as of `RemoteFile`.
    """
    key = (href, signer, requests_per_second, get_page_cache(), is_offline())
    with _GUARD:
        opening = _OPENING.setdefault(key, Lock())
    with opening:
        file = _FILES.get(key)
        if file is None or file.changed:
            file = _FILES[key] = RemoteFile(href, signer, requests_per_second)
        return file
