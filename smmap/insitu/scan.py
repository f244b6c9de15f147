"""Hourly reports of the Soil Climate Analysis Network (USDA NRCS), as text, ``.gz`` or not.

Times are UTC-8 whatever the station; values are percent by volume; depths are inches below the
surface. The reports carry no coordinates: they come from a ``stations.csv`` beside them with the
columns station_id, latitude, longitude, elevation_ft.
"""

from __future__ import annotations

import csv
import posixpath
import re
from collections.abc import Iterator, Mapping
from io import StringIO

import pandas as pd

from smmap.insitu.account import Account
from smmap.insitu.frame import build_frame, join_frames
from smmap.insitu.ismn import Outcome
from smmap.insitu.place import Place
from smmap.insitu.sensor import Sensor
from smmap.insitu.unit import convert_to_m3_m3
from smmap.spec.errors import InsituError

STATIONS = "stations.csv"
_NETWORK = "SCAN"
_METRES_AN_INCH = 0.0254
_METRES_A_FOOT = 0.3048
_HOURS_BEHIND_UTC = 8
_COLUMN = re.compile(
    r"^(?P<name>.+) \((?P<id>\d+)\) Soil Moisture Percent "
    r"(?P<depth>-?[\d.]+)in \((?P<unit>[^)]+)\)$"
)
Row = Mapping[str, str | None]


def read_scan(place: Place) -> Iterator[Outcome]:
    """Each report of the folder or zip.

    Raises
    ------
    InsituError
        If ``stations.csv`` is missing or cannot be understood.
    """
    stations = _load_stations(place)
    for name in place.names:
        if posixpath.basename(name) == STATIONS or not name.endswith((".txt", ".txt.gz", ".csv")):
            continue
        try:
            frame, notes = parse_report(place.load_text(name), name, stations)
        except InsituError as error:
            yield None, Account(left_out={name: str(error)})
        else:
            yield frame, Account(notes=notes)


def parse_report(
    text: str, name: str, stations: Mapping[str, Row]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """All readings of a report, and what could not be understood of its columns.

    Raises
    ------
    InsituError
        If it is no such report, is in an unknown unit, or is of a station without coordinates.
    """
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    rows = list(csv.reader(lines))
    if not rows or rows[0][0] != "Date":
        raise InsituError(f"{name}: is no SCAN report: no line of columns that begins with 'Date'")
    header, body = rows[0], rows[1:]
    found = {index: _COLUMN.match(title) for index, title in enumerate(header) if index}
    local = pd.to_datetime([row[0] for row in body], format="ISO8601", errors="coerce")
    time = (local + pd.Timedelta(hours=_HOURS_BEHIND_UTC)).tz_localize("UTC")
    frames = [
        build_frame(
            _describe_probe(column, stations, name),
            time,
            convert_to_m3_m3(_pick(body, index), column["unit"], f"{name}, '{header[index]}'"),
            source=name,
        )
        for index, column in found.items()
        if column is not None
    ]
    if not frames:
        raise InsituError(f"{name}: has no column of soil moisture; its columns are {header}")
    others = sorted({header[index] for index, column in found.items() if column is None})
    return join_frames(frames), tuple(f"column '{title}' is not read" for title in others)


def _pick(body: list[list[str]], index: int) -> list[str]:
    return [row[index] if index < len(row) else "" for row in body]


def _describe_probe(column: re.Match[str], stations: Mapping[str, Row], name: str) -> Sensor:
    row = stations.get(column["id"])
    if row is None:
        raise InsituError(f"{name}: station {column['id']} is not listed in {STATIONS}; add it")
    try:
        latitude, longitude = float(row["latitude"] or ""), float(row["longitude"] or "")
    except ValueError:
        where = f"{STATIONS}, station {column['id']}"
        raise InsituError(f"{where}: latitude or longitude is not a number") from None
    depth_m = abs(float(column["depth"])) * _METRES_AN_INCH
    feet = pd.to_numeric(row.get("elevation_ft") or "nan", errors="coerce")
    return Sensor(
        network=_NETWORK,
        station=f"{column['name']} ({column['id']})",
        latitude=latitude,
        longitude=longitude,
        elevation_m=float(feet) * _METRES_A_FOOT,
        depth_from_m=depth_m,
        depth_to_m=depth_m,
    )


def _load_stations(place: Place) -> dict[str, Row]:
    names = [name for name in place.names if posixpath.basename(name) == STATIONS]
    if names:
        text = place.load_text(names[0])
    elif place.path.is_file() and (place.path.parent / STATIONS).is_file():
        text = (place.path.parent / STATIONS).read_text(encoding="utf-8-sig")
    else:
        raise InsituError(
            f"{place.path}: SCAN reports carry no coordinates; put a {STATIONS} beside them with "
            "the columns station_id, latitude, longitude, elevation_ft"
        )
    rows = list(csv.DictReader(StringIO(text)))
    needed = {"station_id", "latitude", "longitude"}
    missing = needed - set(rows[0]) if rows else needed
    if missing:
        raise InsituError(f"{place.path}, {STATIONS}: no column {', '.join(sorted(missing))}")
    return {row["station_id"]: row for row in rows}
