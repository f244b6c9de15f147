"""Ten real overpasses on four relative orbits near Mol, Belgium, April 2023."""

from __future__ import annotations

import numpy as np
import pytest

import smmap

pytestmark = pytest.mark.realdata

STALE, DENSE = 512, 2


@pytest.fixture(scope="module")
def result(shared_data, tmp_path_factory):
    out = tmp_path_factory.mktemp("belgium") / "out"
    changes = [f"catalog={shared_data / 'belgium-2023/catalog.json'}"]
    return smmap.run("local-stac", out, changes=changes)


@pytest.fixture(scope="module")
def dataset(result):
    return smmap.open(result.out)


def test_all_ten_overpasses_are_mapped(result, dataset):
    assert result.count("done") == 10
    assert dataset.sizes["time"] == 10
    assert dataset.sizes["y"] == 66
    assert dataset.sizes["x"] == 64
    orbits = sorted(set(dataset.relative_orbit.values.tolist()))
    assert orbits == [37, 88, 110, 161]
    state = dict(zip(dataset.relative_orbit.values, dataset.orbit_state.values, strict=True))
    assert state[88] == state[161] == "ascending"
    assert state[37] == state[110] == "descending"


def test_saturated_pixels_of_orbit_110_are_nodata(shared_data, dataset):
    import rasterio

    folder = shared_data / "belgium-2023/sentinel-1-grd"
    for moment in ("20230405", "20230417", "20230429"):
        with rasterio.open(folder / f"S1A_IW_GRDH_{moment}_R110/vv.tif") as file:
            missing = np.isnan(file.read(1))
        assert missing.sum() == 20
        day = f"{moment[:4]}-{moment[4:6]}-{moment[6:]}"
        one = dataset.sel(time=day).isel(time=0)
        assert (one.sm_quality.values[missing] == 65535).all()
        assert np.isnan(one.sm.values[missing]).all()
        assert (one.sm_quality.values == 65535).sum() == 20


def test_only_clear_optical_dates_are_used(dataset):
    """Clear on 5 and 15 April: beyond three days from both, every pixel is stale."""
    clear = [np.datetime64("2023-04-05T10:45"), np.datetime64("2023-04-15T10:45")]
    for moment in dataset.time.values:
        quality = dataset.sm_quality.sel(time=moment).values
        seen = quality != 65535
        stale = (quality[seen] & STALE) > 0
        near = min(abs(moment - one) for one in clear) <= np.timedelta64(3, "D")
        if near:
            assert stale.mean() < 0.05
        else:
            assert stale.all()


def test_most_of_this_place_is_dense_grass(dataset):
    quality = dataset.sm_quality.values
    seen = quality != 65535
    assert ((quality & DENSE) > 0)[seen].mean() > 0.7


def test_values_are_where_physics_allows(dataset):
    assert 0.05 < float(np.nanmedian(dataset.sm.values)) < 0.35
    assert float(dataset.sm.max()) <= 0.6
    assert float(dataset.sm_uncertainty.min()) > 0.03
