"""What a server says of a file: that it is gone for good, that it is there, or nothing."""

from __future__ import annotations

from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import Literal
from urllib.error import HTTPError
from urllib.parse import unquote
from urllib.request import Request, urlopen

from smmap.store.rate import heed_pause

FileState = Literal["gone", "delivered", "refused", "unknown"]

SCHEMES = ("s3", "gs", "az", "abfs", "abfss")
"""Of object stores."""
GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
"""Answers that mean: there is no such file."""
REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
"""Answers that mean: not with this signature."""
_TIMEOUT_S = 20


def to_path(href: str) -> str:
    """A local address as a path: ``file:`` and percent signs undone, unless a file is named so."""
    if is_web(href) or "://" in href.removeprefix("file://"):
        return href
    path = href.removeprefix("file://")
    return path if Path(path).exists() else unquote(path)


def is_web(href: str) -> bool:
    """Whether an address is http or https."""
    return href.lower().startswith(("http://", "https://"))


def is_object(href: str) -> bool:
    """Whether an address is one of an object store."""
    scheme, there, _ = href.partition("://")
    return bool(there) and scheme.lower() in SCHEMES


def probe_file(href: str) -> FileState:
    """Ask for the first byte of a file, and for its last.

    A GET, not a HEAD: a server may answer the one and fail the other, and a signed address may
    be signed for reading alone. The last, too: a cache in between may hold the beginning.

    Returns
    -------
    FileState
        ``gone`` if the server says that there is no such file; ``delivered`` if it sends it (or
        says that it is empty); ``refused`` if it does not accept the signature; ``unknown`` if it
        fails, breaks off or does not answer. The last two say nothing about the file. If it asks
        for a pause, it is left alone for as long.
    """
    state, length = _probe_byte(href, 0)
    return _probe_byte(href, length - 1)[0] if state == "delivered" and length > 1 else state


def _probe_byte(href: str, place: int) -> tuple[FileState, int]:
    """Of one byte; and the file's length, 0 where it is not said."""
    headers = {"Range": f"bytes={place}-{place}"}
    request = Request(href, headers=headers)  # noqa: S310 (checked by is_web)
    try:
        with urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
            empty = answer.headers.get("Content-Length") == "0"
            length = answer.headers.get("Content-Range", "").rpartition("/")[2]
            state: FileState = "delivered" if empty or answer.read(1) else "unknown"
            return state, int(length) if length.isdigit() else 0
    except HTTPError as error:
        error.close()
        if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:  # it has no such byte
            return "delivered", 0
        heed_pause(href, error.code, error.headers.get("Retry-After"))
        if error.code in REFUSED:
            return "refused", 0
        return ("gone" if error.code in GONE else "unknown"), 0
    except (OSError, HTTPException):
        return "unknown", 0
