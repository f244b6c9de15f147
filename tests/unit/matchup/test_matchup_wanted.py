"""What a table is made for: recipes, cards and lists; and columns that cannot be."""

from __future__ import annotations

import pytest
import yaml

from smmap.data import get_folder
from smmap.features.builder import compute_requests
from smmap.matchup.table import check_columns
from smmap.matchup.wanted import load_wanted, name_columns
from smmap.pipeline.needs import SNOW_DEPTH
from smmap.spec.errors import ConfigError

VV = {"name": "vv", "feature": "backscatter_db", "options": {"polarisation": "vv"}, "units": "dB"}
LIST = {"radiometry": "sigma0_ellipsoid", "inputs": [VV]}


def write_list(path, **changes):
    path.write_text(yaml.safe_dump({**LIST, **changes}))
    return str(path)


def list_names():
    models = get_folder("models")
    recipes = {path.parent.name for path in models.glob("*/recipe.yaml")}
    return sorted(recipes | {path.stem for path in models.glob("studies/*.yaml")} | {"physics"})


@pytest.mark.parametrize("name", list_names())
def test_every_packaged_recipe_model_and_study_makes_a_table(name):
    check_columns(load_wanted(name))


def test_quality_control_of_a_recipe_is_asked_of_its_sources():
    wanted = load_wanted("wang2026-rf")
    assert list(name_columns(wanted))[-2:] == ["snow_depth", "snow_cover"]
    assert len(wanted.inputs) == 11 + 2
    assert SNOW_DEPTH in compute_requests(wanted)


def test_sine_and_cosine_share_a_column():
    columns = name_columns(load_wanted("zhu2025-rf"))
    assert len(columns) == 25 - 2  # day of year, longitude
    assert {"time", "longitude"} <= set(columns)


def test_different_inputs_of_one_column_are_refused(tmp_path):
    other = {**VV, "name": "other", "options": {"polarisation": "vh"}, "column": "vv"}
    path = write_list(tmp_path / "list.yaml", inputs=[VV, other])
    with pytest.raises(ConfigError, match=r"'vv' and 'other' .* share the column 'vv'"):
        load_wanted(path)


@pytest.mark.parametrize("column", ["station", "soil_moisture", "latitude", "geometry"])
def test_an_input_cannot_take_the_place_of_a_column_of_every_table(tmp_path, column):
    wanted = load_wanted(write_list(tmp_path / "list.yaml", inputs=[{**VV, "column": column}]))
    with pytest.raises(ConfigError, match=f"input 'vv' fills a column '{column}'"):
        check_columns(wanted)


@pytest.mark.parametrize(
    "limit, told",
    [
        (
            {"feature": "reflectance", "options": {"band": "red"}, "source": "sentinel2"},
            r"'x' from optical scenes.*make it an input",
        ),
        ({"source": "era5_land"}, r"belong to a 'feature', which is missing"),
        ({"feature": "snow"}, r"there is no feature 'snow'"),
        ({"feature": "elevation"}, r"is in 'm', not in '1'"),
    ],
)
def test_quality_control_that_cannot_be_made_is_refused(tmp_path, limit, told):
    recipe = yaml.safe_load((get_folder("models") / "wang2026-rf" / "recipe.yaml").read_text())
    changed = {**recipe, "quality": [{"column": "x", "most": 1, **limit}]}
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(changed))
    with pytest.raises(ConfigError, match=told):
        load_wanted(str(tmp_path))


def test_what_is_none_of_them_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"no inputs 'wang'.*batchu2023.*physics.*wang2026-rf"):
        load_wanted("wang")
    (tmp_path / "list.yaml").write_text("- 1\n")
    with pytest.raises(ConfigError, match="expected keys and values, found list"):
        load_wanted(str(tmp_path / "list.yaml"))
    with pytest.raises(ConfigError, match=r"unknown key 'input'"):
        load_wanted(write_list(tmp_path / "list.yaml", input=1))
