"""What every `OutputStore` must do; inherit and give a ``store``."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import rasterio
import zarr
from affine import Affine
from odc.geo.geobox import GeoBox

from smmap.product.layers import SM
from smmap.sinks.cog import write_cog
from smmap.store.gdal import open_environment
from smmap.store.output import FileMark, OutputStore


class OutputContract:
    @pytest.fixture
    def store(self) -> OutputStore:
        raise NotImplementedError

    @pytest.fixture
    def staging(self, store):
        with store.open_staging() as folder:
            yield folder

    def test_what_is_not_there_is_none(self, store):
        assert store.read("a/b.json") is None
        assert store.read_many(["a", "b/c"]) == [None, None]
        assert store.list_files("a") == []
        assert store.list_folders("a") == []
        store.delete("a/b.json")
        store.delete_folder("a")

    def test_what_was_put_is_read(self, store, staging):
        store.put("a/b.json", b"one", staging)
        store.put("a/b.json", b"two", staging)
        store.put("a/c/d.json", b"three", staging)
        assert store.read("a/b.json") == b"two"
        assert store.read_many(["a/c/d.json", "x", "a/b.json"]) == [b"three", None, b"two"]
        assert store.list_files("a") == ["a/b.json", "a/c/d.json"]
        assert store.list_folders("a") == ["c"]
        store.delete("a/b.json")
        assert store.read("a/b.json") is None
        store.delete_folder("a")
        assert store.list_files("a") == []

    def test_a_swap_needs_what_was_read(self, store, staging):
        assert store.swap("a.json", None, b"1", staging)
        assert not store.swap("a.json", None, b"2", staging)
        assert not store.swap("a.json", b"0", b"2", staging)
        assert store.swap("a.json", b"1", b"2", staging)
        assert store.read("a.json") == b"2"

    def test_of_many_swaps_at_once_one_wins(self, store, staging):
        store.put("a.json", b"start", staging)
        with ThreadPoolExecutor(8) as pool:
            won = list(
                pool.map(lambda n: store.swap("a.json", b"start", b"%d" % n, staging), range(16))
            )
        assert won.count(True) == 1
        assert store.read("a.json") == b"%d" % won.index(True)

    def test_counting_with_swaps_loses_nothing(self, store, staging):
        def increase(_):
            while True:
                current = store.read("count")
                if store.swap("count", current, b"%d" % (int(current or b"0") + 1), staging):
                    return

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(increase, range(20)))
        assert store.read("count") == b"20"

    def test_a_folder_is_published_with_its_marks(self, store, staging):
        folder = staging / "made"
        (folder / "inner").mkdir(parents=True)
        (folder / "a.bin").write_bytes(b"abc")
        (folder / "inner/b.bin").write_bytes(b"")
        (folder / "inner/c.bin").write_bytes(b"c")
        wanted = ["a.bin", "inner/b.bin", "inner"]
        marks = store.publish_folder(folder, "pixels/12345678", wanted)
        assert store.list_files("pixels") == [
            "pixels/12345678/a.bin",
            "pixels/12345678/inner/b.bin",
            "pixels/12345678/inner/c.bin",
        ]
        assert {*marks} == {"a.bin", "inner/b.bin"}
        abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2
        assert (marks["a.bin"].sha256, marks["a.bin"].size) == (abc, 3)
        assert marks["inner/b.bin"].size == 0

    def test_links_share_bytes_and_the_last_file_completes(self, store, staging):
        store.put("slices/0/c/0/0", b"zero", staging)
        store.put("slices/1/c/0/0", b"one", staging)
        links = {"sm/c/0/0": "slices/0/c/0/0", "sm/c/1/0": "slices/1/c/0/0"}
        store.publish_links("cubes/x.zarr", links, {"a": b"A", "zarr.json": b"{}"}, staging)
        assert store.read("cubes/x.zarr/sm/c/1/0") == b"one"
        assert store.read("cubes/x.zarr/zarr.json") == b"{}"
        store.delete_folder("slices")
        assert store.read("cubes/x.zarr/sm/c/0/0") == b"zero"

    def test_zarr_opens_what_lies_there(self, store, staging):
        group = zarr.open_group(staging / "g", mode="w", zarr_format=3)
        group.create_array("x", data=np.arange(6).reshape(2, 3))
        store.publish_folder(staging / "g", "g.zarr")
        found = zarr.open_group(store.open_zarr_store("g.zarr"), mode="r")
        np.testing.assert_array_equal(found["x"][:], np.arange(6).reshape(2, 3))

    def test_more_than_a_page_of_files(self, store, staging):
        """Stores list 1000 at a time (Azure 5000) and remove so many a request (Azure 256)."""
        store.put("from", b"x", staging)
        links = {f"c/{number:04d}": "from" for number in range(1100)}
        store.publish_links("many", links, {"zarr.json": b"{}"}, staging)
        expected = [*(f"many/c/{number:04d}" for number in range(1100)), "many/zarr.json"]
        assert store.list_files("many") == expected
        assert store.list_folders("") == ["many"]
        assert store.read_many(expected[::100]) == [b"x"] * 11 + [b"{}"]
        store.delete_folder("many")
        assert store.list_files("many") == []
        assert store.read("from") == b"x"

    def test_a_large_file_comes_whole(self, store, staging):
        """In parts, where it is an object store: three of 5 MiB and a rest."""
        data = np.random.default_rng(0).bytes(16 * 1024**2 + 1)
        (staging / "made").mkdir()
        (staging / "made/large.tif").write_bytes(data)
        marks = store.publish_folder(staging / "made", "pixels", ["large.tif"])
        assert store.read("pixels/large.tif") == data
        assert marks["large.tif"].size == len(data)

    def test_two_that_remove_the_same_folder(self, store, staging):
        for number in range(60):
            store.put(f"old/{number}", b"", staging)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(store.delete_folder, ["old"] * 4))
        assert store.list_files("old") == []

    def test_large_data_are_swapped_as_strictly_as_small(self, store, staging):
        """Beyond the size from which a library may write in parts, without conditions."""
        large = b"x" * (6 * 1024**2)
        assert store.swap("a.json", None, large, staging)
        assert not store.swap("a.json", None, large + b"y", staging)
        assert store.swap("a.json", large, large + b"1", staging)
        assert not store.swap("a.json", large, large + b"2", staging)

    def test_staging_is_private_and_removed(self, store):
        with store.open_staging() as one, store.open_staging() as other:
            assert one != other
            (one / "file").write_bytes(b"x")
        assert not one.exists()
        assert not other.exists()
        assert not [name for name in store.list_files("") if name.endswith("/file")]

    def test_marks_are_those_of_the_bytes(self, store, staging):
        assert store.read_mark("a/b.bin") is None
        store.put("a/b.bin", b"abc", staging)
        abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2
        assert store.read_mark("a/b.bin") == FileMark(abc, 3)

    def test_gdal_reads_what_lies_there(self, store, staging):
        values = np.arange(35, dtype="int16").reshape(5, 7)
        area = GeoBox((5, 7), Affine(10, 0, 500_000, 0, -10, 50), "EPSG:32631")
        write_cog(staging / "a.tif", values, area, SM)
        store.put("a/b.tif", (staging / "a.tif").read_bytes(), staging)
        with open_environment(), rasterio.open(store.locate("a/b.tif")) as file:
            np.testing.assert_array_equal(file.read(1), values)

    def test_a_store_can_be_sent_to_another_process(self, store, staging):
        store.put("a.json", b"1", staging)
        assert pickle.loads(pickle.dumps(store)).read("a.json") == b"1"
