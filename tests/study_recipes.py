"""Recipes that assemble a study's inputs from a simulated world, by each provider's definitions."""

from __future__ import annotations

from smmap.simulate.sources import QUARTER_KM

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
    # Level 1 of the Copernicus Data Space and USGS; radar and what is static of the former.
    "copernicus": {
        "sentinel1": "planetary-computer-sentinel-1-rtc",
        "sentinel2": "copernicus-sentinel-2-l1c",
        "landsat": "usgs-landsat-c2-l1",
        "dem": "planetary-computer-alos-dem",
        "land_cover": "planetary-computer-esa-worldcover",
    },
    "earth-search": {
        "sentinel2": "earth-search-sentinel-2-l2a",
        "dem": "earth-search-cop-dem-glo-30",
    },
    "earth-search-collection-1": {"sentinel2": "earth-search-sentinel-2-c1-l2a"},
    "copernicus-level-2": {"sentinel2": "copernicus-sentinel-2-l2a"},
    "earth-search-level-1": {
        "sentinel2": "earth-search-sentinel-2-l1c",
        "dem": "earth-search-cop-dem-glo-30",
    },
}
ARCHIVE = "zarr-era5-land"
GRIDS = {"wang2026": "utm-100m", "zhu2025": "utm-100m"}


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


def write_api_recipe(world, study, provider, address, archive):
    """What the provider has from its STAC API, ERA5-Land from a Zarr archive, the rest of files."""
    recipe = write_recipe(world, study)
    for key, name in SERVED[provider].items():
        if key in recipe["sources"] and (study, key) != ("wang2026", "modis_vegetation"):
            recipe["sources"] = recipe["sources"] | {key: name}
            recipe["catalogs"][key] = address
    if "era5_land" in recipe["sources"]:
        recipe["sources"] = recipe["sources"] | {"era5_land": ARCHIVE}
        recipe["catalogs"]["era5_land"] = str(archive)
    return recipe
