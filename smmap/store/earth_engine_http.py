"""How requests to Earth Engine travel: below its quota, with time limits."""

from __future__ import annotations

from typing import Any

import httplib2
import requests

from smmap.spec.errors import TransientError
from smmap.store.gate import Gate
from smmap.store.session import BUSY, PoliteAdapter, is_unreachable

_TIMEOUT_S = (10.0, 300.0)
"""To connect, and between two bytes: a computation is given up by the server after minutes."""
_QUOTA = "x-earth-engine-quota-status"
_RESTRICTED = "parallelism_restricted=true"


class Transport:
    """What Earth Engine's client sends its requests through, in place of its own.

    Faults of the moment leave it as `TransientError`, which the client lets pass.

    Parameters
    ----------
    gate
        Keeps all requests of the process below the quota.
    connections
        Kept open for the next requests.
    requests_per_second
        Of all processes of this machine.
    """

    def __init__(self, gate: Gate, connections: int, requests_per_second: float) -> None:
        self._gate = gate
        self._session = requests.Session()
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, PoliteAdapter(requests_per_second, connections))

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: Any = None,
        headers: Any = None,
        **_: Any,
    ) -> tuple[httplib2.Response, bytes]:
        """One request, as `httplib2.Http` has it.

        Raises
        ------
        TransientError
            If the server is busy, does not answer in time, or breaks off.
        """
        place = uri.partition("?")[0]  # a query may hold a key
        try:
            with self._gate.enter():
                answer = self._session.request(
                    method, uri, data=body, headers=headers, timeout=_TIMEOUT_S
                )
        except requests.RequestException as error:
            reason = f"{type(error).__name__}: {error}"[:300]
            unreachable = is_unreachable(error)
        else:
            fields = {name.lower(): value for name, value in answer.headers.items()}
            # Heeded here: the client would only warn, once.
            if _RESTRICTED in fields.pop(_QUOTA, ""):
                self._gate.narrow(1)
            if answer.status_code not in BUSY:
                fields["status"] = str(answer.status_code)
                return httplib2.Response(fields), answer.content
            reason, unreachable = f"HTTP {answer.status_code}: {answer.text}"[:300], False
        raise TransientError(
            f"{place} does not answer now ({reason}); try again later", exhausted=unreachable
        )
