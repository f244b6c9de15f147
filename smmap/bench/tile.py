"""A whole tile, everything included: beside its inference, the plain script, and clouds."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import rasterio
from rasterio.coords import BoundingBox

from smmap.bench.comparison import Comparison, Comparisons, compare_speeds
from smmap.bench.fresh import run_fresh
from smmap.bench.goal import Goal
from smmap.bench.memory_goal import ALLOWED_MB, MEMORY
from smmap.bench.settings import MODEL, NATIVE, WEIGHTS, Settings, require
from smmap.bench.shapes import TREE_SHAPES
from smmap.bench.tile_sides import infer_block, infer_tile, map_plainly, map_tile
from smmap.bench.tile_world import WORLDS, make_worlds
from smmap.model.package import load_model
from smmap.product.layers import SM
from smmap.store.atomic import report_store_errors

OF_INFERENCE = Goal("at most", 1.15)
"""Time of a tile, against its inference alone on the same pixels."""
OF_SCRIPT = Goal("at least", 8.0)
"""Speed, against `plain_tile`."""
OF_ONNXRUNTIME = Goal("at least", 10.0)
"""Speed of the inference alone, against ONNX Runtime: same file, same pixels of a map."""
CLOUDED = Goal("at most", 0.45)
"""Time at 40 % valid pixels, against all of them valid."""

VALID = 0.4
"""Share of pixels that are not clouded in the second world."""

_FULL, _QUICK = 4096, 128
_ROUNDS = 3
"""Of our sides; the script, which takes minutes, is run in the middle one."""
OURS, PLAIN = "ours", "plain.tif"
"""What is compared, in the scratch folder."""
_CLOSE = 0.01
"""m3/m3: GDAL approximates the DEM's reprojection, which moves slopes, and branches turn."""


@dataclass
class _Sides:
    """What each side said, over the rounds."""

    figures: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def run(
        self, name: str, side: Callable[..., dict[str, Any]], threads: int, **arguments: Any
    ) -> None:
        found = run_fresh(side, threads, threads=threads, **arguments)
        self.figures.setdefault(name, []).append(found)

    def get_median(self, name: str, figure: str = "seconds") -> float:
        return float(median(one[figure] for one in self.figures[name]))


def compare_tile(settings: Settings) -> Comparisons:
    """Each number of threads in processes that have so many processors.

    Raises
    ------
    ConfigError
        If a library or the model is missing.
    """
    require("the benchmark 'tile'", ["odc.stac", "rioxarray"])
    model = settings.find_model(TREE_SHAPES[0].name)
    size = settings.choose_size(_FULL, _QUICK)
    folder = settings.scratch / "tile"
    make_worlds(folder, size, VALID)
    package = _copy_package(model.parent, folder / "model")
    for threads in settings.threads:
        rounds = 1 if settings.quick else _ROUNDS
        yield from _compare(_run_sides(folder, package, threads, rounds), threads)
        yield from _compare_values(folder / OURS, folder / PLAIN, threads)
    shutil.rmtree(folder)


def _copy_package(made: Path, package: Path) -> Path:
    """The model without what other benchmarks keep beside it: a package travels with its maps."""
    load_model(made)  # trees are packed before any clock starts
    beside = shutil.ignore_patterns(NATIVE, WEIGHTS)
    with report_store_errors(str(package)):
        shutil.copytree(made, package, ignore=beside, dirs_exist_ok=True)
    return package


def _run_sides(folder: Path, package: Path, threads: int, rounds: int) -> _Sides:
    """All sides in turns, into folders that are empty each time."""
    sides = _Sides()
    clear, cloudy = (folder / name / "catalog.json" for name in WORLDS)
    ours, plain = folder / OURS, folder / PLAIN
    for number in range(rounds):
        for out in (ours, folder / "cloudy-out", folder / "scratch"):
            shutil.rmtree(out, ignore_errors=True)
        sides.run("ours", map_tile, threads, catalog=clear, model=package, out=ours)
        scratch = folder / "scratch"
        sides.run("inference", infer_tile, threads, catalog=clear, model=package, scratch=scratch)
        if number == rounds // 2:
            onnx = package / MODEL
            sides.run("plain", map_plainly, threads, catalog=clear, model=onnx, out=plain)
            sides.run("block", infer_block, threads, catalog=clear, model=package, scratch=scratch)
        out = folder / "cloudy-out"
        sides.run("clouded", map_tile, threads, catalog=cloudy, model=package, out=out)
    return sides


def _compare(sides: _Sides, threads: int) -> Comparisons:
    pixels = sides.figures["inference"][-1]["pixels"]
    tile, alone = f"tile of {pixels / 1e6:.3g} Mpx", "its inference alone"
    whole, inference = (sides.get_median(side) for side in ("ours", "inference"))
    yield Comparison(f"{tile}, time", threads, "s", whole, inference, alone, OF_INFERENCE)
    spent, least = (sides.get_median(side, "processor_seconds") for side in ("ours", "inference"))
    yield Comparison(f"{tile}, processor time", threads, "s", spent, least, alone)
    seconds = {"ours": whole, "plain script": sides.get_median("plain")}
    yield compare_speeds("tile, speed", threads, pixels / 1e6, seconds, OF_SCRIPT)
    (block,) = sides.figures["block"]
    ours, theirs = (block["pixels"] / 1e6 / block[side] for side in ("seconds", "onnxruntime"))
    name = "tile, inference alone, one block"
    yield Comparison(name, threads, "Mpx/s", ours, theirs, "onnxruntime", OF_ONNXRUNTIME)
    name, clouded = f"tile, {VALID:.0%} valid, time", sides.get_median("clouded")
    yield Comparison(name, threads, "s", clouded, whole, "all valid", CLOUDED)
    peak, their_peak = (sides.figures[side][-1]["peak_mb"] for side in ("ours", "plain"))
    yield Comparison("tile, peak memory", threads, "MB", peak, ALLOWED_MB, "2 GB", MEMORY)
    name = "tile, peak memory beside the script"
    yield Comparison(name, threads, "MB", peak, their_peak, "plain script")


def _compare_values(ours: Path, plain: Path, threads: int) -> Comparisons:
    """Where both have a value: they differ in nothing but GDAL's resampling in the script."""
    (path,) = ours.glob("soil-moisture/**/*_sm.tif")
    maps = []
    with rasterio.open(path) as file, rasterio.open(plain) as other:
        # An area in degrees can take in a row or column that the scene does not have.
        common = _intersect(file.bounds, other.bounds)
        for one in (file, other):
            window = one.window(*common).round_offsets().round_lengths()
            packed = one.read(1, window=window, masked=True)
            maps.append(packed.astype(np.float64) * (SM.scale_factor or 1.0))
    both = ~np.ma.getmaskarray(maps[0]) & ~np.ma.getmaskarray(maps[1])
    apart = np.abs(maps[0] - maps[1])[both].filled(np.nan)
    yield Comparison("tile, valid in ours and in the script", threads, "share", float(both.mean()))
    name = f"tile, values within {_CLOSE} m3/m3 of the script's"
    yield Comparison(name, threads, "share", float((apart <= _CLOSE).mean()), 1.0, "all")
    for share in (0.5, 0.99):
        name = f"tile, difference from the script, of {share:.0%} at most"
        yield Comparison(name, threads, "m3/m3", float(np.quantile(apart, share)))


def _intersect(one: BoundingBox, other: BoundingBox) -> tuple[float, float, float, float]:
    return (
        *(max(one.left, other.left), max(one.bottom, other.bottom)),
        *(min(one.right, other.right), min(one.top, other.top)),
    )
