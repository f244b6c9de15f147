"""Ten degrees of a simulated continent, mapped on two UTM zones and merged day by day.

Run with ``-m slow -s`` to see the figures.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pytest
import rasterio
import shapely
from odc.geo.geobox import GeoBox
from pyproj import Transformer
from scipy.ndimage import binary_dilation
from small_output import list_items, read

import smmap as library
from smmap.features.incidence import compute_incidence
from smmap.simulate.continent import draw_continent
from smmap.simulate.radar import compute_sigma0
from smmap.simulate.slices import list_slices
from smmap.simulate.swath import View
from smmap.spec.period import Period
from smmap.spec.tile import Block

REGION = (2.0, 46.0, 12.0, 53.0)
TILE_M = 102_400


@dataclass
class Day:
    """A daily mosaic beside what is known; arrays of one shape, NaN where there is nothing."""

    date: datetime
    sm: np.ndarray
    spread: np.ndarray
    count: np.ndarray
    hour: np.ndarray
    lon: np.ndarray
    lat: np.ndarray
    truth: np.ndarray
    expected: np.ndarray
    """What the model says of the true ground, where one orbit alone came by."""

    @property
    def error(self) -> np.ndarray:
        """Map minus model, away from coasts, where pixels of the scenes are half water."""
        coast = binary_dilation(np.isnan(self.truth), iterations=2)
        return np.where(coast, np.nan, self.sm - self.expected)

    @property
    def zone(self) -> np.ndarray:
        return np.floor((self.lon + 180) / 6).astype(int) + 1


def smmap(*arguments):
    command = [sys.executable, "-m", "smmap", *map(str, arguments)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"COLUMNS": "200"}
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def days(tmp_path_factory):
    folder = tmp_path_factory.mktemp("continent")
    world, maps = folder / "world", folder / "maps"
    box = ",".join(f"{side:g}" for side in REGION)
    smmap("simulate", "--continent", "--bbox", box, "--days", 3, "--out", world)
    smmap("run", world / "continent.yaml", "--out", maps, "--workers", 2)
    smmap("mosaic", maps, "--grid", "ease2-1km")
    return load_days(world, maps)


def load_days(world, maps):
    facts = json.loads((world / "truth" / "truth.json").read_text())
    files = {one["date"]: world / "truth" / one["href"] for one in facts["truth"]}
    ground = draw_continent(REGION, 1000, 0)
    return [
        load_day(item, files[item.datetime.date().isoformat()], ground) for item in list_items(maps)
    ]


def load_day(item, truth, ground):
    layers = [
        (values.astype(float) * scale).filled(np.nan)
        for values, scale in (
            (read(item, "sm"), 1e-4),
            (read(item, "sm_uncertainty"), 1e-4),
            (read(item, "n_obs"), 1),
            (read(item, "time_offset"), 1 / 60),
        )
    ]
    affine = rasterio.Affine(*item.properties["proj:transform"])
    block = Block.whole(GeoBox(layers[0].shape, affine, "EPSG:6933"))
    across, down = np.meshgrid(block.xs(), block.ys())
    lon, lat = Transformer.from_crs(6933, 4326, always_xy=True).transform(across, down)
    with rasterio.open(truth) as file:
        known = (file.read(1, masked=True) * file.scales[0]).filled(np.nan).astype(np.float32)
    patch = ground.cut(block, known)
    date = datetime.fromisoformat(f"{item.datetime:%Y-%m-%d}T00:00:00+00:00")
    expected = expect(patch, lon, lat, date)
    moisture = np.where(patch.water, np.nan, patch.soil_moisture)
    return Day(date, *layers, lon, lat, moisture, expected)


def expect(patch, lon, lat, date):
    """The model on the true ground's backscatter: without scenes, tiles, clouds and speckle."""
    model = library.load_model("physics", device="cpu")
    found, passes = np.full(lon.shape, np.nan), np.zeros(lon.shape, int)
    slices = list(list_slices(REGION, Period(date, date + timedelta(days=1))))
    for orbit, state in {(one.relative_orbit, one.orbit_state) for one in slices}:
        own = [one for one in slices if (one.relative_orbit, one.orbit_state) == (orbit, state)]
        outline = shapely.union_all([one.outline for one in own])
        there = shapely.contains_xy(outline, lon, lat)
        angle = compute_incidence(lon, lat, orbit_state=state, relative_orbit=orbit)
        sigma0 = compute_sigma0(patch, patch.soil_moisture, patch.ndvi, View.of(angle), "vv")
        use = there & np.isfinite(sigma0)
        inputs = np.stack([10 * np.log10(sigma0[use]), angle[use], patch.ndvi[use]], axis=1)
        found[use] = model.predict(inputs.astype(np.float32))
        passes += there
    return np.where(passes == 1, found, np.nan)


