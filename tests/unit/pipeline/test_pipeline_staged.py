"""What lies staged is what was put, whatever the parts; what is counted from it is exact."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from smmap.pipeline import staged as staged_module
from smmap.pipeline.staged import StagedUnit
from smmap.pipeline.statistics import VV_DB, compute_statistics
from smmap.product.layers import SM, SM_QUALITY
from smmap.spec.errors import StoreError
from smmap.spec.quality import Quality
from smmap.spec.tile import Block

LAYERS = (SM, SM_QUALITY)
TILE = GeoBox((400, 300), Affine(10, 0, 600000, 0, -10, 5600000), "EPSG:32631")


def make_pixels(shape, seed):
    rng = np.random.default_rng(seed)
    known = rng.random(shape) < 0.8
    sm = np.where(known & (rng.random(shape) < 0.7), rng.integers(0, 5000, shape), SM.fill)
    quality = np.where(known, rng.choice([0, 0, 1, 8, 9, 4096], shape), SM_QUALITY.fill)
    vv_db = np.where(known, rng.integers(-2500, -500, shape), VV_DB.fill)
    return {
        layer.name: values.astype(layer.dtype)
        for layer, values in zip((*LAYERS, VV_DB), (sm, quality, vv_db), strict=True)
    }


def stage(folder, area, pixels, parts):
    """Put all parts; what each `put` said."""
    unit = StagedUnit(folder, area, LAYERS)
    angle = np.arange(area.height * area.width, dtype=np.float32).reshape(area.shape)
    said = []
    for part in parts:
        window = part.within(area)
        cut = {name: values[window] for name, values in pixels.items()}
        said.append(unit.put(part, cut, angle[window]))
    return unit, said


@given(
    st.integers(1, 60), st.integers(1, 60), st.integers(1, 70), st.integers(1, 500), st.randoms()
)
@settings(max_examples=40, deadline=None)
def test_parts_in_any_order_make_the_whole(tmp_path_factory, height, width, size, strip, chance):
    area = Block(TILE, 17, 23, height, width)
    pixels = make_pixels(area.shape, height)
    parts = area.split(size)
    chance.shuffle(parts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(staged_module, "_STRIP_PIXELS", strip)
        unit, said = stage(tmp_path_factory.mktemp("s") / "u", area, pixels, parts)
        assert said == [False] * (len(parts) - 1) + [True]
        for layer in LAYERS:
            strips = [one for (one,) in unit.iterate_strips(layer)]
            assert np.array_equal(np.concatenate(strips), pixels[layer.name])
            assert np.array_equal(unit.get(layer)[3:height, 0:5], pixels[layer.name][3:, :5])
        whole = b"".join(pixels[layer.name].tobytes() for layer in LAYERS)
        assert unit.compute_digest() == hashlib.sha256(whole).hexdigest()
    middle = (height // 2) * width + width // 2
    assert unit.incidence_deg == middle
    unit.discard()
    assert not unit.folder.exists()


def test_parts_from_several_threads_make_the_whole(tmp_path):
    area = Block(TILE, 0, 0, 300, 290)
    pixels = make_pixels(area.shape, 1)
    unit = StagedUnit(tmp_path / "u", area, LAYERS)
    angle = np.zeros(area.shape, np.float32)

    def put(part):
        window = part.within(area)
        return unit.put(part, {name: one[window] for name, one in pixels.items()}, angle[window])

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(put, area.split(17))) == 1
    for layer in LAYERS:
        assert np.array_equal(unit.get(layer)[0:300, 0:290], pixels[layer.name])
    assert unit.tallies[SM].count_all() == unit.tallies[SM_QUALITY].count_all() == 300 * 290


@pytest.mark.parametrize("size", [7, 40, 100])
def test_statistics_are_numpys(tmp_path, size):
    area = Block(TILE, 0, 0, 73, 51)
    pixels = make_pixels(area.shape, 5)
    unit, _ = stage(tmp_path / "u", area, pixels, area.split(size))
    figures = compute_statistics(unit.tallies)
    sm, quality, vv_db = (pixels[layer.name] for layer in (*LAYERS, VV_DB))
    valid, known = sm != SM.fill, quality != SM_QUALITY.fill
    assert figures["pixels"] == sm.size
    assert (figures["valid"], figures["known"]) == (valid.sum(), known.sum())
    for name, chosen in (("valid", valid), ("unflagged", valid & (quality == 0))):
        for layer, values in ((SM, sm), (VV_DB, vv_db)):
            physical = values[chosen] * layer.scale_factor
            for figure in ("median", "mean", "std", "min", "max"):
                expected = getattr(np, figure)(physical)
                assert figures[f"{layer.name}_{name}_{figure}"] == pytest.approx(expected)
    for bit in (Quality(1), Quality(8), Quality(4096)):
        share = ((quality & np.uint16(bit)) > 0)[known].mean()
        assert figures[f"share_{bit.name.lower()}"] == pytest.approx(share)


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from affine import Affine
from odc.geo.geobox import GeoBox
from smmap.pipeline.staged import StagedUnit
from smmap.product.layers import SM
from smmap.spec.errors import StoreError
from smmap.spec.tile import Block
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1999, resource.RLIM_INFINITY))
try:
    StagedUnit(Path(sys.argv[1]), Block.whole(GeoBox((10, 100), Affine.identity(), None)), (SM,))
except StoreError as error:
    print(error)
"""


