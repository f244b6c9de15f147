"""Addresses that must be signed before they can be read."""

from __future__ import annotations

from urllib.parse import urlsplit

from smmap.spec.band import Signer
from smmap.spec.errors import CatalogError, TransientError
from smmap.store.probe import is_object


def sign_href(href: str, signer: Signer | None) -> str:
    """The address with a signature, where the provider wants one.

    Signatures expire within the hour: sign just before every open. What is still valid for a
    minute is not asked for again. Addresses in object stores (``s3://...``) become web addresses,
    signed where there are credentials and ``signer`` is not ``anonymous``; those of the Copernicus
    Data Space by its own. Any other that is not in Azure's blob storage stays as it is.

    Raises
    ------
    CatalogError
        If the package that signs is not installed, or credentials cannot be used.
    TransientError
        If the signing service does not answer.
    """
    if is_object(href) and signer == "copernicus-data-space":
        from smmap.store.copernicus import sign_copernicus

        return sign_copernicus(href)
    if is_object(href):
        from smmap.store.presign import presign

        return presign(href, public=signer == "anonymous")
    host = urlsplit(href).hostname or ""
    if signer != "planetary-computer" or not host.endswith(".blob.core.windows.net"):
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
