"""Connects to object stores: time limits and tries again, all in one place.

Credentials and endpoints come from the environment, as obstore reads them: ``AWS_*``,
``GOOGLE_*``, ``AZURE_*``.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

import obstore

from smmap.store.network import check_online

CONNECT_S = 10
"""For a connection to be made."""
REQUEST_S = 120
"""For one request with its answer: a part of a large file on a line of 1 Mbit/s."""
RETRIES = 10
"""Further tries of a request after no answer, an answer 5xx or 429: about 40 s of waiting."""
FIRST_WAIT_S, LONGEST_WAIT_S, GROWTH = 0.2, 15.0, 3.0
"""A wait is by chance between the first and so many times the one before."""
GIVE_UP_S = 120
"""No further try so long after the first: a store that hangs is given up after 4 minutes."""

_CLIENT_KEYS = (
    "allow_http",
    "allow_invalid_certificates",
    "connect_timeout",
    "proxy_ca_certificate",
    "proxy_excludes",
    "proxy_url",
    "timeout",
)


def connect(address: str) -> Any:
    """The obstore store of a bucket or prefix; nothing is asked of the server yet.

    Raises
    ------
    obstore.exceptions.BaseError, ValueError
        If the configuration is not complete or the scheme is none of an object store.
    OfflineError
        If the network must not be used.
    """
    check_online(address)
    retries: Any = {
        "max_retries": RETRIES,
        "retry_timeout": timedelta(seconds=GIVE_UP_S),
        "backoff": {
            "init_backoff": timedelta(seconds=FIRST_WAIT_S),
            "max_backoff": timedelta(seconds=LONGEST_WAIT_S),
            "base": GROWTH,
        },
    }
    options: Any = {"connect_timeout": f"{CONNECT_S} s", "timeout": f"{REQUEST_S} s"}
    # obstore forgets the environment's options of the client when any is given.
    prefix = find_prefix(address)
    given = {key: os.environ.get(f"{prefix}{key.upper()}") for key in _CLIENT_KEYS}
    options |= {key: value for key, value in given.items() if value is not None}
    return obstore.store.from_url(address, client_options=options, retry_config=retries)


def find_prefix(address: str) -> str:
    """What a provider's variables begin with."""
    scheme = address.partition("://")[0]
    return {"s3": "AWS_", "gs": "GOOGLE_"}.get(scheme, "AZURE_")
