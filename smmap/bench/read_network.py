"""Reading over a slow network, beside odc-stac: blocks of many bands, and of one."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace
from statistics import median

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
"""Of blocks whose files nobody has opened yet, and of those that follow, against odc-stac."""
LATENCY_S = 0.02
"""Of each answer."""

_MANY = 8
"""Bands, as a model reads of a Sentinel-2 scene with its classes; each is a file."""
_BLOCK = 1024
_WHERE = f"over HTTP, {LATENCY_S * 1e3:.0f} ms"
_SIDES = ("ours", "odc-stac", "disk")


def compare_network(scene: ReadScene, settings: Settings) -> Comparisons:
    """Seconds, requests and bytes."""
    import odc.stac

    odc.stac.configure_rio(cloud_defaults=True)
    with serve_file(scene.path, LATENCY_S) as served:
        for threads in settings.threads:
            for bands, goal in ((_MANY, SPEED), (1, None)):
                read = _Reading(scene, served, threads, bands)
                yield from _compare(read, settings.rounds, goal)


@dataclass(frozen=True)
class _Round:
    """What one side took once."""

    first_s: float
    """For blocks of files that nobody has opened yet."""
    next_s: float
    """For the blocks below them, right after."""
    count: Count
    """Of both."""


@dataclass(frozen=True)
class _Reading:
    """As many blocks side by side as threads, and then those below: so a run reads."""

    scene: ReadScene
    served: Served
    threads: int
    bands: int

    @property
    def rows(self) -> list[Block]:
        """What is read at first, and what then."""
        side = min(_BLOCK, Block.whole(self.scene.target).width // max(2, self.threads))
        return [Block(self.scene.target, row, 0, side, self.threads * side) for row in (0, side)]

    def measure(self, side: str, folder: str) -> _Round:
        """Read by one side, from a folder that is new to all caches; ``disk``: ours, locally."""
        make = self._make_link if side == "disk" else self.served.make_url
        urls = [make(f"{folder}/{number}") for number in range(self.bands)]
        read = self._read_by_odc if side == "odc-stac" else self._read_by_blocks
        self.served.count()
        start = time.perf_counter()
        first, last = (time.perf_counter() for _ in read(urls))
        return _Round(first - start, last - first, self.served.count())

    def _make_link(self, folder: str) -> str:
        link = self.scene.path.parent / folder / self.scene.path.name
        link.parent.mkdir(parents=True)
        link.symlink_to(self.scene.path)
        return str(link)

    def _read_by_blocks(self, urls: Sequence[str]) -> Iterator[None]:
        bands = [replace(self.scene.describe_band(url), name=url) for url in urls]
        rows = [row.split(row.height) for row in self.rows]
        order = [block for row in rows for block in row]
        with (
            keep_files(),
            foresee_blocks(order, self.threads),
            ThreadPoolExecutor(self.threads) as pool,
        ):
            for row in rows:
                jobs = [pool.submit(copy_context().run, _load, bands, one) for one in row]
                for job in jobs:
                    job.result()
                yield

    def _read_by_odc(self, urls: Sequence[str]) -> Iterator[None]:
        """With threads of its own, and GDAL set up as it recommends for the cloud."""
        import odc.stac

        item = self.scene.describe_item()
        band = item.assets.pop("red")
        for url in urls:
            asset = band.clone()
            asset.href = url
            item.add_asset(url.split("/")[-2], asset)
        names = list(item.assets)
        for row in self.rows:
            grid = _cut(row)
            odc.stac.load([item], names, geobox=grid, resampling="bilinear", pool=self.threads)
            yield


def _load(bands: Sequence[Band], block: Block) -> None:
    with begin_block(block), read_ahead((band, block) for band in bands):
        for band in bands:
            load_band(band, block)


def _cut(block: Block) -> GeoBox:
    down = slice(block.row, block.row + block.height)
    return block.geobox[down, block.col : block.col + block.width]


def _compare(reading: _Reading, rounds: int, goal: Goal | None) -> Comparisons:
    found: dict[str, list[_Round]] = {side: [] for side in _SIDES}
    for number in range(rounds):
        for side in _SIDES[:: 1 if number % 2 == 0 else -1]:
            folder = f"{reading.threads}/{reading.bands}/{number}/{side}"
            found[side].append(reading.measure(side, folder))
    threads, (first, below) = reading.threads, reading.rows
    megapixels = reading.bands * first.height * first.width / 1e6
    where = f"{_WHERE}, {reading.bands} band{'s' * (reading.bands > 1)}"
    for name, step, answers in (("first", "first_s", 2), ("next", "next_s", 0)):
        seconds = {side: median(getattr(one, step) for one in found[side]) for side in _SIDES}
        floor = seconds.pop("disk") + answers * LATENCY_S
        yield compare_speeds(f"{where}, {name} blocks", threads, megapixels, seconds, goal)
        label = f"disk and {answers} answers" if answers else "disk"
        yield Comparison(
            f"{where}, {name} blocks, time", threads, "s", seconds["ours"], floor, label
        )
    ours, theirs = (
        median(one.count.requests for one in found[side]) / (2 * threads) for side in _SIDES[:2]
    )
    yield Comparison(f"{where}, requests", threads, "1/block", ours, theirs, "odc-stac")
    both = Block(first.geobox, 0, 0, first.height + below.height, first.width)
    needed = reading.bands * reading.scene.count_needed_bytes(both) / 1e6
    for side in _SIDES[:2]:
        sent = median(one.count.sent for one in found[side]) / 1e6
        name = f"{where}, bytes read" + ("" if side == "ours" else f" by {side}")
        yield Comparison(name, threads, "MB", sent, needed, "tiles that are needed")
