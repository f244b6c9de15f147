"""Tables that say how they were made are not trained on, or predicted for, as something else."""

import json

import numpy as np
import pytest
from patch_stores import make_layout, write_store
from sample_tables import RECIPE, draw_table, make_recipe
from typer.testing import CliRunner

from smmap.cli.app import app
from smmap.data import get_folder
from smmap.matchup.geoparquet import write_geoparquet
from smmap.matchup.wanted import load_wanted, name_columns
from smmap.patches.read import PatchStore, open_patches
from smmap.spec.errors import ConfigError, InsituError
from smmap.train.patch_samples import select_patches
from smmap.train.predict_table import predict_table
from smmap.train.table_notes import check_notes
from smmap.train.train_table import list_recipes, load_recipe, train_table

NDVI = {"name": "ndvi", "feature": "ndvi", "units": "1"}


def write_noted(path, **changes):
    """As `smmap samples` writes it: the inputs among the notes."""
    inputs = make_recipe(**changes).list_inputs().model_dump(mode="json")
    table = draw_table().assign(ndvi=0.3)
    place = np.zeros(len(table))
    write_geoparquet(path, table, place, place, {"smmap": "1", "inputs": inputs})
    return path


@pytest.mark.parametrize(
    "made, asked, said",
    [
        ({"aggregation": "mean_db"}, {}, "aggregation 'mean_db', not 'mean_power'"),
        ({}, {"radiometry": "sigma0_from_rtc"}, "'sigma0_ellipsoid', not 'sigma0_from_rtc'"),
        (
            {"reflectance": "top-of-atmosphere", "inputs": [*RECIPE["inputs"], NDVI]},
            {"inputs": [*RECIPE["inputs"], NDVI]},
            "reflectance 'top-of-atmosphere', not 'surface'",
        ),
        (
            {"inputs": [RECIPE["inputs"][0] | {"options": {"polarisation": "vh"}}]},
            {},
            "'VV' was derived as .*'vh'",
        ),
    ],
)
def test_a_table_made_as_something_else_is_refused(tmp_path, made, asked, said):
    table = write_noted(tmp_path / "t.parquet", **made)
    with pytest.raises(InsituError, match=said):
        train_table(make_recipe(**asked), table, tmp_path / "model", draws=0)
    assert not (tmp_path / "model").exists()
    check_notes({}, make_recipe(**asked).list_inputs(), "a table without notes")


def test_a_table_made_as_asked_is_taken(tmp_path):
    # Reflectances are none of its inputs, so that it does not matter of what they would be.
    table = write_noted(tmp_path / "t.parquet", reflectance="top-of-atmosphere")
    assert train_table(make_recipe(), table, tmp_path / "m", draws=0).samples == 240


def test_a_model_is_not_asked_about_other_inputs(tmp_path, trained):
    table = write_noted(tmp_path / "t.parquet", aggregation="mean_db")
    with pytest.raises(InsituError, match=r"no table for 'drawn'.*smmap samples --for drawn"):
        predict_table(trained[0], table, tmp_path / "sm.parquet")
    assert not (tmp_path / "sm.parquet").exists()


def test_scores_of_a_table_that_was_made_otherwise_are_refused(tmp_path, trained):
    """A column of predictions from elsewhere does not make it the model's own table."""
    table = write_noted(tmp_path / "t.parquet", aggregation="mean_db")
    command = [
        "validate",
        str(table),
        "--model",
        str(trained[0]),
        "--out",
        str(tmp_path / "p.html"),
    ]
    done = CliRunner().invoke(app, command)
    assert isinstance(done.exception, InsituError)
    assert "no table for 'drawn': it was made with aggregation 'mean_db'" in str(done.exception)
    assert not (tmp_path / "p.html").exists()


def in_units(units):
    return [RECIPE["inputs"][0] | {"units": units}, *RECIPE["inputs"][1:]]


def test_units_that_a_feature_does_not_have_stop_before_anything_is_fitted(tmp_path):
    """No map could be made with it: no CSV file says so, the recipe alone does."""
    draw_table().to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(ConfigError, match=r"'backscatter_db' is in 'dB', not in 'm'.*column 'VV'"):
        train_table(make_recipe(inputs=in_units("m")), tmp_path / "t.csv", tmp_path / "m")
    assert not (tmp_path / "m").exists()


