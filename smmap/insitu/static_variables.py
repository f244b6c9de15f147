"""What the ISMN knows of a station's surroundings: ``..._static_variables.csv``."""

from __future__ import annotations

import csv
from dataclasses import replace
from io import StringIO

from smmap.insitu.sensor import Sensor

_SOIL = {
    "sand fraction": "sand_percent",
    "silt fraction": "silt_percent",
    "clay fraction": "clay_percent",
    "organic carbon": "organic_carbon_percent",
    "saturation": "saturation",
}
_LAND_COVERS = ("CCI_landcover_2000", "CCI_landcover_2005", "CCI_landcover_2010")
_CLIMATE = "koeppen_geiger_2007"
_MEASURED = "insitu"


def add_static_variables(sensor: Sensor, text: str) -> Sensor:
    """Complete a probe by the soil, land cover and climate that the file gives for its depth.

    Soil measured at the station goes before soil maps; of several layers the one that holds the
    probe's upper end is taken. Of land covers the latest of ESA CCI is taken, so that all stations
    share its classes. Lines that cannot be understood leave their field unknown.
    """
    rows = list(csv.DictReader(StringIO(text), delimiter=";"))
    found: dict[str, str | float] = {}
    for quantity, field in _SOIL.items():
        fitting = [row for row in rows if _word(row, "quantity_name") == quantity]
        layered = sorted(
            (row for row in fitting if _holds(row, sensor.depth_from_m)),
            key=lambda row: _word(row, "quantity_source_name") != _MEASURED,
        )
        value = _number(layered[0], "value") if layered else None
        if value is not None and value >= 0:
            found[field] = value
    for row in rows:
        source, value_word = _word(row, "quantity_source_name"), _word(row, "value")
        if source in _LAND_COVERS:  # listed by year: the latest stays
            found["land_cover"] = value_word
        elif source == _CLIMATE:
            found["climate"] = value_word
    return replace(sensor, **found)  # type: ignore[arg-type]


def _word(row: dict[str, str | None], column: str) -> str:
    return (row.get(column) or "").strip()


def _number(row: dict[str, str | None], column: str) -> float | None:
    try:
        return float(_word(row, column))
    except ValueError:
        return None


def _holds(row: dict[str, str | None], depth_m: float) -> bool:
    """Whether the row's layer holds the depth; a negative layer is one that nobody wrote down."""
    top, bottom = _number(row, "depth_from[m]"), _number(row, "depth_to[m]")
    if top is None or bottom is None or top < 0:
        return top is not None and top < 0
    return top <= depth_m < bottom or top == depth_m == bottom
