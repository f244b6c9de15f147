"""An output in an object store: the same maps, the same promises."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest
import xarray as xr
from recorded import digest_pixels
from s3_server import serve_s3
from small_world import VV, SmallWorld

import smmap
from smmap.archive.status import describe_output
from smmap.store.folder import FolderOutput
from smmap.store.objects import ObjectOutput

SCRIPT = (
    "import sys, smmap\n"
    "smmap.run('local-stac', sys.argv[2], changes=['catalog=' + sys.argv[1], 'batch=1'])\n"
)


@pytest.fixture(scope="module")
def bucket():
    with serve_s3() as url:
        yield url


@pytest.fixture(scope="module")
def catalog(tmp_path_factory):
    world = SmallWorld(tmp_path_factory.mktemp("scenes"))
    for day in range(3):
        world.add_radar(f"S1A_{day}", days=day, orbit=10 + day, vv=VV * (1 + 0.1 * day))
    world.add_optical("S2_CLEAR", days=0.5)
    return world.write()


@pytest.fixture(scope="module")
def local(catalog, tmp_path_factory):
    out = tmp_path_factory.mktemp("local") / "out"
    smmap.run("local-stac", out, changes=[f"catalog={catalog}"])
    return out


def start(catalog, out):
    return subprocess.Popen([sys.executable, "-c", SCRIPT, str(catalog), out])


def test_the_same_bytes_as_in_a_folder(bucket, catalog, local):
    out = f"{bucket}/same"
    result = smmap.run("local-stac", out, changes=[f"catalog={catalog}"])
    assert result.count("done") == 3
    assert digest_pixels(ObjectOutput(out)) == digest_pixels(FolderOutput(local))
    xr.testing.assert_identical(smmap.open(out).load(), smmap.open(local).load())
    assert smmap.run("local-stac", out, changes=[f"catalog={catalog}"]).kept == 3
    assert describe_output(out)["tiles"] == describe_output(local)["tiles"]
    store = ObjectOutput(out)
    assert store.read("report/index.html")
    assert store.read("report/contact-sheet.png")
    assert not [path for path in store.list_files("") if "staging" in path or path.endswith(".tmp")]


def test_two_drivers_cannot_both_commit(bucket, catalog, local):
    out = f"{bucket}/rivals"
    rivals = [start(catalog, out) for _ in range(2)]
    assert [one.wait() for one in rivals] == [0, 0]
    found, expected = digest_pixels(ObjectOutput(out)), digest_pixels(FolderOutput(local))
    assert {path: found[path] for path in expected} == expected
    assert smmap.open(out).sizes["time"] == 3


def test_killed_and_rerun(bucket, catalog, local):
    out = f"{bucket}/killed"
    expected = digest_pixels(FolderOutput(local))
    for wait in (1.2, 2.0, 2.6):
        process = start(catalog, out)
        time.sleep(wait)
        process.kill()
        process.wait()
    assert start(catalog, out).wait() == 0
    found = digest_pixels(ObjectOutput(out))
    assert {path: found[path] for path in expected} == expected


def test_a_store_that_is_not_there_is_said(catalog, bucket):
    with pytest.raises(smmap.spec.errors.SmmapError, match="s3://nowhere/out"):
        smmap.run("local-stac", "s3://nowhere/out", changes=[f"catalog={catalog}"])


def test_values_are_values(local):
    assert np.isfinite(smmap.open(local).sm.values).all()
