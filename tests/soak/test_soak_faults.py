"""Hours of bad luck: whatever is killed, refused, full or late, a rerun ends with the same bytes.

``make soak`` runs it for SMMAP_SOAK_MINUTES (10 unless set), from round SMMAP_SOAK_FIRST (0) on.
Each round makes up its own trouble from its number, so that a round that fails can be played again
alone: SMMAP_SOAK_ROUND=N.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections import Counter
from datetime import timedelta

import pytest
from draw import Round, draw_round
from faulty_server import serve_faulty
from full_disk import LimitedDisk, mount_disk
from play import RERUNS, Stage, check_kept, judge, play_trouble
from recorded import digest_pixels, leave_out_moments, read_items
from s3_server import serve_s3
from scenes import write_scenes
from store_proxy import serve_proxy
from watcher import watching

import smmap
from smmap.archive.superseded import remove_superseded
from smmap.archive.verify import verify_output
from smmap.store.open import open_output_store

pytestmark = pytest.mark.soak


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    return write_scenes(tmp_path_factory.mktemp("scenes"))


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """Disks that can become full here: a limit always, a mount where the machine permits it."""
    try:
        with mount_disk(tmp_path_factory.mktemp("probe") / "disk", 1):
            return ("mounted", "limited")
    except PermissionError as error:
        sys.stdout.write(f"{error}: full disks are limits on the size of files\n")
        return ("limited",)


@pytest.fixture(scope="module")
def undisturbed(scenes, tmp_path_factory):
    """Pixels and items of a run that nothing happened to."""
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    smmap.run("local-stac", out, changes=[f"catalog={scenes / 'full/catalog.json'}"])
    store = open_output_store(out)
    assert verify_output(store) == []
    return digest_pixels(store), read_items(store)


def test_rounds_of_bad_luck(scenes, places, undisturbed, tmp_path):
    only = os.environ.get("SMMAP_SOAK_ROUND")
    end = time.monotonic() + 60 * float(os.environ.get("SMMAP_SOAK_MINUTES", "10"))
    drawn: Counter[tuple[str, str]] = Counter()
    first = number = int(only or os.environ.get("SMMAP_SOAK_FIRST", "0"))
    with serve_s3() as bucket:
        while number == first or (only is None and time.monotonic() < end):
            one = draw_round(number, places)
            try:
                seen = play_round(one, scenes, bucket, tmp_path, undisturbed)
            except BaseException:
                sys.stdout.write(f"\nSMMAP_SOAK_ROUND={number} plays this again: {one}\n")
                raise
            drawn.update([*one.list_words(), *seen.elements()])
            number += 1
    sys.stdout.write(f"\n{number - first} rounds\n")
    for (what, which), times in sorted(drawn.items()):
        sys.stdout.write(f"{what:18}{which:38}{times:6}\n")


def play_round(one: Round, scenes, bucket, tmp_path, undisturbed) -> Counter[tuple[str, str]]:
    """All troubles, then reruns to the end; what was seen on the way, for the table."""
    folder = tmp_path / f"round-{one.number}"
    folder.mkdir()
    with contextlib.ExitStack() as stack:
        scenes_at = stack.enter_context(serve_faulty(scenes, one.rate, one.number, one.kinds))
        out, disk, proxy = str(folder / "disk/out"), None, None
        if one.place == "bucket":
            out = f"{bucket}/round-{one.number}"
            proxy = stack.enter_context(serve_proxy(os.environ["AWS_ENDPOINT_URL"]))
        elif one.place == "mounted":
            disk = stack.enter_context(mount_disk(folder / "disk"))
        else:
            disk = LimitedDisk(folder / "disk")
        stage = Stage(one, scenes_at, out, folder, disk, proxy)
        with watching(out) as watch:
            for trouble in one.troubles:
                play_trouble(trouble, stage)
            rerun_to_the_end(stage)
        assert not watch.problems, watch.problems
        check_end(stage, undisturbed)
    seen = Counter({("exit code", code): times for code, times in stage.endings.items()})
    seen["watcher", "looks"] = watch.looks
    seen["watcher", "generations read"] = watch.generations
    seen["store", "writes refused"] = proxy.refused if proxy else 0
    return seen


def rerun_to_the_end(stage: Stage) -> None:
    """Plain reruns until one ends well, and one more that finds nothing to do."""
    store = open_output_store(stage.out)
    finished = 0
    for _ in range(RERUNS):
        before = read_items(store)
        with stage.workforce(stage.round.last_way) as cluster:
            driver = stage.start(stage.round.last_way, "full", cluster, verb="run", batch=2)
            ending = driver.finish()
            driver.check_nothing_left()
        judge(ending, None, refused=False)
        stage.endings[str(ending.code)] += 1
        kept = check_kept(before, read_items(store))
        if ending.code == 0:
            assert ending.result["kept"] == len(kept)
            finished += 1
        if finished == 2:
            return
    raise AssertionError(f"no run came to its end: {ending}")


def check_end(stage: Stage, undisturbed) -> None:
    """Each unit is recorded once; its bytes are those of the undisturbed run; nothing is left."""
    pixels, items = undisturbed
    store = open_output_store(stage.out)
    assert verify_output(store) == []
    found = digest_pixels(store)
    assert {path: found.get(path) for path in pixels} == pixels
    recorded = read_items(store)
    assert recorded.keys() == items.keys()
    for path, item in recorded.items():
        assert leave_out_moments(item) == leave_out_moments(items[path])
    assert store.list_files(".smmap/failed") == []
    assert stage.find_left() == []
    with store.open_staging() as staging:
        for _ in range(2):
            remove_superseded(store, staging, age=timedelta(0))
    assert digest_pixels(store) == pixels, "what is superseded can be told from what is not"
    assert verify_output(store) == []
