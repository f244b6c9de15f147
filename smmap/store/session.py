"""Every request to a web server that this package sends by itself goes through here."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from requests import PreparedRequest, Request, Response, Session
from requests.adapters import HTTPAdapter
from urllib3.exceptions import MaxRetryError
from urllib3.util.retry import Retry

from smmap.store.network import check_online
from smmap.store.rate import await_turn, get_server, heed_pause

TIMEOUT_S = (10.0, 60.0)
"""Seconds to connect, and between two bytes of an answer."""
BUSY = frozenset((408, 425, 429, 500, 502, 503, 504))
"""HTTP states that pass by themselves."""
CONNECTIONS = 32
"""To one server at a time; who wants another waits."""
_CONNECT = Retry(
    3,
    connect=3,
    read=False,
    other=False,
    status=0,
    backoff_factor=0.3,
    respect_retry_after_header=False,
)
"""A connection that does not come about is no request yet."""


class PoliteAdapter(HTTPAdapter):
    """Sends nothing while offline, no more than is allowed, and nothing to who wants a pause.

    Also what a redirect leads to is a request. Only connecting is tried again here.
    """

    def __init__(
        self, requests_per_second: float | None = None, connections: int = CONNECTIONS
    ) -> None:
        self.requests_per_second = requests_per_second
        super().__init__(pool_maxsize=connections, max_retries=_CONNECT, pool_block=True)

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        """The answer, whatever its state.

        Raises
        ------
        OfflineError
            If the network must not be used.
        TransientError
            If the server wants to be left alone for long.
        """
        address = str(request.url)
        check_online(urlunsplit(urlsplit(address)._replace(query="", netloc=get_server(address))))
        await_turn(address, self.requests_per_second)
        answer = super().send(request, *args, **kwargs)
        heed_pause(address, answer.status_code, answer.headers.get("Retry-After"))
        return answer


def is_unreachable(error: BaseException | None) -> bool:
    """Whether no connection came about, which was tried often enough."""
    return bool(error and error.args and isinstance(error.args[0], MaxRetryError))


@lru_cache(maxsize=16)
def open_session(requests_per_second: float | None = None) -> Session:
    """The session of this process for servers with such a bound; threads may share it."""
    session = Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, PoliteAdapter(requests_per_second))
    return session


def ask(session: Session, address: str, headers: Mapping[str, str]) -> Response:
    """Send a GET request; the answer's content is not read yet.

    What the library would look up for each request is looked up once for an address: proxies,
    certificates, the password in ``.netrc``, cookies. That takes it as long as all the rest.

    Raises
    ------
    requests.RequestException
        If no answer comes.
    OfflineError, TransientError
        As of `PoliteAdapter.send`.
    """
    cookies = frozenset((one.domain, one.path, one.name, one.value) for one in session.cookies)
    prepared, settings = _prepare(session, address, cookies)
    request = prepared.copy()
    request.headers.update(headers)
    return session.send(request, timeout=TIMEOUT_S, **settings)


@lru_cache(maxsize=512)
def _prepare(
    session: Session, address: str, cookies: Hashable
) -> tuple[PreparedRequest, Mapping[str, Any]]:
    """For as long as the session has these cookies."""
    del cookies
    request = session.prepare_request(Request("GET", address))
    settings = session.merge_environment_settings(address, {}, stream=True, verify=None, cert=None)
    return request, settings
