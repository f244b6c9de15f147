"""One simulated world and one run of it, for all tests that only look."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

import smmap
from smmap.simulate.world import simulate_world


@pytest.fixture(scope="session")
def world(tmp_path_factory) -> Path:
    """Catalogue of a small simulated world."""
    folder = tmp_path_factory.mktemp("world") / "scenes"
    simulate_world(folder, days=12, seed=3, size=192)
    return folder / "catalog.json"


@pytest.fixture(scope="session")
def maps(world, tmp_path_factory) -> Path:
    """Output of one undisturbed run over that world."""
    out = tmp_path_factory.mktemp("maps") / "out"
    smmap.run("local-stac", out, changes=[f"catalog={world}"])
    return out


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
