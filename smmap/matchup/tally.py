"""What became of every station and of every station's overpass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from smmap.matchup.site import Site


@dataclass
class Tally:
    """Figures that are told in the end, and kept in the table's own notes."""

    sites: int = 0
    """Stations, or cells of them, with readings."""
    samples: int = 0
    """Rows of the table with a measured value."""
    earlier: int = 0
    """Rows without, which models with a history look back to."""
    pairs: int = 0
    """Stations times the overpasses around them."""
    lost_sites: Counter[str] = field(default_factory=Counter)
    """Stations without any sample, by reason."""
    lost_pairs: Counter[str] = field(default_factory=Counter)
    """Overpasses of a station that gave no sample, by reason."""
    missing: dict[str, int] = field(default_factory=dict)
    """Rows without a value, by input."""
    skipped: dict[str, str] = field(default_factory=dict)
    """Scenes that could not be used, each with the reason."""
    notes: dict[str, None] = field(default_factory=dict)
    """What else a user should know."""

    def lose_stations(self, sites: Iterable[Site], reason: str) -> None:
        """They give no sample."""
        lost = sum(1 for _ in sites)
        if lost:
            self.lost_sites[reason] += lost

    def count_pairs(self, pairs: int, reason: str, lost: int) -> None:
        """So many were looked at, and so many of them lost."""
        self.pairs += pairs
        if lost:
            self.lost_pairs[reason] += lost

    def note(self, lines: Iterable[str]) -> None:
        """Said once each."""
        self.notes |= dict.fromkeys(lines)

    def to_plain(self) -> dict[str, Any]:
        """For the table's own notes and for machines."""
        return {
            "sites": self.sites,
            "samples": self.samples,
            **({"rows_without_reading": self.earlier} if self.earlier else {}),
            "pairs": self.pairs,
            "sites_without_sample": _sort(self.lost_sites),
            "pairs_without_sample": _sort(self.lost_pairs),
            "rows_without_input": {key: count for key, count in self.missing.items() if count},
            "scenes_left_out": dict(sorted(self.skipped.items())),
            "notes": list(self.notes),
        }

    def describe(self) -> Iterator[str]:
        """The same in lines of text."""
        yield f"{self.samples:,} samples of {self.pairs:,} overpasses over {self.sites:,} places"
        if self.earlier:
            yield f"{self.earlier:,} rows without a reading, for later ones to look back to"
        for reason, count in _sort(self.lost_pairs).items():
            yield f"no sample, {count:,} overpasses: {reason}"
        for reason, count in _sort(self.lost_sites).items():
            yield f"no sample at all, {count:,} places: {reason}"
        for count in sorted({count for count in self.missing.values() if count}):
            names = ", ".join(name for name, lacking in self.missing.items() if lacking == count)
            yield f"{count:,} rows, which stay, have no value of {names}"
        for scene, reason in sorted(self.skipped.items()):
            yield f"left out scene {scene}: {reason}"
        for note in self.notes:
            yield f"note: {note}"


def _sort(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))
