"""The scene that reading is measured on, and the server that it is read from."""

import urllib.request

import numpy as np
import pytest
import rasterio

from smmap.bench.read_scene import make_scene
from smmap.bench.slow_server import Count, serve_file


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    return make_scene(tmp_path_factory.mktemp("scene") / "scene.tif", 256)


def test_the_target_lies_on_the_scene_and_is_turned_against_it(scene):
    corners = np.array([0, 0, 255, 255]), np.array([0, 255, 0, 255])
    down, across = scene.place(*corners)
    height, width = scene.source.shape
    assert down.min() > 0 < across.min()
    assert down.max() < height - 1
    assert across.max() < width - 1
    assert abs(down[1] - down[0]) > 5  # not one row of the scene


def test_exact_values_are_bilinear(scene):
    rows, cols = np.array([17, 200]), np.array([3, 120])
    down, across = scene.place(rows, cols)
    for number, exact in enumerate(scene.compute_exact(rows, cols)):
        r, c = int(down[number]), int(across[number])
        v, u = down[number] - r, across[number] - c
        four = scene.values[r : r + 2, c : c + 2].astype(float)
        by_hand = [1 - v, v] @ four @ [1 - u, u]
        assert exact == pytest.approx(by_hand, abs=1e-6)


def test_needed_bytes_are_those_of_the_blocks_beneath(scene):
    with rasterio.open(scene.path) as file:
        sizes = [
            int(file.get_tag_item(f"BLOCK_SIZE_{x}_{y}", "TIFF", bidx=1))
            for y in range(file.height // 512)
            for x in range(file.width // 512)
        ]
    assert scene.count_needed_bytes() == sum(sizes)  # the whole scene is one block


def test_the_server_counts_what_it_sends(scene):
    content = scene.path.read_bytes()
    with serve_file(scene.path, 0.0) as served:
        url = served.make_url("a/b")
        ask = urllib.request.Request(url, headers={"Range": "bytes=10-19"})
        with urllib.request.urlopen(ask) as answer:
            assert (answer.status, answer.read()) == (206, content[10:20])
        with urllib.request.urlopen(url) as answer:
            assert answer.read() == content
        assert served.count() == Count(2, len(content) + 10)
        assert served.count() == Count(0, 0)
