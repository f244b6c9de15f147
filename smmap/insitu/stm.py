"""One ``.stm`` file of the International Soil Moisture Network, in either of its layouts.

``header+values``: a first line names the probe, the others are ``date time value flag flag``.
``CEOP``: each line is ``date time date time``, the probe, ``value flag flag``; of its two times
the first, nominal one is taken, as in the other layout. Times are UTC, values m3/m3. The first flag
is the ISMN's own, the second the provider's.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePosixPath

import pandas as pd

from smmap.insitu.frame import build_frame
from smmap.insitu.sensor import Sensor
from smmap.insitu.unit import convert_to_m3_m3
from smmap.spec.errors import InsituError

_MOMENT = r"\d{4}/\d\d/\d\d\s+\d\d:\d\d(?::\d\d)?"
_NUMBER = r"-?\d+(?:\.\d+)?"
_DEGREES = r"-?\d+\.\d+"
"""Always with decimals, so that "Meadow 3" stays a name."""
_PROBE = re.compile(
    rf"^(?P<times>{_MOMENT}\s+{_MOMENT}\s+)?(?P<campaign>\S+)\s+(?P<network>\S+)\s+(?P<station>\S.*?)"
    rf"\s+(?P<latitude>{_DEGREES})\s+(?P<longitude>{_DEGREES})\s+(?P<elevation>{_NUMBER})"
    rf"\s+(?P<from>{_NUMBER})\s+(?P<to>{_NUMBER})\s+(?P<rest>\S.*?)\s*$"
)
_FILE = re.compile(
    r"_(?P<variable>[a-z]+(?:_h)?)_-?\d+\.\d+_-?\d+\.\d+_(?P<instrument>.+)_\d+_\d+$"
)
_UNKNOWN_ELEVATION = -999.0
_VALUE = 2
"""Which word of a ``header+values`` line is the value."""


def find_variable(name: str) -> str:
    """Which variable a file holds, which only its name says: ``sm`` is soil moisture.

    Raises
    ------
    InsituError
        If the name is not the network's own.
    """
    found = _FILE.search(PurePosixPath(name).stem)
    if found is None:
        raise InsituError(
            f"{name}: is not named as the ISMN does (NETWORK_NETWORK_STATION_VARIABLE_FROM_TO_"
            "PROBE_FIRST_LAST.stm), so its variable is not known; give it its own name back"
        )
    return found["variable"]


def parse_probe(line: str, name: str) -> Sensor:
    """The probe that a file's first line names.

    Raises
    ------
    InsituError
        If the line is of neither layout, or its place is not on Earth.
    """
    found = _PROBE.match(line)
    if found is None:
        raise InsituError(f"{name}: its first line is of neither ISMN layout: '{line[:60]}'")
    elevation = float(found["elevation"])
    in_name = _FILE.search(PurePosixPath(name).stem)
    return Sensor(
        network=found["network"],
        station=found["station"],
        latitude=float(found["latitude"]),
        longitude=float(found["longitude"]),
        elevation_m=elevation if elevation > _UNKNOWN_ELEVATION else float("nan"),
        depth_from_m=float(found["from"]),
        depth_to_m=float(found["to"]),
        instrument=in_name["instrument"] if in_name else "",
    )


def parse_stm(text: str, name: str, sensor: Sensor) -> pd.DataFrame:
    """All readings of a file; a line that is too short has no value.

    Parameters
    ----------
    sensor
        As `parse_probe` found it, completed by static variables.

    Raises
    ------
    InsituError
        If the file holds no line of readings, or lines of several probes.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    found = _PROBE.match(lines[0]) if lines else None
    position = _VALUE
    if found is not None and found["times"]:
        position = len(lines[0][: found.start("rest")].split())
        _check_one_probe(lines, name, sensor)
    else:
        lines = lines[1:]
    if not lines:
        raise InsituError(f"{name}: has no line of readings")
    words = [line.split() for line in lines]
    values = [row[position] if len(row) > position else "" for row in words]
    return build_frame(
        sensor,
        pd.to_datetime(
            [" ".join(row[:2]) for row in words],
            format="%Y/%m/%d %H:%M",
            errors="coerce",
            utc=True,
        ),
        convert_to_m3_m3(values, "m3/m3", name),
        [row[position + 1] if len(row) > position + 1 else "no flag" for row in words],
        source=name,
    )


def _check_one_probe(lines: list[str], name: str, sensor: Sensor) -> None:
    """The last line of a CEOP file is of the probe that the first one is of."""
    last = parse_probe(lines[-1], name)
    place = ("network", "station", "depth_from_m", "depth_to_m")
    given = replace(last, instrument=sensor.instrument)
    if any(getattr(given, key) != getattr(sensor, key) for key in place):
        raise InsituError(f"{name}: holds several probes; a file of one probe each is wanted")
