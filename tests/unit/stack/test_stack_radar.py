from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from smmap.spec.band import Band
from smmap.spec.errors import SceneError
from smmap.spec.recipe import Despeckle, Radar
from smmap.spec.tile import Block
from smmap.stack.radar import RadarGrid, load_radar

FINE = RadarGrid(1, 10.0)
PLAIN = Radar(despeckle=Despeckle(method="none"), erode=0)


def choose(method, window=5, erode=0):
    return Radar(despeckle=Despeckle(method=method, window=window), erode=erode)


@pytest.fixture
def make_slice(tmp_path, write_tif, make_scene):
    """A scene with an angle asset."""

    def make(name, vv, vh=None, angle=38.0, row=0, col=0, **changes):
        arrays = {"vv": vv, "incidence": np.full(vv.shape, angle, np.float32)}
        if vh is not None:
            arrays["vh"] = vh
        bands = {
            key: write_tif(tmp_path / name / f"{key}.tif", one, row=row, col=col)
            for key, one in arrays.items()
        }
        return make_scene(name, bands, **changes)

    return make


def test_a_scene_on_the_same_grid_comes_as_stored(block, make_slice, make_power):
    vv, vh = make_power(block.shape), make_power(block.shape, 1) / 5
    vv[3, 4] = 0
    layers = load_radar([[make_slice("a", vv, vh)]], block, FINE, PLAIN)
    assert set(layers) == {"sigma0_vv", "sigma0_vh", "incidence_deg", "radar_weight"}
    seen = vv != 0
    np.testing.assert_array_equal(layers["sigma0_vv"][seen], vv[seen])
    np.testing.assert_array_equal(layers["sigma0_vh"][seen], vh[seen])
    assert (layers["incidence_deg"][seen] == 38).all()
    assert (layers["radar_weight"][seen] == 1).all()
    for name in ("sigma0_vv", "sigma0_vh", "incidence_deg"):
        assert np.isnan(layers[name][3, 4])
    assert layers["radar_weight"][3, 4] == 0


def test_without_vh_there_is_no_vh(block, make_slice, make_power):
    layers = load_radar([[make_slice("a", make_power(block.shape))]], block, FINE, PLAIN)
    assert "sigma0_vh" not in layers


def test_two_slices_join_without_a_seam(block, make_slice, make_power):
    """Rows 0..49 and 45..79: the first wins where both are; nothing is eroded at the join."""
    first, second = make_power((50, 100)), make_power((35, 100), 1)
    passes = [[make_slice("a", first, angle=38), make_slice("b", second, angle=40, row=45)]]
    layers = load_radar(passes, block, FINE, choose("none", erode=5))
    np.testing.assert_array_equal(layers["sigma0_vv"], np.vstack([first, second[5:]]))
    # Each pixel's angle is that of the slice that its power is from.
    np.testing.assert_array_equal(layers["incidence_deg"][:, 0], [38.0] * 50 + [40.0] * 30)


def test_the_second_slice_fills_the_firsts_border(block, make_slice, make_power):
    """Slices of one pass overlap on a common raster: the empty part of one is the other's."""
    first, second = make_power(block.shape), make_power(block.shape, 1)
    first[40:], second[:40] = 0, np.nan
    passes = [[make_slice("a", first), make_slice("b", second)]]
    layers = load_radar(passes, block, FINE, choose("none", erode=5))
    np.testing.assert_array_equal(layers["sigma0_vv"], np.vstack([first[:40], second[40:]]))


def test_erosion_only_where_a_swath_ends_inside_its_raster(block, make_slice, make_power):
    """Columns 0..29 are empty: 5 more are taken off. The raster's other rims keep all."""
    vv = make_power(block.shape)
    vv[:, :30] = 0
    layers = load_radar([[make_slice("a", vv)]], block, FINE, choose("none", erode=5))
    expected = np.where(np.arange(100) >= 35, vv, np.nan)
    np.testing.assert_array_equal(layers["sigma0_vv"], expected)


def test_a_clipped_raster_keeps_its_rim(block, make_slice, make_power):
    vv = make_power((40, 50))
    layers = load_radar(
        [[make_slice("a", vv, row=20, col=25)]], block, FINE, choose("none", erode=5)
    )
    np.testing.assert_array_equal(layers["sigma0_vv"][20:60, 25:75], vv)
    assert np.isfinite(layers["sigma0_vv"]).sum() == vv.size


def test_gamma0_becomes_sigma0(block, make_slice, make_power, make_definition):
    """cos 60 degrees is one half."""
    gamma0 = make_power(block.shape)
    definition = make_definition(radiometry={"quantity": "gamma0", "surface": "terrain"})
    scene = make_slice("a", gamma0, angle=60.0, definition=definition)
    layers = load_radar([[scene]], block, FINE, PLAIN)
    np.testing.assert_allclose(layers["sigma0_vv"], gamma0 / 2, rtol=1e-6)