@pytest.mark.slow
def test_maps_are_what_the_model_says_of_the_true_ground(days):
    """Scenes, tiles, clouds and merging change nothing but for sampling and speckle.

    4500 looks are 0.065 dB, some 0.0015 m3/m3; half a dB too much would be 0.02 all over.
    """
    for day in days:
        off = day.error[np.isfinite(day.error)]
        sys.stdout.write(
            f"{day.date:%Y-%m-%d}: {off.size} cells, map - model {off.mean():+.4f} "
            f"+- {off.std():.4f}\n"
        )
        assert off.size > 20_000
        assert abs(off.mean()) < 0.0005
        assert off.std() < 0.004


@pytest.mark.slow
def test_maps_follow_the_truth(days):
    assert [day.date.day for day in days] == [1, 2, 3]
    pairs = [
        np.stack([one.ravel() for one in (day.sm, day.truth, day.spread)])[
            :, np.isfinite(day.sm * day.truth).ravel()
        ]
        for day in days
    ]
    for sm, truth, stated in [*pairs, np.concatenate(pairs, axis=1)]:
        rmse, fit = np.sqrt(((sm - truth) ** 2).mean()), np.corrcoef(sm, truth)[0, 1]
        sys.stdout.write(
            f"{sm.size} cells, bias {(sm - truth).mean():+.4f}, RMSE {rmse:.4f}, R {fit:.3f}, "
            f"stated {stated.mean():.4f}, spread {truth.std():.4f}\n"
        )
        assert fit > 0.5
        # Less noise is simulated than the model was told to expect.
        assert rmse < stated.mean()
    # Over all days the map is nearer than the mean of the truth.
    assert rmse < truth.std()


@pytest.mark.slow
def test_no_seam_where_zones_and_tiles_meet(days):
    """Across an edge the map's error changes from cell to cell no more than elsewhere."""
    steps = {"zones": [], "tiles": [], "elsewhere": []}
    for day in days:
        tile = np.zeros((2, *day.zone.shape), int)
        for one in np.unique(day.zone):
            project = Transformer.from_crs(4326, 32600 + int(one), always_xy=True)
            there = day.zone == one
            x, y = project.transform(day.lon[there], day.lat[there])
            tile[:, there] = np.floor(np.stack([x, y]) / TILE_M)
        for axis in (0, 1):
            step = abs(np.diff(day.error, axis=axis))
            zones = np.diff(day.zone, axis=axis) != 0
            tiles = (np.diff(tile, axis=axis + 1) != 0).any(axis=0) & ~zones
            for key, where in (("zones", zones), ("tiles", tiles), ("elsewhere", ~zones & ~tiles)):
                steps[key].append(step[where & np.isfinite(step)])
    found = {key: np.concatenate(parts) for key, parts in steps.items()}
    for key, values in found.items():
        sys.stdout.write(
            f"{key}: {len(values)} steps, mean {values.mean():.5f}, "
            f"99 % below {np.percentile(values, 99):.5f}\n"
        )
    usual = found["elsewhere"]
    for key in ("zones", "tiles"):
        assert len(found[key]) > 300
        # Neighbouring steps are alike: one in ten counts as independent.
        doubt = 4 * usual.std() / math.sqrt(len(found[key]) / 10)
        assert found[key].mean() < usual.mean() + doubt


@pytest.mark.slow
def test_no_cell_is_missing_where_zones_meet(days):
    for day in days:
        seen = np.isfinite(day.count)
        gap = seen[:, :-3] & ~(seen[:, 1:-2] & seen[:, 2:-1]) & seen[:, 3:]
        assert not (gap & (day.zone[:, :-3] != day.zone[:, 3:])).any()


@pytest.mark.slow
def test_the_sun_stands_at_six_or_eighteen(days):
    """A day is cut at midnight UTC, and its times are those of its passes."""
    for day in days:
        solar = (day.hour + day.lon / 15)[np.isfinite(day.hour)] % 24
        assert (np.minimum(abs(solar - 6.2), abs(solar - 17.8)) < 0.8).all()
