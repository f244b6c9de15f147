"""Hourly files of the U.S. Climate Reference Network (NOAA NCEI product ``hourly02``).

38 fields parted by blanks; times are UTC, at the end of the hour; soil moisture is m3/m3 at 5, 10,
20, 50 and 100 cm, layer means of three probes; -99 and -9999 stand for no value. Quality control
is done at the source: what fails is missing.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

import pandas as pd

from smmap.insitu.account import Account
from smmap.insitu.frame import build_frame, join_frames
from smmap.insitu.ismn import Outcome
from smmap.insitu.place import Place
from smmap.insitu.sensor import Sensor
from smmap.insitu.unit import convert_to_m3_m3
from smmap.spec.errors import InsituError

_NETWORK = "USCRN"
_FIELDS = 38
_DATE, _TIME, _LONGITUDE, _LATITUDE = 1, 2, 6, 7
_MOISTURE = {28: 0.05, 29: 0.10, 30: 0.20, 31: 0.50, 32: 1.00}
"""Position of a field -> depth, metres."""
NAME = re.compile(r"^CRNH02\d\d-\d{4}-(?P<station>.+)\.txt(?:\.gz)?$")
"""Files of this product, by their name without folders."""


def read_uscrn(place: Place) -> Iterator[Outcome]:
    """Each file of the folder or zip whose name is of the product."""
    for name in place.names:
        found = NAME.match(posixpath.basename(name))
        if found is None:
            continue
        try:
            frame = parse_uscrn(place.load_text(name), name, found["station"].replace("_", " "))
        except InsituError as error:
            yield None, Account(left_out={name: str(error)})
        else:
            yield frame, Account()


def parse_uscrn(text: str, name: str, station: str) -> pd.DataFrame:
    """All readings of a file; lines of another length than 38 fields have neither time nor value.

    Raises
    ------
    InsituError
        If no line is of the product.
    """
    rows = [line.split() for line in text.splitlines() if line.strip()]
    whole = [row for row in rows if len(row) == _FIELDS]
    try:
        longitude, latitude = float(whole[0][_LONGITUDE]), float(whole[0][_LATITUDE])
    except (IndexError, ValueError):
        raise InsituError(f"{name}: is no USCRN hourly02 file of {_FIELDS} fields") from None
    blank = [""] * _FIELDS
    rows = [row if len(row) == _FIELDS else blank for row in rows]
    time = pd.to_datetime(
        [row[_DATE] + row[_TIME] for row in rows], format="%Y%m%d%H%M", errors="coerce", utc=True
    )
    return join_frames(
        [
            build_frame(
                Sensor(_NETWORK, station, latitude, longitude, depth_m, depth_m),
                time,
                convert_to_m3_m3([row[index] for row in rows], "m3/m3", name),
                source=name,
            )
            for index, depth_m in _MOISTURE.items()
        ]
    )
