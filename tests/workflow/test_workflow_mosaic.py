"""From overpass maps to daily mosaics: no seams, nothing twice, nothing done again."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import command_line
import numpy as np
import pystac
import pytest
import xarray as xr
from rio_cogeo.cogeo import cog_validate
from small_output import SmallOutput, list_items, read

from smmap.grid.utm import UtmGrid
from smmap.mosaic.plan import Asked, plan_mosaic
from smmap.mosaic.run import make_mosaic, run_mosaic
from smmap.spec.errors import ArchiveError, ConfigError, GridError, StoreError
from smmap.spec.period import Period
from smmap.spec.recipe import CustomGrid
from smmap.spec.tile import Block
from smmap.store.checksum import compute_sha256

DAWN = datetime(2023, 6, 1, 5, 40, tzinfo=UTC)
TILE = UtmGrid("utm-100m", 100).get_tile(31, "N", 6, 55)
NEXT = UtmGrid("utm-100m", 100).get_tile(31, "N", 5, 55)
CORNER = Block(TILE.geobox, 0, 0, 256, 256)


def digest(root):
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for top in ("soil-moisture-daily", "cubes-daily")
        for path in sorted((root / top).rglob("*"))
        if path.is_file() and (path.suffix != ".json" or path.name == "zarr.json")
    }


@pytest.fixture
def output(tmp_path):
    return SmallOutput(tmp_path / "out")


def test_same_grid_is_the_overpass_map_itself(output):
    rng = np.random.default_rng(5)
    values = rng.integers(0, 6000, CORNER.shape) / 1e4
    values[:20] = np.nan
    bits = np.where(rng.random(CORNER.shape) < 0.3, 512, 0)
    output.put(TILE, DAWN, field=lambda *_: values, quality=bits, area=CORNER)
    for rule in ("nearest", "mean", "least-uncertain"):
        make_mosaic(output.root, Asked(grid="utm-100m", rule=rule))
        (item,) = list_items(output.root, f"utm-100m/31N/{rule}")
        assert item.properties["proj:transform"][2::3] == [
            TILE.geobox.affine.c,
            TILE.geobox.affine.f,
        ]
        sm = read(item, "sm")
        np.testing.assert_array_equal(
            sm.filled(-1), np.rint(np.nan_to_num(values, nan=-1e-4) * 1e4)
        )
        quality = read(item, "sm_quality").filled(65535)
        expected = np.where(np.isnan(values) & (bits == 0), 65535, bits)
        np.testing.assert_array_equal(quality, expected)
        assert (read(item, "time_offset").compressed() == 340).all()


def test_a_day_of_several_overpasses(output):
    """Three passes: 0.2 at 05:40, 0.3 at 17:20, and 0.4 at 06:10, flagged."""
    for orbit, minutes, value, bits, sure in (
        (1, 340, 0.2, 0, 0.05), (2, 1040, 0.3, 0, 0.04), (3, 370, 0.4, 2, 0.01),
    ):  # fmt: skip
        moment = datetime(2023, 6, 1, tzinfo=UTC) + timedelta(minutes=minutes)
        output.put(
            TILE, moment, area=CORNER, orbit=f"S1A_O{orbit:06d}", quality=bits, uncertainty=sure,
            field=lambda lon, lat, value=value: np.full(lon.shape, value),
        )  # fmt: skip
    found = {}
    for rule in ("nearest", "mean", "least-uncertain"):
        make_mosaic(output.root, Asked(grid="utm-100m", rule=rule))
        (item,) = list_items(output.root, f"utm-100m/31N/{rule}")
        names = ("sm", "sm_uncertainty", "sm_quality", "n_obs", "time_offset")
        found[rule] = [int(np.unique(read(item, name).compressed()).item()) for name in names]
        assert len(item.get_links("derived_from")) == 3
        for link in item.get_links("derived_from"):
            assert pystac.Item.from_file(link.get_absolute_href()).id == link.title
    assert found["nearest"] == [2000, 500, 0, 3, 340]
    assert found["least-uncertain"] == [3000, 400, 0, 3, 1040]
    # sqrt(0.05^2 + 0.04^2) / 2 = 0.03202
    assert found["mean"] == [2500, 320, 0, 3, 690]


def test_cube_has_a_calendar_and_agrees_with_the_cogs(output):
    for day, area in ((0, CORNER), (3, CORNER), (400, CORNER)):
        moment = DAWN + timedelta(days=day)
        output.put(TILE, moment, orbit=f"S1A_O{day:06d}", area=area)
    make_mosaic(output.root, Asked(grid="utm-100m"))
    catalog = pystac.Catalog.from_file(str(output.root / "catalog.json"))
    (level,) = catalog.get_children()
    (series,) = level.get_children()
    assert level.id == "soil-moisture-daily"
    assert set(series.assets) == {"daily-2023", "daily-2024"}
    cube = xr.open_zarr(series.assets["daily-2023"].get_absolute_href(), mask_and_scale=False)
    assert [str(day)[:10] for day in cube.time.values] == [f"2023-06-0{n}" for n in (1, 2, 3, 4)]
    assert cube.sm.dims == ("time", "y", "x")
    assert cube.sm.attrs["ancillary_variables"] == "sm_uncertainty sm_quality n_obs time_offset"
    assert cube.depth_bnds.values.tolist() == [0.0, 0.05]
    assert np.unique(cube.sm[1:3, :2048, :2048].values).tolist() == [-32768]
    items = list(series.get_items(recursive=True))
    assert len(items) == 3
    for item in items[:2]:
        left, top = item.properties["proj:transform"][2::3]
        height, width = item.properties["proj:shape"]
        xs, ys = left + 50 + 100 * np.arange(width), top - 50 - 100 * np.arange(height)
        on_day = cube.sel(time=np.datetime64(item.datetime.date()), x=xs, y=ys)
        for name in ("sm", "sm_uncertainty", "sm_quality", "n_obs", "time_offset"):
            stored = read(item, name)
            np.testing.assert_array_equal(on_day[name].values, stored.data)
            assert cog_validate(item.assets[name].get_absolute_href())[0]


def test_everything_reachable_is_whole(output, validate_core):
    output.put(TILE, DAWN, area=CORNER)
    make_mosaic(output.root, Asked(grid="ease2-1km"))
    catalog = pystac.Catalog.from_file(str(output.root / "catalog.json"))
    objects = [one for root, children, items in catalog.walk() for one in (root, *children, *items)]
    assert any(isinstance(one, pystac.Item) for one in objects)
    for one in objects:
        validate_core(one)
    (item,) = catalog.get_items(recursive=True)
    for name, asset in item.assets.items():
        if name != "slice":
            path = asset.get_absolute_href()
            assert asset.extra_fields["file:checksum"] == "1220" + compute_sha256(Path(path))
    assert item.properties["smmap:attribution"] == ["made up"]


def test_rerun_redoes_only_what_changed(output):
    for day in range(3):
        output.put(TILE, DAWN + timedelta(days=day), orbit=f"S1A_O{day:06d}", area=CORNER)
    asked = Asked(grid="ease2-1km")
    first = make_mosaic(output.root, asked)
    assert (len(first.receipts), first.kept) == (3, 0)
    before = digest(output.root)
    again = make_mosaic(output.root, asked)
    assert (len(again.receipts), again.kept) == (0, 3)
    assert digest(output.root) == before
    # One map is made anew from other inputs; a late overpass joins another day.
    output.put(TILE, DAWN, orbit="S1A_O000000", area=CORNER, fingerprint="b" * 64)
    output.put(TILE, DAWN + timedelta(days=2, hours=12), orbit="S1A_O000009", area=CORNER)
    assert [day.state for day in plan_mosaic(output.root, asked).days] == [
        "changed", "done", "changed",
    ]  # fmt: skip
    third = make_mosaic(output.root, asked)
    assert {receipt.maps for receipt in third.receipts} == {1, 2}
    assert third.kept == 1
    assert set(before) < set(digest(output.root))


def test_same_bytes_however_it_is_run(output, tmp_path):
    """With one thread or four, in one go or broken off after a day, elsewhere or in place."""
    for day in range(2):
        for tile in (TILE, NEXT):
            output.put(tile, DAWN + timedelta(days=day), orbit=f"S1A_O{day:06d}")
    both_sides = (4.5, 51.0, 4.8, 51.2)  # of the edge between the two tiles
    asked = Asked(grid="utm-100m", rule="mean", bbox=both_sides)
    make_mosaic(output.root, asked, tmp_path / "one", threads=1)
    make_mosaic(output.root, asked, tmp_path / "four", threads=4)
    assert digest(tmp_path / "one") == digest(tmp_path / "four")

    plan = plan_mosaic(output.root, asked, tmp_path / "broken")
    in_the_way = (tmp_path / "broken" / plan.days[1].unit.item).parent
    in_the_way.parent.mkdir(parents=True)
    in_the_way.write_text("a file where a folder should be")
    with pytest.raises(StoreError, match="cannot write"):
        run_mosaic(plan)
    in_the_way.unlink()
    resumed = make_mosaic(output.root, asked, tmp_path / "broken")
    assert len(resumed.receipts) + resumed.kept == 2
    whole, other = digest(tmp_path / "one"), digest(tmp_path / "broken")
    assert {key: other[key] for key in whole} == whole
    assert not list((tmp_path / "broken" / ".smmap" / "staging").iterdir())


def test_results_do_not_depend_on_the_area(output):
    """A part of the area, then all of it: the mosaic grows, and cells stay as they were."""
    output.put(TILE, DAWN)
    part = (5.2, 51.0, 5.5, 51.2)
    make_mosaic(output.root, Asked(grid="ease2-1km", bbox=part))
    (small,) = list_items(output.root)
    values, (left, top) = read(small, "sm"), small.properties["proj:transform"][2::3]
    make_mosaic(output.root, Asked(grid="ease2-1km"))
    (large,) = list_items(output.root)
    step = large.properties["proj:transform"][0]
    col = round((left - large.properties["proj:transform"][2]) / step)
    row = round((large.properties["proj:transform"][5] - top) / step)
    cut = read(large, "sm")[row : row + values.shape[0], col : col + values.shape[1]]
    np.testing.assert_array_equal(cut.filled(-1), values.filled(-1))
    assert values.count() > 100
    # Asked for the part again, nothing shrinks.
    assert make_mosaic(output.root, Asked(grid="ease2-1km", bbox=part)).kept == 1


def test_cogs_serve_where_there_are_no_slices(output, tmp_path):
    other = SmallOutput(tmp_path / "other")
    output.put(TILE, DAWN, area=CORNER)
    other.put(TILE, DAWN, area=CORNER, cog=True)
    asked = Asked(grid=CustomGrid(
        name="mine", crs="EPSG:3035", resolution=500, bounds=(3900e3, 3150e3, 4000e3, 3250e3)
    ))  # fmt: skip
    for one in (output, other):
        make_mosaic(one.root, asked)
    ours, theirs = list_items(output.root)[0], list_items(other.root)[0]
    assert read(ours, "sm").count() > 500
    for name in ("sm", "sm_uncertainty", "sm_quality", "n_obs"):
        np.testing.assert_array_equal(read(ours, name).data, read(theirs, name).data)


def test_a_day_without_a_value_is_recorded(output):
    output.put(TILE, DAWN, area=CORNER, field=lambda lon, lat: lon * np.nan, quality=128)
    result = make_mosaic(output.root, Asked(grid="ease2-1km"))
    assert [receipt.status for receipt in result.receipts] == ["empty"]
    (item,) = list_items(output.root)
    assert not item.assets
    assert make_mosaic(output.root, Asked(grid="ease2-1km")).kept == 1


def test_days_are_utc_and_periods_whole_days(output):
    for hour, orbit in ((0.01, 1), (23.99, 2), (24.01, 3)):
        moment = datetime(2023, 6, 1, tzinfo=UTC) + timedelta(hours=hour)
        output.put(TILE, moment, orbit=f"S1A_O{orbit:06d}", area=CORNER)
    plan = plan_mosaic(output.root, Asked())
    assert [(day.unit.day, len(day.maps)) for day in plan.days] == [
        (date(2023, 6, 1), 2), (date(2023, 6, 2), 1),
    ]  # fmt: skip
    halved = Asked(period=Period.parse("2023-06-01T12:00/2023-06-01T13:00"))
    assert [len(day.maps) for day in plan_mosaic(output.root, halved).days] == [2]


@pytest.mark.parametrize(
    "asked, error, told",
    [
        (Asked(grid="utm-10m"), GridError, "finer than the overpass maps"),
        (Asked(grid="hexagons"), GridError, "no grid is called"),
        (Asked(rule="median"), ConfigError, "least-uncertain"),
        (Asked(at="6 am"), ConfigError, "HH:MM"),
        (Asked(source="utm-20m"), ArchiveError, "it holds utm-100m"),
        (Asked(bbox=(100, 0, 101, 1)), ArchiveError, "no overpass maps"),
        (Asked(period=Period.parse("2022-01-01")), ArchiveError, "no overpass maps"),
    ],
)
def test_what_cannot_be_made_is_refused_at_once(output, asked, error, told):
    output.put(TILE, DAWN, area=CORNER)
    with pytest.raises(error, match=told):
        make_mosaic(output.root, asked)
    assert not (output.root / "soil-moisture-daily").exists()


def test_command_line(output, tmp_path):
    output.put(TILE, DAWN, area=CORNER)

    def run(*arguments):
        return command_line.smmap("mosaic", output.root, *arguments)

    planned = json.loads(run("--plan", "--json").stdout)
    assert (planned["new"], planned["overpass_maps"], planned["mosaics"]) == (1, 1, ["globe"])
    assert not (output.root / "soil-moisture-daily").exists()
    made = json.loads(run("--json", "--rule", "mean").stdout)
    assert (made["done"], made["kept"]) == (1, 0)
    assert "1 kept from before" in run("--rule", "mean").stderr
    grid = tmp_path / "mine.yaml"
    grid.write_text("{name: mine, crs: 'EPSG:3035', resolution: 500, bounds: [0, 0, 500]}")
    refused = run("--grid", str(grid))
    assert refused.returncode == 2
    assert "bounds" in refused.stderr
    assert run("--grid", "utm-10m").returncode == 2
    elsewhere = run("--out", "ftp://host/maps")
    assert elsewhere.returncode == 6
    assert "outputs go to a folder or to s3://" in elsewhere.stderr


def test_simulated_maps_are_merged(maps, tmp_path):
    """Of real overpass maps: every daily pixel is that of an overpass of its day."""
    make_mosaic(maps, Asked(grid="utm-10m", bbox=None), tmp_path / "daily")
    items = list_items(tmp_path / "daily")
    assert len(items) >= 3
    for item in items:
        links = item.get_links("derived_from")
        sources = [pystac.Item.from_file(link.get_absolute_href()) for link in links]
        assert {one.datetime.date() for one in sources} == {item.datetime.date()}
        sm = read(item, "sm")
        if len(sources) == 1:
            assert sm.count() == read(sources[0], "sm").count()
            assert sm.mean() == read(sources[0], "sm").mean()
