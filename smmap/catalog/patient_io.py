"""Reads STAC documents over HTTP: no more often than is allowed, once more where that helps."""

from __future__ import annotations

from typing import Any

from pystac_client.exceptions import APIError
from pystac_client.stac_api_io import StacApiIO
from requests.exceptions import RequestException

from smmap.spec.errors import TransientError
from smmap.store.retry import retry
from smmap.store.session import BUSY, TIMEOUT_S, PoliteAdapter, is_unreachable


class PatientIO(StacApiIO):
    """pystac-client's reader, with this package's way of sending requests and trying again."""

    def __init__(self) -> None:
        super().__init__(timeout=TIMEOUT_S, max_retries=None)
        self._adapter = PoliteAdapter()
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, self._adapter)

    def bound(self, requests_per_second: float | None) -> None:
        """Ask no more often from now on; None: no bound is known."""
        self._adapter.requests_per_second = requests_per_second

    def request(
        self,
        href: str,
        method: str | None = None,
        headers: dict[str, str] | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> str:
        """The answer's text.

        Raises
        ------
        APIError
            As pystac-client raises it.
        TransientError
            If there is no answer, a busy server's, or one that breaks off, each time.
        OfflineError
            If the network must not be used.
        """

        def ask() -> str:
            try:
                return StacApiIO.request(self, href, method, headers, parameters)
            except APIError as error:
                # pystac-client keeps only the text of what it caught.
                state, cause = getattr(error, "status_code", None), error.__context__
                if isinstance(cause, TransientError):
                    raise cause from None
                if state not in BUSY and not isinstance(cause, RequestException):
                    raise
                reason, exhausted = str(state or error)[:300], is_unreachable(cause)
            raise TransientError(
                f"{href} does not answer ({reason}); try again later", exhausted=exhausted
            )

        return retry(ask)
