"""A training recipe followed from a simulated world to its maps.

A table of the world's own layers and truth, the small model, and a run with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pystac
import rasterio
import yaml
from affine import Affine
from rasterio.warp import Resampling, reproject
from study_recipes import write_recipe
from study_trial import assemble_inputs

import smmap
from smmap.grid.ground import compute_lonlat
from smmap.model.package import load_card
from smmap.spec.card import ModelCard
from smmap.spec.tile import Block
from smmap.train.predict_table import predict_table
from smmap.train.train_table import train_table

TIMES = {"ISO8601": "%Y-%m-%dT%H:%M:%S.%fZ"}


@dataclass(frozen=True)
class Mapped:
    """One recipe's way from a world to maps."""

    card: ModelCard
    """Of the small package."""
    table: pd.DataFrame
    """One row a pixel and overpass, in the map's order: inputs, ``truth``, ``sm`` by the table."""
    items: list[pystac.Item]
    """By time."""
    area: Block
    """What the table covers; a map may cover less."""

    def read(self, item, asset):
        """A layer as a row of pixels; NaN where there is no value."""
        whole = np.full(self.area.shape, np.nan)
        with rasterio.open(item.assets[asset].get_absolute_href()) as file:
            values = file.read(1, masked=True).astype(np.float64) * file.scales[0]
            left, top = file.xy(0, 0)
        row, col = np.abs(self.area.ys() - top).argmin(), np.abs(self.area.xs() - left).argmin()
        whole[row : row + values.shape[0], col : col + values.shape[1]] = values.filled(np.nan)
        return whole.ravel()

    def get_rows(self, item):
        """Rows of an item's overpass."""
        return self.table[self.table["moment"] == item.datetime]


def describe_run(world: Path, name: str) -> dict:
    """The recipe of a run, but for its model: all sources from the world's own files."""
    if name == "poland2024":
        sources = {"sentinel1": "local-sentinel-1", "soil": "soilgrids"}
        return write_recipe(world, "zhu2025") | {"sources": sources}
    return write_recipe(world, name.partition("-")[0])


def shrink(recipe):
    """One split by pixels, two folds: it is the maps that are looked at."""
    small = recipe.small.model_copy(update={"folds": 2})
    split = {"splits": ("station",), "inner": "station", "inner_folds": 2, "small": small}
    return recipe.model_copy(update=split)


def follow(world, folder, recipe, run, start, layers=None, pixels=150) -> Mapped:
    """Train a recipe's small form on some of a world's pixels, and map all of them from ``start``.

    The table holds overpasses before ``start`` too. ``layers`` are those of `assemble`.
    """
    inputs, area = layers or assemble(recipe, run, folder)
    table = tabulate(recipe, inputs, world, area)
    chosen = np.random.default_rng(0).permutation(table["pixel"].max() + 1)[:pixels]
    known = table[table["pixel"].isin(chosen)].dropna(subset=[recipe.target.column])
    known.to_parquet(folder / "train.parquet")
    package = folder / recipe.name
    train_table(shrink(recipe), folder / "train.parquet", package, small=True, draws=0)
    table.to_parquet(folder / "all.parquet")
    predict_table(package, folder / "all.parquet", folder / "sm.parquet")
    (folder / "map.yaml").write_text(yaml.safe_dump({"name": "map", "model": str(package), **run}))
    smmap.run(str(folder / "map.yaml"), folder / "maps", period=f"{start}/2023-05-01")
    catalog = pystac.Catalog.from_file(str(folder / "maps" / "catalog.json"))
    items = [one for one in catalog.get_items(recursive=True) if "sm" in one.assets]
    found = pd.read_parquet(folder / "sm.parquet")["sm"].astype(float)
    return Mapped(
        load_card(package),
        table.assign(sm=found),
        sorted(items, key=lambda one: one.datetime),
        area,
    )


def assemble(recipe, run, folder):
    """Each input of every overpass before scaling, as a run has it, and where."""
    card = {key: getattr(recipe, key) for key in ("radiometry", "aggregation", "reflectance")}
    return assemble_inputs(folder, [one.model_dump() for one in recipe.inputs], card, run)


def tabulate(recipe, layers, world, area) -> pd.DataFrame:
    """All pixels of all overpasses under the recipe's own names; a pixel is a station."""
    parts, names = [], recipe.columns
    form = TIMES.get(names.time_format, names.time_format)
    for moment, inputs in sorted(layers.items()):
        truth = load_truth(world, moment, area).ravel()
        pixel = np.arange(truth.size)
        longitude, latitude = (one.ravel() for one in compute_lonlat(area))
        columns = {
            names.latitude or "latitude": latitude,
            names.longitude or "longitude": longitude,
        }
        columns |= {one.column or one.name: inputs[one.name].ravel() for one in recipe.inputs}
        columns |= {
            names.network or "network": "simulated",
            names.station: [f"p{one}" for one in pixel],
            names.time or "time": moment.strftime(form),
            recipe.target.column: truth * (100 if recipe.target.units == "percent" else 1),
            "truth": truth,
            "pixel": pixel,
            "moment": moment,
        }
        others = [*names.model_dump(exclude={"time_format"}).values(), *recipe.unique]
        others += [one.column for one in recipe.quality]
        columns |= {one: 0.0 * pixel for one in others if one and one not in columns}
        columns |= {one: pixel for one in recipe.unique if one == "id"}
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def load_truth(world, moment, area) -> np.ndarray:
    """True soil moisture as means over the map's pixels, m3/m3; NaN on water."""
    (path,) = (world / "truth").glob(f"*{moment:%Y%m%dT%H%M%S}*.tif")
    values = np.full(area.shape, np.nan, np.float32)
    with rasterio.open(path) as file:
        reproject(
            rasterio.band(file, 1),
            values,
            dst_transform=area.geobox.affine * Affine.translation(area.col, area.row),
            dst_crs=str(area.geobox.crs),
            dst_nodata=np.nan,
            resampling=Resampling.average,
        )
    return values
