"""Batches that are done, beside the table that they will be part of: a killed run goes on."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

from smmap.matchup.batch import Batch
from smmap.matchup.sample_batch import Sampled
from smmap.store.atomic import report_store_errors, write_atomic


class Parts:
    """A folder of finished batches, each under the digest of all that decides its rows.

    Parameters
    ----------
    table
        The table that is being made; the folder is called like it.
    """

    def __init__(self, table: Path) -> None:
        self.folder = table.with_name(f".{table.name}.parts")

    def load(self, batch: Batch) -> Sampled | None:
        """What the batch left when it was done; None: it was not, or its file is damaged."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            read = pq.read_table(self._find(batch))
            skipped = json.loads(read.schema.metadata[b"skipped"])
        except (OSError, pa.ArrowInvalid, KeyError, TypeError, ValueError):
            return None
        return Sampled(read.to_pandas(), skipped)

    def keep(self, batch: Batch, sampled: Sampled) -> None:
        """Put a finished batch beside the others, whole or not at all.

        Raises
        ------
        StoreError
            If it cannot be written.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        rows = pa.Table.from_pandas(sampled.rows, preserve_index=False)
        note = {b"skipped": json.dumps(sampled.skipped).encode()}
        buffer = io.BytesIO()
        pq.write_table(
            rows.replace_schema_metadata({**(rows.schema.metadata or {}), **note}), buffer
        )
        write_atomic(self._find(batch), buffer.getvalue())

    def remove(self) -> None:
        """The table is there."""
        with report_store_errors(str(self.folder)):
            shutil.rmtree(self.folder, ignore_errors=True)

    def _find(self, batch: Batch) -> Path:
        return self.folder / f"{batch.fingerprint[:32]}.parquet"
