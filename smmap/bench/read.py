"""Reading: aligned blocks beside odc-stac and plain windows, from disk and over a slow network."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Literal

import numpy as np
import rasterio
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from rasterio.windows import Window

from smmap.bench.clock import time_in_turns
from smmap.bench.comparison import Comparison, Comparisons, compare_speeds
from smmap.bench.goal import Goal
from smmap.bench.read_network import compare_network
from smmap.bench.read_scene import ReadScene, make_scene
from smmap.bench.settings import Settings, require
from smmap.pipeline.heap import keep_memory
from smmap.spec.band import Band
from smmap.spec.recipe import Recipe
from smmap.spec.tile import Block
from smmap.stack.file_cache import keep_files
from smmap.stack.raster import load_raster

SPEED = Goal("at least", 5.0)
"""Of reprojected input, against odc-stac."""
EXACT = Goal("at most", 1.0)
"""Digital numbers by which a value may differ from the exact one."""
SAME = Goal("at least", 1.0)
"""1: every block size gives the same bits."""

_BLOCK: int = Recipe.model_fields["block"].default
_SMALL_BLOCK = 512
_ODC_CHUNK = 2048
_FULL, _QUICK = 4096, 512
_SAMPLE = 200_000


def compare_reading(settings: Settings) -> Comparisons:
    """Speed, exactness, sameness, same grid, network.

    Raises
    ------
    ConfigError
        If odc-stac is missing.
    """
    require("the benchmark 'read'", ["odc.stac"])
    keep_memory()  # as a run does; it holds for the other sides, too
    size = settings.choose_size(_FULL, _QUICK)
    scene = make_scene(settings.scratch / "scene.tif", size)
    for threads in settings.threads:
        yield from _compare_reprojected(scene, threads, settings)
    yield from _compare_values(scene)
    for threads in settings.threads:
        yield _compare_same_grid(scene, threads, settings)
    yield from compare_network(scene, settings)


def _compare_reprojected(scene: ReadScene, threads: int, settings: Settings) -> Comparisons:
    band = scene.describe_band()
    sides: dict[str, Callable[[], object]] = {
        "ours": lambda: read_by_blocks(band, scene.target, threads),
        "small blocks": lambda: read_by_blocks(band, scene.target, threads, _SMALL_BLOCK),
        "odc-stac": lambda: read_by_odc(scene, scene.target, threads),
    }
    for side in sides.values():
        side()
    seconds = time_in_turns(sides, settings.rounds)
    megapixels = Block.whole(scene.target).width ** 2 / 1e6
    small = {"ours": seconds.pop("small blocks"), "odc-stac": seconds["odc-stac"]}
    yield compare_speeds(f"reprojected, blocks of {_BLOCK}", threads, megapixels, seconds, SPEED)
    yield compare_speeds(f"reprojected, blocks of {_SMALL_BLOCK}", threads, megapixels, small)


def read_by_blocks(
    band: Band, geobox: GeoBox, threads: int, side: int = _BLOCK
) -> NDArray[np.float32]:
    """All of the grid, block by block, as a run reads it."""
    whole = Block.whole(geobox)
    values = np.empty(whole.shape, np.float32)

    def read(block: Block) -> None:
        values[block.within(whole)] = load_raster(band, block).values

    with keep_files(), ThreadPoolExecutor(threads) as pool:
        jobs = [pool.submit(copy_context().run, read, block) for block in whole.split(side)]
        for job in jobs:
            job.result()
    return values


def read_by_odc(scene: ReadScene, geobox: GeoBox, threads: int) -> NDArray[np.uint16]:
    """All of the grid by odc-stac: at once, or with several threads in chunks."""
    import dask
    import odc.stac

    chunks: dict[str, int | Literal["auto"]] = {"x": _ODC_CHUNK, "y": _ODC_CHUNK}
    loaded = odc.stac.load(
        [scene.describe_item()],
        ["red"],
        geobox=geobox,
        resampling="bilinear",
        chunks=None if threads == 1 else chunks,
    )
    with dask.config.set(scheduler="threads", num_workers=threads):
        return np.asarray(loaded.red.isel(time=0).values)


def _compare_values(scene: ReadScene) -> Comparisons:
    ours = read_by_blocks(scene.describe_band(), scene.target, 1)
    rng = np.random.default_rng(7)
    rows, cols = rng.integers(0, len(ours), (2, _SAMPLE))
    exact = scene.compute_exact(rows, cols)
    furthest = float(np.abs(ours[rows, cols] - exact).max())
    allowed = "one digital number"
    yield Comparison("furthest from exact", 1, "DN", furthest, 1.0, allowed, EXACT)
    theirs = read_by_odc(scene, scene.target, 1)[rows, cols]
    name = "furthest from exact, odc-stac (which rounds)"
    yield Comparison(name, 1, "DN", float(np.abs(theirs - exact).max()), 1.0, allowed)
    same = all(
        np.array_equal(ours, read_by_blocks(scene.describe_band(), scene.target, 2, side))
        for side in (200, 256, 1000, 2048)
    )
    yield Comparison("same for every block size", 1, "share", float(same), 1.0, "all", SAME)


def _compare_same_grid(scene: ReadScene, threads: int, settings: Settings) -> Comparison:
    whole = Block.whole(scene.source)

    def read_window(block: Block) -> NDArray[np.uint16]:
        window = Window(block.col, block.row, block.width, block.height)
        with rasterio.open(scene.path) as file:
            values: NDArray[np.uint16] = file.read(1, window=window)
        return values

    def read_windows() -> None:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(read_window, whole.split(_BLOCK)))

    sides = {
        "ours": lambda: read_by_blocks(scene.describe_band(), scene.source, threads),
        "rasterio windows": read_windows,
    }
    seconds = time_in_turns(sides, settings.rounds)
    return compare_speeds("same grid", threads, scene.values.size / 1e6, seconds)
