"""Optical scenes onto a block: what may be used of them, joined to an overpass in time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from smmap.features.conditions import holds
from smmap.features.gaps import Gaps, find_gaps, leave_gaps
from smmap.features.request import Request
from smmap.features.temporal import compute_median, compute_nearest, rank_by_age
from smmap.spec.band import Band
from smmap.spec.definition import Condition
from smmap.spec.errors import ConfigError
from smmap.spec.join import Median, Nearest
from smmap.spec.recipe import Optical
from smmap.spec.scene import Scene
from smmap.spec.tile import Block
from smmap.stack.average import average
from smmap.stack.load_band import load_band
from smmap.stack.read_ahead import read_ahead
from smmap.stack.scene_errors import blame

Array = NDArray[np.float32]
Rule: TypeAlias = Nearest | Median
_SECONDS_A_DAY = 86_400.0
_SURFACE = ("water", "snow")


@dataclass(frozen=True)
class _Clear:
    """One scene on working pixels."""

    moment: datetime
    values: dict[str, Array]
    """Bands, water and snow, each (h, w)."""
    valid: dict[tuple[str, ...], NDArray[np.bool_]]
    """Bands -> (h, w): may be used, and every one of these bands has a value."""


@dataclass
class OpticalBlock:
    """One source's scenes on one block, each read once for all overpasses and joins that use it."""

    block: Block
    """In tile pixels."""
    factor: int
    """Working pixels along a tile pixel's side."""
    bands: tuple[str, ...]
    """Canonical bands that ``load_layers`` gives."""
    options: Optical
    """The recipe's optical choices: the join of ``load_layers``."""
    requests: tuple[Request, ...] = ()
    """What ``load_requests`` gives; all of this source, those without a join by the recipe's."""
    _read: dict[str, _Clear] = field(default_factory=dict)

    def load_layers(
        self, scenes: Sequence[Scene], moment: datetime, part: Block | None = None
    ) -> dict[str, Array]:
        """Reflectances and what else the scenes say at an overpass, joined as the recipe says.

        Overpasses must come in order of time: scenes that no later one can use are forgotten, so
        that memory follows the window and not the span.

        Parameters
        ----------
        scenes
            Those out of the join's reach are passed over.
        moment
            Of the overpass.
        part
            Which part of the block is wanted; None: all of it.

        Returns
        -------
        dict
            The bands (reflectance), ``water`` and ``snow`` (share of the pixel, 0..1),
            ``optical_age_days`` (mean distance in time, without a sign) and
            ``optical_stale_share`` (share of the pixel whose scene is further off than the
            recipe allows), each (h, w); NaN where no scene was clear.
        """
        part = part or self.block
        joined, age, gaps = self._join(self.bands, self.options.rule, scenes, moment, part)
        distance = np.abs(age)
        stale = (distance > self.options.stale_days).astype(np.float32)
        np.copyto(stale, np.nan, where=np.isnan(distance))
        shape = part.refine(self.factor).shape
        for name, values in (("optical_age_days", distance), ("optical_stale_share", stale)):
            whole = np.broadcast_to(values, shape)
            joined[name] = whole if gaps is None else leave_gaps(whole, gaps)
        self._forget(moment)
        return self._average(joined)

    def load_requests(
        self, scenes: Sequence[Scene], moment: datetime, part: Block | None = None
    ) -> dict[str, Array]:
        """Layers by the names of ``requests``; parameters and order as of ``load_layers``.

        Requests with the same join are of the same scene at every pixel: where one of their bands
        has no value, the scene is not used for the others either. ``water`` and ``snow`` may be
        requested as bands.
        """
        part = part or self.block
        layers: dict[str, Array] = {}
        for rule, bands in self._groups.items():
            joined, _, _ = self._join(bands, rule, scenes, moment, part)
            wanted = {
                one.name: joined[one.band] for one in self.requests if self._get_rule(one) == rule
            }
            layers |= self._average(wanted)
        self._forget(moment)
        return layers

    @property
    def _groups(self) -> dict[Rule, tuple[str, ...]]:
        """Bands that are joined together, by their join."""
        groups: dict[Rule, list[str]] = {}
        for one in self.requests:
            group = groups.setdefault(self._get_rule(one), [])
            if one.band not in (*group, *_SURFACE):
                group.append(one.band)
        return {rule: tuple(group) for rule, group in groups.items()}

    def _get_rule(self, request: Request) -> Rule:
        join = request.join or self.options.rule
        if isinstance(join, (Nearest, Median)):
            return join
        raise ConfigError(
            f"{request.name}: optical scenes are joined by 'nearest' or 'median', not "
            f"'{join.rule}'; correct the model card"
        )

    @property
    def _loaded(self) -> tuple[str, ...]:
        """All bands that are read of a scene."""
        groups = self._groups.values()
        return tuple(dict.fromkeys([*self.bands, *(name for group in groups for name in group)]))

    def _join(
        self,
        bands: tuple[str, ...],
        rule: Rule,
        scenes: Sequence[Scene],
        moment: datetime,
        part: Block,
    ) -> tuple[dict[str, Array], Array, Gaps | None]:
        """Bands, water and snow on working pixels, and the signed age in days.

        The age is of one pixel, (1, 1), where it is everywhere the same but in the gaps that are
        given with it.
        """
        working = part.refine(self.factor)
        names = (*bands, *_SURFACE)
        before, after = rule.reach
        near = [one for one in scenes if -before <= one.datetime - moment <= after]
        with read_ahead(self._list_reads(near)):
            loaded = [self._load_clear(one) for one in near]
        if not loaded:
            nothing = np.full(working.shape, np.nan, np.float32)
            return dict.fromkeys(names, nothing), nothing, None
        window = working.within(self.block.refine(self.factor))
        ages = np.array([(one.moment - moment).total_seconds() for one in loaded]) / _SECONDS_A_DAY
        layers = [[one.values[name][window] for name in names] for one in loaded]
        valid = [one.valid[bands][window] for one in loaded]
        if isinstance(rule, Median):
            values, age = compute_median(np.stack(layers), np.stack(valid), ages)
            return dict(zip(names, values, strict=True)), age, None
        first = rank_by_age(ages)[0]
        if valid[first].all():  # nothing to choose, and nothing to copy
            age = np.full((1, 1), ages[first], np.float32)
            return dict(zip(names, layers[first], strict=True)), age, None
        giving = [number for number, one in enumerate(valid) if one.any()]
        if len(giving) == 1:  # nothing to choose: one pass for each band
            (only,) = giving
            age, gaps = np.full((1, 1), ages[only], np.float32), find_gaps(valid[only])
            kept = [leave_gaps(one, gaps) for one in layers[only]]
            return dict(zip(names, kept, strict=True)), age, gaps
        values, age = compute_nearest(layers, valid, ages)
        return dict(zip(names, values, strict=True)), age, None

    def _average(self, layers: dict[str, Array]) -> dict[str, Array]:
        if self.factor == 1:
            return layers
        return {name: average(values, self.factor)[0] for name, values in layers.items()}

    def _forget(self, moment: datetime) -> None:
        """Drop scenes so far back that no overpass from now on can use them."""
        rules = [*self._groups, *([self.options.rule] if self.bands else [])]
        oldest = moment - max((rule.reach[0] for rule in rules), default=timedelta(0))
        self._read = {key: one for key, one in self._read.items() if one.moment >= oldest}

    def _list_reads(self, scenes: Sequence[Scene]) -> Iterator[tuple[Band, Block]]:
        """What of these scenes is not read yet."""
        working = self.block.refine(self.factor)
        for scene in scenes:
            if scene.id not in self._read:
                for name in self._list_needed(scene):
                    yield scene.bands[name], working

    def _list_needed(self, scene: Scene) -> list[str]:
        return list(dict.fromkeys([*self._loaded, *scene.definition.flag_bands]))

    def _load_clear(self, scene: Scene) -> _Clear:
        if scene.id not in self._read:
            with blame(scene):
                self._read[scene.id] = self._load_scene(scene)
        return self._read[scene.id]

    def _load_scene(self, scene: Scene) -> _Clear:
        working = self.block.refine(self.factor)
        valid, water, snow = scene.definition.conditions
        bands = {
            name: load_band(scene.bands[name], working).values for name in self._list_needed(scene)
        }
        values = {name: bands[name] for name in self._loaded}
        for name, condition in zip(_SURFACE, (water, snow), strict=True):
            values[name] = _find_surface(condition, bands, working)
        usable = [holds(condition, bands[condition.band]) for condition in valid]
        known = {name: np.isfinite(bands[name]) for name in self._loaded}
        groups = {
            group: reduce(np.logical_and, [*usable, *(known[name] for name in group)])
            for group in {self.bands, *self._groups.values()}
        }
        return _Clear(scene.datetime, values, groups)


def _find_surface(condition: Condition | None, bands: dict[str, Array], working: Block) -> Array:
    """1 where the condition holds, else 0; NaN where the definition has none."""
    if condition is None:
        return np.broadcast_to(np.float32(np.nan), working.shape)
    held = holds(condition, bands[condition.band])
    return held.astype(np.float32) if held.any() else np.broadcast_to(np.float32(0), held.shape)
