import pickle

import numpy as np
import pytest
import rasterio

from smmap.spec.band import Band
from smmap.spec.errors import SceneError
from smmap.stack.raster import load_overview, load_raster

COG = {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "deflate"}


def load(href, block, units="1", **options):
    return load_raster(Band("a", href, units, **options), block).values


def test_nodata_of_the_file(block, tmp_path, write_tif):
    stored = np.full(block.shape, 7, np.int16)
    stored[0, 0] = -99
    href = write_tif(tmp_path / "a.tif", stored, nodata=-99)
    values = load(href, block)
    assert np.isnan(values[0, 0])
    assert (values.ravel()[1:] == 7).all()


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.float32])
def test_whoever_says_that_a_number_means_nothing_is_believed(dtype, block, tmp_path, write_tif):
    """The file -9999, the definition 5, the item 65: none is a height, nor judged as one."""
    stored = np.full(block.shape, 7, dtype)
    stored[0, :3] = -9999, 5, 65
    href = write_tif(tmp_path / "a.tif", stored, nodata=-9999)
    values = load(href, block, "m", nodata=5, other_nodata=65)
    assert np.isnan(values[0, :3]).all()
    assert (values.ravel()[3:] == 7).all()


def test_flags_of_zero_are_what_the_definition_says(block, tmp_path, write_tif):
    """0 is the best quality there is, whatever the file's tag."""
    stored = np.zeros(block.shape, np.uint8)
    stored[0, 0] = 255
    href = write_tif(tmp_path / "a.tif", stored, nodata=0)
    values = load(href, block, "bits", nodata=255, other_nodata=0, resampling="nearest")
    assert np.isnan(values[0, 0])
    assert (values.ravel()[1:] == 0).all()


@pytest.mark.parametrize("definition", [None, 0, np.nan])
def test_a_files_nodata_holds_under_its_mask_and_scale(definition, block, tmp_path, write_tif):
    """65535 as a reflectance would be 6.55."""
    stored = np.full(block.shape, 1500, np.uint16)
    stored[0, :4] = 65535
    href = write_tif(tmp_path / "a.tif", stored, nodata=65535)
    values = load_raster(Band("red", href, "1", scale=1e-4, nodata=definition), block).values
    assert np.isnan(values[0, :4]).all()
    np.testing.assert_allclose(values.ravel()[4:], 0.15, rtol=1e-6)


def test_pixels_that_the_files_own_mask_excludes(block, tmp_path, write_tif):
    values = np.full((80, 100), 7, np.uint16)
    href = write_tif(tmp_path / "a.tif", values)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(href, "r+") as file:
        file.nodata = None
        mask = np.full((80, 100), 255, np.uint8)
        mask[10:20, 30:40] = 0
        file.write_mask(mask)
    found = load(href, block)
    assert np.array_equal(np.isnan(found), mask == 0)


def test_what_lies_under_a_files_mask_is_not_judged(block, tmp_path, write_tif):
    values = np.full((80, 100), 0.1, np.float32)
    values[10:20, 30:40] = -9999
    href = write_tif(tmp_path / "a.tif", values)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(href, "r+") as file:
        file.nodata = None
        file.write_mask((values > 0).astype(np.uint8) * 255)
    assert np.array_equal(np.isnan(load(href, block, "linear")), values < 0)


def test_nodata_is_a_stored_value_not_a_scaled_one(block, tmp_path, write_tif):
    """Scale 0.1 and offset -1: stored 10 means 0, stored 0 is nodata."""
    stored = np.full(block.shape, 20, np.uint16)
    stored[0, :3] = 0, 10, 65535
    href = write_tif(tmp_path / "a.tif", stored)
    values = load(href, block, scale=0.1, offset=-1.0, nodata=0)
    assert np.isnan(values[0, 0])
    np.testing.assert_allclose(values[0, 1:3], [0, 6552.5], atol=1e-6)
    np.testing.assert_allclose(values[1], 1.0, rtol=1e-6)


def test_the_files_own_scale_is_left_alone(block, tmp_path, write_tif):
    """Scale and offset come from the definition, once: not again from the file's tags."""
    import rasterio

    href = write_tif(tmp_path / "a.tif", np.full(block.shape, 5000, np.uint16))
    with rasterio.open(href, "r+") as file:
        file.scales, file.offsets = (1e-4,), (-0.1,)
    np.testing.assert_allclose(load(href, block, scale=1e-4, offset=-0.1), 0.4, rtol=1e-6)


@pytest.mark.parametrize("packing", [(0.1, 0.0), (1.0, 100.0)])
def test_a_scale_that_the_file_alone_states_is_not_lost(packing, block, tmp_path, write_tif):
    """Heights in decimetres, of which neither item nor definition speaks."""
    href = write_tif(tmp_path / "a.tif", np.full(block.shape, 5000, np.int16))
    with rasterio.open(href, "r+") as file:
        file.scales, file.offsets = ((one,) for one in packing)
    with pytest.raises(
        SceneError, match=r"a\.tif says of itself that its numbers are packed, by sc"
    ):
        load(href, block, "m")
    assert (load(href, block, "class", resampling="nearest") == 5000).all()


def test_whole_numbers_without_a_scale_are_no_reflectance(block, tmp_path, write_tif):
    href = write_tif(tmp_path / "a.tif", np.full(block.shape, 1500, np.uint16))
    with pytest.raises(SceneError, match=r"'red' of .*a\.tif holds whole numbers without a scale"):
        load_raster(Band("red", href, "1"), block)


@pytest.mark.parametrize("nodata", [-3.4028234663852886e38, -9999.1])
def test_nodata_that_float32_rounds(block, tmp_path, write_tif, nodata):
    stored = np.ones(block.shape, np.float32)
    stored[3, 3] = nodata
    href = write_tif(tmp_path / "a.tif", stored)
    assert np.isnan(load(href, block, nodata=nodata)[3, 3])


