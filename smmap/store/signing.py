"""Addresses that must be signed before they can be read."""

from __future__ import annotations

from urllib.parse import urlsplit

from smmap.spec.band import Signer
from smmap.spec.errors import CatalogError, TransientError


def sign_href(href: str, signer: Signer | None) -> str:
    """The address with a signature, where the provider wants one.

    Signatures expire within the hour: sign just before every open. What is still valid for a
    minute is not asked for again. Addresses that are not in Azure's blob storage stay as they are.

    Raises
    ------
    CatalogError
        If the package that signs is not installed.
    TransientError
        If the signing service does not answer.
    """
    host = urlsplit(href).hostname or ""
    if signer is None or not host.endswith(".blob.core.windows.net"):
        return href
    try:
        import planetary_computer
    except ImportError:
        raise CatalogError(
            f"{href} must be signed to be read: install the extra with pip install 'smmap[sign]'"
        ) from None
    try:
        return str(planetary_computer.sign_url(href))
    except OSError as error:  # requests' errors are
        reason = str(error)
    raise TransientError(f"{href} cannot be signed: {reason}; try again later")
