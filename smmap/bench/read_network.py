"""Reading over a slow network, beside odc-stac: a scene of many bands, and of one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace
from statistics import median
from typing import Literal

from odc.geo.geobox import GeoBox

from smmap.bench.comparison import Comparison, Comparisons, compare_speeds
from smmap.bench.goal import Goal
from smmap.bench.read_scene import ReadScene
from smmap.bench.settings import Settings
from smmap.bench.slow_server import Count, Served, serve_file
from smmap.spec.band import Band
from smmap.spec.tile import Block
from smmap.stack.file_cache import keep_files
from smmap.stack.load_band import load_band
from smmap.stack.next_block import begin_block, foresee_blocks
from smmap.stack.read_ahead import read_ahead

SPEED = Goal("at least", 5.0)
"""Of a scene whose files nobody has opened yet, and of its first blocks, against odc-stac."""
LATENCY_S = 0.02
"""Of each answer."""

_MANY = 8
"""Bands, as a model reads of a Sentinel-2 scene with its classes; each is a file."""
_BLOCK = 1024
_ANSWERS = 2
"""Before which nothing of a file can be had: its header, and its tiles."""
_WHERE = f"over HTTP, {LATENCY_S * 1e3:.0f} ms"
_SIDES = ("ours", "odc-stac", "disk")
_MOST_ROUNDS = 3
"""Of the whole scene, which odc-stac reads for tens of seconds."""
_Part = Literal["first blocks", "whole scene"]


def compare_network(scene: ReadScene, settings: Settings) -> Comparisons:
    """Seconds, requests and bytes."""
    import odc.stac

    odc.stac.configure_rio(cloud_defaults=True)
    with serve_file(scene.path, LATENCY_S) as served:
        for threads in settings.threads:
            for bands, goal in ((_MANY, SPEED), (1, None)):
                read = _Reading(scene, served, threads, bands)
                yield from _compare_first(read, settings.rounds, goal)
                yield from _compare_whole(read, min(settings.rounds, _MOST_ROUNDS), goal)


@dataclass(frozen=True)
class _Round:
    """What one side took once."""

    seconds: float
    count: Count


@dataclass(frozen=True)
class _Reading:
    """As many blocks side by side as threads, row by row: so a run reads."""

    scene: ReadScene
    served: Served
    threads: int
    bands: int

    @property
    def blocks(self) -> list[Block]:
        """Of the whole scene, in that order."""
        whole = Block.whole(self.scene.target)
        return whole.split(min(_BLOCK, whole.width // max(2, self.threads)))

    @property
    def name(self) -> str:
        """Of its rows."""
        return f"{_WHERE}, {self.bands} band{'s' * (self.bands > 1)}"

    def measure(self, side: str, part: _Part, number: int) -> _Round:
        """Read by one side, from a folder that is new to all caches; ``disk``: ours, locally."""
        folder = f"{self.threads}/{self.bands}/{part.split()[0]}/{number}/{side}"
        make = self._make_link if side == "disk" else self.served.make_url
        urls = [make(f"{folder}/{number}") for number in range(self.bands)]
        read = self._read_by_odc if side == "odc-stac" else self._read_by_blocks
        self.served.count()
        return _Round(read(urls, part), self.served.count())

    def _make_link(self, folder: str) -> str:
        link = self.scene.path.parent / folder / self.scene.path.name
        link.parent.mkdir(parents=True)
        link.symlink_to(self.scene.path)
        return str(link)

    def _read_by_blocks(self, urls: Sequence[str], part: _Part) -> float:
        """Seconds; the first blocks go on to fetch what the next ones need, as in a run."""
        bands = [replace(self.scene.describe_band(url), name=url) for url in urls]
        blocks = self.blocks
        wanted = blocks[: self.threads] if part == "first blocks" else blocks
        start = time.perf_counter()
        with (
            keep_files(),
            foresee_blocks(blocks, self.threads),
            ThreadPoolExecutor(self.threads) as pool,
        ):
            jobs = [pool.submit(copy_context().run, _load, bands, one) for one in wanted]
            for job in jobs:
                job.result()
            return time.perf_counter() - start

    def _read_by_odc(self, urls: Sequence[str], part: _Part) -> float:
        """Seconds, with threads of its own, and GDAL set up as it recommends for the cloud.

        The first blocks in one piece, the whole scene in strips as high as blocks: that takes it
        fewer requests than block by block, and less of the processor.
        """
        import odc.stac

        item = self.scene.describe_item()
        band = item.assets.pop("red")
        for url in urls:
            asset = band.clone()
            asset.href = url
            item.add_asset(url.split("/")[-2], asset)
        names, side = list(item.assets), self.blocks[0].height
        whole = Block.whole(self.scene.target)
        pieces = (
            [replace(self.blocks[0], width=self.threads * side)]
            if part == "first blocks"
            else [
                replace(whole, row=row, height=min(side, whole.height - row))
                for row in range(0, whole.height, side)
            ]
        )
        start = time.perf_counter()
        for piece in pieces:
            grid = _cut(piece)
            odc.stac.load([item], names, geobox=grid, resampling="bilinear", pool=self.threads)
        return time.perf_counter() - start


def _load(bands: Sequence[Band], block: Block) -> None:
    with begin_block(block), read_ahead((band, block) for band in bands):
        for band in bands:
            load_band(band, block)


def _cut(block: Block) -> GeoBox:
    down = slice(block.row, block.row + block.height)
    return block.geobox[down, block.col : block.col + block.width]


def _time(reading: _Reading, part: _Part, rounds: int) -> dict[str, list[_Round]]:
    """Rounds of each side, in turns."""
    found: dict[str, list[_Round]] = {side: [] for side in _SIDES}
    for number in range(rounds):
        for side in _SIDES[:: 1 if number % 2 == 0 else -1]:
            found[side].append(reading.measure(side, part, number))
    return found


def _compare_times(
    reading: _Reading, part: _Part, found: dict[str, list[_Round]], goal: Goal | None
) -> Comparisons:
    threads, count = reading.threads, len(reading.blocks)
    pixels = Block.whole(reading.scene.target).width ** 2
    share = threads / count if part == "first blocks" else 1.0
    name = f"{reading.name}, {part}"
    seconds = {side: median(one.seconds for one in found[side]) for side in _SIDES}
    floor = seconds.pop("disk") + _ANSWERS * LATENCY_S
    yield compare_speeds(name, threads, reading.bands * share * pixels / 1e6, seconds, goal)
    label = f"disk and {_ANSWERS} answers"
    yield Comparison(f"{name}, time", threads, "s", seconds["ours"], floor, label)


def _compare_first(reading: _Reading, rounds: int, goal: Goal | None) -> Comparisons:
    found = _time(reading, "first blocks", rounds)
    yield from _compare_times(reading, "first blocks", found, goal)


def _compare_whole(reading: _Reading, rounds: int, goal: Goal | None) -> Comparisons:
    found = _time(reading, "whole scene", rounds)
    yield from _compare_times(reading, "whole scene", found, goal)
    threads, count = reading.threads, len(reading.blocks)
    ours, theirs = (median(one.count.requests for one in found[side]) for side in _SIDES[:2])
    name = f"{reading.name}, requests"
    yield Comparison(name, threads, "1/block", ours / count, theirs / count, "odc-stac")
    needed = reading.bands * reading.scene.count_needed_bytes() / 1e6
    for side in _SIDES[:2]:
        sent = median(one.count.sent for one in found[side]) / 1e6
        name = f"{reading.name}, bytes read" + ("" if side == "ours" else f" by {side}")
        yield Comparison(name, threads, "MB", sent, needed, "tiles that are needed")