def test_columns_that_a_table_says_are_in_other_units_are_refused():
    recipe = make_recipe()
    made = make_recipe(inputs=in_units("linear")).list_inputs().model_dump(mode="json")
    with pytest.raises(InsituError, match="column 'VV' is in 'linear', not in 'dB'"):
        check_notes({"inputs": made}, recipe.list_inputs(), "t")


def test_notes_that_make_no_sense():
    with pytest.raises(InsituError, match="make the table again"):
        check_notes({"inputs": {"radiometry": "loud"}}, make_recipe().list_inputs(), "t")
    check_notes({"account": {}}, make_recipe().list_inputs(), "t")


def test_patches_of_another_radiometry_are_refused(tmp_path):
    recipe = load_recipe("batchu2023")
    store = open_patches(write_store(tmp_path / "patches", stations=1, samples=2))
    inputs = recipe.list_inputs().model_dump(mode="json") | {"radiometry": "gamma0_terrain"}
    layout = make_layout(recipe).model_copy(update={"provenance": {"inputs": inputs}})
    sides = {"fine": 284, "coarse": 16}
    with pytest.raises(InsituError, match="radiometry 'gamma0_terrain', not 'sigma0_ellipsoid'"):
        select_patches(PatchStore(store.root, layout), recipe, recipe.windows, sides)


def test_a_recipe_is_changed_where_it_is_trained(tmp_path):
    """As the message of too few groups says."""
    draw_table(fields=2).to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "r.yaml").write_text(json.dumps(RECIPE | {"splits": ["station"]}))
    command = ["train", str(tmp_path / "r.yaml"), "--table", str(tmp_path / "t.csv")]
    command += ["--out", str(tmp_path / "m")]
    few = CliRunner().invoke(app, command)
    assert isinstance(few.exception, InsituError)
    assert "--set folds=2" in str(few.exception)
    done = CliRunner().invoke(app, [*command, "--set", "folds=2"])
    assert done.exit_code == 0, done.output
    wrong = CliRunner().invoke(app, [*command, "--set", "fold=2"])
    assert "unknown key 'fold'" in str(wrong.exception)


def test_what_is_left_out_means_what_it_says_when_spelled_out():
    """Of reflectances without a source those of Sentinel-2."""
    join = {"rule": "nearest", "days_before": 3}
    band = {"name": "b", "feature": "reflectance", "options": {"band": "blue"}, "units": "1"}
    plain = make_recipe(inputs=[band | {"join": join}]).list_inputs()
    named = make_recipe(inputs=[band | {"join": join, "source": "sentinel2"}]).list_inputs()
    check_notes({"inputs": plain.model_dump(mode="json")}, named, "t")
    other = make_recipe(inputs=[band | {"join": join, "source": "landsat"}]).list_inputs()
    with pytest.raises(InsituError, match="landsat"):
        check_notes({"inputs": plain.model_dump(mode="json")}, other, "t")


@pytest.mark.parametrize("name", [one for one in list_recipes() if one[:4] in ("wang", "zhu2")])
def test_a_studys_list_is_that_of_its_recipes_but_for_how_pixels_become_cells(name):
    recipe = load_recipe(name)
    listed = load_wanted(name.partition("-")[0])
    columns = set(name_columns(load_wanted(name)))
    assert columns - set(name_columns(listed)) == {
        one.column for one in recipe.quality if one.feature
    }
    with pytest.raises(InsituError, match="aggregation 'mean_db', not 'mean_power'"):
        check_notes({"inputs": listed.model_dump(mode="json")}, recipe.list_inputs(), "t")
    reproduced = load_recipe(name, ["aggregation=mean_db"])
    check_notes({"inputs": listed.model_dump(mode="json")}, reproduced.list_inputs(), "t")


@pytest.mark.parametrize("name", ["batchu2023", "gssm10"])
def test_a_studys_list_fills_the_columns_of_its_recipe(name):
    listed = load_wanted(str(get_folder("models") / "studies" / f"{name}.yaml"))
    recipe = load_recipe(name).list_inputs()
    assert list(name_columns(listed)) == list(name_columns(recipe))
    check_notes({"inputs": listed.model_dump(mode="json")}, recipe, "t")
