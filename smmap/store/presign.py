"""Web addresses of files in object stores, by which GDAL and all others read them.

Where there are credentials, the store's library signs: as it does for outputs, from the same
environment, with roles, endpoints and requester-pays. GDAL need know nothing of them.
"""

from __future__ import annotations

import os
import time
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import obstore
from obstore.exceptions import BaseError, GenericError, UnknownConfigurationKeyError

from smmap.spec.errors import CatalogError, TransientError
from smmap.store.connect import connect, find_prefix

_VALID = timedelta(hours=1)
_KEPT_S = 240
"""A signed address is used again so long, that GDAL finds what it keeps of a file; roles renew
their credentials five minutes before these end."""
_CREDENTIALS = {
    "AWS_": (
        "ACCESS_KEY_ID",
        "WEB_IDENTITY_TOKEN_FILE",
        "CONTAINER_CREDENTIALS_RELATIVE_URI",
        "CONTAINER_CREDENTIALS_FULL_URI",
    ),
    "GOOGLE_": (
        "SERVICE_ACCOUNT",
        "SERVICE_ACCOUNT_KEY",
        "SERVICE_ACCOUNT_PATH",
        "APPLICATION_CREDENTIALS",
    ),
    "AZURE_": ("STORAGE_ACCOUNT_KEY", "STORAGE_USE_EMULATOR", "CLIENT_ID"),
}
_ENDPOINTS = {
    "AWS_": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"),
    "GOOGLE_": ("GOOGLE_BASE_URL",),
}

Environment = tuple[tuple[str, str], ...]


def presign(href: str, *, public: bool = False) -> str:
    """The web address of a file in an object store, signed where there are credentials.

    Parameters
    ----------
    public
        True: anybody may read it where the provider itself has it. The environment's
        credentials and endpoint, which are those of the output, have nothing to do with it.

    Raises
    ------
    CatalogError
        If it cannot be signed with what the environment gives.
    TransientError
        If whoever gives out credentials does not answer.
    """
    prefix = find_prefix(href)
    settings = {} if public else {k: v for k, v in os.environ.items() if k.startswith(prefix)}
    if not _has_credentials(prefix, settings):
        return _find_public(href, prefix, settings)
    return _sign(href, tuple(sorted(settings.items())), int(time.monotonic() // _KEPT_S))


def _has_credentials(prefix: str, settings: dict[str, str]) -> bool:
    skip = settings.get(f"{prefix}SKIP_SIGNATURE", "").lower()
    if skip in ("true", "1", "yes", "on"):
        return False
    return bool(skip) or any(f"{prefix}{key}" in settings for key in _CREDENTIALS[prefix])


def _find_public(href: str, prefix: str, settings: dict[str, str]) -> str:
    bucket, _, key = href.partition("://")[2].partition("/")
    key = quote(key)
    for name in _ENDPOINTS.get(prefix, ()):
        if settings.get(name):
            return f"{settings[name].rstrip('/')}/{bucket}/{key}"
    if prefix == "AWS_":
        return f"https://{bucket}.s3.amazonaws.com/{key}"
    if prefix == "GOOGLE_":
        return f"https://storage.googleapis.com/{bucket}/{key}"
    account = settings.get("AZURE_STORAGE_ACCOUNT_NAME")
    if account is None:
        raise CatalogError(
            f"{href}: whose container this is must be said; set AZURE_STORAGE_ACCOUNT_NAME"
        )
    return f"https://{account}.blob.core.windows.net/{bucket}/{key}"


@lru_cache(maxsize=4096)
def _sign(href: str, settings: Environment, period: int) -> str:  # noqa: ARG001 (of the cache)
    scheme, _, rest = href.partition("://")
    bucket, _, key = rest.partition("/")
    passing = False
    try:
        store = _open_bucket(f"{scheme}://{bucket}", settings)
        passing = True  # from here on somebody may be asked
        return str(obstore.sign(store, "GET", key, _VALID))
    except GenericError as error:
        reason = str(error)
    except (BaseError, UnknownConfigurationKeyError, ValueError) as error:
        reason, passing = str(error), False
    reason = " ".join(reason.partition("Debug source")[0].split())
    if passing:
        raise TransientError(f"{href} cannot be signed: {reason}; try again later")
    raise CatalogError(f"{href} cannot be signed: {reason}; correct the credentials")


def forget_signatures() -> None:
    """Sign everything anew from now on, with credentials that are asked for anew."""
    _sign.cache_clear()
    _open_bucket.cache_clear()


@lru_cache(maxsize=64)
def _open_bucket(address: str, settings: Environment) -> Any:  # noqa: ARG001 (of the cache)
    """Kept, as it keeps the credentials that a role gave it."""
    return connect(address)
