"""How catalogues are read over HTTP, and what failures mean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pystac

from smmap.spec.errors import CatalogError, TransientError

if TYPE_CHECKING:
    from smmap.catalog.patient_io import PatientIO

_MALFORMED = (
    OSError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    pystac.STACError,
    pystac.STACTypeError,
)


def open_io() -> PatientIO:
    """A reader of STAC documents that waits, retries with back-off, and gives up in the end."""
    from smmap.catalog.patient_io import PatientIO

    return PatientIO()


@contextmanager
def reading(place: str) -> Iterator[None]:
    """Turn what goes wrong inside into errors that name ``place``; TransientErrors come through.

    Raises
    ------
    TransientError
        No connection, no answer in time, or a busy server: try again.
    CatalogError
        Any other answer, or one that is no STAC.
    """
    try:
        yield
    except _get_api_error() as error:
        state = getattr(error, "status_code", None)
        text = str(error)[:300]
        transient = state is None
    except _MALFORMED as error:
        state, text, transient = None, f"{type(error).__name__}: {error}"[:300], False
    else:
        return
    if transient:
        raise TransientError(f"{place} does not answer ({state or text}); try again later")
    reason = f"HTTP {state}: {text}" if state else text
    raise CatalogError(f"{place} cannot be read as a STAC document ({reason}); check the address")


def _get_api_error() -> type[Exception]:
    """What pystac-client raises, imported once something has failed: files do without it."""
    from pystac_client.exceptions import APIError

    error: type[Exception] = APIError
    return error


def load_json(io: pystac.StacIO, href: str) -> dict[str, Any]:
    """One JSON document, a mapping; errors as in `reading`."""
    with reading(href):
        content = io.read_json(href)
        if not isinstance(content, dict):
            raise TypeError(f"expected a JSON object, found {type(content).__name__}")
        return content


def is_api(root: dict[str, Any]) -> bool:
    """Whether a root document is that of a STAC API with item search."""
    searches = [link for link in root.get("links", []) if link.get("rel") == "search"]
    classes = [str(one) for one in root.get("conformsTo") or []]
    return bool(searches) and any(one.endswith("/item-search") for one in classes)
