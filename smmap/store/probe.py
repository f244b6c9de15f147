"""Whether a remote file is gone for good, or only out of reach."""

from __future__ import annotations

from http import HTTPStatus
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import Request, urlopen

GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
"""Answers that mean: there is no such file."""
_TIMEOUT_S = 20


def is_gone(href: str) -> bool:
    """True if the server says that there is no such file, or delivers it and it is thus broken.

    A server that refuses, fails or does not answer says nothing about the file: False.
    """
    if not href.startswith(("http://", "https://")):
        return False
    request = Request(href, method="HEAD")  # noqa: S310 (the scheme was checked)
    try:
        with urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
            return bool(answer.status == HTTPStatus.OK)
    except HTTPError as error:
        error.close()
        return error.code in GONE
    except (OSError, HTTPException):
        return False
