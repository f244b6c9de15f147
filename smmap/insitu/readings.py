"""Readings of many stations in one table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import pandas as pd

from smmap.insitu.account import Account, combine_accounts
from smmap.insitu.doubles import drop_doubles, find_notes
from smmap.insitu.frame import join_frames
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
    frames, accounts = [], []
    for frame, account in outcomes:
        accounts.append(account)
        if frame is not None:
            kept, sifted = sift_frame(frame, rules)
            frames.append(kept)
            accounts.append(sifted)
    table, doubles = drop_doubles(join_frames(frames))
    accounts.append(Account(dropped=dict(doubles), notes=tuple(find_notes(table))))
    return Readings(table, replace(combine_accounts(accounts), kept=len(table)))
