"""An output in an object store: the same maps, the same promises."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import xarray as xr
from azure_server import find_azurite, serve_azure
from forked import start_forked, wait
from gcs_server import serve_gcs
from killed import choose_counts, count_files, kill_at
from recorded import digest_pixels
from s3_server import serve_s3
from small_world import VV, SmallWorld

import smmap
from smmap.archive.status import describe_output
from smmap.store.folder import FolderOutput
from smmap.store.objects import ObjectOutput

AZURE = pytest.param("az", marks=pytest.mark.slow)


@pytest.fixture(scope="module", params=["s3", "gs", AZURE])
def bucket(request, tmp_path_factory):
    if request.param == "az" and find_azurite() is None:
        pytest.skip("Azurite is not installed: make soak does, by npm")
    servers = {
        "s3": serve_s3,
        "gs": serve_gcs,
        "az": lambda: serve_azure(tmp_path_factory.mktemp("azurite")),
    }
    with servers[request.param]() as url:
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
    changes = [f"catalog={catalog}", "batch=1"]
    return start_forked(smmap.run, "local-stac", out, changes=changes)


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


def test_scenes_that_lie_in_the_store(bucket, catalog, local, tmp_path):
    """Items name them by ``s3://...``, as those of Earth Search's elevation do."""
    scenes = tmp_path / "scenes"
    shutil.copytree(catalog.parent, scenes)
    for path in [one for one in scenes.rglob("*.json") if one.parent.parent.parent == scenes]:
        item = json.loads(path.read_text())
        place = path.parent.relative_to(scenes).as_posix()
        for asset in item["assets"].values():
            asset["href"] = f"{bucket}/scenes/{place}/{asset['href'].removeprefix('./')}"
        path.write_text(json.dumps(item))
    ObjectOutput(bucket).publish_folder(scenes, "scenes")
    for path in scenes.rglob("*.tif"):
        path.unlink()
    out = tmp_path / "out"
    result = smmap.run("local-stac", out, changes=[f"catalog={scenes / 'catalog.json'}"])
    assert result.count("done") == 3
    assert digest_pixels(FolderOutput(out)) == digest_pixels(FolderOutput(local))


def test_two_drivers_cannot_both_commit(bucket, catalog, local):
    out = f"{bucket}/rivals"
    rivals = [start(catalog, out) for _ in range(2)]
    assert [wait(one) for one in rivals] == [0, 0]
    found, expected = digest_pixels(ObjectOutput(out)), digest_pixels(FolderOutput(local))
    assert {path: found[path] for path in expected} == expected
    assert smmap.open(out).sizes["time"] == 3


@pytest.mark.parametrize("bucket", ["s3", AZURE], indirect=True)
def test_killed_and_rerun(bucket, catalog, local):
    out = f"{bucket}/killed"
    expected = digest_pixels(FolderOutput(local))
    store = ObjectOutput(out)
    killed = [
        kill_at(start(catalog, out), wanted, lambda: len(store.list_files("")))
        for wanted in choose_counts(count_files(local), 3, seed=5)
    ]
    assert any(killed)
    assert wait(start(catalog, out)) == 0
    found = digest_pixels(store)
    assert {path: found[path] for path in expected} == expected


def test_a_store_that_is_not_there_is_said(catalog, bucket):
    out = f"{bucket.partition('://')[0]}://nowhere/out"
    with pytest.raises(smmap.spec.errors.SmmapError, match=out):
        smmap.run("local-stac", out, changes=[f"catalog={catalog}"])


def test_values_are_values(local):
    assert np.isfinite(smmap.open(local).sm.values).all()
