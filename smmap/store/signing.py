"""Addresses that must be signed before they can be read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from smmap.spec.band import Signer
from smmap.spec.errors import CatalogError, TransientError
from smmap.store.address import is_object
from smmap.store.network import is_offline

_SIGNED_BY: Mapping[str, tuple[str, ...]] = {
    "x-amz-signature": ("x-amz-",),
    "x-goog-signature": ("x-goog-",),
    "signature": ("signature", "expires", "policy", "key-pair-id", "awsaccesskeyid", "x-amz-"),
    "sig": (
        "sig",
        "sv",
        "st",
        "se",
        "sr",
        "sp",
        "sip",
        "sdd",
        "ske",
        "skt",
        "sks",
        "skv",
        "skoid",
        "sktid",
    ),
}
"""Parameter that shows who has signed -> what the parameters that were added begin with."""


_TOKENS: Mapping[Signer, tuple[str, str]] = {"earth-data-hub": ("edh", "EARTH_DATA_HUB_TOKEN")}
"""Signer -> user, and the environment variable of a token that is the password."""


def sign_href(href: str, signer: Signer | None) -> str:
    """The address with a signature, where the provider wants one.

    Signatures expire within the hour: sign just before every open. What is still valid for a
    minute is not asked for again. Addresses in object stores (``s3://...``) become web addresses,
    signed where there are credentials and ``signer`` is not ``anonymous``; those of the Copernicus
    Data Space by its own. Any other that is not in Azure's blob storage stays as it is; and so
    does every one while the network must not be used.

    Raises
    ------
    CatalogError
        If the package that signs is not installed, or credentials cannot be used.
    TransientError
        If the signing service does not answer.
    """
    if is_offline():
        return href
    if is_object(href) and signer == "copernicus-data-space":
        from smmap.store.copernicus import sign_copernicus

        return sign_copernicus(href)
    if is_object(href):
        from smmap.store.presign import presign

        return presign(href, public=signer == "anonymous")
    if signer is not None and signer in _TOKENS:
        return _add_token(href, signer)
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


def _add_token(href: str, signer: Signer) -> str:
    """The address with a user and a password, which are sent by HTTP's basic scheme."""
    user, variable = _TOKENS[signer]
    token = os.environ.get(variable)
    if not token:
        raise CatalogError(f"{href} wants a token: set the environment variable {variable}")
    parts = urlsplit(href)
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(token, safe='')}@{parts.netloc}"))


def forget_signature(href: str, signer: Signer | None) -> None:
    """Have the next signature made anew: the last one was not accepted."""
    if is_object(href):
        from smmap.store.presign import forget_signatures

        forget_signatures()
    elif signer == "planetary-computer":
        from planetary_computer.sas import TOKEN_CACHE

        TOKEN_CACHE.clear()


def strip_signature(href: str) -> str:
    """The address without what a signature has added to it, which is another one each time."""
    parts = urlsplit(href)
    pairs = [(key.lower(), (key, text)) for key, text in parse_qsl(parts.query, True)]  # noqa: FBT003
    for mark, added in _SIGNED_BY.items():
        if any(key == mark for key, _ in pairs):
            kept = [pair for key, pair in pairs if not key.startswith(added)]
            return urlunsplit(parts._replace(query=urlencode(kept)))
    return href