def test_a_disk_that_will_not_hold_it_shows_at_once(tmp_path):
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path / "u")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "cannot write" in done.stdout


def test_a_file_that_was_cut_gives_no_pixels(tmp_path):
    area = Block(TILE, 0, 0, 40, 30)
    unit, _ = stage(tmp_path / "unit", area, make_pixels(area.shape, 1), [area])
    os.truncate(tmp_path / "unit" / "sm.raw", 40 * 30 * 2 - 1)
    with pytest.raises(OSError, match="shorter"):
        unit.get(SM)[30:40, 0:30]


def test_a_folder_that_cannot_be_made_is_a_store_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot write"):
        StagedUnit(tmp_path / "file" / "u", Block.whole(TILE), LAYERS)


PEAK = """
import sys
from datetime import UTC, datetime
from pathlib import Path
import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox
from smmap.pipeline.staged import StagedUnit
from smmap.pipeline.statistics import VV_DB, compute_statistics
from smmap.product.layers import LAYERS
from smmap.sinks.registry import SINKS
from smmap.sinks.sink import Finished
from smmap.spec.overpass import Overpass
from smmap.spec.tile import Block

def read_peak_mb():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024

def commit(side):
    folder = Path(sys.argv[1]) / str(side)
    geobox = GeoBox((side, side), Affine(10, 0, 600000, 0, -10, 5600000), "EPSG:32631")
    area = Block.whole(geobox)
    unit = StagedUnit(folder, area, LAYERS)
    for part in area.split(512):
        values = np.add.outer(np.arange(part.height), np.arange(part.width)) % 4000
        packed = {layer.name: values.astype(layer.dtype) for layer in (*LAYERS, VV_DB)}
        unit.put(part, packed, np.zeros(part.shape, np.float32))
    compute_statistics(unit.tallies)
    unit.compute_digest()
    overpass = Overpass("o", "sentinel-1a", "ascending", 1, datetime(2023, 4, 2, tzinfo=UTC), ())
    packed = {LAYERS[0]: unit.get(LAYERS[0])}
    (folder / "files").mkdir()
    for sink in SINKS.values():
        sink(folder / "files", Finished("s", overpass, area, packed, (0.0, 0.05)))
    unit.discard()

commit(2048)
small = read_peak_mb()
commit(6144)
print(read_peak_mb() - small)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads peak memory from /proc")
def test_memory_does_not_grow_with_the_area(tmp_path):
    """Nine times the area, 288 MB of staged pixels: GDAL's cache fills up, and that is all."""
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 128
