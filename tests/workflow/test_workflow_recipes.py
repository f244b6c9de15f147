"""Every packaged training recipe makes maps of a simulated world: those of its own table."""

from __future__ import annotations

import numpy as np
import pytest
from mapped_recipes import assemble, describe_run, follow

from smmap.simulate.sources import FOLDERS, simulate_sources
from smmap.simulate.world import simulate_world
from smmap.spec.quality import QUALITY_NODATA, Quality
from smmap.train.train_table import list_recipes, load_recipe

START = "2023-04-10"
"""After the first two overpasses, which are histories' alone."""
NUMBERS = {"days": 18, "seed": 5, "size": 128}
TAKEN_AWAY = Quality.SNOW_OR_FROZEN | Quality.WATER | Quality.OUT_OF_BOUNDS
PLAIN = ("vv_db", "vh_db", "incidence_deg", "latitude", "longitude", "elevation")
FEW = ("vv_soil_db", "vh_soil_db", "s2_ndvi", "s2_ndmi", "landsat_b10", "elevation")
CELLS, SPECKLED, ASSUMED = 0.5, 0.25, 0.3
"""Correlation with the truth, at least: of cells of 100 m, of pixels of 10 m with 4.4 looks, and of
cells where half of the model assumes one NDVI for all, in a world where NDVI differs by field."""
ROUNDED = 0.00005 + 1e-6
"""Half a step in which maps are packed, m3/m3, and float32."""


def make_world(folder, leave_out):
    simulate_world(folder, **NUMBERS)
    simulate_sources(folder, **NUMBERS, leave_out=leave_out)
    return folder


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Radar, optics, elevation."""
    return make_world(tmp_path_factory.mktemp("recipes") / "world", FOLDERS.keys())


@pytest.fixture(scope="module")
def whole_world(tmp_path_factory):
    return make_world(tmp_path_factory.mktemp("recipes") / "whole", {"gldas"})


def check(mapped, least):
    """Maps are what the table says wherever quality lets a value stand, and follow the truth."""
    title = f"{mapped.card.name} {mapped.card.version}"
    stands, found, truth = [], [], []
    for item in mapped.items:
        assert item.properties["processing:lineage"].endswith(f"model {title}")
        sm, rows = mapped.read(item, "sm"), mapped.get_rows(item)
        by_table = rows["sm"].to_numpy()
        both = np.isfinite(sm) & np.isfinite(by_table)
        np.testing.assert_allclose(sm[both], by_table[both], rtol=0, atol=ROUNDED)
        assert not (np.isfinite(sm) & ~np.isfinite(by_table)).any()
        lost = np.isfinite(by_table) & ~np.isfinite(sm)
        quality = np.nan_to_num(mapped.read(item, "sm_quality")[lost], nan=QUALITY_NODATA)
        assert (quality != QUALITY_NODATA).all()
        assert (quality.astype(int) & TAKEN_AWAY).all()
        stands.append(both.sum() / max(1, np.isfinite(by_table).sum()))
        found.append(sm)
        truth.append(rows["truth"].to_numpy())
    assert len(mapped.items) >= 1
    assert np.mean(stands) > 0.6
    found, truth = np.concatenate(found), np.concatenate(truth)
    known = np.isfinite(found) & np.isfinite(truth)
    assert np.corrcoef(found[known], truth[known])[0, 1] > least
    assert 0.01 < found[known].min() < found[known].max() < 0.5


@pytest.mark.slow
def test_memory_of_overpasses(tmp_path, world):
    """The recipe of the LSTM on those of its inputs that are always there."""
    recipe = load_recipe("wang2026-lstm")
    inputs = tuple(one for one in recipe.inputs if one.name in PLAIN)
    recipe = recipe.model_copy(update={"inputs": inputs, "quality": recipe.quality[:1]})
    run = describe_run(world, recipe.name)
    run["sources"] = {key: run["sources"][key] for key in ("sentinel1", "dem")}
    mapped = follow(world, tmp_path, recipe, run, START)
    assert mapped.card.columns == 6 * 7
    assert (
        "the last 6 overpasses within 36 days" in mapped.items[0].properties["processing:lineage"]
    )
    check(mapped, CELLS)


@pytest.mark.slow
def test_ensemble_with_tabnet(tmp_path, world):
    """By the study's weights, so that each member counts; few inputs and cells, for speed."""
    recipe = load_recipe("gssm10")
    weights = {"random-forest": 0.56, "tabnet": 0.43, "xgboost": 0.26}
    members = [one.change({"weight": weights[one.kind]}) for one in recipe.members]
    inputs = tuple(one for one in recipe.inputs if one.name in FEW)
    changed = {"members": tuple(members), "combine": "given", "inputs": inputs}
    changed |= {"splits": ("station",), "folds": 2}
    recipe = recipe.model_copy(update=changed)
    run = describe_run(world, "gssm10") | {"grid": "utm-100m"}
    mapped = follow(world, tmp_path, recipe, run, "2023-04-01")
    shares = {one.file: one.weight for one in mapped.card.members}
    total = sum(weights.values())
    assert shares == {f"{k}.onnx": pytest.approx(v / total) for k, v in weights.items()}
    check(mapped, CELLS)


STUDIES = sorted(set(list_recipes()) - {"batchu2023"})


@pytest.fixture(scope="module")
def layers(whole_world, tmp_path_factory):
    """Inputs of a study's recipes, read once for all of them."""
    known = {}

    def find(recipe, run):
        key = tuple(one.model_dump_json() for one in recipe.inputs)
        if key not in known:
            known[key] = assemble(recipe, run, tmp_path_factory.mktemp("layers"))
        return known[key]

    return find


@pytest.mark.slow
@pytest.mark.parametrize("name", STUDIES)
def test_every_recipe(tmp_path, whole_world, layers, name):
    recipe, run = load_recipe(name), describe_run(whole_world, name)
    start = "2023-04-01" if name == "gssm10" else START
    found = layers(recipe, run)
    least = {"gssm10": SPECKLED, "poland2024": ASSUMED}.get(name, CELLS)
    check(follow(whole_world, tmp_path, recipe, run, start, found), least)
