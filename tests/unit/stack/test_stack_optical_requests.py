"""Several joins over one optical source, masked by packed bits."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from smmap.catalog.definitions import load_definition
from smmap.features.request import Request
from smmap.spec.band import Band
from smmap.spec.errors import ConfigError
from smmap.spec.join import DayMean, Median, Nearest
from smmap.spec.recipe import Optical
from smmap.spec.tile import Block
from smmap.stack.optical import OpticalBlock

OVERPASS = datetime(2023, 4, 15, 17, 25, tzinfo=UTC)
LANDSAT = load_definition("local-landsat")
LAND, WATER, SNOW, CLOUD, SHADOW, CIRRUS, DILATED, FILL = (
    21824,
    21952,
    30048,
    22280,
    23888,
    54596,
    21826,
    1,
)  # QA_PIXEL of Landsat 8 and 9: high confidence, all else low

NEAREST = Nearest(rule="nearest", days_before=3, days_after=3)
PAST = Nearest(rule="nearest", days_before=14)
YEAR = Median(rule="median", days_before=365)


@pytest.fixture(scope="module")
def make_landsat(tmp_path_factory, write_tif, make_scene):
    """A scene of red, near infrared and temperature as Landsat stores them, with QA_PIXEL."""

    def make(name, red=0.1, nir=0.3, kelvin=300.0, flags=LAND, days=0.0):
        folder = tmp_path_factory.mktemp("landsat")
        spread = np.ones((80, 100))
        stored = {
            "red": np.round((red * spread + 0.2) / 2.75e-5),
            "nir": np.round((nir * spread + 0.2) / 2.75e-5),
            "surface_temperature": np.round((kelvin * spread - 149) / 0.00341802),
            "qa_pixel": flags * spread,
        }
        bands = {}
        for key, values in stored.items():
            known_values = np.where(np.isnan(values), 0, values).astype(np.uint16)
            href = write_tif(folder / f"{key}.tif", known_values)
            known = LANDSAT.bands[key].model_dump(
                include={"units", "scale", "offset", "nodata", "resampling"}
            )
            bands[key] = Band(key, href, **known)
        moment = OVERPASS + timedelta(days=days)
        return make_scene(name, bands, definition=LANDSAT, datetime=moment)

    return make


def request(band, join=NEAREST):
    return Request("landsat", band, join)


def open_block(block, *requests, bands=(), factor=1):
    return OpticalBlock(block, factor, bands, Optical(), requests)


@pytest.mark.parametrize(
    "flags, clear, water, snow",
    [
        (LAND, True, 0, 0),
        (WATER, True, 1, 0),
        (SNOW, True, 0, 1),
        (CLOUD, False, None, None),
        (SHADOW, False, None, None),
        (CIRRUS, False, None, None),
        (DILATED, False, None, None),
        (FILL, False, None, None),
    ],
)
def test_quality_bits_decide(block, make_landsat, flags, clear, water, snow):
    wanted = [request(band) for band in ("red", "surface_temperature", "water", "snow")]
    layers = open_block(block, *wanted).load_requests([make_landsat("a", flags=flags)], OVERPASS)
    assert list(layers) == [one.name for one in wanted]
    if clear:
        assert layers[wanted[0].name][0, 0] == pytest.approx(0.1, abs=1.4e-5)
        assert layers[wanted[1].name][0, 0] == pytest.approx(300, abs=0.002)
        assert layers[wanted[2].name][0, 0] == water
        assert layers[wanted[3].name][0, 0] == snow
    else:
        assert all(np.isnan(values).all() for values in layers.values())


def test_each_join_has_its_own_reach(block, make_landsat):
    scenes = [
        make_landsat("a", red=0.10, days=-200),
        make_landsat("b", red=0.20, days=-10),
        make_landsat("c", red=0.40, days=-5),
        make_landsat("d", red=0.70, days=2),
    ]
    wanted = [request("red", join) for join in (NEAREST, PAST, YEAR)]
    layers = open_block(block, *wanted).load_requests(scenes, OVERPASS)
    nearest, past, year = (layers[one.name][0, 0] for one in wanted)
    assert nearest == pytest.approx(0.70, abs=2e-5)  # from after the overpass
    assert past == pytest.approx(0.40, abs=2e-5)  # from before it, though further off
    assert year == pytest.approx(0.20, abs=2e-5)  # median of the three before it


def test_the_reach_ends_with_its_last_instant(block, make_landsat):
    inside, outside = make_landsat("a", days=-14), make_landsat("b", days=-14 - 1e-4)
    wanted = request("red", PAST)
    found = open_block(block, wanted).load_requests([inside], OVERPASS)
    assert np.isfinite(found[wanted.name]).all()
    found = open_block(block, wanted).load_requests([outside], OVERPASS)
    assert np.isnan(found[wanted.name]).all()


def test_bands_of_one_join_are_of_one_scene(block, make_landsat):
    """A scene without a temperature lends no red to the join that wants both."""
    broken = make_landsat("a", red=0.1, kelvin=np.nan, days=0.5)
    whole = make_landsat("b", red=0.2, days=2)
    both = [request("red"), request("surface_temperature")]
    alone = request("red", PAST)
    layers = open_block(block, *both).load_requests([broken, whole], OVERPASS)
    assert layers[both[0].name][0, 0] == pytest.approx(0.2, abs=2e-5)
    earlier = make_landsat("c", red=0.3, kelvin=np.nan, days=-1)
    layers = open_block(block, *both, alone).load_requests([broken, whole, earlier], OVERPASS)
    assert layers[both[0].name][0, 0] == pytest.approx(0.2, abs=2e-5)
    assert layers[alone.name][0, 0] == pytest.approx(0.3, abs=2e-5)  # needs no temperature


def test_a_scene_is_read_once_for_all_joins(block, make_landsat):
    scene = make_landsat("a", days=-1)
    one = open_block(block, request("red"), request("nir", PAST), request("red", YEAR))
    one.load_requests([scene], OVERPASS)
    for band in scene.bands.values():
        Path(band.href).unlink()
    again = one.load_requests([scene], OVERPASS + timedelta(days=300))  # still in the year's reach
    assert np.isnan(again[request("red").name]).all()
    assert np.isfinite(again[request("red", YEAR).name]).all()


def test_requests_without_a_join_are_as_the_recipe_says(block, make_landsat):
    scenes = [make_landsat("a", red=0.1, days=-1), make_landsat("b", red=0.2, days=4)]
    one = open_block(block, Request("landsat", "red"), bands=("red", "nir"))
    plain = one.load_layers(scenes, OVERPASS)
    asked = one.load_requests(scenes, OVERPASS)
    np.testing.assert_array_equal(asked["landsat:red"], plain["red"])
    assert (plain["optical_age_days"] == 1).all()


def test_no_scenes_give_no_numbers_of_requests(block):
    layers = open_block(block, request("red"), request("snow")).load_requests([], OVERPASS)
    assert all(np.isnan(v).all() and v.shape == block.shape for v in layers.values())


def test_other_joins_are_refused(block):
    daily = Request("landsat", "red", DayMean(rule="day-mean"))
    with pytest.raises(ConfigError, match="'nearest' or 'median', not 'day-mean'"):
        open_block(block, daily).load_requests([], OVERPASS)


@pytest.fixture(scope="module")
def many(make_landsat):
    generator = np.random.default_rng(4)
    return [
        make_landsat(
            str(n),
            red=generator.uniform(0, 0.6, (80, 100)),
            flags=generator.choice([LAND, WATER, CLOUD, SHADOW], (80, 100)),
            days=-3 * n,
        )
        for n in range(4)
    ]


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(size=st.integers(7, 39), factor=st.sampled_from([1, 2]))
def test_any_cut_gives_the_bits_of_the_whole_requests(size, factor, many):
    affine = Affine(10 * factor, 0, 600_003, 0, -10 * factor, 5_099_995)
    coarse = Block.whole(GeoBox((80 // factor, 100 // factor), affine, "EPSG:32632"))
    wanted = [request("red"), request("nir", YEAR), request("water", PAST)]
    whole = open_block(coarse, *wanted, factor=factor).load_requests(many, OVERPASS)
    part = coarse.split(size)[-1]
    found = open_block(part, *wanted, factor=factor).load_requests(many, OVERPASS)
    for name, values in whole.items():
        np.testing.assert_array_equal(found[name], values[part.within(coarse)])
