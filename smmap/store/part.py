"""Asks a web server for a part of a file."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from requests import RequestException, Response
from urllib3.exceptions import HTTPError

from smmap.spec.errors import RefusedError, SceneError, TransientError
from smmap.store.address import GONE, REFUSED
from smmap.store.session import BUSY, ask, is_unreachable, open_session

_NO_CONTENT = (304, 416)
"""Unchanged; no such bytes."""
_SLOW_S = 180.0
"""A part that takes longer is given up, even if drops still come."""
PIECE = 1 << 18
"""Bytes that are taken at once, a multiple of a page: smaller ones cost more time than unpacking
the pixels. They are not put together, for which every byte would be copied once more."""
_SETTLED_S = 2.0
"""A file that was changed in the second in which it was sent may bear the same time next time."""
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)$")


@dataclass(frozen=True)
class Part:
    """What a server sent."""

    pieces: tuple[bytes, ...]
    """From ``first`` on: one, or several of which all but the last have `PIECE` bytes; none if the
    file is as it was."""
    first: int
    """Where in the file it begins."""
    size: int
    """Of the whole file, bytes; 0 if the file is as it was."""
    version: str | None
    """Tells this content from any other at the same address; None: the server does not say."""
    unchanged: bool = False
    """True: the file is of the version that was asked after."""


def fetch_part(
    address: str,
    name: str,
    span: tuple[int, int],
    *,
    known: str | None = None,
    requests_per_second: float | None = None,
) -> Part:
    """Bytes ``span[0]`` up to and not including ``span[1]``, or the whole file if it is sent whole.

    Parameters
    ----------
    address
        Of the file, signed.
    name
        Its address in messages.
    span
        The end may lie behind that of the file.
    known
        An ``ETag``; a file that still has it is not sent.
    requests_per_second
        As of `smmap.store.rate.await_turn`.

    Raises
    ------
    SceneError
        If there is no such file.
    RefusedError
        If the signature is not accepted, or a page to log in comes instead.
    TransientError
        If it cannot be had at the moment, or breaks off.
    OfflineError
        If the network must not be used.
    """
    headers = {"Range": f"bytes={span[0]}-{span[1] - 1}", "Accept-Encoding": "identity"}
    if known is not None:
        headers["If-None-Match"] = known
    session, answer = open_session(requests_per_second), None
    try:
        answer = ask(session, address, headers)
        _check_state(answer, name)
        pieces = () if answer.status_code in _NO_CONTENT else _receive(answer)
    except (RequestException, HTTPError, OSError) as error:
        reason, exhausted = _describe(error), is_unreachable(error)
    else:
        return _check_part(answer, pieces, span, name)
    finally:
        if answer is not None:
            answer.close()
    message = f"{name}: not readable at the moment ({reason}); rerun later"
    raise TransientError(message, exhausted=exhausted)


def _describe(error: Exception) -> str:
    """The kind of failure alone: the text of it shows the signature."""
    inner = error
    while inner.__context__ is not None and isinstance(inner.__context__, Exception):
        inner = inner.__context__
    return " ".join(
        dict.fromkeys((type(error).__name__, str(getattr(inner, "strerror", "") or "")))
    )


def _check_state(answer: Response, name: str) -> None:
    status = answer.status_code
    if status in (200, 206, *_NO_CONTENT):
        return
    if status in GONE:
        raise SceneError(f"{name} cannot be read (HTTP {status}); check the catalogue's address")
    if status in REFUSED:
        raise RefusedError(
            f"{name} is refused (HTTP {status}); check the credentials, or rerun later"
        )
    words = "not readable at the moment" if status in BUSY else "an answer that is no file"
    raise TransientError(f"{name}: {words} (HTTP {status}); rerun later")


def _receive(answer: Response) -> tuple[bytes, ...]:
    end, pieces = time.monotonic() + _SLOW_S, []
    # Past urllib3's own buffer, in which every byte would be copied twice more.
    packed = "Content-Encoding" in answer.headers
    while piece := answer.raw.read(PIECE, decode_content=packed):
        pieces.append(piece)
        if time.monotonic() > end:
            raise TimeoutError(0, "too slow")
    if any(len(one) != PIECE for one in pieces[:-1]):  # of what was packed, perhaps
        return (b"".join(pieces),)
    return tuple(pieces)


def _check_part(
    answer: Response, pieces: tuple[bytes, ...], span: tuple[int, int], name: str
) -> Part:
    """Refuse what is not what the answer says it is: a part that is taken for another is fatal."""
    headers = answer.headers
    version, came = read_version(headers), sum(map(len, pieces))
    if answer.status_code == 304:
        return Part((), 0, 0, version, unchanged=True)
    empty = not came and headers.get("Content-Range", "").endswith("/0")
    if empty or (answer.status_code == 416 and span[0] == 0):  # there is no first byte
        return Part((), 0, 0, version)
    if answer.status_code == 200:
        first, size = 0, came
        whole = headers.get("Content-Length") in (None, str(size))
    else:
        match = _RANGE.match(headers.get("Content-Range", ""))
        first, last, size = (int(one) for one in match.groups()) if match else (-1, -1, -1)
        whole = first == span[0] and came == min(span[1], size) - first == last + 1 - first
    if whole and first == 0:
        _check_content(pieces, name)
    if whole:
        return Part(pieces, first, size, version)
    raise TransientError(
        f"{name}: not readable at the moment ({came} bytes came, which are not those asked "
        "for); rerun later"
    )


def _check_content(pieces: tuple[bytes, ...], name: str) -> None:
    """Pages for people, as of a login, come with the state of a file that was found."""
    begin = pieces[0][:64].lstrip().lower() if pieces else b""
    if begin.startswith((b"<!doctype html", b"<html")):
        raise RefusedError(
            f"{name}: a web page came instead of the file, as of a login; check the credentials or "
            "rerun later"
        )


def read_version(headers: Mapping[str, str]) -> str | None:
    """The strong ``ETag``, else the time of the last change if it is long enough ago to tell."""
    tag = headers.get("ETag", "")
    if tag.startswith('"'):
        return tag
    try:
        changed, sent = (
            parsedate_to_datetime(headers.get(key, "")) for key in ("Last-Modified", "Date")
        )
        settled = (sent - changed).total_seconds() > _SETTLED_S
    except (TypeError, ValueError):  # not said; with a time zone and without
        return None
    return headers["Last-Modified"] if settled else None
