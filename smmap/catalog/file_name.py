"""What a file's name says: its time, its piece, its band."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from smmap.spec.definition import Definition
from smmap.spec.errors import ConfigError

_FORMATS = {7: "%Y%j", 8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
"""How many digits a time has -> how they are read."""
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class FileName:
    """A name that the definition's pattern fits."""

    start: datetime | None
    """First instant, UTC; None: the name says nothing of time."""
    end: datetime | None
    """Last instant, UTC."""
    key: str
    """Time and piece, as part of an item's id."""
    asset: str | None
    """Which band the file holds; None: all."""


def read_file_name(name: str, definition: Definition) -> FileName | None:
    """Read a name by ``file_pattern``; None: it is no file of the collection.

    Raises
    ------
    ConfigError
        If the pattern is no regular expression, or its ``date`` or ``start`` no time.
    """
    groups = _match(name, definition)
    if groups is None:
        return None
    tile = f"_{groups['tile']}" if groups.get("tile") else ""
    if groups.get("date"):
        start = _read_time(groups["date"], name, definition)
        end = start + timedelta(days=definition.step_days) - _SECOND
        return FileName(start, end, f"_{start:%Y%m%d}{tile}", groups.get("asset"))
    if groups.get("start"):
        start = _read_time(groups["start"], name, definition)
        return FileName(start, start, f"_{start:%Y%m%dT%H%M}{tile}", groups.get("asset"))
    return FileName(None, None, tile, groups.get("asset"))


def _match(name: str, definition: Definition) -> dict[str, str] | None:
    if definition.file_pattern is None:
        return {}
    try:
        found = re.search(definition.file_pattern, name)
    except re.error as error:
        reason = str(error)
    else:
        return found and found.groupdict()
    raise ConfigError(f"definition '{definition.id}': 'file_pattern' cannot be read ({reason})")


def _read_time(text: str, name: str, definition: Definition) -> datetime:
    digits = re.sub(r"\D", "", text)
    try:
        return datetime.strptime(digits, _FORMATS[len(digits)]).replace(tzinfo=UTC)
    except (KeyError, ValueError):
        pass
    raise ConfigError(
        f"definition '{definition.id}': 'file_pattern' takes '{text}' of file '{name}' for a time"
    )
