"""Whether this machine holds what a provider's login needs, where no one variable says it."""

from __future__ import annotations

import os
from netrc import NetrcParseError, netrc
from pathlib import Path
from urllib.parse import urlsplit

from smmap.spec.definition import Definition
from smmap.store.earth_engine import ENDPOINT
from smmap.store.earth_engine_login import KEY

_EARTHDATA = "urs.earthdata.nasa.gov"
_WITH_EARTHDATA = "cmr.earthdata.nasa.gov"
"""Host of the catalogue whose files want an Earthdata login."""


def find_login_gap(definition: Definition) -> str | None:
    """What is to be done before the provider knows who asks; None: nothing, or nobody can tell.

    A machine of Google's own, whose identity is enough for Earth Engine, cannot be told from
    another without asking it.
    """
    if definition.kind == "earth-engine":
        if _has_google_login():
            return None
        return f"set {KEY}, or run 'earthengine authenticate' (not on a machine of Google's)"
    host = urlsplit(definition.endpoint or "").hostname
    if host == _WITH_EARTHDATA and not _has_line(_EARTHDATA):
        return f"add a line for {_EARTHDATA} to ~/.netrc"
    return None


def _has_google_login() -> bool:
    told = (KEY, "GOOGLE_APPLICATION_CREDENTIALS", ENDPOINT)
    home = Path("~/.config").expanduser()
    cloud = Path(os.environ.get("CLOUDSDK_CONFIG") or home / "gcloud")
    left = (home / "earthengine" / "credentials", cloud / "application_default_credentials.json")
    return any(os.environ.get(one) for one in told) or any(one.exists() for one in left)


def _has_line(host: str) -> bool:
    places = [os.environ["NETRC"]] if os.environ.get("NETRC") else ["~/.netrc", "~/_netrc"]
    for place in places:
        try:
            if netrc(str(Path(place).expanduser())).authenticators(host):
                return True
        except (OSError, NetrcParseError):
            continue
    return False
