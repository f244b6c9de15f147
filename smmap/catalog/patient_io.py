"""Reads STAC documents over HTTP, once more where an answer breaks off."""

from __future__ import annotations

from typing import Any

from pystac_client.exceptions import APIError
from pystac_client.stac_api_io import StacApiIO
from requests.exceptions import ChunkedEncodingError

from smmap.spec.errors import TransientError
from smmap.store.retry import retry


class PatientIO(StacApiIO):
    """pystac-client's reader repeats what fails before the first byte; this one, the rest too."""

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
            If the answer breaks off each time.
        """

        def ask() -> str:
            try:
                return StacApiIO.request(self, href, method, headers, parameters)
            except APIError as error:
                # pystac-client keeps only the text of what it caught.
                if not isinstance(error.__context__, ChunkedEncodingError):
                    raise
                reason = str(error)
            raise TransientError(f"{href}: the answer breaks off ({reason}); try again later")

        return retry(ask)
