"""A catalogue of items alone, as providers write them."""

from __future__ import annotations

import json

import pystac
import pytest
import shapely

from smmap.simulate.catalogue import simulate_catalogue
from smmap.spec.errors import ConfigError, StoreError


@pytest.fixture(scope="module")
def summary(tmp_path_factory):
    return simulate_catalogue(tmp_path_factory.mktemp("items") / "x", tiles=6, days=13, seed=1)


@pytest.fixture(scope="module")
def items(summary):
    root = pystac.Catalog.from_file(summary.folder / "catalog.json")
    return list(root.get_items(recursive=True))


def test_items_are_valid_and_counted(summary, items, validate_core):
    found = dict.fromkeys(summary.items, 0)
    for item in items:
        found[item.collection_id] += 1
    assert found == summary.items
    for item in items[:3] + items[-3:]:
        validate_core(item)
    assert len({item.id for item in items}) == len(items)


def test_sizes_are_those_of_providers(items):
    sizes = {
        item.collection_id: len(json.dumps(item.to_dict(include_self_link=False))) for item in items
    }
    assert 3_000 < sizes["sentinel-1-grd"] < 9_000
    assert 4_000 < sizes["sentinel-2-l2a"] < 9_000


def test_every_place_is_seen_by_all(summary, items):
    west, south, east, north = summary.bbox
    region = shapely.box(west, south, east, north)
    for collection in summary.items:
        shapes = [
            shapely.geometry.shape(item.geometry)
            for item in items
            if item.collection_id == collection
        ]
        seen = shapely.union_all(shapes)
        assert seen.intersection(region).area > 0.97 * region.area, collection


def test_slices_of_a_pass_follow_each_other(items):
    radar = [item for item in items if item.collection_id == "sentinel-1-grd"]
    passes = {}
    for item in radar:
        key = item.properties["sat:absolute_orbit"], item.properties["sat:orbit_state"]
        passes.setdefault(key, []).append(item)
    assert max(map(len, passes.values())) > 1
    for slices in passes.values():
        times = [item.properties["start_datetime"] for item in slices]
        assert times == sorted(times)
        areas = [shapely.geometry.shape(item.geometry).area for item in slices]
        assert max(areas) < 2 * min(areas)


def test_the_same_numbers_give_the_same_items(summary, tmp_path):
    again = simulate_catalogue(tmp_path / "x", tiles=6, days=13, seed=1)
    for path in summary.folder.rglob("*.json"):
        assert (again.folder / path.relative_to(summary.folder)).read_bytes() == path.read_bytes()


def test_bad_numbers_and_full_folders_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="2000 tiles"):
        simulate_catalogue(tmp_path / "x", tiles=5000)
    (tmp_path / "mine").write_text("x")
    with pytest.raises(StoreError, match="not empty"):
        simulate_catalogue(tmp_path)
