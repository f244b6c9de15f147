"""Maps of a model that looks around each cell, beside sums by NumPy over the scene itself."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import rasterio
import yaml
from small_world import SmallWorld
from window_models import COARSE, FINE, predict_cell, write_window_model

from smmap.pipeline.branches import find_ground, open_branches
from smmap.pipeline.load_images import load_images
from smmap.pipeline.open_state import open_state
from smmap.pipeline.plan import plan_run
from smmap.pipeline.recipe import load_recipe
from smmap.pipeline.run import run
from smmap.pipeline.task_scenes import TaskScenes
from smmap.spec.errors import ConfigError
from smmap.spec.quality import Quality
from smmap.spec.tile import Block

SIZE = 9 * 32
LEFT, TOP = 640_000, 5_680_000
"""On cells of 320 m, but not on chunks of four of them."""
HOLE = np.s_[150:170, 100:140]


def draw_power(seed):
    """Speckle over a slope, linear."""
    rng = np.random.default_rng(seed)
    slope = np.linspace(0.5, 2.0, SIZE)[:, None] * np.linspace(1.0, 3.0, SIZE)
    return (rng.gamma(5, 0.2, (SIZE, SIZE)) * slope * 0.04).astype(np.float32)


@pytest.fixture(scope="module")
def scenes():
    """VV and VH of another seed, a fifth as strong, with a hole in both."""
    vv, vh = draw_power(1), draw_power(2) / 5
    vv[HOLE] = vh[HOLE] = np.nan
    return vv, vh


@pytest.fixture(scope="module")
def prepared(tmp_path_factory, scenes):
    folder = tmp_path_factory.mktemp("windows")
    world = SmallWorld(folder / "world", left=LEFT, top=TOP, size=SIZE)
    world.add_radar("S1A_one", vv=scenes[0], vh=scenes[1])
    world.add_radar("S1A_two", days=3.0, vv=scenes[1] * 5, vh=scenes[0] / 5)
    catalog = world.write()
    model = write_window_model(folder / "model")

    def write_recipe(**changes):
        recipe = {
            "name": "windows",
            "catalog": str(catalog),
            "sources": {"sentinel1": "local-sentinel-1"},
            "model": str(model),
            "grid": "utm-320m",
            "radar": {"erode": 0},
            "outputs": {"cube": False},
        }
        path = folder / "recipe.yaml"
        path.write_text(yaml.safe_dump(recipe | changes))
        return load_recipe(str(path))

    return folder, write_recipe


def read_maps(out):
    """Map name -> packed pixels."""
    found = {}
    for path in sorted(out.rglob("*.tif")):
        with rasterio.open(path) as file:
            found[path.name] = file.read(1)
    return found


@pytest.fixture(scope="module")
def mapped(prepared):
    folder, write_recipe = prepared
    run(write_recipe(), folder / "whole")
    return read_maps(folder / "whole")


def pick(maps, scene, layer):
    """The only map of that layer from the overpass on the first or the fourth of June."""
    (name,) = [one for one in maps if scene in one and one.endswith(f"_{layer}.tif")]
    return maps[name]


def cut(image, top, left, side):
    """A window of an image that has no value beyond its edge."""
    wide = np.pad(image, side, constant_values=np.nan)
    return wide[top + side : top + 2 * side, left + side : left + 2 * side]


def to_db(power):
    with np.errstate(invalid="ignore"):
        return 10 * np.log10(power)


def test_values_are_those_of_each_cells_own_window(mapped, scenes):
    vv, vh = (one.astype(np.float64) for one in scenes)
    # Cells of 160 m are means of power over what is known of them.
    coarse = np.nanmean(vv.reshape(18, 16, 18, 16), axis=(1, 3))
    sm, quality = pick(mapped, "20230601", "sm"), pick(mapped, "20230601", "sm_quality")
    assert sm.shape == (9, 9)
    for row, col in itertools.product(range(9), repeat=2):
        fine = [to_db(cut(one, row * 32 - 16, col * 32 - 16, FINE)) for one in (vv, vh)]
        below = to_db(cut(coarse, row * 2 - 2, col * 2 - 2, COARSE))
        shares = [np.isfinite(sum(fine)).mean(), np.isfinite(below).mean()]
        if min(shares) < 0.5:  # a corner: 48 of 64 pixels, or 4 of 6, along both sides
            assert sm[row, col] == -32768
            continue
        expected = predict_cell(*fine, below, 38.0)
        assert sm[row, col] * 1e-4 == pytest.approx(expected, abs=7e-5)
        filled = bool(quality[row, col] & Quality.LOW_WEIGHT)
        assert filled == (min(shares) < 1)
    assert (sm == -32768).sum() == 4
    assert 0 < ((quality & Quality.LOW_WEIGHT) == 0).sum() < 49


@pytest.mark.parametrize("block, threads", [(32, 3)])
def test_every_cut_and_number_of_threads_gives_the_same_bits(prepared, mapped, block, threads):
    folder, write_recipe = prepared
    out = folder / f"cut-{block}"
    run(write_recipe(block=block, threads=threads), out)
    found = read_maps(out)
    assert found.keys() == mapped.keys()
    for name, values in mapped.items():
        np.testing.assert_array_equal(found[name], values, name)


def test_what_is_computed_at_once_lies_on_the_tile_whatever_the_block(prepared):
    """A model that looks at all of its image gives the same only if its images are the same."""
    folder, write_recipe = prepared
    leaking = str(write_window_model(folder / "leaking", leak=0.3))
    maps = []
    for block in (96, 4096):
        run(write_recipe(model=leaking, block=block), folder / f"leaking-{block}")
        maps.append(read_maps(folder / f"leaking-{block}"))
    for name, values in maps[0].items():
        np.testing.assert_array_equal(values, maps[1][name], name)


def test_a_part_of_the_area_has_the_same_bits(prepared, mapped):
    folder, write_recipe = prepared
    out = folder / "part"
    run(write_recipe(area={"bbox": [5.03, 51.233, 5.045, 51.243]}), out)
    part = pick(read_maps(out), "20230601", "sm")
    whole = pick(mapped, "20230601", "sm")
    assert 0 < part.size < whole.size
    windows = np.lib.stride_tricks.sliding_window_view(whole, part.shape)
    assert (windows == part).all(axis=(2, 3)).any()


def test_a_grid_of_other_pixels_is_refused(prepared):
    folder, write_recipe = prepared
    with pytest.raises(ConfigError, match="choose grid: utm-320m"):
        run(write_recipe(grid="utm-100m"), folder / "never")
    assert not (folder / "never").exists()


def load_place(state, row, col, shift):
    """Images of the cell at a row and column, or around a place off its grid by whole pixels."""
    plan = plan_run(state.recipe)
    (task,) = plan.tasks
    scenes, tile = TaskScenes(task, plan.context), task.tile.geobox
    geobox = tile.translate_pix(shift[1] / 32, shift[0] / 32) if shift != (0, 0) else tile
    area = task.area
    cell = Block(geobox, area.row + row, area.col + col, 1, 1)
    branches = open_branches(cell, scenes, plan.context)
    images = load_images(task.units[0], cell, branches)
    return [one.features.values for one in images], cell, area


@pytest.fixture(scope="module")
def state(prepared):
    folder, write_recipe = prepared
    plan = plan_run(write_recipe())
    with open_state(plan.context, folder / "out") as opened:
        yield opened


def test_a_place_in_the_middle_of_a_cell_is_seen_as_the_map_sees_it(state):
    (fine, coarse), cell, area = load_place(state, 4, 3, (0, 0))
    whole = Block(cell.geobox, area.row, area.col, area.height, area.width)
    (task,) = plan_run(state.recipe).tasks
    scenes = TaskScenes(task, state.context)
    branches = open_branches(whole, scenes, state.context)
    images = load_images(task.units[0], whole, branches)
    for image, found in zip(images, (fine, coarse), strict=True):
        branch, windows = image.inputs.branch, image.inputs.windows
        inner = find_ground(cell, branch, windows).within(image.inputs.block)
        np.testing.assert_array_equal(found, image.features.values[:, *inner])


def test_a_place_off_the_grid_is_the_middle_of_its_images(state, scenes):
    (fine, coarse), _, _ = load_place(state, 4, 3, (5, 11))
    top, left = 4 * 32 + 5 - 16, 3 * 32 + 11 - 16
    expected = (to_db(cut(scenes[0], top, left, FINE)) + 30) / 30
    np.testing.assert_allclose(fine[0], expected, rtol=0, atol=1e-6)
    power = cut(scenes[0].astype(np.float64), top - 16, left - 16, 96)
    with np.errstate(invalid="ignore"):
        mean = np.nanmean(power.reshape(6, 16, 6, 16), axis=(1, 3))
    np.testing.assert_allclose(coarse[0], (to_db(mean) + 30) / 30, rtol=0, atol=1e-6)
