"""Mosaics shard by shard: on many processes, killed and gone on with, with the same bytes."""

from __future__ import annotations

import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from forked import start_forked, wait
from small_output import SmallOutput, digest_daily, list_items

from smmap.archive.verify import verify_output
from smmap.grid.utm import UtmGrid
from smmap.mosaic.plan import Asked, plan_mosaic
from smmap.mosaic.run import make_mosaic, run_mosaic
from smmap.product.layout import LAYOUT
from smmap.spec.errors import TransientError
from smmap.spec.tile import Block
from smmap.store.folder import FolderOutput

DAWN = datetime(2023, 6, 1, 5, 40, tzinfo=UTC)
GRID = UtmGrid("utm-100m", 100)
# Every second tile of a column: each in another shard of 2048 x 2048 cells.
TILES = [GRID.get_tile(31, "N", 5, row) for row in (50, 52, 54, 56)]
ASKED = Asked(grid="utm-100m", rule="mean")
DAYS = 2


class Heard:
    """Keeps what it was told."""

    def __init__(self):
        self.pieces, self.done = 0, 0

    def start(self, days, pieces, dashboard):
        self.pieces = pieces

    def advance(self):
        self.done += 1

    def finish(self, receipt):
        pass


@pytest.fixture(scope="module")
def maps(tmp_path_factory):
    output = SmallOutput(tmp_path_factory.mktemp("maps") / "out")
    for tile in TILES:
        for day in range(DAYS):
            area = Block(tile.geobox, 0, 0, 512, 512)
            moment = DAWN + timedelta(days=day)
            output.put(tile, moment, orbit=f"S1A_O{day:06d}", area=area)
        output.publish(tile)
    return output.root


@pytest.fixture(scope="module")
def undisturbed(maps, tmp_path_factory):
    out = tmp_path_factory.mktemp("undisturbed")
    heard = Heard()
    run_mosaic(plan_mosaic(maps, ASKED, out), heard, threads=1)
    assert heard.done == heard.pieces == DAYS * len(TILES)
    return digest_daily(FolderOutput(out))


def count_records(out: Path) -> int:
    return len(list(out.glob("soil-moisture-daily/**/shards/*.json")))


def start(maps, out, workers=0):
    return start_forked(make_mosaic, maps, ASKED, out, threads=1, workers=workers or None)


def check_whole(out, undisturbed):
    store = FolderOutput(out)
    assert digest_daily(store).items() >= undisturbed.items()
    assert verify_output(store) == []
    assert count_records(out) == 0
    assert not store.list_files(LAYOUT.failures)
    assert not list((out / LAYOUT.staging).iterdir())


def test_workers_give_the_same_bytes(maps, undisturbed, tmp_path):
    result = make_mosaic(maps, ASKED, tmp_path, workers=2)
    assert result.count("done") == DAYS
    check_whole(tmp_path, undisturbed)


def test_a_killed_run_goes_on_from_the_shards_that_are_there(maps, undisturbed, tmp_path):
    process = start(maps, tmp_path)
    end = time.monotonic() + 120
    while count_records(tmp_path) < 2:
        assert process.is_alive()
        assert time.monotonic() < end
        time.sleep(0.005)
    process.kill()
    process.join()
    there, committed = count_records(tmp_path), len(list_items(tmp_path))
    heard = Heard()
    result = run_mosaic(plan_mosaic(maps, ASKED, tmp_path), heard, threads=1)
    assert result.kept == committed
    left = (DAYS - committed) * len(TILES) - there
    assert left <= heard.pieces <= left + 1
    check_whole(tmp_path, undisturbed)


class Impatient(Heard):
    """Presses Ctrl-C when the first day's shards are there, and nothing else of it."""

    def advance(self):
        super().advance()
        if self.done == len(TILES):
            raise KeyboardInterrupt


def test_a_day_whose_shards_are_all_there_is_finished(maps, undisturbed, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run_mosaic(plan_mosaic(maps, ASKED, tmp_path), Impatient(), threads=1)
    assert count_records(tmp_path) == len(TILES)
    assert not list_items(tmp_path)
    heard = Heard()
    result = run_mosaic(plan_mosaic(maps, ASKED, tmp_path), heard, threads=1)
    assert result.count("done") == DAYS
    assert heard.pieces == 1 + len(TILES), "one of the first day, so that the rest follows"
    check_whole(tmp_path, undisturbed)


class Sweeper(Heard):
    """Removes a shard's record when the first day's are all there, as a late ``gc`` would."""

    def __init__(self, out):
        super().__init__()
        self.out = out

    def advance(self):
        super().advance()
        if self.done == len(TILES):
            next(self.out.glob("soil-moisture-daily/**/shards/*.json")).unlink()


def test_a_day_that_lost_a_shard_is_not_committed(maps, undisturbed, tmp_path):
    with pytest.raises(TransientError, match="1 of its shards were removed meanwhile"):
        run_mosaic(plan_mosaic(maps, ASKED, tmp_path), Sweeper(tmp_path), threads=1)
    assert not list_items(tmp_path)
    assert make_mosaic(maps, ASKED, tmp_path, threads=1).count("done") == DAYS
    check_whole(tmp_path, undisturbed)


@pytest.mark.slow
def test_killed_workers_cost_nothing_but_time(maps, undisturbed, tmp_path):
    process = start(maps, tmp_path, workers=2)
    end = time.monotonic() + 120
    while not count_records(tmp_path):
        assert process.is_alive()
        assert time.monotonic() < end
        time.sleep(0.01)
    nannies = psutil.Process(process.pid).children(recursive=True)
    workers = [one for one in nannies if "multiprocessing.spawn" in " ".join(one.cmdline())]
    workers[-1].send_signal(signal.SIGKILL)
    assert wait(process) == 0
    check_whole(tmp_path, undisturbed)
