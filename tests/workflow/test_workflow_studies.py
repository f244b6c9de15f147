"""All inputs of each study from one world, by each provider's own conventions: the same numbers."""

from __future__ import annotations

import numpy as np
import pytest
from earth_engine_server import serve_earth_engine
from stac_server import serve_stac
from study_images import upload_world
from study_items import serve_folder
from study_trial import assemble, read_study

from smmap.data import get_folder
from smmap.simulate.sources import QUARTER_KM, simulate_sources
from smmap.simulate.world import simulate_world

NUMBERS = {"tiles": 1, "days": 11, "seed": 5, "size": 96}
PLAIN = {
    "radar": {"erode": 0, "despeckle": {"method": "none"}},
    "optical": {"max_cloud_cover": 50, "window_days": 5},
}
LOCAL = {
    "wang2026": {
        "sentinel1": "local-sentinel-1",
        "dem": "local-dem",
        "era5_land": "cds-era5-land",
        "modis_lai": "files-modis-lai",
        "modis_vegetation": "files-modis-vegetation-1km",
    },
    "zhu2025": {
        "sentinel1": "local-sentinel-1",
        "sentinel2": "local-sentinel-2",
        "dem": "local-dem",
        "era5_land": "cds-era5-land",
        "modis_vegetation": "files-modis-vegetation-250m",
        "smap": "files-smap-l3-enhanced",
        "soil": "soilgrids",
    },
    "batchu2023": {
        "sentinel1": "local-sentinel-1",
        "sentinel2": "local-sentinel-2-l1c",
        "dem": "local-dem",
        "smap": "files-smap-l3-enhanced",
        "gldas": "files-gldas-noah",
        "soil": "soilgrids",
    },
    "gssm10": {
        "sentinel1": "local-sentinel-1",
        "sentinel2": "local-sentinel-2-l1c",
        "landsat": "local-landsat-l1",
        "dem": "local-alos-dem",
        "land_cover": "local-land-cover",
    },
}
EARTH_ENGINE = {
    "local-sentinel-1": "earth-engine-sentinel-1-float",
    "local-dem": "earth-engine-cop-dem-glo-30",
    "local-alos-dem": "earth-engine-aw3d30",
    "cds-era5-land": "earth-engine-era5-land",
    "files-modis-lai": "earth-engine-modis-lai",
    "files-modis-vegetation-1km": "earth-engine-modis-vegetation",
    "files-modis-vegetation-250m": "earth-engine-modis-vegetation-250m",
    "files-smap-l3-enhanced": "earth-engine-smap-l3-enhanced",
    "files-gldas-noah": "earth-engine-gldas-noah",
    "soilgrids": "earth-engine-soilgrids",
    "local-sentinel-2": "earth-engine-sentinel-2-l2a",
    "local-sentinel-2-l1c": "earth-engine-sentinel-2-l1c",
    "local-landsat-l1": "earth-engine-landsat-c2-toa",
    "local-land-cover": "earth-engine-esa-worldcover",
}
SERVED = {
    "planetary-computer": {
        "sentinel1": "planetary-computer-sentinel-1-rtc",
        "sentinel2": "planetary-computer-sentinel-2-l2a",
        "dem": "planetary-computer-cop-dem-glo-30",
        "modis_lai": "planetary-computer-modis-lai",
        "modis_vegetation": "planetary-computer-modis-vegetation-250m",
    },
    "earth-search": {
        "sentinel2": "earth-search-sentinel-2-l2a",
        "dem": "earth-search-cop-dem-glo-30",
    },
}
COUNTS = {"wang2026": 11, "zhu2025": 25, "batchu2023": 16, "gssm10": 33}
GRIDS = {"wang2026": "utm-100m", "zhu2025": "utm-100m"}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    simulate_world(folder, **NUMBERS)
    simulate_sources(folder, **NUMBERS)
    return folder


