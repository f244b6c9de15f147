"""What is checked of a recipe's sources, and what of them decides a unit's pixels."""

from __future__ import annotations

from datetime import UTC, datetime

import pystac
import pytest
import shapely

from smmap.catalog.overpass import group_overpasses
from smmap.pipeline.context import open_context
from smmap.pipeline.fingerprint import Fingerprints
from smmap.pipeline.recipe import load_recipe
from smmap.spec.errors import ConfigError
from smmap.spec.input_list import InputList

PLACE = shapely.box(5.0, 51.2, 5.1, 51.3)


def make_item(name):
    moment = datetime(2023, 4, 29, 5, 58, tzinfo=UTC)
    properties = {"updated": "2023-05-01T00:00:00Z", "platform": "sentinel-1a"}
    return pystac.Item(
        name, shapely.geometry.mapping(PLACE), list(PLACE.bounds), moment, properties
    )


def open_with(*changes):
    return open_context(load_recipe("local-stac", ["catalog=nowhere", *changes]))


def test_reflectance_that_the_model_was_not_fitted_on_is_refused():
    assert open_with("sources.sentinel2=local-sentinel-2").card.reflectance == "surface"
    with pytest.raises(
        ConfigError,
        match=r"sources\.sentinel2: definition 'local-sentinel-2-l1c' gives top-of-atmosphere "
        r"reflectance, model 'physics' was fitted on surface \(input 'ndvi'\)",
    ):
        open_with("sources.sentinel2=local-sentinel-2-l1c")


def test_a_source_under_the_wrong_key_is_refused():
    with pytest.raises(ConfigError, match=r"sources\.sentinel2.*landsat"):
        open_with("sources.sentinel2=local-landsat")


def test_the_order_of_elevation_models_decides_but_that_of_optical_scenes_not():
    context = open_with()
    prints = Fingerprints(context)
    (overpass,) = group_overpasses([make_item("radar")])
    tile = next(iter(context.grid.find_tiles(PLACE)))
    one, other = make_item("a"), make_item("b")

    def compute(**inputs):
        return prints.compute(tile, overpass, inputs)[0]

    assert compute(dem=[one, other]) != compute(dem=[other, one])
    assert compute(sentinel2=[one, other]) == compute(sentinel2=[other, one])


def test_inputs_without_a_model_ask_the_sources_as_a_model_with_them_does():
    with_model = open_with()
    listed = {"radiometry", "aggregation", "reflectance", "missing", "inputs"}
    inputs = InputList.parse(with_model.card.model_dump(include=listed), "physics")
    recipe = load_recipe("local-stac", ["catalog=nowhere", "model=no-such-model"])
    without = open_context(recipe, inputs)
    for asked in ("bands", "requests", "definitions", "radar_grid"):
        assert getattr(without, asked) == getattr(with_model, asked)
    assert without.plain_bands("sentinel2") == with_model.plain_bands("sentinel2")
    with pytest.raises(ConfigError, match=r"'inputs' is a list of inputs: it has no model"):
        _ = without.card


def test_inputs_without_a_model_are_checked_like_a_model():
    broken = {"name": "x", "feature": "ndwi", "units": "1"}
    inputs = InputList(radiometry="sigma0_ellipsoid", inputs=(broken,))
    with pytest.raises(ConfigError, match=r"there is no feature 'ndwi'"):
        open_context(load_recipe("local-stac", ["catalog=nowhere"]), inputs)
    with pytest.raises(ConfigError, match=r"'inputs' names .'x'. twice"):
        InputList.parse({"radiometry": "sigma0_ellipsoid", "inputs": [broken, broken]}, "list.yaml")
