"""QGIS styles: a ``.qml`` of a file's own name is applied when the file is opened."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from smmap.sinks.ramp import SM_LIMITS, compute_stops
from smmap.spec.quality import Quality

_GOOD_COLOUR = "#1a9850"
_FLAG_COLOURS = {
    Quality.SNOW_OR_FROZEN: "#e0ffff",
    Quality.DENSE_VEGETATION: "#00441b",
    Quality.NOT_CONVERGED: "#969696",
    Quality.OUT_OF_BOUNDS: "#d73027",
    Quality.LOW_WEIGHT: "#fee08b",
    Quality.UNRELIABLE: "#f46d43",
    Quality.BARREN: "#d9b38c",
    Quality.WATER: "#2166ac",
    Quality.TERRAIN: "#8c510a",
    Quality.STALE_OPTICAL: "#c7e9c0",
    Quality.OUTSIDE_DOMAIN: "#762a83",
    Quality.PROVISIONAL: "#fdbf6f",
    Quality.URBAN: "#525252",
}


def compute_sm_style() -> str:
    """Style of ``sm``: the ramp over physical values (QGIS applies scale and nodata itself)."""
    stops = [(value, colour, f"{value:.2f}") for value, colour in compute_stops()]
    return _compute_style(stops, "INTERPOLATED", SM_LIMITS)


def compute_quality_style() -> str:
    """Style of ``sm_quality``: a pixel has the colour of its highest bit."""
    stops = [(0.0, _GOOD_COLOUR, "good")]
    for bit, colour in _FLAG_COLOURS.items():
        label = str(bit.name).lower().replace("_", " ")
        stops.append((float(2 * bit - 1), colour, label))
    return _compute_style(stops, "DISCRETE", (0.0, stops[-1][0]))


def _compute_style(
    stops: Sequence[tuple[float, str, str]], kind: str, limits: tuple[float, float]
) -> str:
    low, high = (f"{limit:g}" for limit in limits)
    root = ET.Element("qgis", version="3.28.0", styleCategories="Symbology")
    renderer = ET.SubElement(
        ET.SubElement(root, "pipe"),
        "rasterrenderer",
        type="singlebandpseudocolor",
        band="1",
        opacity="1",
        alphaBand="-1",
        nodataColor="",
        classificationMin=low,
        classificationMax=high,
    )
    shader = ET.SubElement(
        ET.SubElement(renderer, "rastershader"),
        "colorrampshader",
        colorRampType=kind,
        classificationMode="1",
        clip="0",
        minimumValue=low,
        maximumValue=high,
    )
    for value, colour, label in stops:
        ET.SubElement(shader, "item", value=f"{value:g}", color=colour, alpha="255", label=label)
    ET.indent(root)
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + ET.tostring(
        root, encoding="unicode"
    )
