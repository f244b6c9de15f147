"""Faults, quotas and keys while pixels are pulled."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from earth_engine_pixels import BLOCK, draw_pixels

from smmap.spec.errors import ConfigError, TransientError
from smmap.spec.tile import Block
from smmap.stack.load_band import load_band
from smmap.store import earth_engine, retry


@pytest.mark.parametrize("fault", [429, 500, 503, "reset", "short", "torn"])
def test_a_fault_of_the_moment_changes_nothing(make_band, server, fault):
    band = make_band(draw_pixels())
    expected = load_band(band, BLOCK).values
    server.faults = [fault] * 3
    np.testing.assert_array_equal(load_band(band, BLOCK).values, expected)
    assert len(server.starts) == 1 + 4


@pytest.mark.parametrize("fault", [429, "reset", "torn"])
def test_a_fault_that_stays_is_one_of_the_moment(make_band, server, fault):
    band = make_band(draw_pixels())
    server.faults = [fault] * retry.ATTEMPTS
    with pytest.raises(TransientError, match=r"A/B/image|computePixels"):
        load_band(band, BLOCK)
    assert len(server.starts) == retry.ATTEMPTS
    assert np.isfinite(load_band(band, BLOCK).values).any()


def test_a_key_that_is_killed_in_the_middle_stops_the_run(make_band, server):
    band = make_band(draw_pixels())
    load_band(band, BLOCK)
    server.refuses_key = True
    with pytest.raises(ConfigError, match=r"refuses these credentials \(HTTP 401.*renew"):
        load_band(band, BLOCK)


def test_threads_stay_below_the_quota(make_band, server):
    band = make_band(draw_pixels())
    load_band(band, BLOCK)
    server.linger_s, server.starts[:] = 0.6, []
    with ThreadPoolExecutor(60) as pool:
        list(pool.map(lambda _: load_band(band, Block(BLOCK.geobox, 0, 0, 3, 3)), range(60)))
    assert 20 <= server.most_inside <= 40
    starts = np.sort(server.starts)
    within = [np.sum((starts >= one) & (starts < one + 0.5)) for one in starts]
    assert max(within) <= 50


def test_a_restricted_project_is_asked_one_at_a_time(make_band, server, monkeypatch):
    monkeypatch.setattr(earth_engine, "_opened", [])  # what is narrowed here shall not stay so
    band = make_band(draw_pixels())
    server.restricts = True
    load_band(band, BLOCK)
    server.linger_s, server.most_inside = 0.05, 0
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: load_band(band, BLOCK), range(8)))
    assert server.most_inside == 1
    earth_engine._opened.clear()


def test_many_threads_open_the_client_once(make_band, server, monkeypatch):
    band = make_band(draw_pixels())
    earth_engine._opened.clear()
    asked = len(server.requests)
    start = threading.Barrier(8)

    def load(_):
        start.wait()
        return load_band(band, BLOCK).values

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(load, range(8)))
    for one in results[1:]:
        np.testing.assert_array_equal(one, results[0])
    opened = [path for _, path, _ in server.requests[asked:] if "discovery" in path]
    assert len(opened) == 2, "the client builds two resources when it is opened"
