"""Whether this machine holds what a provider's login needs, where no one variable says it."""

from __future__ import annotations

import os
from pathlib import Path

from requests.utils import get_netrc_auth

from smmap.spec.definition import Definition
from smmap.store.earth_engine import ENDPOINT
from smmap.store.earth_engine_login import KEY

_SERVERS = {"earthdata": "urs.earthdata.nasa.gov"}
"""Signer -> server whose login must be in ``.netrc``."""


def find_login_gap(definition: Definition) -> str | None:
    """What is to be done before the provider knows who asks; None: nothing, or nobody can tell.

    A machine of Google's own, whose identity is enough for Earth Engine, cannot be told from
    another without asking it.
    """
    if definition.kind == "earth-engine":
        if _has_google_login():
            return None
        return f"set {KEY}, or run 'earthengine authenticate' (not on a machine of Google's)"
    server = _SERVERS.get(definition.sign or "")
    if server and get_netrc_auth(f"https://{server}") is None:
        return f"write a login for {server} into ~/.netrc"
    return None


def _has_google_login() -> bool:
    told = (KEY, "GOOGLE_APPLICATION_CREDENTIALS", ENDPOINT)
    home = Path("~/.config").expanduser()
    cloud = Path(os.environ.get("CLOUDSDK_CONFIG") or home / "gcloud")
    left = (home / "earthengine" / "credentials", cloud / "application_default_credentials.json")
    return any(os.environ.get(one) for one in told) or any(one.exists() for one in left)
