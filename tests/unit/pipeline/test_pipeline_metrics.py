"""Figures for Prometheus, over real HTTP."""

from __future__ import annotations

import socket
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from smmap.pipeline.metrics import Metrics
from smmap.pipeline.progress import Tally
from smmap.spec.errors import ConfigError
from smmap.spec.unit import Receipt


def read(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        text = answer.read().decode()
    families = text_string_to_metric_families(text)
    return {
        "".join([one.name, *one.labels.values()]): one.value for f in families for one in f.samples
    }


def test_a_scrape_tells_tasks_units_and_pixels():
    with Metrics(0) as metrics:
        tally = Tally([], metrics)
        receipts = [
            Receipt("a", "done", "", statistics={"pixels": 100.0}),
            Receipt("b", "failed", ""),
        ]
        tally.add(receipts, 2_000, over=True)
        tally.add([], 500, over=False)
        tally.tell(in_flight=3, dashboard=None)
        found = read(metrics.port)
    assert found["smmap_run_tasks_done"] == 1
    assert found["smmap_run_in_flight"] == 3
    assert found["smmap_run_failed"] == 1
    assert found["smmap_run_pixels"] == 100
    assert found["smmap_run_bytes_read"] == 2_500
    assert found["smmap_run_receipts_totaldone"] == 1
    with pytest.raises(OSError):
        read(metrics.port)


def test_a_port_that_is_taken():
    with socket.socket() as other:
        other.bind(("0.0.0.0", 0))
        other.listen()
        with pytest.raises(ConfigError, match="choose another port"):
            Metrics(other.getsockname()[1])
