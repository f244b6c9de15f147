"""A run's figures for Prometheus, over HTTP while it lasts."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from smmap.pipeline.progress import Headway
from smmap.spec.errors import ConfigError
from smmap.spec.unit import Receipt

_GAUGES = {
    "tasks": "Tasks of this run",
    "tasks_done": "Tasks that are over",
    "in_flight": "Tasks that are handed out",
    "units": "Overpasses of this run",
    "units_done": "Overpasses that are finished",
    "failed": "Overpasses that failed for good",
    "pixels": "Pixels mapped",
    "bytes_read": "Bytes of source pixels read, uncompressed",
    "seconds": "Since the first task was handed out",
}
"""Field of a `Headway` -> what it says; served as ``smmap_run_<field>``."""


class Metrics:
    """Serves ``/metrics`` on all interfaces; a progress that `run` can be given.

    Parameters
    ----------
    port
        0 takes a free one.

    Raises
    ------
    ConfigError
        If the extra is not installed, or the port is taken.
    """

    def __init__(self, port: int) -> None:
        try:
            from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server
        except ImportError:
            raise ConfigError(
                "metrics need the extra 'metrics': pip install 'smmap[metrics]'"
            ) from None
        registry = CollectorRegistry()
        self._gauges = {
            name: Gauge(f"smmap_run_{name}", told, registry=registry)
            for name, told in _GAUGES.items()
        }
        self._units = Counter(
            "smmap_run_receipts", "Finished overpasses by status", ["status"], registry=registry
        )
        try:
            self._server, self._thread = start_http_server(port, registry=registry)
        except OSError as error:
            reason = str(error)
        else:
            return
        raise ConfigError(f"--metrics-port {port}: {reason}; choose another port")

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_port)

    def start(self, units: int) -> None:
        """So many units will be mapped."""
        self._gauges["units"].set(units)

    def finish(self, receipt: Receipt) -> None:
        """One of them is finished."""
        self._units.labels(receipt.status).inc()

    def advance(self, headway: Headway) -> None:
        """A task was handed out or has come back."""
        for name, gauge in self._gauges.items():
            gauge.set(getattr(headway, name))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