def test_without_a_radiometry_nothing_is_guessed(block, make_slice, make_power, make_definition):
    definition = make_definition("dem")
    scene = make_slice("a", make_power(block.shape), definition=definition)
    with pytest.raises(SceneError, match="states no radiometry") as caught:
        load_radar([[scene]], block, FINE, PLAIN)
    assert caught.value.scene == "a"


def test_cells_are_means_of_linear_power_with_their_share(block, make_slice, make_power):
    """10 x 10 working pixels a cell, by NumPy's nanmean; 80 x 100 tile-less pixels are 8 x 10."""
    coarse = Block.whole(
        GeoBox((8, 10), Affine(100, 0, 600_000, 0, -100, 5_100_000), block.geobox.crs)
    )
    vv = make_power(block.shape)
    vv[:20, :25] = 0
    vv[45, 55] = 0
    layers = load_radar([[make_slice("a", vv)]], coarse, RadarGrid(10, 10.0), Radar(erode=0))
    cells = np.where(vv == 0, np.nan, vv.astype(float)).reshape(8, 10, 10, 10).swapaxes(1, 2)
    seen = np.isfinite(cells).mean(axis=(2, 3))
    np.testing.assert_allclose(layers["radar_weight"], seen, atol=1e-6)
    assert {0.0, 0.5, 0.99, 1.0} == {round(float(one), 3) for one in np.unique(seen)}
    whole = seen > 0
    np.testing.assert_allclose(
        layers["sigma0_vv"][whole], np.nanmean(cells[whole], axis=(1, 2)), rtol=1e-6
    )
    assert np.isnan(layers["sigma0_vv"][~whole]).all()


@pytest.mark.parametrize("power", [-0.002, 0.002])
def test_mean_db_cells_are_numpys(power, block, make_slice, make_power):
    """10 log10 by NumPy over what is positive; a cell without any keeps its mean power."""
    coarse = Block.whole(
        GeoBox((8, 10), Affine(100, 0, 600_000, 0, -100, 5_100_000), block.geobox.crs)
    )
    vv = make_power(block.shape)
    vv[:10, :10] = power
    vv[25, 35] = -0.01
    vv[45:48, 55] = np.nan
    scene, grid = make_slice("a", vv, vv / 4), RadarGrid(10, 10.0)
    layers = load_radar([[scene]], coarse, grid, Radar(erode=0), "mean_db")
    cells = vv.astype(float).reshape(8, 10, 10, 10).swapaxes(1, 2).reshape(8, 10, 100)
    with np.errstate(invalid="ignore", divide="ignore"):
        db = np.where(cells > 0, 10 * np.log10(cells), np.nan)
    expected = np.full((8, 10), power)
    some = np.isfinite(db).any(axis=2)
    expected[some] = 10 ** (np.nanmean(db[some], axis=1) / 10)
    np.testing.assert_allclose(layers["sigma0_vv"], expected, rtol=1e-5)
    np.testing.assert_allclose(layers["sigma0_vh"], expected / 4, rtol=1e-5)
    assert layers["sigma0_vv"].dtype == np.float32
    # What the radar saw does not depend on the way of averaging.
    power_mean = load_radar([[scene]], coarse, grid, Radar(erode=0))
    np.testing.assert_array_equal(layers["radar_weight"], power_mean["radar_weight"])


def test_without_cells_there_is_nothing_to_aggregate(block, make_slice, make_power):
    scene = make_slice("a", make_power(block.shape))
    found = load_radar([[scene]], block, FINE, PLAIN, "mean_db")
    np.testing.assert_array_equal(
        found["sigma0_vv"], load_radar([[scene]], block, FINE, PLAIN)["sigma0_vv"]
    )


def window_of(array, i, j, half=2):
    return array[max(0, i - half) : i + half + 1, max(0, j - half) : j + half + 1].astype(float)


@pytest.mark.parametrize("i, j", [(40, 50), (0, 0), (79, 60), (12, 30)])
def test_boxcar_by_hand(i, j, block, make_slice, make_power):
    """The mean of the window's values; beyond the raster there is nothing."""
    vv = make_power(block.shape)
    vv[10:12, 28:31] = 0
    layers = load_radar([[make_slice("a", vv)]], block, FINE, choose("boxcar"))
    window = window_of(vv, i, j)
    assert layers["sigma0_vv"][i, j] == pytest.approx(window[window != 0].mean(), rel=1e-6)


@pytest.mark.parametrize("i, j", [(40, 50), (0, 0), (79, 60), (12, 30)])
def test_lee_by_hand(i, j, block, make_slice, make_power):
    """Lee 1980 with cu^2 = 1 / 4.4: m + q / (q + cu^2 m^2) (I - m)."""
    vv = make_power(block.shape)
    vv[10:12, 28:31] = 0
    layers = load_radar([[make_slice("a", vv)]], block, FINE, choose("lee"))
    window = window_of(vv, i, j)
    window = window[window != 0]
    m, noise = window.mean(), 1 / 4.4
    q = max((window.var() + m**2) / (1 + noise) - m**2, 0)
    expected = m + q / (q + noise * m**2) * (vv[i, j] - m)
    assert layers["sigma0_vv"][i, j] == pytest.approx(expected, rel=1e-5)


