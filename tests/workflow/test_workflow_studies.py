"""All inputs of each study from one world, by each provider's own conventions: the same numbers."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from earth_engine_server import serve_earth_engine
from stac_server import serve_stac
from study_images import upload_world
from study_items import serve_folder
from study_level_1 import write_archive
from study_recipes import (
    LOCAL,
    write_api_recipe,
    write_images_recipe,
    write_recipe,
)
from study_trial import assemble, read_study
from study_truth import compute_coarse_truth, read_power

from smmap.data import get_folder
from smmap.simulate.area import list_areas
from smmap.simulate.landscape import draw_landscape
from smmap.simulate.season import compute_lai
from smmap.simulate.sources import simulate_sources
from smmap.simulate.world import simulate_world

NUMBERS = {"tiles": 1, "days": 11, "seed": 5, "size": 96}
COUNTS = {"wang2026": 11, "zhu2025": 25, "batchu2023": 16, "gssm10": 33}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    simulate_world(folder, **NUMBERS)
    simulate_sources(folder, **NUMBERS)
    return folder


def compare(found, expected, tolerances):
    """Both are known at the same pixels, and as near each other as each input's tolerance."""
    assert found.keys() == expected.keys()
    assert len(expected) >= 3
    for moment, layers in expected.items():
        for name, values in layers.items():
            where, other = f"{name} at {moment}", found[moment][name]
            np.testing.assert_array_equal(np.isfinite(values), np.isfinite(other), where)
            near, share, pair = tolerances.get(name, 0.0), 0.0, (other, values)
            if isinstance(near, tuple):
                (near, share), *pair = near, *(10 ** (one / 10) for one in pair)
            np.testing.assert_allclose(*pair, rtol=share, atol=near, err_msg=where)


def list_known(found):
    """Inputs that have a value somewhere."""
    return {
        name for layers in found.values() for name, one in layers.items() if np.isfinite(one).any()
    }


# Anything else is the same to the last bit: the same stored numbers through the same arithmetic.
# Joined fields: Earth Engine's pixels travel as float32 before scale and offset, those of files
# after them.
ROUNDED = {
    **dict.fromkeys(("lai", "ndvi", "evi", "smap", "gldas", "era5_soil_moisture"), 1e-6),
    "era5_soil_temperature": 3e-5,
    "air_temperature": 3e-5,
    "precipitation": 1e-8,
    # Google computes reflectance and kelvin itself, and keeps them as float32.
    **{f"landsat_B{band}": 1e-6 for band in range(1, 10)},
    **{f"landsat_B{band}": 1e-4 for band in (10, 11)},
    **dict.fromkeys(("landsat_ndvi", "landsat_ndmi"), 1e-5),
}


class Assembled(dict):
    """Studies from the world's own files, each assembled when first asked for."""

    def __init__(self, world, make_folder):
        super().__init__()
        self.world, self.make_folder = world, make_folder

    def __missing__(self, study):
        self[study] = assemble(self.make_folder(study), study, write_recipe(self.world, study))
        return self[study]


@pytest.fixture(scope="module")
def local(world, tmp_path_factory):
    return Assembled(world, tmp_path_factory.mktemp)


@pytest.mark.parametrize("study, count", COUNTS.items())
def test_every_input_has_values(local, study, count):
    names = [one["name"] for one in read_study(study)["inputs"]]
    assert len(names) == count
    assert list_known(local[study]) == set(names)


FIRST = datetime(2023, 4, 3, 17, 25, 10, tzinfo=UTC)
"""The first overpass: 2.7 days after the world's beginning."""


@pytest.fixture(scope="module")
def landscape():
    return draw_landscape(list_areas(1, NUMBERS["size"])[0], NUMBERS["seed"])


def test_wang_is_near_the_truth(local, landscape):
    layers = local["wang2026"][FIRST]
    ndvi = landscape.compute_ndvi(2.7)
    mean = {name: float(np.mean(one)) for name, one in layers.items()}
    assert mean["ndvi"] == pytest.approx(ndvi.mean(), abs=0.03)  # pixels of 1 km
    assert mean["lai"] == pytest.approx(compute_lai(ndvi).mean(), abs=0.2)
    assert mean["elevation"] == pytest.approx(landscape.terrain.elevation.mean(), abs=1.5)
    assert mean["incidence"] == pytest.approx(35.5, abs=0.05)


def test_zhu_is_near_the_truth(local, landscape):
    layers = local["zhu2025"][FIRST]
    mean = {name: float(np.nanmean(one)) for name, one in layers.items()}
    clay = 100 * landscape.clay.mean()
    assert mean["clay"] == pytest.approx(clay, abs=1)
    assert mean["sand"] == pytest.approx(0.6 * (100 - clay), abs=1)
    assert mean["ndvi"] == pytest.approx(landscape.compute_ndvi(2.7).mean(), abs=0.02)


WEATHER = {
    "wang2026": {"era5_soil_moisture": 1e-5, "era5_soil_temperature": 1e-3},
    "zhu2025": {"air_temperature": 5e-3, "precipitation": 1e-6},
    "batchu2023": {"smap": 1e-5, "gldas": 1e-5},
}
"""Study -> input -> how near it is to the weather that was simulated, at every pixel: packing and
interpolation between coarse pixels of what changes slowly with the place."""


@pytest.mark.parametrize("study", WEATHER)
def test_weather_is_that_of_the_world(local, study):
    places = local["gssm10" if study == "batchu2023" else "wang2026"]  # of the same grid
    for moment, layers in local[study].items():
        where = places[moment]["longitude"], places[moment]["latitude"]
        truth = compute_coarse_truth(moment, *where, NUMBERS)
        for name, near in WEATHER[study].items():
            np.testing.assert_allclose(layers[name], truth[name], 0, near, err_msg=name)


