"""The steps in time that scenes hold, on a patch of their own pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta

import numpy as np
from affine import Affine
from numpy.typing import NDArray

from smmap.features.conditions import holds
from smmap.spec.band import Band, Reader
from smmap.spec.definition import Condition
from smmap.spec.errors import SceneError, TransientError
from smmap.spec.quantity import BELIEVABLE
from smmap.spec.scene import Scene
from smmap.stack.earth_engine import get_grid, is_day, load_day, load_window
from smmap.stack.patch import Copy, Patch, Window
from smmap.stack.raster import load_windows
from smmap.stack.read_meter import count_read
from smmap.stack.scene_errors import blame
from smmap.stack.stated_units import check_stated_units
from smmap.store.cube import Cube
from smmap.store.open_cube import forget_cubes, open_cube

_SERIES = ("netcdf", "zarr")
"""Readers of files that hold many steps."""
_AT_ONCE = 31
"""Days read in one piece."""


@dataclass(frozen=True)
class Steps:
    """One scene's."""

    times: NDArray[np.datetime64]
    """(t,): UTC, microseconds."""
    values: NDArray[np.float32]
    """(t, h, w): in the band's units; NaN is nodata."""


def load_steps(scenes: Sequence[Scene], band: str, patch: Patch) -> Iterator[tuple[Scene, Steps]]:
    """Each scene's steps of a band; what the definition's conditions refuse is NaN.

    Scenes of one file or store that follow each other are read in one piece.

    Raises
    ------
    SceneError, TransientError
        With the scene's id, if a file cannot be read, its pixels are not those of the others, or
        its values cannot be what they should be.
    """
    for members in _group(scenes, band):
        loaded = _load_band(members, band, patch)
        for condition in members[0].definition.valid:
            same = condition.band == band
            flags = loaded if same else _load_band(members, condition.band, patch)
            for scene, steps, flag in zip(members, loaded, flags, strict=True):
                with blame(scene):
                    _refuse(steps, flag, condition)
        for scene, steps in zip(members, loaded, strict=True):
            with blame(scene):
                _check_believable(steps, scene.bands[band])
            yield scene, steps


def _group(scenes: Sequence[Scene], band: str) -> Iterator[list[Scene]]:
    """Runs of scenes that one file holds day after day; rasters one by one."""
    members: list[Scene] = []
    for scene in sorted(scenes, key=lambda one: (_get_place(one, band), one.datetime, one.id)):
        if members and not (
            scene.bands[band].reader in _SERIES
            and len(members) < _AT_ONCE
            and _get_place(members[0], band) == _get_place(scene, band)
            and scene.datetime - members[-1].datetime <= timedelta(days=1)
        ):
            yield members
            members = []
        members.append(scene)
    if members:
        yield members


def _get_place(scene: Scene, band: str) -> tuple[str, str, str]:
    one = scene.bands[band]
    return scene.definition.id, one.href, one.variable or ""


def _refuse(steps: Steps, flag: Steps, condition: Condition) -> None:
    held = holds(condition, flag.values)
    if held.shape != steps.values.shape or (flag.times != steps.times).any():
        raise SceneError(
            f"band '{condition.band}' has other steps in time than the band that it judges"
        )
    steps.values[~held] = np.nan


def _check_believable(steps: Steps, band: Band) -> None:
    low, high = BELIEVABLE.get(band.name, (-np.inf, np.inf))
    wrong = (steps.values < low) | (steps.values > high)
    if wrong.any():
        raise SceneError(
            f"{band.href}: '{band.name}' is {steps.values[wrong][0]:g} {band.units}, which cannot "
            "be: other units than its definition says, or a mark of nothing that is not declared"
        )


def _load_band(scenes: Sequence[Scene], name: str, patch: Patch) -> list[Steps]:
    band = scenes[0].bands[name]
    with blame(scenes[0]):
        try:
            return _LOADERS[band.reader](scenes, band, patch)
        except SceneError as error:
            place = "" if band.href in str(error) else f"{band.href}: "
            reason, scene = f"{place}{error}", error.scene
        raise SceneError(reason, scene)