def find_places(world, study):
    """Where the recipe says that sources lie which are not in the world's own catalogue."""
    sources = world / "sources"
    places = {
        "era5_land": sources / "era5-land",
        "modis_lai": sources / "modis-lai",
        "modis_vegetation": sources / "modis-vegetation",
        "smap": sources / "smap",
        "gldas": sources / "gldas",
        "soil": sources / "soilgrids",
        "land_cover": sources / "catalog.json",
        "landsat": sources / "catalog.json",
    }
    if study in ("batchu2023", "gssm10"):
        places["sentinel2"] = sources / "catalog.json"
    if study == "gssm10":
        places["dem"] = sources / "catalog.json"
    if study == "zhu2025":
        places["modis_vegetation"] = sources / QUARTER_KM
    return {key: str(place) for key, place in places.items()}


def write_recipe(world, study):
    """Everything from the world's own catalogues and folders."""
    return {
        "catalog": str(world / "catalog.json"),
        "catalogs": find_places(world, study),
        "sources": LOCAL[study],
        "grid": GRIDS.get(study, "utm-10m"),
        **PLAIN,
    }


def write_images_recipe(world, study):
    """Everything from Earth Engine."""
    recipe = write_recipe(world, study)
    del recipe["catalog"], recipe["catalogs"]
    sources = {key: EARTH_ENGINE[name] for key, name in recipe["sources"].items()}
    return recipe | {"sources": sources}


def write_api_recipe(world, study, provider, address):
    """What the provider has from its STAC API, the rest from the world's own."""
    recipe = write_recipe(world, study)
    for key, name in SERVED[provider].items():
        if key in recipe["sources"] and (study, key) != ("wang2026", "modis_vegetation"):
            recipe["sources"] = recipe["sources"] | {key: name}
            recipe["catalogs"][key] = address
    return recipe


def compare(found, expected, tolerances):
    """Both are known at the same pixels, and as near each other as each input's tolerance."""
    assert found.keys() == expected.keys()
    assert len(expected) >= 3
    for moment, layers in expected.items():
        for name, values in layers.items():
            where, other = f"{name} at {moment}", found[moment][name]
            np.testing.assert_array_equal(np.isfinite(values), np.isfinite(other), where)
            np.testing.assert_allclose(
                other, values, rtol=0, atol=tolerances.get(name, 0.0), err_msg=where
            )


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


@pytest.fixture(scope="module")
def local(world, tmp_path_factory):
    """Each study from the world's own files, assembled once."""
    return {
        study: assemble(tmp_path_factory.mktemp(study), study, write_recipe(world, study))
        for study in LOCAL
    }


@pytest.mark.parametrize("study, count", COUNTS.items())
def test_every_input_has_values(local, study, count):
    names = [one["name"] for one in read_study(study)["inputs"]]
    assert len(names) == count
    assert list_known(local[study]) == set(names)


@pytest.fixture(scope="module")
def images(world):
    with serve_earth_engine(upload_world(world)) as server:
        yield server


@pytest.mark.parametrize("study", LOCAL)
def test_earth_engine_gives_the_same(world, local, images, tmp_path, monkeypatch, study):
    monkeypatch.setenv("SMMAP_EARTH_ENGINE_URL", images.address)
    found = assemble(tmp_path, study, write_images_recipe(world, study))
    compare(found, local[study], ROUNDED)


# Gamma0 was rounded to float32, and its cosine is that of the world's own geometry, of which the
# item tells one number: within 0.01 degrees.
CONVERTED = {"vv": 2e-3, "vh": 2e-3}


@pytest.mark.parametrize("provider", SERVED)
def test_providers_give_the_same(world, local, tmp_path, provider):
    folder = serve_folder(world, tmp_path / "served", NUMBERS, provider)
    with serve_stac(folder) as address:
        for study in ("wang2026", "zhu2025"):
            (tmp_path / study).mkdir()
            recipe = write_api_recipe(world, study, provider, address)
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
