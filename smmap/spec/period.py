"""A span of time: UTC, half-open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from smmap.spec.errors import ConfigError

_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)
"""Stand for an open side."""


@dataclass(frozen=True, order=True)
class Period:
    """From ``start`` (included) to ``end`` (excluded), both aware and in UTC."""

    start: datetime
    """First instant that belongs to the period."""
    end: datetime
    """First instant that no longer does."""

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ConfigError("a period needs times with a zone (UTC)")
        if self.end <= self.start:
            raise ConfigError(f"period {self} ends before it starts; write it as EARLIER/LATER")

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read ``A/B``: ISO dates or times; a date as ``B`` means up to the end of that day.

        ``..`` on one side leaves that side open.
        """
        parts = text.split("/")
        if len(parts) not in (1, 2) or not all(parts):
            raise ConfigError(
                f"period '{text}' is not understood; write 2023-04-01/2023-04-30 or one date"
            )
        first, last = parts[0], parts[-1]
        if first == last == "..":
            raise ConfigError(f"period '{text}' has neither a beginning nor an end")
        start = _EARLIEST if first == ".." else _instant(first, end=False)
        return cls(start, _LATEST if last == ".." else _instant(last, end=True))

    def pad(self, before: timedelta, after: timedelta) -> Period:
        """The period, longer by ``before`` and ``after``."""
        return Period(self.start - before, self.end + after)

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%dT%H:%M:%SZ}/{self.end:%Y-%m-%dT%H:%M:%SZ}"


def _instant(text: str, *, end: bool) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"'{text}' is not a date or time like 2023-04-01") from None
    whole_day = len(text) <= len("2023-04-01")
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment + timedelta(days=1) if whole_day and end else moment