def test_nodata_outside_the_stored_type(block, tmp_path, write_tif):
    href = write_tif(tmp_path / "a.tif", np.full(block.shape, 255, np.uint8))
    assert (load(href, block, nodata=-9999) == 255).all()


def test_decibels_become_power(block, tmp_path, write_tif):
    """10^(-10/10) = 0.1, 10^0 = 1, and -inf dB is no power at all."""
    stored = np.full(block.shape, -10, np.float32)
    stored[0, :3] = 0, -np.inf, np.nan
    href = write_tif(tmp_path / "a.tif", stored)
    values = load(href, block, "dB")
    np.testing.assert_array_equal(np.isnan(values[0, :4]), [False, True, True, False])
    np.testing.assert_allclose(values[0, [0, 3]], [1, 0.1], rtol=1e-6)


def test_decibels_of_packed_amplitudes(block, tmp_path, write_tif):
    """Stored hundredths of a decibel: -1500 x 0.01 = -15 dB = 0.0316."""
    href = write_tif(tmp_path / "a.tif", np.full(block.shape, -1500, np.int16))
    np.testing.assert_allclose(load(href, block, "dB", scale=0.01), 10**-1.5, rtol=1e-6)


def test_exact_zero_power_is_no_data_and_negative_power_stays(block, tmp_path, write_tif):
    stored = np.full(block.shape, 0.1, np.float32)
    stored[0, :3] = 0, -0.001, np.inf
    href = write_tif(tmp_path / "a.tif", stored)
    values = load(href, block, "linear")
    np.testing.assert_array_equal(np.isnan(values[0, :3]), [True, False, True])
    assert values[0, 1] == np.float32(-0.001)
    assert load(href, block, "1")[0, 0] == 0  # a reflectance may be zero


def test_zero_power_does_not_leak_into_its_neighbours(block, tmp_path, write_tif):
    """Bilinear half way between 0.2 and nothing is 0.2, not 0.1."""
    stored = np.full((80, 101), 0.2, np.float32)
    stored[:, ::2] = 0
    href = write_tif(tmp_path / "a.tif", stored, transform=None, col=-0.5)
    values = load(href, block, "linear")
    np.testing.assert_allclose(values[np.isfinite(values)], 0.2, rtol=1e-6)
    assert np.isfinite(values).any()


def test_a_block_without_any_value(block, tmp_path, write_tif):
    href = write_tif(tmp_path / "a.tif", np.zeros(block.shape, np.float32))
    found = load_raster(Band("a", href, "linear"), block)
    assert np.isnan(found.values).all()
    assert found.covered.all()


def test_the_band_that_is_named(block, tmp_path, write_tif):
    both = np.stack([np.full(block.shape, value, np.float32) for value in (1, 2)])
    href = write_tif(tmp_path / "a.tif", both)
    assert (load(href, block, index=2) == 2).all()
    for read in (lambda band: load_raster(band, block), lambda band: load_overview(band, 16)):
        with pytest.raises(SceneError, match="has 2 bands, number 3 is wanted"):
            read(Band("a", href, "1", index=3))


def test_a_file_without_a_coordinate_system(block, tmp_path, write_tif):
    href = write_tif(tmp_path / "a.tif", np.ones(block.shape, np.float32), crs=None)
    with pytest.raises(SceneError, match="no coordinate system"):
        load(href, block)


def cut(content):
    return content[: len(content) * 2 // 3]


def scramble(content):
    middle = len(content) // 3
    return content[:middle] + b"\xa5" * (len(content) // 3) + content[2 * middle :]


def empty(content):
    return b""


def keep_header(content):
    return content[:100]


@pytest.mark.parametrize(
    "damage, options",
    [(damage, COG) for damage in (cut, scramble, empty, keep_header)]
    + [(damage, {}) for damage in (cut, empty, keep_header)],
)
def test_a_damaged_file_costs_its_scene(damage, options, block, tmp_path, write_tif):
    """Never zeros. (Numbers overwritten without compression carry nothing to tell it by.)"""
    noise = np.random.default_rng(0).random((512, 512)).astype(np.float32)
    href = write_tif(tmp_path / "a.tif", noise, **options)
    content = (tmp_path / "a.tif").read_bytes()
    (tmp_path / "a.tif").write_bytes(damage(content))
    whole = type(block)(block.geobox, 0, 0, 512, 512)
    with pytest.raises(SceneError, match=r"a\.tif cannot be read") as caught:
        load(href, whole)
    assert "a.tif" in str(pickle.loads(pickle.dumps(caught.value)))


def test_a_missing_file_costs_its_scene(block, tmp_path):
    for read in (lambda band: load_raster(band, block), lambda band: load_overview(band, 16)):
        with pytest.raises(SceneError, match=r"none\.tif cannot be read"):
            read(Band("a", str(tmp_path / "none.tif"), "1"))


def test_an_overview_of_the_whole(tmp_path, write_tif):
    """Every 4th pixel stands for its neighbours; a plane's mean stays, nodata stays nodata."""
    rows, cols = np.indices((200, 400))
    stored = (rows + cols).astype(np.int16) + 1
    stored[:, :100] = 0
    href = write_tif(tmp_path / "a.tif", stored, nodata=0)
    thin = load_overview(Band("a", href, "1", scale=0.5), 100)
    assert thin.shape == (50, 100)
    assert np.isnan(thin[:, :25]).all()
    expected = 0.5 * stored[:, 100:].mean()
    np.testing.assert_allclose(np.nanmean(thin), expected, rtol=0.01)
    assert load_overview(Band("a", href, "1"), 1000).shape == (200, 400)