def _load_raster(scenes: Sequence[Scene], band: Band, patch: Patch) -> list[Steps]:
    values = np.full((1, patch.height, patch.width), np.nan, np.float32)
    copies: list[Copy] = []

    def choose(crs: str, transform: Affine, shape: tuple[int, int]) -> list[Window]:
        copies[:] = patch.place(crs, transform, shape)
        return [one.source for one in copies]

    for part, copy in zip(load_windows(band, choose), copies, strict=True):
        values[0][copy.target] = part
    return [Steps(_get_moment(scenes[0]), values)]


def _load_cube(scenes: Sequence[Scene], band: Band, patch: Patch) -> list[Steps]:
    cube, spans = _open_current(scenes, band)
    accumulated = scenes[0].definition.bands[band.name].accumulated is not None
    check_stated_units(cube.array.attrs.get("units"), band, accumulated=accumulated)
    copies = patch.place(cube.crs, cube.transform, cube.shape)
    first, last = min(one.start for one in spans), max(one.stop for one in spans)
    values = np.full((last - first, patch.height, patch.width), np.nan, np.float32)
    for copy in copies:
        top, bottom, left, right = copy.source
        part = cube.read(slice(first, last), slice(top, bottom), slice(left, right), band.nodata)
        count_read(part.size * cube.array.dtype.itemsize)
        values[:, *copy.target] = part * band.scale + band.offset
    return [
        Steps(
            _get_moment(scene) if cube.times is None else cube.times[span],
            values[span.start - first : span.stop - first],
        )
        for scene, span in zip(scenes, spans, strict=True)
    ]


def _load_images(scenes: Sequence[Scene], band: Band, patch: Patch) -> list[Steps]:
    """Of one scene: an image, or all images of a day."""
    grid = get_grid(band)
    times, parts = _get_moment(scenes[0]), []
    copies = patch.place(*grid)
    for copy in copies:
        if is_day(band):
            moments, part = load_day(band, *grid, copy.source)
            times = np.array([one.replace(tzinfo=None) for one in moments], "datetime64[us]")
        else:
            part = load_window(band, *grid, copy.source)[None]
        parts.append(part)
    values = np.full((len(times), patch.height, patch.width), np.nan, np.float32)
    for part, copy in zip(parts, copies, strict=True):
        values[:, *copy.target] = part
    return [Steps(times, values)]


def _open_current(scenes: Sequence[Scene], band: Band) -> tuple[Cube, list[slice]]:
    """The archive as it was when the scenes were looked up, and the steps of each.

    A process that has it open for long may know an earlier state of it, in which days are shorter.
    """
    for attempt in range(2):
        cube = open_cube(
            band.href, str(band.variable), band.reader, band.sign, band.requests_per_second
        )
        spans = [_find_steps(cube, scene) for scene in scenes]
        changed = [
            scene.id
            for scene, span in zip(scenes, spans, strict=True)
            if scene.bands[band.name].steps not in (None, span.stop - span.start)
        ]
        if not changed:
            break
        if attempt:
            raise TransientError(
                f"{band.href} has changed since it was looked up; run again to take it as it is",
                changed[0],
            )
        forget_cubes()
    for scene, span in zip(scenes, spans, strict=True):
        if span.start == span.stop:
            day = _get_moment(scene).astype("datetime64[D]")[0]
            raise SceneError(f"scene {scene.id}: {cube.place} holds nothing of {day}", scene.id)
    return cube, spans


def _find_steps(cube: Cube, scene: Scene) -> slice:
    """Those of the scene's UTC day; a file without times holds one step."""
    if cube.times is None:
        return slice(0, 1)
    day = _get_moment(scene).astype("datetime64[D]")
    first, last = np.searchsorted(cube.times, [day[0], day[0] + np.timedelta64(1, "D")])
    return slice(int(first), int(last))


def _get_moment(scene: Scene) -> NDArray[np.datetime64]:
    moment = scene.datetime.astimezone(UTC).replace(tzinfo=None)
    return np.array([moment], "datetime64[us]")


_LOADERS: Mapping[Reader, Callable[[Sequence[Scene], Band, Patch], list[Steps]]] = {
    "raster": _load_raster,
    "netcdf": _load_cube,
    "zarr": _load_cube,
    "earth-engine": _load_images,
}
