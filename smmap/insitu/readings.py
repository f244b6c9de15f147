"""Readings of many stations in one table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import pandas as pd

from smmap.insitu.account import Account, combine_accounts
from smmap.insitu.doubles import drop_doubles, find_notes
from smmap.insitu.frame import join_frames, stack_frames
from smmap.insitu.ismn import Outcome
from smmap.insitu.rules import ReadingRules
from smmap.insitu.sift import sift_frame


@dataclass(frozen=True)
class Readings:
    """What came through, and what did not."""

    table: pd.DataFrame
    """One row a reading, with the columns `frame.COLUMNS`: soil moisture in m3/m3, times in UTC;
    sorted by probe and time."""
    account: Account
    """What became of everything that was read."""


def collect_readings(outcomes: Iterable[Outcome], rules: ReadingRules) -> Readings:
    """Sift each file's readings, join them, and drop what comes twice.

    The result does not depend on the order of the files.
    """
    frames: list[pd.DataFrame] = []
    accounts = []
    for frame, account in outcomes:
        accounts.append(account)
        if frame is not None:
            kept, sifted = sift_frame(frame, rules)
            frames.append(kept)
            accounts.append(sifted)
    tables = []
    for batch in _batch_by_station(frames):
        table, doubles = drop_doubles(join_frames(batch))
        tables.append(table)
        accounts.append(Account(dropped=dict(doubles)))
    table = stack_frames(tables)
    accounts.append(Account(notes=tuple(find_notes(table))))
    return Readings(table, replace(combine_accounts(accounts), kept=len(table)))


def _batch_by_station(frames: list[pd.DataFrame]) -> Iterator[list[pd.DataFrame]]:
    """Frames of one station after the other, in order of their names: less to sort at once.

    A frame of several stations may share them with others, so then all are one batch.
    """
    batches: dict[tuple[str, ...], list[pd.DataFrame]] = defaultdict(list)
    for frame in frames:
        stations = frame[["network", "station"]].drop_duplicates()
        if len(stations) > 1:
            yield frames
            return
        if len(stations):
            batches[tuple(stations.iloc[0])].append(frame)
    frames.clear()  # so that a batch can be freed when the next one is made
    for key in sorted(batches):
        yield batches.pop(key)
