"""Ten degrees of a simulated continent, mapped on two UTM zones and merged day by day.

Run with ``-m slow -s`` to see the figures.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys

import numpy as np
import pytest
import rasterio
from pyproj import Transformer
from rasterio.warp import Resampling, reproject
from small_output import list_items, read

PRIOR_SPREAD = 0.42 / math.sqrt(12)
"""Of soil moisture drawn evenly from 0.03 to 0.45 m3/m3, as the physics model's was."""
TILE_M = 102_400


def smmap(*arguments):
    command = [sys.executable, "-m", "smmap", *map(str, arguments)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"COLUMNS": "200"}
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def continent(tmp_path_factory):
    """Folders of the scenes and of the output."""
    folder = tmp_path_factory.mktemp("continent")
    world, maps = folder / "world", folder / "maps"
    smmap("simulate", "--continent", "--bbox", "2,46,12,53", "--days", 3, "--out", world)
    smmap("run", world / "continent.yaml", "--out", maps, "--workers", 2)
    smmap("mosaic", maps, "--grid", "ease2-1km")
    return world, maps


@pytest.fixture(scope="module")
def days(continent):
    """By day: soil moisture, its uncertainty, observations, minutes, truth, longitude, latitude."""
    world, maps = continent
    facts = json.loads((world / "truth" / "truth.json").read_text())
    files = {one["date"]: world / "truth" / one["href"] for one in facts["truth"]}
    found = {}
    for item in list_items(maps):
        affine = rasterio.Affine(*item.properties["proj:transform"])
        sm, spread, count, minutes = (
            read(item, name) for name in ("sm", "sm_uncertainty", "n_obs", "time_offset")
        )
        rows, columns = np.indices(sm.shape)
        x, y = affine * (columns + 0.5, rows + 0.5)
        lon, lat = Transformer.from_crs(6933, 4326, always_xy=True).transform(x, y)
        truth = np.full(sm.shape, np.nan)
        with rasterio.open(files[item.datetime.date().isoformat()]) as file:
            reproject(
                (file.read(1, masked=True) * file.scales[0]).filled(np.nan),
                truth,
                src_transform=file.transform,
                src_crs=file.crs,
                src_nodata=np.nan,
                dst_transform=affine,
                dst_crs="EPSG:6933",
                dst_nodata=np.nan,
                resampling=Resampling.bilinear,
            )
        values = (one.filled(0) * 1e-4 for one in (sm, spread))
        sm_found, spread_found = (
            np.where(one.mask, np.nan, two) for one, two in zip((sm, spread), values, strict=True)
        )
        found[item.datetime.date().isoformat()] = {
            "sm": sm_found,
            "spread": spread_found,
            "seen": ~np.ma.getmaskarray(count),
            "hour": np.where(minutes.mask, np.nan, minutes.filled(0) / 60),
            "truth": truth,
            "lon": lon,
            "lat": lat,
        }
    return found


@pytest.mark.slow
def test_maps_are_as_near_to_the_truth_as_the_model_says(days):
    """Simulated scenes have less noise than the model was told to expect."""
    assert sorted(days) == ["2023-04-01", "2023-04-02", "2023-04-03"]
    for name, day in days.items():
        both = np.isfinite(day["sm"]) & np.isfinite(day["truth"])
        off = (day["sm"] - day["truth"])[both]
        rmse, stated = np.sqrt((off**2).mean()), np.sqrt((day["spread"][both] ** 2).mean())
        fit = np.corrcoef(day["sm"][both], day["truth"][both])[0, 1]
        sys.stdout.write(
            f"{name}: {both.sum()} cells, bias {off.mean():+.4f}, RMSE {rmse:.4f}, R {fit:.3f}, "
            f"stated {stated:.4f}, truth's spread {day['truth'][both].std():.4f}\n"
        )
        assert both.sum() > 20_000
        assert rmse < stated < PRIOR_SPREAD
        assert fit > 0.5


@pytest.mark.slow
def test_no_seam_where_zones_and_tiles_meet(days):
    """Across an edge the error changes from cell to cell no more than elsewhere."""
    steps = {"zones": [], "tiles": [], "elsewhere": []}
    for day in days.values():
        zone = np.floor((day["lon"] + 180) / 6).astype(int) + 1
        tile = np.zeros((2, *zone.shape), int)
        for one in np.unique(zone):
            project = Transformer.from_crs(4326, 32600 + int(one), always_xy=True)
            there = zone == one
            x, y = project.transform(day["lon"][there], day["lat"][there])
            tile[:, there] = np.floor(np.stack([x, y]) / TILE_M)
        off = day["sm"] - day["truth"]
        for axis in (0, 1):
            step = abs(np.diff(off, axis=axis))
            zones = np.diff(zone, axis=axis) != 0
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
    for day in days.values():
        seen, zone = day["seen"], np.floor((day["lon"] + 180) / 6)
        gap = seen[:, :-3] & ~(seen[:, 1:-2] & seen[:, 2:-1]) & seen[:, 3:]
        assert not (gap & (zone[:, :-3] != zone[:, 3:])).any()


@pytest.mark.slow
def test_the_sun_stands_at_six_or_eighteen(days):
    """A day is cut at midnight UTC, and its times are those of its passes."""
    for day in days.values():
        solar = (day["hour"] + day["lon"] / 15)[np.isfinite(day["hour"])] % 24
        assert (np.minimum(abs(solar - 6.2), abs(solar - 17.8)) < 0.8).all()
