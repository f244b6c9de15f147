"""What catalogue kinds without STAC must do: inherit `ArchiveContract` and write its archive."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from catalog_contract import APRIL, GERMANY

from smmap.catalog.candidate import mark_version
from smmap.catalog.registry import Catalog, open_catalog
from smmap.spec.definition import Definition
from smmap.spec.errors import ConfigError
from smmap.spec.period import Period

DAYS = [f"reanalysis_202304{day:02}" for day in range(1, 5)]


def make_archive_definition(kind: str, **changes: Any) -> Definition:
    content = {
        "id": "archive",
        "title": "An hourly archive at 0.1 degrees",
        "kind": kind,
        "sensor": "era5-land",
        "collections": ["reanalysis"],
        "bands": {
            "soil_moisture": {
                "assets": ["volumetric_soil_water_layer_1", "swvl1"],
                "units": "m3 m-3",
            },
            "snow_depth": {"assets": ["sde"], "units": "m"},
        },
        "resolution": 11132,
        "provisional": {"era5:expver": ["0005"]},
        "latency": "none",
        "licence": "CC0-1.0",
        "attribution": "nobody",
    }
    return Definition.parse({**content, **changes}, "archive.yaml")


def make_archive(west: float = 9.0, step: float = 0.1, days: int = 4) -> xr.Dataset:
    """Hourly data of 2 x 2 degrees at 50 N, from 1 April 2023 on."""
    size = round(2 / step) + 1
    shape = (24 * days, size, size)
    axes = ("valid_time", "latitude", "longitude")
    return xr.Dataset(
        {name: (axes, np.full(shape, 0.2, "f4")) for name in ("swvl1", "sde")},
        coords={
            "valid_time": np.datetime64("2023-04-01", "ns")
            + np.arange(24 * days) * np.timedelta64(1, "h"),
            "latitude": np.round(51 - step * np.arange(size), 2),
            "longitude": np.round(west + step * np.arange(size), 2),
        },
    )


class ArchiveContract:
    """Tests over an hourly archive; a subclass says its ``kind`` and writes it."""

    kind: str

    def write(self, folder: Path, data: xr.Dataset) -> str:
        """Write ``data`` into an empty folder; answers with the recipe's address."""
        raise NotImplementedError

    def open(self, folder: Path, data: xr.Dataset) -> Catalog:
        return open_catalog(self.definition, self.write(folder, data))

    @property
    def definition(self) -> Definition:
        return make_archive_definition(self.kind)

    @pytest.fixture
    def catalog(self, tmp_path):
        return self.open(tmp_path / "a", make_archive())

    def list_ids(self, catalog, box, period):
        return [item.id for item in catalog.search(self.definition, box, period)]

    def test_an_item_a_utc_day_in_order_of_time(self, catalog):
        found = catalog.find(self.definition, GERMANY, APRIL)
        assert [one.id for one in found] == DAYS
        assert found[1].start == datetime(2023, 4, 2, tzinfo=UTC)
        assert found[1].end == datetime(2023, 4, 2, 23, tzinfo=UTC)
        assert found[1].assets == ("sde", "swvl1")

    def test_period_is_half_open(self, catalog):
        day = Period(datetime(2023, 4, 2, tzinfo=UTC), datetime(2023, 4, 3, tzinfo=UTC))
        assert self.list_ids(catalog, GERMANY, day) == DAYS[1:2]
        hour = Period(datetime(2023, 4, 2, 22, tzinfo=UTC), datetime(2023, 4, 3, 1, tzinfo=UTC))
        assert self.list_ids(catalog, GERMANY, hour) == DAYS[1:3]

    def test_without_period_everything_at_the_place(self, catalog):
        assert self.list_ids(catalog, GERMANY, None) == DAYS
        assert self.list_ids(catalog, (0.0, 0.0, 1.0, 1.0), None) == []

    @pytest.mark.parametrize("west", [179.0, -181.0])
    def test_over_the_antimeridian_it_is_found_from_either_side(self, tmp_path, west):
        catalog = self.open(tmp_path / "b", make_archive(west))
        for box in ((179.6, 49, 179.7, 50), (-179.8, 49, -179.7, 50), (179.5, 49, -179.5, 50)):
            assert self.list_ids(catalog, box, APRIL) == DAYS
        assert self.list_ids(catalog, (-100.0, 49, 100.0, 50), APRIL) == []

    def test_longitudes_from_0_to_360_are_the_whole_globe(self, tmp_path):
        data = make_archive(days=1).isel(longitude=[0] * 3600)
        data = data.assign_coords(longitude=np.round(0.1 * np.arange(3600), 1))
        catalog = self.open(tmp_path / "b", data)
        for west in (-180.0, -60.0, 0.0, 179.0):
            assert self.list_ids(catalog, (west, 49.5, west + 0.5, 50), None) == DAYS[:1]

    def test_twice_the_same_answer(self, catalog):
        first, again = (catalog.search(self.definition, GERMANY, None) for _ in range(2))
        assert [item.to_dict() for item in first] == [item.to_dict() for item in again]

    def test_asset_addresses_are_absolute(self, catalog):
        for item in catalog.search(self.definition, GERMANY, APRIL):
            for asset in item.assets.values():
                assert Path(asset.href).is_absolute()
                assert Path(asset.href).exists()

    def test_ids_and_versions_do_not_say_where_it_lies(self, tmp_path):
        one, two = (
            [
                (item.id, mark_version(item))
                for item in self.open(tmp_path / name, make_archive()).search(
                    self.definition, GERMANY, None
                )
            ]
            for name in ("here", "there")
        )
        assert one == two

    def test_extent_holds_all(self, catalog):
        box, period = catalog.extent(self.definition)
        np.testing.assert_allclose(box, (8.95, 48.95, 11.05, 51.05), atol=1e-6)
        assert self.list_ids(catalog, box, period) == DAYS

    def test_extent_over_the_antimeridian(self, tmp_path):
        catalog = self.open(tmp_path / "b", make_archive(179.0))
        box, _ = catalog.extent(self.definition)
        np.testing.assert_allclose(box, (178.95, 48.95, -178.95, 51.05), atol=1e-6)

    def test_pixels_of_another_size_are_refused(self, tmp_path):
        catalog = self.open(tmp_path / "b", make_archive(step=0.25))
        with pytest.raises(ConfigError, match=r"0\.25 degrees.*another source"):
            catalog.find(self.definition, GERMANY, APRIL)

    def test_preliminary_days_are_marked_and_change_when_they_become_final(self, tmp_path):
        data = make_archive()
        versions = {"early": ["0001"] * 60 + ["0005"] * 36, "late": ["0001"] * 96}
        found = {
            name: self.open(
                tmp_path / name, data.assign_coords(expver=("valid_time", rows))
            ).search(self.definition, GERMANY, None)
            for name, rows in versions.items()
        }
        stated = [item.properties["era5:expver"] for item in found["early"]]
        assert stated == ["0001", "0001", "0005", "0005"]  # noon on day 3 is preliminary
        pairs = zip(found["early"], found["late"], strict=True)
        same = [mark_version(one) == mark_version(two) for one, two in pairs]
        assert same == [True, True, False, False]

    def test_a_day_that_fills_up_changes_its_version(self, tmp_path):
        whole = make_archive()
        part = whole.isel(valid_time=[*range(50), *range(52, 96)])
        one, two = (
            self.open(tmp_path / name, data).search(self.definition, GERMANY, None)
            for name, data in (("whole", whole), ("part", part))
        )
        same = [mark_version(a) == mark_version(b) for a, b in zip(one, two, strict=True)]
        assert same == [True, True, False, True]
