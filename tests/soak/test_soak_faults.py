"""Hours of bad luck: drivers killed, rivals at once, sources that fail, buckets and folders.

``make soak`` runs it for SMMAP_SOAK_MINUTES (10 unless set). Each round makes up its own trouble
from its number, so that a round that fails can be run again alone: SMMAP_SOAK_ROUND=N.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import time

import pytest
from faulty_server import serve_faulty
from s3_server import serve_s3
from small_world import VV, SmallWorld

import smmap
from smmap.archive.verify import verify_output
from smmap.store.open import open_output_store

pytestmark = pytest.mark.soak

SCRIPT = (
    "import sys, smmap\n"
    "result = smmap.run('local-stac', sys.argv[2], changes=['catalog=' + sys.argv[1], 'batch=2'])\n"
    "sys.exit(4 if result.count('failed') else 0)\n"
)
OVERPASSES = 6


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    world = SmallWorld(tmp_path_factory.mktemp("scenes"), size=96)
    for day in range(OVERPASSES):
        world.add_radar(f"S1A_{day}", days=day, orbit=10 + day, vv=VV * (1 + 0.05 * day))
    for day in (0.5, 3.5):
        world.add_optical(f"S2_{day:.0f}", days=day)
    return world.write().parent


@pytest.fixture(scope="module")
def bucket():
    with serve_s3() as url:
        yield url


def digest(store) -> dict[str, str]:
    """Checksums of all arrays and images that the catalogue reaches."""
    paths = [
        path
        for folder in ("soil-moisture", "cubes")
        for path in store.list_files(folder)
        if not path.endswith(".json") or path.endswith("zarr.json")
    ]
    return {
        path: hashlib.sha256(data).hexdigest()
        for path, data in zip(paths, store.read_many(paths), strict=True)
        if data is not None
    }


def start(catalog: str, out: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", SCRIPT, catalog, out]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


def test_rounds_of_bad_luck(scenes, bucket, tmp_path):
    undisturbed = tmp_path / "undisturbed"
    started = time.monotonic()
    smmap.run("local-stac", undisturbed, changes=[f"catalog={scenes / 'catalog.json'}", "batch=2"])
    took = time.monotonic() - started + 1.5
    expected = digest(open_output_store(undisturbed))
    only = os.environ.get("SMMAP_SOAK_ROUND")
    end = time.monotonic() + 60 * float(os.environ.get("SMMAP_SOAK_MINUTES", "10"))
    number = int(only or 0)
    while number == int(only or 0) or (only is None and time.monotonic() < end):
        play_round(number, scenes, bucket, tmp_path, expected, took)
        number += 1
    sys.stdout.write(f"{number - int(only or 0)} rounds\n")


def play_round(number, scenes, bucket, tmp_path, expected, took):
    chance = random.Random(number)
    in_bucket = chance.random() < 0.4
    out = f"{bucket}/round-{number}" if in_bucket else str(tmp_path / f"round-{number}")
    rate = chance.choice([0.0, 0.1, 0.3])
    with serve_faulty(scenes, rate, seed=number) as address:
        catalog = f"{address}/catalog.json"
        for _ in range(chance.randint(1, 5)):
            drivers = [start(catalog, out) for _ in range(chance.choice([1, 1, 2]))]
            time.sleep(took * chance.uniform(0.2, 1.5))
            for driver in drivers:
                driver.send_signal(chance.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGINT]))
            for driver in drivers:
                driver.wait()
            if open_output_store(out).read("catalog.json") is not None:
                broken = [
                    one
                    for one in verify_output(open_output_store(out))
                    if "any run repairs" not in one
                ]
                assert not broken, f"round {number}: {broken}"
        for _ in range(12):
            if start(catalog, out).wait() == 0:
                break
    store = open_output_store(out)
    found = digest(store)
    assert {path: found.get(path) for path in expected} == expected, f"round {number}"
    assert verify_output(store) == [], f"round {number}"