def test_backscatter_is_that_of_the_files(world, local, landscape):
    """Decibels of each pixel at 10 m; their mean (mean_db) at 100 m, as the studies average."""
    block = landscape.area.block
    top, left = (-block.row % 10, -block.col % 10)
    for moment, layers in local["batchu2023"].items():
        for band in ("vv", "vh"):
            decibels = 10 * np.log10(read_power(world, moment, band, block))
            np.testing.assert_allclose(layers[band], decibels, 0, 1e-5)
            inner = decibels[top:, left:]
            rows, cols = (size // 10 for size in inner.shape)
            cells = inner[: 10 * rows, : 10 * cols].reshape(rows, 10, cols, 10).mean((1, 3))
            skipped = np.s_[bool(top) :, bool(left) :]
            found = local["zhu2025"][moment][band][skipped][:rows, :cols]
            whole = np.isfinite(cells)
            assert whole.any()
            np.testing.assert_allclose(found[whole], cells[whole], 0, 1e-4)


def test_texture_is_that_of_the_ground(local):
    """Of clay follows all else; within the rounding of stored g/kg and cg/cm3."""
    layers = local["batchu2023"][FIRST]
    rest = 100 - layers["clay"]
    np.testing.assert_allclose(layers["sand"], 0.6 * rest, 0, 0.1)
    np.testing.assert_allclose(layers["silt"], 0.4 * rest, 0, 0.1)
    np.testing.assert_allclose(layers["bulk_density"], 1.6 - 0.006 * layers["clay"], 0, 0.006)


def test_reflectance_is_near_the_truth(local, landscape):
    """Through the air and back: NDVI of the scene's day, on the 10 m pixels of its clear ground."""
    layers = local["gssm10"][FIRST]
    red = (layers["s2_b4"] - 0.020) / 0.91
    nir = (layers["s2_b8"] - 0.008) / 0.93
    ndvi = (nir - red) / (nir + red)
    gap = np.abs(ndvi - landscape.compute_ndvi(1.45))
    assert np.nanquantile(gap, 0.9) < 0.01
    dry = ~landscape.water & np.isfinite(layers["landsat_b10"])
    kelvin = layers["landsat_b10"][dry]
    assert 288 < kelvin.min() < kelvin.max() < 303
    assert np.abs(layers["landsat_b10"] - layers["landsat_b11"] - 1.5)[dry].max() < 0.01
    hole = np.s_[:20, :20]  # of ALOS
    heights = landscape.terrain.elevation
    assert np.abs(layers["elevation"][hole] - heights[hole]).mean() < 1


@pytest.fixture(scope="module")
def images(world):
    with serve_earth_engine(upload_world(world)) as server:
        yield server


@pytest.mark.parametrize(
    "study",
    # The largest, whose sources but SMAP's and GLDAS's the others have, too.
    [pytest.param(one, marks=[pytest.mark.slow] * (one == "wang2026")) for one in LOCAL],
)
def test_earth_engine_gives_the_same(world, local, images, tmp_path, monkeypatch, study):
    monkeypatch.setenv("SMMAP_EARTH_ENGINE_URL", images.address)
    found = assemble(tmp_path, study, write_images_recipe(world, study))
    compare(found, local[study], ROUNDED)


# Gamma0 was rounded to float32, and its cosine is that of the world's own geometry, of which the
# item tells one number: within 0.01 degrees.
CONVERTED = {"vv": 2e-3, "vh": 2e-3}
# 0.002 dB are 4.6e-4 of all power. Soil's is (all - canopy) / tau2: so much of itself, and so much
# of canopy / tau2, which is below 0.44 for VH of NDVI 0.8. In linear power, as near nothing
# decibels have no bound.
CONVERTED |= {"vv_soil_db": (2e-4, 5e-4), "vh_soil_db": (2e-4, 5e-4)}


@pytest.mark.parametrize(
    "provider, studies",
    [
        ("planetary-computer", ("wang2026", "zhu2025")),
        ("copernicus", ("gssm10",)),
        pytest.param("earth-search", ("zhu2025",), marks=pytest.mark.slow),
        pytest.param("earth-search-collection-1", ("zhu2025",), marks=pytest.mark.slow),
        pytest.param("copernicus-level-2", ("zhu2025",), marks=pytest.mark.slow),
        ("earth-search-level-1", ("batchu2023",)),
    ],
)
def test_providers_give_the_same(world, local, tmp_path, provider, studies):
    folder = serve_folder(world, tmp_path / "served", NUMBERS, provider)
    archive = write_archive(world / "sources" / "era5-land", tmp_path / "era5-land.zarr")
    with serve_stac(folder) as address:
        for study in studies:
            (tmp_path / study).mkdir()
            recipe = write_api_recipe(world, study, provider, address, archive)
            found = assemble(tmp_path / study, study, recipe)
            compare(found, local[study], CONVERTED)


def test_an_offset_applied_twice_would_be_seen(world, local, tmp_path):
    """The comparison has teeth: the same files under a definition with another offset."""
    text = (get_folder("catalogs") / "soilgrids.yaml").read_text()
    wrong = text.replace("units: g cm-3, scale: 0.01", "units: g cm-3, scale: 0.01, offset: 0.001")
    (tmp_path / "wrong.yaml").write_text(wrong.replace("id: soilgrids", "id: wrong"))
    recipe = write_recipe(world, "batchu2023")
    recipe["sources"] = recipe["sources"] | {"soil": str(tmp_path / "wrong.yaml")}
    found = assemble(tmp_path, "batchu2023", recipe)
    with pytest.raises(AssertionError, match="bulk_density"):
        compare(found, local["batchu2023"], ROUNDED)
