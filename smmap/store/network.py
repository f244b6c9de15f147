"""Whether this process may use the network, and where it keeps what came from there.

A recipe says it for a run, in every process of it; the environment for everything else:
``SMMAP_OFFLINE=1``, and ``SMMAP_CACHE`` (a folder) with ``SMMAP_CACHE_GB``.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from smmap.spec.cache import Cache
from smmap.spec.errors import OfflineError
from smmap.store.pages import PageCache

_offline = False
_cache: Cache | None = None


def use_network(*, offline: bool, cache: Cache | None) -> None:
    """Set for this process what a run wants, until the next run says otherwise.

    Parameters
    ----------
    offline
        True: nothing may be asked of any other machine. False: the environment decides.
    cache
        Where remote files are kept; None: the environment decides.
    """
    global _offline, _cache
    _offline, _cache = offline, cache


def is_offline() -> bool:
    """Whether the network must not be used."""
    return _offline or os.environ.get("SMMAP_OFFLINE", "").lower() in ("1", "true", "yes", "on")


def check_online(what: str) -> None:
    """Raise an OfflineError if the network must not be used; ``what`` begins its message."""
    if is_offline():
        raise OfflineError(
            f"{what}: not asked for, as this runs offline; give a local copy, or run it online "
            "(without 'offline', SMMAP_OFFLINE)"
        )


def get_page_cache() -> PageCache | None:
    """What keeps remote files on this machine's disk, if anything is to.

    Raises
    ------
    ConfigError
        If the environment says it in a way that cannot be understood.
    """
    chosen = _cache or _read_environment()
    if chosen is None:
        return None
    return _open_cache(Path(chosen.folder).expanduser().absolute(), chosen.gigabytes)


def _read_environment() -> Cache | None:
    folder = os.environ.get("SMMAP_CACHE")
    if not folder:
        return None
    given = {"folder": folder}
    if "SMMAP_CACHE_GB" in os.environ:
        given["gigabytes"] = os.environ["SMMAP_CACHE_GB"]
    return Cache.parse(given, "SMMAP_CACHE, SMMAP_CACHE_GB")


@lru_cache(maxsize=4)
def _open_cache(folder: Path, gigabytes: float) -> PageCache:
    """One object for each, as it remembers how much it has put there."""
    return PageCache(folder, int(gigabytes * 1e9))
