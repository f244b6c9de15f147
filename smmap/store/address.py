"""What kind of address a file has, and what an answer to it means."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from urllib.parse import unquote

SCHEMES = ("s3", "gs", "az", "abfs", "abfss")
"""Of object stores."""
GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
"""Answers that mean: there is no such file."""
REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
"""Answers that mean: not with this signature."""


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
