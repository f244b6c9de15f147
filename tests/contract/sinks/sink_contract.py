"""What every sink must do: inherit, and name the sink."""

from __future__ import annotations

import hashlib
import pickle
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from smmap.product.layers import SM, SM_QUALITY, SM_UNCERTAINTY
from smmap.sinks.sink import Finished, Sink
from smmap.spec.errors import StoreError
from smmap.spec.overpass import Overpass
from smmap.spec.tile import Block


def make_finished(*, with_uncertainty: bool = True) -> Finished:
    """An area of 700 x 900 pixels within a tile of 1500 x 1300, with nodata."""
    rng = np.random.default_rng(7)
    shape = (700, 900)
    sm = rng.integers(500, 4500, shape).astype(np.int16)
    sm[:100] = SM.fill
    quality = rng.integers(0, 8191, shape).astype(np.uint16)
    quality[:50] = SM_QUALITY.fill
    packed = {SM: sm, SM_QUALITY: quality}
    if with_uncertainty:
        packed[SM_UNCERTAINTY] = (sm // 10).astype(np.int16)
        packed[SM_UNCERTAINTY][:100] = SM_UNCERTAINTY.fill
    geobox = GeoBox((1500, 1300), Affine(10, 0, 600000, 0, -10, 5600000), "EPSG:32631")
    moment = datetime(2023, 4, 2, 5, 40, 23, tzinfo=UTC)
    return Finished(
        stem="SMMAP_L4_SM_T1_20230402T054023Z_sentinel-1a_10m_v0.1",
        overpass=Overpass("o", "sentinel-1a", "ascending", 37, moment, ()),
        area=Block(geobox, 300, 400, *shape),
        packed=packed,
        depth_m=(0.0, 0.05),
        tags={"SMMAP_UNIT": "u"},
    )


def compute_digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


class SinkContract:
    """Inherit in a class named ``Test...`` and set ``sink``."""

    sink: Sink

    @pytest.fixture
    def write(self):
        return type(self).__dict__["sink"].__func__

    def test_names_existing_paths_below_the_folder(self, write, tmp_path):
        written = write(tmp_path, make_finished())
        assert written
        assert all(path.exists() and path.is_relative_to(tmp_path) for path in written.values())
        named = {path.relative_to(tmp_path).parts[0] for path in written.values()}
        assert named == {path.name for path in tmp_path.iterdir()}

    def test_same_bytes_every_time(self, write, tmp_path):
        for name in ("one", "other"):
            (tmp_path / name).mkdir()
            write(tmp_path / name, make_finished())
        assert compute_digests(tmp_path / "one") == compute_digests(tmp_path / "other")

    def test_leaves_its_input_alone(self, write, tmp_path):
        finished = make_finished()
        before = {layer: array.copy() for layer, array in finished.packed.items()}
        for array in finished.packed.values():
            array.setflags(write=False)
        write(tmp_path, finished)
        for layer, array in finished.packed.items():
            assert np.array_equal(array, before[layer])

    def test_does_without_uncertainty(self, write, tmp_path):
        assert "sm_uncertainty" not in write(tmp_path, make_finished(with_uncertainty=False))

    def test_a_folder_that_is_a_file_is_a_store_error(self, write, tmp_path):
        blocked = tmp_path / "file"
        blocked.write_text("in the way")
        with pytest.raises(StoreError, match="cannot write") as caught:
            write(blocked, make_finished())
        # Workers send errors to the driver; GDAL's own cannot travel.
        assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
        assert caught.value.__cause__ is None
