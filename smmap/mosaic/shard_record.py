"""Which shards of a day lie there whole: a run that was killed goes on from them."""

from __future__ import annotations

import json
import posixpath
from collections import Counter
from pathlib import Path

from smmap.mosaic.pieces import ShardPiece
from smmap.store.output import OutputStore

_FOLDER = "shards"
"""Within the folder of the day's files, which are named by what decides their bytes."""


def write_record(out: OutputStore, piece: ShardPiece, counts: Counter[int], staging: Path) -> None:
    """Record a shard whose files are all there, and how often each stored ``sm`` occurs in it."""
    data = json.dumps({str(value): count for value, count in sorted(counts.items())}).encode()
    out.put(f"{piece.target}/{_FOLDER}/{piece.name}.json", data, staging)


def read_records(out: OutputStore, target: str) -> dict[str, Counter[int]]:
    """Counts of each shard that is there, by its name."""
    paths = out.list_files(f"{target}/{_FOLDER}")
    return {
        posixpath.basename(path).removesuffix(".json"): Counter(
            {int(value): count for value, count in json.loads(data).items()}
        )
        for path, data in zip(paths, out.read_many(paths), strict=True)
        if data is not None
    }


def remove_records(out: OutputStore, target: str) -> None:
    """Nobody needs them once the day's item is there."""
    out.delete_folder(f"{target}/{_FOLDER}")
