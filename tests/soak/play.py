"""Plays a round: runs, blows and refusals, and what must be true after each of them."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from dask_processes import DaskCluster, check_gone, find_workers, serve_dask
from draw import Round, Trouble
from drivers import Driver, Ending
from full_disk import LimitedDisk, MountedDisk
from recorded import list_staged, list_stagings, read_items
from store_proxy import StoreProxy

from smmap.archive.verify import verify_output
from smmap.store.open import open_output_store

CLEAN_CODES = {0, 4}
"""Of a driver to which nothing was done but to its workers and sources."""
STOPPED_CODES = {-9, -15, -2, 130, 143}
ALONE_CODES = {7}
"""Of a driver whose scheduler is gone."""
REFUSED_CODES = {6}
RERUNS = 12
OPTIONS = {
    "solo": ["--set", "threads=1"],
    "threads": ["--threads", "2"],
    "workers": ["--workers", "2"],
}


@dataclass
class Stage:
    """Where a round is played."""

    round: Round
    scenes: str
    """Address of the source."""
    out: str
    folder: Path
    """For what is temporary."""
    disk: MountedDisk | LimitedDisk | None
    proxy: StoreProxy | None
    endings: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir()
        self.environment = os.environ | {"TMPDIR": str(self.temporary)}
        if self.proxy is not None:
            self.environment |= {"AWS_ENDPOINT_URL": self.proxy.address}

    @property
    def stagings(self) -> list[Path]:
        """Folders that hold the staging of the round's runs."""
        if self.proxy is None:
            return [Path(self.out, ".smmap/staging")]
        return list(self.temporary.glob("smmap-staging/*"))

    def is_at_work(self) -> bool:
        return any(list_staged(one) for one in self.stagings)

    def find_left(self) -> list[Path]:
        return [path for one in self.stagings for path in list_stagings(one)]

    def start(
        self, way: str, catalog: str, cluster: DaskCluster | None, *, verb: str, batch: int
    ) -> Driver:
        options = ["--scheduler", cluster.address] if cluster else OPTIONS[way]
        address = f"{self.scenes}/{catalog}/catalog.json"
        return Driver(
            address, self.out, *options, verb=verb, batch=batch, environment=self.environment
        )

    @contextlib.contextmanager
    def workforce(self, way: str) -> Iterator[DaskCluster | None]:
        if way != "scheduler":
            yield None
            return
        with serve_dask(self.temporary, environment=self.environment) as cluster:
            family = cluster.list_processes()
            try:
                yield cluster
            finally:
                family += cluster.list_processes()
                for one in family:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        one.kill()
                check_gone(family)


def play_trouble(trouble: Trouble, stage: Stage) -> None:
    """Start drivers, let it happen, and see that what is committed is whole and stays."""
    before = read_items(open_output_store(stage.out))
    with stage.workforce(trouble.way) as cluster:
        drivers = [
            stage.start(
                trouble.way, trouble.catalog, cluster, verb=trouble.verb, batch=trouble.batch
            )
            for _ in range(trouble.drivers)
        ]
        if not trouble.from_start:
            drivers[0].wait_for(stage.is_at_work)
        time.sleep(trouble.after_s)
        refused = _refuse(trouble, stage, drivers, cluster)
        struck = bool(trouble.victim) and strike(trouble, drivers, cluster)
        for driver in drivers:
            ending = driver.finish()
            driver.check_nothing_left()
            judge(ending, trouble if struck else None, refused=refused)
            stage.endings[str(ending.code)] += 1
    check_kept(before, read_items(open_output_store(stage.out)))
    check_whole(stage.out)


def _refuse(
    trouble: Trouble, stage: Stage, drivers: list[Driver], cluster: DaskCluster | None
) -> bool:
    """Let the output refuse for a span; whether it did."""
    if not trouble.refusal:
        return False

    def list_pids() -> list[int]:
        ours = [one.pid for driver in drivers for one in driver.list_processes()]
        return ours + [one.pid for one in (cluster.list_processes() if cluster else [])]

    if stage.proxy is not None:
        stage.proxy.refuse(trouble.refusal)
        time.sleep(trouble.span_s)
        stage.proxy.refuse("")
        return True
    assert stage.disk is not None
    end = time.monotonic() + trouble.span_s
    while time.monotonic() < end:
        stage.disk.fill(list_pids())
        time.sleep(0.05)
    stage.disk.free(list_pids())
    return True


def strike(trouble: Trouble, drivers: list[Driver], cluster: DaskCluster | None) -> bool:
    """Send the signal; whether the victim was there."""
    struck = False
    if trouble.victim in ("driver", "everything"):
        for driver in drivers:
            struck |= driver.process.poll() is None
            if trouble.victim == "everything":
                driver.signal_all(trouble.number)
            else:
                driver.process.send_signal(trouble.number)
    victims: list[psutil.Process] = []
    if cluster is not None and trouble.victim == "everything":
        victims = cluster.list_processes()
    elif cluster is not None and trouble.victim == "scheduler":
        victims = [psutil.Process(cluster.scheduler.pid)]
    elif trouble.victim.endswith(("worker", "workers")):
        there = [one for driver in drivers for one in find_workers(driver.process.pid)]
        there += cluster.find_workers() if cluster else []
        victims = there[:1] if trouble.victim == "one worker" else there
    for one in victims:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.send_signal(trouble.number)
            struck = True
    return struck


def judge(ending: Ending, trouble: Trouble | None, *, refused: bool) -> None:
    """A driver ends as the documentation says, and in words."""
    allowed = set(CLEAN_CODES)
    if refused:
        allowed |= REFUSED_CODES
    if trouble is not None and trouble.victim in ("driver", "everything"):
        allowed |= STOPPED_CODES
    if trouble is not None and trouble.victim == "scheduler":
        allowed |= ALONE_CODES
    assert ending.code in allowed, (ending.code, ending.told)
    # Python's own answer to Ctrl-C while it, or a worker, still loads.
    loading = trouble is not None and trouble.number is signal.SIGINT
    assert "Traceback" not in ending.told or (loading and "KeyboardInterrupt" in ending.told), (
        ending.told
    )


def check_kept(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """What was committed and up to date was not done again; the paths of it."""
    kept = []
    for path, item in before.items():
        assert path in after, f"{path} was committed, and is gone"
        was, now = item["properties"], after[path]["properties"]
        if was["smmap:inputs"] == now["smmap:inputs"] and not was["smmap:skipped"]:
            assert was["created"] == now["created"], f"{path} was done again"
            kept.append(path)
    return kept


def check_whole(out: str) -> None:
    """All that the catalogue reaches, where there is a catalogue yet."""
    store = open_output_store(out)
    if store.read("catalog.json") is not None:
        broken = [one for one in verify_output(store) if "any run repairs" not in one]
        assert not broken, broken
