"""A server of one's own, and bands of its images."""

from __future__ import annotations

import pytest
from earth_engine_pixels import ZONE_32
from earth_engine_server import serve_earth_engine
from earth_engine_world import PUBLIC, StubBand, StubImage

from smmap.grid.earth_engine import SINUSOIDAL
from smmap.spec.band import Band
from smmap.store import retry


@pytest.fixture(scope="module")
def server():
    with serve_earth_engine([]) as server:
        yield server


@pytest.fixture(autouse=True)
def _fresh(server, monkeypatch):
    """No image, no faults, no long waits between attempts."""
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.001)
    server.images = []
    for told in (server.faults, server.grids, server.bodies, server.starts):
        told.clear()
    server.most_inside, server.linger_s = 0, 0.0
    server.refuses_key = server.restricts = False


@pytest.fixture
def make_band(server):
    """A band of an image that holds an array, masked where that is."""

    def make(pixels, crs="EPSG:32632", transform=ZONE_32, units="1", **options):
        code = "SR-ORG:6974" if crs == SINUSOIDAL else crs
        server.images.append(StubImage("A/B/image", {"X": StubBand(pixels, code, transform)}))
        return Band(
            "x",
            f"{server.address}/v1/{PUBLIC}A/B/image",
            units,
            reader="earth-engine",
            variable="X",
            crs=crs,
            transform=tuple(transform)[:6],
            shape=pixels.shape,
            **options,
        )

    return make
