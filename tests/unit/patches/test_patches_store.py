"""Stores of patches: what was written comes back, part by part, whole or not at all."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from smmap.patches.layout import PatchBranch, PatchLayout
from smmap.patches.read import open_patches
from smmap.patches.write import open_patch_writer
from smmap.spec.card import ModelInput
from smmap.spec.errors import StoreError


def make_input(name):
    return ModelInput(name=name, feature="elevation", units="m", column=f"{name}_m")


LAYOUT = PatchLayout(
    branches=(
        PatchBranch(
            name="fine", pixel_m=10, side=6, inputs=(make_input("low"), make_input("high"))
        ),
    ),
    numbers=(make_input("there"),),
    provenance={"catalogue": "drawn"},
)


def draw(count, seed):
    rng = np.random.default_rng(seed)
    images = {
        "fine": rng.random((count, 2, 6, 6)).astype(np.float32),
        "numbers": rng.random((count, 1)).astype(np.float32),
    }
    images["fine"][:, 0, 0, 0] = np.nan
    table = pd.DataFrame(
        {
            "station": [f"s{i % 2}" for i in range(count)],
            "network": ["a", None, "b"][:count],
            "time": pd.to_datetime(["2020-01-01T05:59:59.25"] * count, utc=True),
            "orbit": np.arange(count) + 80,
            "soil_moisture": rng.random(count),
        }
    )
    return images, table


@pytest.fixture
def store(tmp_path):
    root = tmp_path / "store"
    for part, count in (("b", 3), ("c", 0), ("a", 2)):  # each by a run of its own
        with open_patch_writer(root, LAYOUT) as writer:
            assert not writer.has(part)
            writer.put(part, *draw(count, ord(part)), part)
            assert writer.has(part, part)
    return root


def test_what_was_written_comes_back(store):
    found = open_patches(store)
    assert found.parts == ("a", "b", "c")
    (first, one), (second, other) = draw(2, ord("a")), draw(3, ord("b"))
    expected = pd.concat([one, other], ignore_index=True)
    for name in expected:
        theirs = found.table[name].astype(object).where(found.table[name].notna(), None)
        ours = expected[name].astype(object).where(expected[name].notna(), None)
        assert list(theirs) == list(ours), name
    both = np.concatenate([first["fine"], second["fine"]])
    np.testing.assert_array_equal(found.load("fine", [4, 0, 2]), both[[4, 0, 2]])
    numbers = np.concatenate([first["numbers"], second["numbers"]])[:, 0]
    np.testing.assert_array_equal(found.table["there_m"], numbers.astype(np.float64))


def test_it_is_zarr_that_xarray_reads(store):
    found = xr.open_zarr(store / "b", consolidated=False)
    assert found["fine"].dims == ("sample", "fine_band", "fine_y", "fine_x")
    # Pixels of 10 m about a middle between the third and the fourth; north is up.
    np.testing.assert_array_equal(found["fine_x"], [-25, -15, -5, 5, 15, 25])
    np.testing.assert_array_equal(found["fine_y"], [25, 15, 5, -5, -15, -25])
    assert str(found["time"].values[0]).startswith("2020-01-01T05:59:59.25")
    assert found.attrs["digest"] == "b"
    said = json.loads((store / "zarr.json").read_text())["attributes"]["smmap_patches"]
    assert said["provenance"] == {"catalogue": "drawn"}


def test_a_part_is_replaced_whole(store):
    with open_patch_writer(store, LAYOUT) as writer:
        assert writer.has("a", "a")
        assert not writer.has("a", "of later scenes")
        writer.put("a", *draw(3, 99), "of later scenes")
        assert writer.has("a", "of later scenes")
    found = open_patches(store)
    np.testing.assert_array_equal(found.load("fine", [0, 1, 2]), draw(3, 99)[0]["fine"])
    assert found.count == 6


def test_what_fails_half_way_leaves_nothing(store):
    images, table = draw(2, 1)
    with (
        pytest.raises(StoreError, match="File name too long"),
        open_patch_writer(store, LAYOUT) as writer,
    ):
        writer.put("d", images, table.assign(**{"x" * 300: 1.0}))
    assert open_patches(store).parts == ("a", "b", "c")
    assert not list((store / ".staging").iterdir())


def test_another_layout_is_refused(store):
    other = LAYOUT.model_copy(update={"provenance": {"catalogue": "another"}})
    with (
        pytest.raises(StoreError, match="of other inputs or sources"),
        open_patch_writer(store, other),
    ):
        pass


@pytest.mark.parametrize(
    "part, change, said",
    [
        ("../x", {}, "is no name of a part"),
        ("x", {"fine": np.zeros((2, 2, 6, 5), np.float32)}, "must have the shape"),
        ("x", {"numbers": np.zeros((2, 2), np.float32)}, "must have the shape"),
    ],
)
def test_what_does_not_fit_is_refused(store, part, change, said):
    images, table = draw(2, 0)
    with open_patch_writer(store, LAYOUT) as writer, pytest.raises(StoreError, match=said):
        writer.put(part, images | change, table)


def test_columns_may_not_hide_arrays(store):
    images, table = draw(2, 0)
    with open_patch_writer(store, LAYOUT) as writer, pytest.raises(StoreError, match="of arrays"):
        writer.put("x", images, table.assign(fine=1.0))


def test_what_is_no_store(tmp_path):
    with pytest.raises(StoreError, match="is no store of patches"):
        open_patches(tmp_path)
    (tmp_path / "mine.txt").write_text("x")
    with (
        pytest.raises(StoreError, match="is not empty and no store"),
        open_patch_writer(tmp_path, LAYOUT),
    ):
        pass
    with open_patch_writer(tmp_path / "new", LAYOUT) as writer:
        writer.put("none", *draw(0, 0))
    with pytest.raises(StoreError, match="no part has a sample"):
        open_patches(tmp_path / "new")


def test_a_damaged_patch_says_so(store):
    chunk = next((store / "a" / "fine" / "c").rglob("0"))
    while chunk.is_dir():
        chunk = next(chunk.iterdir())
    chunk.write_bytes(b"damaged")
    with pytest.raises(StoreError, match="'fine' cannot be read"):
        open_patches(store).load("fine", [0, 1])
