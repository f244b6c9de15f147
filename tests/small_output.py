"""An output folder of overpass maps made up by tests, anywhere on Earth."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pystac
import rasterio

from smmap.archive.indexes import describe_grid, publish_root, publish_tile
from smmap.grid.ground import compute_lonlat
from smmap.grid.named import get_grid
from smmap.product.collections import compute_root_catalog
from smmap.product.document import encode_document
from smmap.product.item import ItemFacts, compute_item
from smmap.product.layers import SM, SM_QUALITY, SM_UNCERTAINTY
from smmap.product.layout import LAYOUT
from smmap.product.packing import pack
from smmap.product.stored_file import StoredFile
from smmap.sinks.cog import write_cog
from smmap.sinks.zarr_slice import write_slice
from smmap.spec.overpass import Overpass
from smmap.spec.tile import Block
from smmap.spec.unit import Unit
from smmap.store.folder import FolderOutput

DEPTH_M = (0.0, 0.05)


def find_tiles(grid, outline):
    return get_grid(grid).find_tiles(outline)


def copy_output(root, store):
    """All files of a folder's output into another store."""
    source = FolderOutput(root)
    if isinstance(store, FolderOutput):  # which would wait for the disk at each of them
        ours = shutil.ignore_patterns(".smmap")
        shutil.copytree(root, store.address, ignore=ours, copy_function=shutil.copy)
        return
    with store.open_staging() as staging:
        for path in source.list_files(""):
            if not path.startswith(".smmap/"):
                store.put(path, source.read(path), staging)


def digest_daily(store):
    """Checksums of every array and image of the daily level by path."""
    return {
        path: store.read_mark(path).sha256
        for folder in ("soil-moisture-daily", "cubes-daily")
        for path in store.list_files(folder)
        if not path.endswith(".json") or path.endswith("zarr.json")
    }


def smooth_field(lon, lat):
    """Soil moisture that changes gently, and in the same way on both sides of 180 degrees."""
    return 0.25 + 0.1 * np.sin(np.radians(60 * lon)) * np.cos(np.radians(40 * lat))


def list_items(root, series=""):
    """Items of the daily level below a folder of it."""
    folder = root / "soil-moisture-daily" / series
    paths = sorted(folder.glob("**/SMMAP_*.json"))
    return [pystac.Item.from_file(str(path)) for path in paths]


def read(item, name):
    """Stored values of a COG, nodata masked."""
    with rasterio.open(item.assets[name].get_absolute_href()) as file:
        return file.read(1, masked=True)


class SmallOutput:
    """Maps of soil moisture given by ``field(lon, lat)``."""

    def __init__(self, root: Path):
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        (root / LAYOUT.catalog).write_bytes(encode_document(compute_root_catalog([])))

    def put(
        self,
        tile,
        moment,
        *,
        field=smooth_field,
        quality=0,
        uncertainty=0.05,
        orbit="S1A_O000001",
        area=None,
        fingerprint="a" * 64,
        cog=False,
    ):
        """One overpass map of one tile; NaN in ``field`` is nodata where quality is 0."""
        area = area or Block.whole(tile.geobox)
        sm = np.asarray(field(*compute_lonlat(area)))
        bits = np.broadcast_to(np.asarray(quality, np.uint16), area.shape)
        bits = np.where(np.isnan(sm) & (bits == 0), SM_QUALITY.fill, bits).astype(np.uint16)
        packed = {
            SM: pack(sm, SM),
            SM_UNCERTAINTY: pack(np.where(np.isnan(sm), np.nan, uncertainty), SM_UNCERTAINTY),
            SM_QUALITY: bits,
        }
        overpass = Overpass(orbit, "sentinel-1a", "ascending", 1, moment, ())
        identifier = f"SMMAP_L4_SM_T{tile.id}_{orbit}_{get_grid(tile.grid).resolution_label}_v0.1"
        unit = Unit(identifier, tile, overpass, {}, fingerprint, area)
        folder = LAYOUT.pixels(unit, fingerprint)
        (self.root / folder).mkdir(parents=True, exist_ok=True)
        if cog:
            files = {}
            for layer, values in packed.items():
                name = f"{folder}/{layer.name}.tif"
                write_cog(self.root / name, values, area.to_geobox(), layer)
                mark = FolderOutput(self.root).read_mark(name)
                files[layer.name] = StoredFile(name, mark.sha256, mark.size)
        else:
            files = {"slice": StoredFile(f"{folder}/slice.zarr")}
            path = self.root / files["slice"].path
            write_slice(path, packed, area, overpass, depth_m=DEPTH_M, attributes={})
        facts = ItemFacts(
            gsd=100.0,
            status="done",
            created=datetime(2023, 6, 1, tzinfo=UTC),
            model="m",
            fingerprint=fingerprint,
            files=files,
            attribution=("made up",),
        )
        (self.root / LAYOUT.item(unit)).write_bytes(encode_document(compute_item(unit, facts)))
        collection = self.root / LAYOUT.tile_collection(tile.key)
        collection.write_text(json.dumps({"smmap:grid": describe_grid(tile)}))
        return unit

    def publish(self, *tiles):
        """Links and cubes, as a run leaves them."""
        store = FolderOutput(self.root)
        with store.open_staging() as staging:
            for tile in tiles:
                publish_tile(store, tile, depth_m=DEPTH_M, staging=staging)
            publish_root(store, staging)
