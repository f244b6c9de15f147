"""Addresses that must be signed before they can be read."""

from __future__ import annotations

from urllib.parse import urlsplit

from smmap.spec.definition import Definition
from smmap.spec.errors import CatalogError, TransientError


def sign_href(href: str, definition: Definition) -> str:
    """The address with a signature, where the provider wants one.

    Signatures expire within the hour: sign just before reading, and again for every task.
    Addresses that are not in Azure's blob storage stay as they are.

    Raises
    ------
    CatalogError
        If the package that signs is not installed.
    TransientError
        If the signing service does not answer.
    """
    host = urlsplit(href).hostname or ""
    if definition.sign is None or not host.endswith(".blob.core.windows.net"):
        return href
    try:
        import planetary_computer
    except ImportError:
        raise CatalogError(
            f"definition '{definition.id}' needs signed addresses: install the extra with "
            "pip install 'smmap[sign]'"
        ) from None
    try:
        return str(planetary_computer.sign_url(href))
    except OSError as error:  # requests' errors are
        reason = str(error)
    raise TransientError(f"{href} cannot be signed: {reason}; try again later")
