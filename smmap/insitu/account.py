"""What became of every reading: kept, or dropped and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Account:
    """Figures of what was read; ``rows`` is always ``kept`` plus all that was dropped."""

    files: int = 0
    """Files with readings that were read."""
    rows: int = 0
    """Readings in them."""
    kept: int = 0
    """Readings that came through."""
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Readings that did not, by reason."""
    set_aside: Mapping[str, int] = field(default_factory=dict)
    """Files that are sound and were not wanted, by reason."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Files that cannot be read, each with its reason."""
    notes: tuple[str, ...] = ()
    """What a user should know of readings that were kept."""

    def describe(self) -> Iterator[str]:
        """The account in lines of text."""
        share = f" ({100 * self.kept / self.rows:.1f} %)" if self.rows else ""
        yield f"{self.kept:,} of {self.rows:,} readings{share} kept, from {self.files:,} files"
        for reason, count in sorted(self.dropped.items(), key=lambda one: (-one[1], one[0])):
            yield f"dropped {count:,}: {reason}"
        for reason, count in sorted(self.set_aside.items()):
            yield f"not wanted, {count:,} files: {reason}"
        for file, reason in sorted(self.left_out.items()):
            yield f"left out {file}: {reason}"
        for note in self.notes:
            yield f"note: {note}"


def combine_accounts(accounts: Iterable[Account]) -> Account:
    """One account of all; notes that are the same are said once."""
    all_of_them = list(accounts)
    dropped: Counter[str] = Counter()
    set_aside: Counter[str] = Counter()
    left_out: dict[str, str] = {}
    notes: dict[str, None] = {}
    for one in all_of_them:
        dropped.update(one.dropped)
        set_aside.update(one.set_aside)
        left_out.update(one.left_out)
        notes.update(dict.fromkeys(one.notes))
    return Account(
        files=sum(one.files for one in all_of_them),
        rows=sum(one.rows for one in all_of_them),
        kept=sum(one.kept for one in all_of_them),
        dropped=dict(dropped),
        set_aside=dict(set_aside),
        left_out=left_out,
        notes=tuple(notes),
    )
