"""Earth Engine's client, opened once a process, and what its failures mean."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from http import HTTPStatus
from threading import Lock
from typing import Any, TypeVar
from urllib.parse import urlsplit

from smmap.spec.errors import CatalogError, ConfigError, SceneError, TransientError
from smmap.store.address import is_web
from smmap.store.gate import Gate
from smmap.store.network import check_online
from smmap.store.retry import retry

ENDPOINT = "SMMAP_EARTH_ENGINE_URL"
"""Environment variable: another server than the one that a definition names."""
AT_ONCE = 36
"""Requests of one process under way; Earth Engine's quota of a project is 40."""
PER_SECOND = 90.0
"""Requests a second of this machine's processes; the quota is 100."""
_REFUSED = frozenset((HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN))

_OWNERS = re.compile(r"^(.*/v1/)?(projects/earthengine-(public|legacy)/assets/)?")

_Result = TypeVar("_Result")
_lock = Lock()
_opened: list[tuple[int, str]] = []
"""Process and server that the client, which is one for the whole process, is set to."""


def find_endpoint(stated: str | None) -> str:
    """The server to ask: what the environment says, else ``stated``.

    Raises
    ------
    CatalogError
        If that is no web address.
    """
    endpoint = os.environ.get(ENDPOINT) or stated or ""
    if not is_web(endpoint):
        raise CatalogError(
            f"'{endpoint}' is no web address of an Earth Engine server; correct the definition's "
            f"'endpoint', or {ENDPOINT}"
        )
    return endpoint.rstrip("/")


def get_asset_id(address: str) -> str:
    """Id of an image or collection, as the client wants it, from its address or name."""
    return _OWNERS.sub("", address)


def ask(
    place: str,
    action: Callable[[Any], _Result],
    broken: type[CatalogError | SceneError],
) -> _Result:
    """Call ``action`` with the client (the module ``ee``), several times if need be.

    Parameters
    ----------
    place
        An address on the server to ask; messages name it.
    action
        What to ask.
    broken
        What it means that the server has no such thing, or cannot make sense of the request.

    Raises
    ------
    CatalogError, SceneError
        ``broken``.
    ConfigError
        If the client is not installed, or credentials are missing or refused.
    TransientError
        If the server does not answer at the moment, after several attempts.
    """
    parts = urlsplit(place)

    def attempt() -> _Result:
        return _translate(place, lambda: action(_open(f"{parts.scheme}://{parts.netloc}")), broken)

    return retry(attempt)


def _translate(
    place: str, action: Callable[[], _Result], broken: type[CatalogError | SceneError]
) -> _Result:
    ee = _import_client()
    from google.auth.exceptions import GoogleAuthError
    from googleapiclient.errors import Error, HttpError, UnknownApiNameOrVersion

    state, passing = 0, False
    try:
        result = action()
    except GoogleAuthError as error:
        reason, state, passing = str(error)[:300], HTTPStatus.UNAUTHORIZED, error.retryable
    except (ee.EEException, Error) as error:
        reason = str(error)[:300]
        # The client keeps only the text of the server's answer.
        answer = error if isinstance(error, HttpError) else error.__context__
        if isinstance(answer, HttpError):
            state = int(answer.resp.status)
        else:
            passing = not isinstance(error, UnknownApiNameOrVersion)
    else:
        if not isinstance(result, str):
            return result
        # What cannot be parsed comes as text.
        reason, passing = f"the answer is not whole: {result[:100]}", True
    # Raised outside any handler: these errors cannot all be sent between processes.
    if passing:
        raise TransientError(f"{place} cannot be read now ({reason}); try again later")
    if state in _REFUSED:
        raise ConfigError(
            f"{place}: Earth Engine refuses these credentials (HTTP {state}: {reason}); renew "
            "them, and see that their project is registered for Earth Engine"
        )
    raise broken(f"{place}: Earth Engine answers '{reason}'; check its address and its bands")


def _import_client() -> Any:
    try:
        import ee
    except ImportError:
        raise ConfigError(
            "Earth Engine's client is not installed: pip install 'smmap[gee]'"
        ) from None
    return ee


def _open(endpoint: str) -> Any:
    """The client, set to a server; a fork opens connections of its own."""
    ee = _import_client()
    from smmap.store.earth_engine_http import Transport
    from smmap.store.earth_engine_login import find_login

    key = (os.getpid(), endpoint)
    if _opened != [key]:
        with _lock:
            if _opened != [key]:
                _opened.clear()
                check_online(endpoint)
                credentials, project = find_login(endpoint)
                ee.data.reset()
                ee.data.setMaxRetries(0)  # it would try again without asking the gate's users
                ee.data.initialize(
                    credentials=credentials,
                    cloud_api_base_url=endpoint,
                    project=project,
                    http_transport=Transport(Gate(AT_ONCE), AT_ONCE, PER_SECOND),
                )
                ee.data.setDefaultWorkloadTag("smmap")
                # Not ee.Initialize: that asks another server too, for what is not needed.
                for kind in (ee.Image, ee.ImageCollection):
                    kind.initialize()
                _opened.append(key)
    return ee
