"""The two-branch study over a simulated world: from stations to a map, by the commands alone."""

from __future__ import annotations

import json

import numpy as np
import pytest
import rasterio
import yaml
from study_recipes import write_recipe
from typer.testing import CliRunner

from smmap.cli.app import app
from smmap.data import get_folder
from smmap.matchup.patch_batch import extract_place
from smmap.matchup.wanted import load_patches_wanted
from smmap.patches.read import open_patches
from smmap.pipeline.blocks import open_block, open_fields
from smmap.pipeline.branches import find_chunks, find_ground
from smmap.pipeline.context import open_context
from smmap.pipeline.load_surroundings import load_surroundings
from smmap.pipeline.plan import plan_run
from smmap.pipeline.recipe import load_recipe
from smmap.pipeline.task_scenes import TaskScenes
from smmap.spec.tile import Block
from smmap.spec.windows import CELL

pytestmark = pytest.mark.slow
SIZE = 416


def call(*words):
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """World, training recipe of small patches, samples, package and recipe of the map."""
    folder = tmp_path_factory.mktemp("study")
    world = folder / "world"
    call(
        "simulate", "--out", world, "--days", 12, "--seed", 5, "--size", SIZE,
        "--sources", "--stations", 8,
    )  # fmt: skip
    training = yaml.safe_load((get_folder("models") / "batchu2023" / "recipe.yaml").read_text())
    training["windows"]["patch_m"] = 3200
    training["quality"] = []
    options = training["small"]["members"]["two-branch"]
    options |= {"steps": 16, "batch": 6, "evaluate_every": 8}
    (folder / "training.yaml").write_text(yaml.safe_dump(training))
    recipe = write_recipe(world, "batchu2023") | {"name": "study", "grid": "utm-320m"}
    (folder / "map.yaml").write_text(yaml.safe_dump({**recipe, "model": str(folder / "package")}))
    call(
        "samples", folder / "map.yaml", "--patch", "--for", folder / "training.yaml",
        "--stations", world / "stations", "--out", folder / "patches.zarr",
    )  # fmt: skip
    call(
        "train", folder / "training.yaml", "--table", folder / "patches.zarr", "--small",
        "--out", folder / "package",
    )  # fmt: skip
    return folder


def test_from_stations_to_a_map(made):
    store = open_patches(made / "patches.zarr")
    assert store.table["station"].nunique() >= 5
    assert len(store.table) >= 16
    call("run", made / "map.yaml", "--out", made / "maps", "--set", "block=96")
    call("run", made / "map.yaml", "--out", made / "again")
    found = sorted((made / "maps").rglob("*_320m_*_sm.tif"))
    assert len(found) >= 3
    for path in found:
        with (
            rasterio.open(path) as one,
            rasterio.open(next((made / "again").rglob(path.name))) as other,
        ):
            sm = one.read(1)
            np.testing.assert_array_equal(sm, other.read(1))
            assert one.res == (320, 320)
        assert (sm != -32768).mean() > 0.2
        assert np.ptp(sm[sm != -32768]) > 0
    (path,) = (made / "maps").rglob("batchu2023*.json")
    item = json.loads(path.read_text())
    images = {one["name"]: one["input"]["shape"] for one in item["properties"]["mlm:input"]}
    assert images == {
        "fine": [-1, 10, 284, 284],
        "coarse": [-1, 4, 16, 16],
        "numbers": [-1, 2, 1, 1],
    }


def test_a_station_sees_what_the_map_sees(made):
    """Of all sources: radar and L1C of the tile's own zone, elevation and soil in degrees."""
    recipe = load_recipe(str(made / "map.yaml"))
    plan = plan_run(recipe)
    (task,) = plan.tasks
    unit = task.units[-1]
    area = task.area
    part = Block(area.geobox, area.row + 5, area.col + 6, 1, 1)
    scenes, context = TaskScenes(task, plan.context), plan.context
    cells = find_chunks(part, context.windows)
    inputs = open_block(cells, scenes, context, open_fields(area, context))
    around = load_surroundings(unit, part, inputs, context)
    wanted = load_patches_wanted(str(made / "training.yaml"))
    samples = open_context(recipe, wanted)
    fine = area.geobox.zoom_to(tuple(32 * side for side in area.geobox.shape))
    pixel = Block(fine, part.row * 32 + 16, part.col * 32 + 16, 1, 1)
    seen = extract_place(pixel, [unit], TaskScenes(task, samples), samples)[unit.id]
    for image in around.images:
        branch, windows = image.inputs.branch, image.inputs.windows
        inner = find_ground(part, branch, windows).within(find_ground(cells, branch, windows))
        margin = (seen[branch.name].shape[-1] - branch.window) // 2
        mine = seen[branch.name][:, margin:-margin, margin:-margin]
        np.testing.assert_array_equal(mine, image.features.raw[:, *inner], branch.name)
        assert np.isfinite(mine).mean() > 0.9
    assert np.isfinite(seen[CELL]).all()
