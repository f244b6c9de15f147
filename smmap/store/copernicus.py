"""Web addresses of files in the object store of the Copernicus Data Space Ecosystem.

Its keys and endpoint are its own: those in ``AWS_...`` are of the output, or of other buckets.
"""

from __future__ import annotations

import os
import time
from datetime import timedelta
from functools import lru_cache

import obstore
from obstore.store import S3Store

from smmap.spec.errors import CatalogError

ENDPOINT = "https://eodata.dataspace.copernicus.eu"
"""Where ``CDSE_S3_ENDPOINT`` does not say otherwise (from inside its clouds another is nearer)."""
_VALID = timedelta(hours=1)
_KEPT_S = 240
"""A signed address is used again so long, that GDAL finds what it keeps of a file."""


def sign_copernicus(href: str) -> str:
    """The signed web address of ``s3://eodata/...``; no server is asked.

    Raises
    ------
    CatalogError
        If ``CDSE_S3_ACCESS_KEY`` and ``CDSE_S3_SECRET_KEY`` are not both set.
    """
    keys = os.environ.get("CDSE_S3_ACCESS_KEY"), os.environ.get("CDSE_S3_SECRET_KEY")
    if not all(keys):
        raise CatalogError(
            f"{href}: set CDSE_S3_ACCESS_KEY and CDSE_S3_SECRET_KEY to keys of the Copernicus Data "
            "Space's object store, made at https://eodata-s3keysmanager.dataspace.copernicus.eu"
        )
    endpoint = os.environ.get("CDSE_S3_ENDPOINT", ENDPOINT)
    return _sign(href, endpoint, str(keys[0]), str(keys[1]), int(time.monotonic() // _KEPT_S))


@lru_cache(maxsize=4096)
def _sign(href: str, endpoint: str, access: str, secret: str, period: int) -> str:  # noqa: ARG001
    bucket, _, key = href.partition("://")[2].partition("/")
    store = S3Store(
        bucket,
        endpoint=endpoint,
        region="default",
        access_key_id=access,
        secret_access_key=secret,
        virtual_hosted_style_request=False,
        client_options={"allow_http": endpoint.startswith("http://")},
    )
    return str(obstore.sign(store, "GET", key, _VALID))
