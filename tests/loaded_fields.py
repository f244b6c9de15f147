"""A coarse source from its catalogue to the pixels of one tile."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox
from pydantic import TypeAdapter
from pyproj import Transformer

from smmap.catalog.definitions import load_definition
from smmap.catalog.registry import open_catalog
from smmap.pipeline.scenes import resolve_scene
from smmap.spec.join import Join
from smmap.spec.tile import Block
from smmap.stack.fields import FieldBlock

TILE = GeoBox((40, 50), Affine(1000, 0, 600_000, 0, -1000, 5_560_000), "EPSG:32632")


BOX = (10.0, 49.0, 12.0, 51.0)


MOMENT = datetime(2023, 5, 3, 17, 25, tzinfo=UTC)


SINUSOIDAL = "+proj=sinu +lon_0=0 +x_0=0 +y_0=0 +R=6371007.181 +units=m +no_defs"


def read_join(**options):
    return TypeAdapter(Join).validate_python(options)


def find_lonlat():
    xs, ys = np.meshgrid(Block.whole(TILE).xs(), Block.whole(TILE).ys())
    return Transformer.from_crs(32632, 4326, always_xy=True).transform(xs, ys)


def compute_plane(lon, lat):
    """A field that interpolation reproduces."""
    return 0.2 + 0.01 * (lon - 11) + 0.02 * (lat - 50)


def load_field(name, address, band, join, catalog=None):
    definition = load_definition(name)
    catalog = catalog or open_catalog(
        definition.model_copy(update={"endpoint": None}), str(address)
    )
    found = catalog.find(definition, BOX, None)
    scenes = [resolve_scene(one.item, definition, [band]) for one in found]
    assert scenes
    return FieldBlock(Block.whole(TILE)).load(scenes, band, join, MOMENT), scenes