def test_quegan_by_hand(block, make_slice, make_power):
    """m_2 / 2 (I_1 / m_1 + I_2 / m_2); the earlier date only lends its texture."""
    first, second = make_power(block.shape), make_power(block.shape, 1) * 3
    passes = [
        [make_slice("a", first, datetime=datetime(2023, 3, 24, tzinfo=UTC))],
        [make_slice("b", second, angle=41.0)],
    ]
    layers = load_radar(passes, block, FINE, choose("quegan"))
    for i, j in ((40, 50), (0, 0), (79, 60)):
        means = [window_of(one, i, j).mean() for one in (first, second)]
        expected = means[1] / 2 * (first[i, j] / means[0] + second[i, j] / means[1])
        assert layers["sigma0_vv"][i, j] == pytest.approx(expected, rel=1e-5)
    assert (layers["incidence_deg"] == 41).all()


@pytest.mark.parametrize("method", ["none", "lee", "boxcar"])
def test_other_dates_enter_the_multi_temporal_filter_only(method, block, make_slice, make_power):
    late = make_slice("b", make_power(block.shape, 1))
    early = make_slice("a", make_power(block.shape) * 9)
    alone = load_radar([[late]], block, FINE, choose(method))
    with_history = load_radar([[early], [late]], block, FINE, choose(method))
    for name, values in alone.items():
        np.testing.assert_array_equal(with_history[name], values)


def test_a_scene_that_cannot_be_read_is_named(block, make_slice, make_power):
    scene = make_slice("broken", make_power(block.shape))
    good = make_slice("good", make_power(block.shape))
    Path(scene.bands["vv"].href).write_bytes(b"")
    with pytest.raises(SceneError) as caught:
        load_radar([[good, scene]], block, FINE, PLAIN)
    assert caught.value.scene == "broken"


SLANTED = Affine(9.5, 0.6, 599_800, 0.6, -9.5, 5_100_150)


@pytest.fixture(scope="module")
def two_dates(tmp_path_factory, write_tif, make_scene, make_power, make_definition):
    """Two passes of two slices, gamma0 in degrees and on a slanted grid, with borders and holes."""
    folder = tmp_path_factory.mktemp("radar")
    definition = make_definition(radiometry={"quantity": "gamma0", "surface": "ellipsoid"})
    degrees = Affine(1.3e-4, 0, 10.288, 0, -0.9e-4, 46.0478)
    passes = []
    for n in range(2):
        scenes = []
        for part, (transform, crs) in enumerate(((degrees, "EPSG:4326"), (SLANTED, "EPSG:32632"))):
            vv = make_power((90, 110), seed=10 * n + part)
            vv[:, :20] = 0
            vv[60:, 50:80] = np.nan
            vv[30, 40] = 0
            place = {"transform": transform, "crs": crs}
            root = folder / f"{n}{part}"
            bands = {
                "vv": write_tif(root / "vv.tif", vv, **place),
                "vh": write_tif(root / "vh.tif", vv / 4, **place),
            }
            facts = {"orbit_state": "descending", "mean_incidence_deg": 38.0 + part}
            scenes.append(make_scene(f"s{n}{part}", bands, definition=definition, **facts))
        passes.append(scenes)
    return passes


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    method=st.sampled_from(["none", "lee", "boxcar", "quegan"]),
    factor=st.sampled_from([1, 2]),
    erode=st.sampled_from([0, 3]),
    size=st.integers(5, 39),
)
def test_any_cut_gives_the_bits_of_the_whole(method, factor, erode, size, two_dates, block):
    coarse = Block.whole(
        GeoBox(
            (80 // factor, 100 // factor),
            Affine(10 * factor, 0, 600_000, 0, -10 * factor, 5_100_000),
            block.geobox.crs,
        )
    )
    radar, grid = choose(method, window=3, erode=erode), RadarGrid(factor, 10.0)
    whole = load_radar(two_dates, coarse, grid, radar)
    assert 0.2 < np.isfinite(whole["sigma0_vv"]).mean() < 0.99
    part = coarse.split(size)[len(coarse.split(size)) // 2]
    found = load_radar(two_dates, part, grid, radar)
    for name, values in whole.items():
        np.testing.assert_array_equal(found[name], values[part.within(coarse)])


def test_packed_power_and_its_nodata(block, make_scene, write_tif, tmp_path):
    """Stored 0.001 steps with -1 for nodata."""
    stored = np.full(block.shape, 80, np.int16)
    stored[0, 0] = -1
    href = write_tif(tmp_path / "a.tif", stored)
    band = Band("vv", href, "linear", scale=0.001, nodata=-1)
    scene = make_scene("a", {"vv": band}, mean_incidence_deg=38.0, span_m=2000.0)
    layers = load_radar([[scene]], block, FINE, PLAIN)
    assert np.isnan(layers["sigma0_vv"][0, 0])
    np.testing.assert_allclose(layers["sigma0_vv"][1], 0.08, rtol=1e-6)
