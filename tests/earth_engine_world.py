"""Images of an Earth Engine of one's own, and what its expressions come to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
from affine import Affine
from pyproj import CRS, Transformer

PUBLIC = "projects/earthengine-public/assets/"
SINUSOIDAL = "+proj=sinu +R=6371007.181 +units=m +no_defs"


@dataclass
class StubBand:
    """Pixels of a band; masked where the array is."""

    pixels: np.ma.MaskedArray
    crs: str
    transform: Affine


@dataclass
class StubImage:
    """An image: where, when, what."""

    id: str
    bands: dict[str, StubBand]
    start: str | None = "2023-04-01T05:58:00Z"
    end: str | None = None
    updated: str = "2023-04-02T00:00:00.123456Z"
    geometry: dict | None = None
    properties: dict = field(default_factory=dict)

    def describe(self):
        document = {
            "type": "IMAGE",
            "name": name_asset(self.id),
            "id": self.id,
            "updateTime": self.updated,
            "properties": self.properties,
            "bands": [_describe(name, band) for name, band in self.bands.items()],
        }
        more = {"startTime": self.start, "endTime": self.end, "geometry": self.geometry}
        return document | {key: value for key, value in more.items() if value}


def name_asset(asset):
    return (
        f"projects/earthengine-legacy/assets/{asset}"
        if asset[:9] == "projects/"
        else PUBLIC + asset
    )


def _describe(name, band):
    """A band as Earth Engine's REST interface tells it: numbers that are zero are left out."""
    t = band.transform
    place = {"scaleX": t.a, "shearX": t.b, "translateX": t.c}
    place |= {"shearY": t.d, "scaleY": t.e, "translateY": t.f}
    height, width = band.pixels.shape
    crs = {"crsCode": band.crs} if re.fullmatch(r"[\w-]+:\d+", band.crs) else {"crsWkt": band.crs}
    return {
        "id": name,
        "dataType": {"precision": "FLOAT" if band.pixels.dtype.kind == "f" else "INT"},
        "grid": {
            **crs,
            "dimensions": {"width": width, "height": height},
            "affineTransform": {key: value for key, value in place.items() if value},
        },
        "pyramidingPolicy": "MEAN",
    }


class Evaluation:
    """What an expression comes to; images become {band: masked array} on the grid asked for."""

    def __init__(self, find, images, expression, grid=None):
        self.find, self.images = find, images
        self.values, self.grid = expression["values"], grid
        self.result = self._value(expression["result"], {})
        if grid is not None:
            self.result = self.result(grid)

    def _value(self, node, arguments):
        if isinstance(node, str):
            node = self.values[node]
        kind, content = next(iter(node.items()))
        match kind:
            case "constantValue":
                return content
            case "integerValue":
                return int(content)
            case "valueReference":
                return self._value(content, arguments)
            case "argumentReference":
                return arguments[content]
            case "arrayValue":
                return [self._value(one, arguments) for one in content["values"]]
            case "functionDefinitionValue":
                return lambda *given: self._value(
                    content["body"],
                    arguments | dict(zip(content["argumentNames"], given, strict=True)),
                )
            case "functionInvocationValue":
                given = {
                    name: self._value(one, arguments)
                    for name, one in content.get("arguments", {}).items()
                }
                return self._call(content["functionName"], given)
        raise LookupError(f"unknown kind of value {kind}")

    def _call(self, name, given):
        match name:
            case "Image.load":
                image = self.find(given["id"])
                if image is None:
                    raise LookupError(f"Image.load: Image asset '{given['id']}' not found.")
                return lambda grid: {key: _sample(band, grid) for key, band in image.bands.items()}
            case "Image.constant":
                return lambda _: {"constant": np.ma.masked_array(np.float64(given["value"]))}
            case "Image.select":
                return lambda grid: _select(given["input"](grid), given["bandSelectors"])
            case "Image.unmask":
                whole = given.get("sameFootprint", True) is False
                return lambda grid: {
                    key: _unmask(values, given["value"](grid)["constant"], whole)
                    for key, values in given["input"](grid).items()
                }
            case "Image.toFloat":
                return lambda grid: {
                    key: values.astype(np.float32) for key, values in given["value"](grid).items()
                }
            case "ImageCollection.load":
                return [one for one in self.images if one.id.rpartition("/")[0] == given["id"]]
            case "DateRange":
                return given["start"], given["end"]
            case "Filter.dateRangeContains":
                return given["leftValue"]
            case "Collection.filter":
                start, end = given["filter"]
                return [one for one in given["collection"] if start[:19] <= one.start < end[:19]]
            case "Collection.map":
                return [
                    (one, given["baseAlgorithm"](self._call("Image.load", {"id": one.id})))
                    for one in given["collection"]
                ]
            case "ImageCollection.toBands":
                return lambda grid: {
                    f"{image.id.rpartition('/')[2]}_{key}": values
                    for image, express in given["collection"]
                    for key, values in express(grid).items()
                }
        raise LookupError(f"unknown function {name}")


def _select(bands, names):
    for name in names:
        if name not in bands:
            raise LookupError(
                f"Image.select: Band pattern '{name}' was applied to an Image with no matching "
                f"bands. The available bands are [{', '.join(bands)}]."
            )
    return {name: bands[name] for name in names}


def _unmask(values, constant, whole):
    dtype = np.result_type(values.dtype, constant.dtype)
    filled = values.astype(dtype).filled(dtype.type(constant))
    return np.ma.masked_array(filled, np.ma.getmaskarray(values) & (not whole))


def _sample(band, grid):
    place, size = grid["affineTransform"], grid["dimensions"]
    transform = Affine(
        *(place.get(one, 0.0) for one in ("scaleX", "shearX", "translateX")),
        *(place.get(one, 0.0) for one in ("shearY", "scaleY", "translateY")),
    )
    cols, rows = np.meshgrid(np.arange(size["width"]) + 0.5, np.arange(size["height"]) + 0.5)
    xs, ys = transform * (cols, rows)
    asked = grid.get("crsCode") or grid["crsWkt"]
    if asked != band.crs:
        turn = Transformer.from_crs(_known(asked), _known(band.crs), always_xy=True)
        xs, ys = turn.transform(xs, ys)
    cols, rows = (np.floor(np.round(one, 6)).astype(int) for one in ~band.transform * (xs, ys))
    height, width = band.pixels.shape
    inside = (rows >= 0) & (rows < height) & (cols >= 0) & (cols < width)
    found = band.pixels[np.where(inside, rows, 0), np.where(inside, cols, 0)]
    return np.ma.masked_array(found.data, np.ma.getmaskarray(found) | ~inside)


def _known(crs):
    return CRS(SINUSOIDAL if crs == "SR-ORG:6974" else crs)
