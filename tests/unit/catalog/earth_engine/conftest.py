"""A server of one's own, and searches of its images."""

from __future__ import annotations

import pytest
from earth_engine_images import APRIL, BOX
from earth_engine_server import serve_earth_engine

from smmap.catalog.definitions import load_definition
from smmap.catalog.registry import open_catalog


@pytest.fixture(scope="module")
def server():
    with serve_earth_engine([]) as server:
        yield server


@pytest.fixture
def search(server, monkeypatch):
    """Searches images by a packaged definition; answers with candidates."""
    monkeypatch.setenv("SMMAP_EARTH_ENGINE_URL", server.address)

    def find(name, images, bbox=BOX, period=APRIL):
        server.images, server.requests[:] = images, []
        definition = load_definition(name)
        return open_catalog(definition, None).find(definition, bbox, period)

    return find
