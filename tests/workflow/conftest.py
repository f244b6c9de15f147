"""One simulated world and one run of it, for all tests that only look."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from made_once import make_once

import smmap
from smmap.simulate.world import simulate_world


@pytest.fixture(scope="session")
def world(tmp_path_factory) -> Path:
    """Catalogue of a small simulated world."""
    numbers = {"days": 12, "seed": 3, "size": 192}
    folder = make_once(tmp_path_factory, "world", lambda path: simulate_world(path, **numbers))
    return folder / "catalog.json"


@pytest.fixture(scope="session")
def maps(world, tmp_path_factory) -> Path:
    """Output of one undisturbed run over that world."""

    def run(out: Path) -> None:
        smmap.run("local-stac", out, changes=[f"catalog={world}"])

    return make_once(tmp_path_factory, "maps", run)


@pytest.fixture(scope="session")
def digest_pixels():
    """Checksums of every array and image of an output by path, reports left aside."""

    def digest(out: Path) -> dict[str, str]:
        found = {}
        for top in ("soil-moisture", "cubes"):
            for path in sorted((out / top).rglob("*")):
                if (path.is_file() and path.suffix != ".json") or path.name == "zarr.json":
                    name = path.relative_to(out).as_posix()
                    found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        return found

    return digest
